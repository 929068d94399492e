"""The workspace's own prompts: data of a person's, bounded, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_crush.agent.prompts.commands import BYTES, FILES, commands_in
from jupyter_crush.wire import PromptCommand


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "root" / ".crush" / "commands"
    made.mkdir(parents=True)
    return made


def names(folder: Path) -> list[str]:
    return [command.name for command in commands_in(folder.parents[1])]


def test_a_file_is_a_command_named_after_it(folder: Path) -> None:
    (folder / "tidy.md").write_text("# Tidy a notebook\n\nTidy $ARGUMENTS.\n")
    (folder / "empty.md").write_text(" \n")
    (folder / "notes.txt").write_text("no command")
    (folder / "two words.md").write_text("no name that can be typed")
    assert commands_in(folder.parents[1]) == (
        PromptCommand(name="tidy", description="Tidy a notebook", prompt="# Tidy a notebook\n\nTidy $ARGUMENTS."),
    )


def test_there_is_an_end_to_how_much_is_read(folder: Path) -> None:
    (folder / "0.md").write_text("x" * (BYTES + 1))
    for number in range(FILES + 5):
        (folder / f"c{number:03}.md").write_text("x" * 200)
    found = commands_in(folder.parents[1])
    assert len(found) == FILES - 1
    assert len(found[0].description) == 100


def test_links_lead_nowhere(folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.md"
    secret.write_text("secret")
    (folder / "a.md").symlink_to(secret)
    (folder / "b.md").mkdir()
    assert names(folder) == []
    other = tmp_path / "other"
    other.mkdir()
    (other / ".crush").symlink_to(folder.parent)
    (folder / "c.md").write_text("a prompt")
    assert names(folder) == ["c"]
    assert commands_in(other) == ()


def test_a_workspace_without_any_has_none(tmp_path: Path) -> None:
    assert commands_in(tmp_path) == ()
