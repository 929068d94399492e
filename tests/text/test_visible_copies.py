"""One table of hidden characters: the panel and the widget spell out what the server spells out, code point by code point."""

from __future__ import annotations

import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_crush.notebook.widget import view_module
from jupyter_crush.text import hidden
from jupyter_crush.text.visible import visible

LABEXTENSION = Path(__file__).parents[2] / "labextension"
SEPARATOR = "\n"
SPELL_ALL = """
import { writeFileSync } from 'node:fs';
const { visible } = await import('./view.mjs');
for (const before of ['x', '\\u26a0', '\\u{1f600}']) {
  const all = Array.from({ length: 0x110000 }, (_, code) => before + String.fromCodePoint(code));
  writeFileSync(`${before}.txt`, visible(all.join('\\n')), 'utf16le');
}
"""
TRANSPILE = """
const { readFileSync, writeFileSync } = require('node:fs');
const { ModuleKind, ScriptTarget, transpileModule } = require('typescript');
const compilerOptions = { module: ModuleKind.ESNext, target: ScriptTarget.ESNext };
for (const [from, to] of [['hidden', 'hidden'], ['visible', 'view']]) {
  const { outputText } = transpileModule(readFileSync(`src/lib/${from}.ts`, 'utf8'), { compilerOptions });
  writeFileSync(`${process.argv[1]}/${to}.mjs`, outputText.replace("'./hidden'", "'./hidden.mjs'"));
}
"""


def panel(folder: Path) -> None:
    subprocess.run(["node", "-e", TRANSPILE, str(folder)], cwd=LABEXTENSION, check=True)


def widget(folder: Path) -> None:
    (folder / "view.mjs").write_text(view_module(), "utf-8")


@pytest.mark.parametrize("client", [panel, widget], ids=lambda client: str(client.__name__))
def test_a_client_spells_out_every_code_point_that_the_server_does(
    client: Callable[[Path], None], tmp_path: Path
) -> None:
    client(tmp_path)
    (tmp_path / "all.mjs").write_text(SPELL_ALL, "utf-8")
    subprocess.run(["node", "all.mjs"], cwd=tmp_path, check=True)
    for before in ("x", "\u26a0", "\U0001f600"):
        characters = [chr(code) for code in range(sys.maxunicode + 1)]
        server = visible(SEPARATOR.join(before + character for character in characters))
        theirs = (tmp_path / f"{before}.txt").read_text("utf-16-le")
        if theirs != server:
            pairs = zip(characters, server.split(SEPARATOR), theirs.split(SEPARATOR), strict=False)
            assert [f"U+{ord(one):04X}" for one, ours, shown in pairs if ours != shown][:20] == []
        assert theirs == server


def test_the_table_holds_every_category_of_what_cannot_be_seen() -> None:
    if unicodedata.unidata_version != hidden.UNICODE:
        assert visible("a\u0378b") == "a⟨U+0378⟩b"
        return
    categories = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"}
    characters = [chr(code) for code in range(sys.maxunicode + 1) if chr(code) not in " \t\n"]
    unseen = [one for one in characters if unicodedata.category(one) in categories]
    assert len(unseen) > 800_000
    assert [f"U+{ord(one):04X}" for one in unseen if visible(one) == one] == []


def generate(*options: str) -> subprocess.CompletedProcess[str]:
    script = LABEXTENSION / "generate_visible.py"
    return subprocess.run(
        [sys.executable, str(script), *options], check=False, capture_output=True, text=True, timeout=60
    )


def test_the_copies_are_what_the_table_says() -> None:
    done = generate("--check")
    assert done.returncode == 0, done.stderr
