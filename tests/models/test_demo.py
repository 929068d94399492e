"""The demo model looks at what is really there, and says what came out of it."""

from __future__ import annotations

import csv
import random
import statistics
from pathlib import Path

import pytest

from jupyter_crush.models.demo import DemoModel
from jupyter_crush.models.demo.intents import decide
from jupyter_crush.models.port import Stop, ToolCallEnd, ToolCallStart, ToolSpec
from jupyter_crush.wire import Context
from support.models import model_requests
from support.models.demo_workspace import TOOLS, Folder, talk
from support.models.model_requests import asked, heard, message, text_of

LOOK = "Look at the data and tell me what is in it"


Rows = list[dict[str, str]]


def penguins(path: Path, rows: int = 300) -> None:
    """A table in the manner of the Palmer penguins, with gaps."""
    chance = random.Random(7)
    means = {"Adelie": (38.8, 190, 3700), "Chinstrap": (48.8, 196, 3733), "Gentoo": (47.5, 217, 5076)}
    lines = ["species,island,bill_length_mm,flipper_length_mm,body_mass_g,sex,year"]
    for _ in range(rows):
        name = chance.choice(list(means))
        bill, flipper, mass = means[name]
        numbers = f"{chance.gauss(bill, 2):.1f},{chance.gauss(flipper, 6):.0f},{chance.gauss(mass, 300):.0f}"
        sex = chance.choice(["male", "female", "female", "NA"])
        lines.append(f"{name},{chance.choice(['Biscoe', 'Dream'])},{numbers},{sex},{chance.choice([2007, 2008, 2009])}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", "utf-8")


def read(path: Path) -> Rows:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def mean(rows: Rows, column: str, species: str) -> float:
    return round(statistics.fmean(float(row[column]) for row in rows if row["species"] == species), 2)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    penguins(tmp_path / "examples" / "penguins.csv")
    return Folder(tmp_path)


def names(folder: Folder) -> list[str]:
    return [name for name, _ in folder.log]


# --- the main job ---


def test_the_steps_of_the_job_are_shown_as_they_go_and_all_done_in_the_end(folder: Folder) -> None:
    result = talk(LOOK, folder, tools=(*TOOLS, "update_plan"))
    plans = [given["steps"] for name, given in folder.log if name == "update_plan"]
    done = [[step["state"] for step in plan].count("done") for plan in plans]
    assert done == [1, 2, 3, 4]
    assert [plan[count]["state"] for plan, count in zip(plans[:3], done, strict=False)] == ["in_progress"] * 3
    assert "**300 rows**" in result.end


@pytest.mark.parametrize("answer", ["examples/penguins.csv", "more/gulls.csv", None])
def test_where_it_could_be_one_of_several_tables_it_asks_which(folder: Folder, answer: str | None) -> None:
    penguins(folder.root / "more" / "gulls.csv", rows=100)
    folder.answer = answer
    talk(LOOK, folder, tools=(*TOOLS, "ask_user"))
    assert names(folder)[:3] == ["list_files", "ask_user", "read_file"]
    assert folder.log[2][1]["path"] == (answer or "examples/penguins.csv")


@pytest.mark.parametrize("prompt", ["Describe the gulls data", "Look at more/gulls.csv"])
def test_it_does_not_ask_what_the_prompt_says(folder: Folder, prompt: str) -> None:
    penguins(folder.root / "more" / "gulls.csv", rows=100)
    talk(prompt, folder, tools=(*TOOLS, "ask_user"))
    assert names(folder)[:2] == ["list_files", "read_file"]
    assert folder.log[1][1]["path"] == "more/gulls.csv"


