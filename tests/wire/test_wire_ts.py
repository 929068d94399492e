"""labextension/src/wire.ts is what jupyter_crush.wire says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

LABEXTENSION = Path(__file__).parents[2] / "labextension"


def _generate(*options: str, script: Path = LABEXTENSION / "generate_wire.py") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", str(script), *options]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(LABEXTENSION.parent)}
    )


def test_the_typescript_types_are_those_of_the_wire() -> None:
    done = _generate("--check")
    assert done.returncode == 0, done.stderr


def test_a_stale_file_fails_the_check_and_says_what_to_run(tmp_path: Path) -> None:
    script = tmp_path / "generate_wire.py"
    script.write_bytes((LABEXTENSION / "generate_wire.py").read_bytes())
    assert _generate("--check", script=script).returncode == 1, "nothing written yet"
    assert _generate(script=script).returncode == 0
    assert _generate("--check", script=script).returncode == 0
    written = tmp_path / "src" / "wire.ts"
    written.write_text(written.read_text().replace("session_id: string", "session_id: number", 1))
    done = _generate("--check", script=script)
    assert done.returncode == 1
    assert "run python labextension/generate_wire.py" in done.stderr