def test_it_looks_lists_reads_edits_runs_and_says_the_real_numbers(folder: Folder) -> None:
    real = read(folder.root / "examples" / "penguins.csv")
    cells = folder.notebook(
        "examples/penguins.ipynb",
        "# Penguins",
        "import pandas as pd",
        'birds = pd.read_csv("penguins.csv")\nbirds.head()',
    )
    result = talk(LOOK, folder)
    assert names(folder) == [
        *("list_files", "read_file", "read_notebook", "run_cell", "run_cell", "edit_notebook", "run_cell", "run_cell")
    ]
    assert [cell.kind for cell in cells[3:]] == ["markdown", "code", "code"]
    assert "birds.groupby" in cells[-1].source
    assert "read_csv" not in cells[-2].source
    assert "**300 rows**" in result.end
    assert f"`sex` {sum(row['sex'] == 'NA' for row in real)}" in result.end
    heaviest, lightest = (mean(real, "body_mass_g", name) for name in ("Gentoo", "Adelie"))
    assert f"`body_mass_g` is highest for `Gentoo` ({heaviest}) and lowest for" in result.end
    assert str(lightest) in result.end or str(mean(real, "body_mass_g", "Chinstrap")) in result.end
    masses = [int(row["body_mass_g"]) for row in real]
    assert f"`body_mass_g` goes from {min(masses)} to {max(masses)}, with a mean of" in result.end
    assert "Rows by `species`" in result.end


def test_without_a_notebook_it_makes_one_beside_the_table(folder: Folder) -> None:
    result = talk(LOOK, folder)
    cells = folder.notebooks["examples/penguins-analysis.ipynb"]
    assert [cell.kind for cell in cells] == ["markdown", "code", "code"]
    assert 'pd.read_csv("penguins.csv")' in cells[1].source
    assert all(cell.error is None and cell.count for cell in cells[1:])
    assert "new notebook" in result.end
    assert "**300 rows**" in result.end


def test_asked_again_it_repeats_no_cell(folder: Folder) -> None:
    talk(LOOK, folder)
    count = len(folder.notebooks["examples/penguins-analysis.ipynb"])
    result = talk("Look at the data again", folder)
    assert "**300 rows**" in result.end
    assert len(folder.notebooks["examples/penguins-analysis.ipynb"]) == count


def test_a_notebook_whose_cells_fail_is_not_relied_on(folder: Folder) -> None:
    cells = folder.notebook("examples/start.ipynb", "import nothing_like_this", 'df = pd.read_csv("penguins.csv")')
    result = talk(LOOK, folder)
    assert "**300 rows**" in result.end
    assert 'data = pd.read_csv("penguins.csv")' in cells[3].source


def test_a_refusal_ends_it_with_what_it_saw_so_far(folder: Folder) -> None:
    folder.deny = frozenset({"edit_notebook"})
    result = talk(LOOK, folder)
    assert names(folder)[-1] == "edit_notebook"
    assert "did not allow" in result.end
    assert "`species`: groups: `" in result.end
    folder.deny = frozenset({"list_files"})
    assert "did not allow" in talk(LOOK, folder).end


def test_a_cell_that_fails_is_explained_and_nothing_is_made_up(folder: Folder) -> None:
    folder.deny = frozenset({"run_cell"})
    result = talk(LOOK, folder)
    assert "did not run" in result.end
    assert "300 rows" not in result.end


def test_without_the_tools_it_says_which_one_it_lacks(folder: Folder) -> None:
    result = talk(LOOK, folder, tools=("list_files", "read_file"))
    assert "`edit_notebook`" in result.end


def test_columns_that_the_prompt_names_are_looked_at(folder: Folder) -> None:
    talk("plot the data: flipper length by island", folder)
    source = folder.notebooks["examples/penguins-analysis.ipynb"][-1].source
    assert 'groupby("island")' in source
    assert 'rows["flipper_length_mm"]' in source


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a;b;c\n1;2,5;x\n2;3,5;y\n3;1,5;x\n4;1,5;y\n", "**4 rows**"),
        ("1,2\n3,4\n5,7\n", "**3 rows**"),
        ('name,"we\'ird ""col"" `x`",n\nä,1,2\nb,2,3\nc,3,4\n', "**3 rows**"),
        ("only_text,more\nfoo,bar\nbaz,qux\nx,y\nz,w\nv,u\n", "**5 rows**"),
        ("city\tvalue\nOslo\t1.5\nOslo\t2.5\nRome\t9\nRome\t11\n", "highest for `Rome` (10)"),
        ("x,y\n1,2\n2,4\n3,6\n4,8\n", "correlation 1"),
        ("n\n1\n2\n3\n", "goes from 1 to 3"),
    ],
)
def test_tables_of_many_shapes_work(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "some.csv").write_text(text, "utf-8")
    folder = Folder(tmp_path)
    result = talk(LOOK, folder)
    assert expected in result.end
    assert all(cell.error is None for cell in folder.notebooks["some-analysis.ipynb"])


def test_where_there_is_no_table_it_says_what_there_is(tmp_path: Path) -> None:
    assert "empty" in talk(LOOK, Folder(tmp_path)).end
    (tmp_path / "notes.txt").write_text("x")
    assert "`notes.txt`" in talk(LOOK, Folder(tmp_path)).end


# --- repairs ---


@pytest.mark.parametrize(
    ("sources", "fixed", "value"),
    [
        (("total = 3", "print(totl + 1)"), "print(total + 1)", "4"),
        (("print(np.arange(3).sum())",), "import numpy as np", "3"),
        (("import panda as pd\nprint(pd.__name__)",), "import pandas as pd", "pandas"),
        (
            ('import pandas as pd\ndf = pd.read_csv("penguins.csv")', 'print(df["boddy_mass_g"].size)'),
            'print(df["body_mass_g"].size)',
            "300",
        ),
        (
            ('import pandas as pd\ndf = pd.read_csv("penguin.csv")\nprint(len(df))',),
            'pd.read_csv("penguins.csv")',
            "300",
        ),
        (
            (
                'import pandas as pd\ndf = pd.read_csv("penguins.csv")',
                'print(len(df.groupby("specie")["body_mass"].mean()))',
            ),
            'df.groupby("species")["body_mass_g"]',
            "3",
        ),
        (("values = []\nprint(sum(values) / len(values))",), 'if len(values) else float("nan")', "nan"),
        (("import pandas as pd\nprint(pd.Series([4]).maxx())",), ".max()", "4"),
        (("for i in range(2)\n    print(i)",), "range(2):", "1"),
        (("print(sum([1, 2])",), "print(sum([1, 2]))", "3"),
    ],
)
def test_a_failing_notebook_is_repaired_and_run(
    folder: Folder, sources: tuple[str, ...], fixed: str, value: str
) -> None:
    cells = folder.notebook("examples/broken.ipynb", *sources, "print('below')")
    result = talk("Please fix the failing notebook examples/broken.ipynb", folder)
    assert fixed in cells[len(sources) - 1].source
    assert value in str(cells[len(sources) - 1].output)
    assert cells[-1].output == "below\n"
    assert "work now" in result.end


def test_an_error_that_was_shown_is_explained_before_it_is_repaired(folder: Folder) -> None:
    cells = folder.notebook("examples/broken.ipynb", "total = 1", "totall")
    cells[1].error = "----> 1 totall\n\nNameError: name 'totall' is not defined"
    result = talk("fix it", folder)
    assert any("cell 2 failed" in text and "a name is used" in text for text in result.said)
    assert cells[1].source == "total"


def test_what_no_rule_repairs_is_left_as_it_is(folder: Folder) -> None:
    cells = folder.notebook("examples/broken.ipynb", "raise ValueError('no')", "print(1)")
    result = talk("fix the notebook", folder)
    assert cells[0].source == "raise ValueError('no')"
    assert cells[1].count is None
    assert "no rule" in result.end
    assert "edit_notebook" not in names(folder)


def test_a_repair_that_is_refused_ends_it(folder: Folder) -> None:
    folder.notebook("examples/broken.ipynb", "total = 1", "totall")
    folder.deny = frozenset({"edit_notebook"})
    assert "did not allow" in talk("fix the notebook", folder).end


def test_a_notebook_that_works_needs_no_repair(folder: Folder) -> None:
    folder.notebook("examples/fine.ipynb", "print(1)")
    assert "nothing to fix" in talk("fix the notebook", folder).end


# --- other jobs ---


def test_a_notebook_is_summarised_from_its_cells(folder: Folder) -> None:
    cells = folder.notebook("examples/a.ipynb", "# My title", "import pandas as pd\npd.read_csv('x.csv')")
    cells[1].error = "FileNotFoundError: [Errno 2] No such file or directory: 'x.csv'"
    end = talk("Summarise the notebook", folder).end
    for part in ("1 code cells", "`My title`", "`pandas`", "`x.csv`", "`FileNotFoundError`"):
        assert part in end


def test_an_error_that_is_attached_or_pasted_is_explained_without_tools(folder: Folder) -> None:
    pasted = "----> 1 a / b\n\nZeroDivisionError: division by zero"
    attached = Context(label="Cell 3", text=pasted)
    for result in (talk(f"explain this error:\n{pasted}", folder), talk("what is this?", folder, attached)):
        assert "divided by zero" in result.end
        assert "a / b" in result.end
    assert folder.log == []


def test_a_literal_command_is_run_and_its_output_shown(folder: Folder) -> None:
    assert "ls -la ran" in talk("run `ls -la`", folder).end
    assert folder.log == [("run_command", {"command": "ls -la"})]
    assert "`run_command`" in talk("run `ls`", folder, tools=("list_files",)).end


def test_a_cell_is_added_and_run(folder: Folder) -> None:
    cells = folder.notebook("examples/a.ipynb", "x = 1")
    assert "42" in talk("Add a cell with `print(40 + 2)` and run it", folder).end
    assert cells[-1].source == "print(40 + 2)"
    assert "It printed nothing" in talk("run cell 0", folder).end
    assert "3" in talk("evaluate `1 + 2`", folder).end


def test_files_are_read_listed_found_and_searched(folder: Folder) -> None:
    (folder.root / "notes.md").write_text("# One\n\ntext\n\n## Two\n\n## Three\n")
    assert "## Two" in talk("read notes.md", folder).end
    assert "is a table" in talk("show me penguins.csv", folder).end
    assert "`notes.md`" in talk("list the files", folder).end
    assert "penguins.csv" in talk("find files *.csv", folder).end
    assert "notes.md" in talk('search for "Three"', folder).end


def test_what_it_cannot_do_it_says(folder: Folder) -> None:
    end = talk("Write me a poem about the sea", folder).end
    assert "no rule" in end
    assert "not a language model" in end
    assert folder.log == []


def test_a_title_and_a_summary_come_from_what_was_said() -> None:
    assert decide(asked("Write a title for: Look at `penguins`", tools=())).say.startswith("Write a title for")
    assert (
        "poems" in decide(asked("poems please", message("assistant", "no"), "Summarize the conversation", tools=())).say
    )


def test_a_prompt_that_comes_in_the_middle_starts_over_with_it(folder: Folder) -> None:
    first = talk(LOOK, folder)
    again = talk("list the files", folder, before=[*first.messages[:5]])
    assert "folders" in again.end


# --- the port ---


async def test_it_streams_in_small_pieces_and_calls_with_ids_of_their_own() -> None:
    model = DemoModel(pace=0)
    assert model.models()[0].is_demo
    events = await heard(model, asked("hello", tools=(model_requests.LOOK,)))
    assert len(events) > 20
    assert "not a language model" in text_of(events)
    assert events[-1] == Stop("end_turn")


async def test_its_calls_are_complete_events(folder: Folder) -> None:
    tools = [ToolSpec(name=name, description="", schema={"type": "object"}) for name in TOOLS]
    events = await heard(DemoModel(pace=0), asked(LOOK, tools=tools))
    starts = [event for event in events if isinstance(event, ToolCallStart)]
    assert [start.name for start in starts] == ["list_files"]
    assert [event.input for event in events if isinstance(event, ToolCallEnd)] == [{"depth": 3}]
    assert events[-1] == Stop("tool_use")
