"""Paths that lead, or pretend to lead, out of a folder, or to what is no file in it. One corpus for every path argument."""

from __future__ import annotations

import os
import socket
from pathlib import Path

NAME = "canary.txt"
SECRET = "CANARY-5f0c6d"


class Trap:
    """A root with traps in it, beside a folder with canaries. Owner of the open socket."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.root = self.folder / "work"
        self.outside = self.folder / "work-secret"
        self.root.mkdir()
        self.outside.mkdir()
        (self.root / "sub" / "deep").mkdir(parents=True)
        (self.root / "inside.txt").write_text("inside\n")
        (self.root / "sub" / "inside.ipynb").write_text('{"cells":[],"metadata":{},"nbformat":4,"nbformat_minor":5}')
        for name in (NAME, "canary.ipynb"):
            (self.outside / name).write_text(SECRET)
            (self.folder / name).write_text(SECRET)
        links = {
            "link-file": self.outside / NAME,
            "link.ipynb": self.outside / "canary.ipynb",
            "link-dir": self.outside,
            "link-up": Path(".."),
            "link-root": Path("/"),
            "link-relative": Path(f"../work-secret/{NAME}"),
            "link-proc": Path("/proc/self/root"),
            "link-new": self.outside / "new.txt",
            "sub/link-chain": Path("../link-dir"),
            "link-loop": Path("link-loop"),
            "link-a": Path("link-b"),
            "link-b": Path("link-a"),
            "link-null": Path("/dev/null"),
        }
        for name, target in links.items():
            (self.root / name).symlink_to(target)
        os.mkfifo(self.root / "fifo")
        os.mkfifo(self.root / "fifo.ipynb")
        self._socket = socket.socket(socket.AF_UNIX)
        here = Path.cwd()
        os.chdir(self.root)  # a socket's path is short
        try:
            self._socket.bind("socket")
        finally:
            os.chdir(here)

    def close(self) -> None:
        self._socket.close()

    def state(self) -> dict[str, str]:
        """All that lies outside the root, with its content."""
        files = [
            path for path in self.folder.rglob("*") if not path.is_relative_to(self.root) and not path.is_symlink()
        ]
        return {str(path): path.read_text() if path.is_file() else "" for path in files}

    def paths(self) -> list[str]:
        out, top = str(self.outside), str(self.folder)
        targets = [NAME, "canary.ipynb", "new.txt", "new/deep.txt", "new.ipynb"]
        ways = [
            "..",
            "../work-secret",
            "./../work-secret",
            "sub/../../work-secret",
            "sub/deep/../../../work-secret",
            "nope/../../work-secret",
            "../work/../work-secret",
            "..//work-secret",
            ".././work-secret/.",
            out,
            f"/{out}",
            f"//{out}",
            top,
            f"{self.root}/../work-secret",
            f"{self.root}-secret",
            f"{self.root}/./sub/../../work-secret",
            "link-dir",
            "sub/link-chain",
            "link-up",
            "link-up/work-secret",
            f"link-root{out}",
            f"link-proc{out}",
            "./link-dir/.",
            "link-dir/../work-secret",
            f"/proc/self/root{out}",
            f"/proc/self/cwd{out}",
            f"/proc/{os.getpid()}/root{out}",
            f"/proc/thread-self/root{out}",
            f"{self.root}/link-dir",
            "~",
            "~root",
            f"~/..{out}",
            "%2e%2e/work-secret",
            "..%2fwork-secret",
            "%2e%2e%2fwork-secret",
            "..\\work-secret",
            "..\\..\\work-secret",
            "sub\\..\\..\\work-secret",
            f"file://{out}",
            f"FILE:{out}",
        ]
        return [
            *(f"{way}/{target}" for way in ways for target in targets),
            "/etc/passwd",
            "/etc/shadow",
            "//etc/passwd",
            "/",
            "..",
            "../",
            "../..",
            "../../../../../../../../../../etc/passwd",
            "link-file",
            "link.ipynb",
            "link-relative",
            "link-new",
            "link-loop",
            "link-a",
            "link-null",
            "fifo",
            "fifo.ipynb",
            "socket",
            "/dev/null",
            "/dev/zero",
            "/dev/stdin",
            "/dev/tty",
            "/dev/fd/0",
            "/proc/self/environ",
            "/proc/self/mem",
            "/proc/1/environ",
            "/sys/kernel",
            "~",
            "~/.bashrc",
            "~root/.bashrc",
            "inside.txt\0",
            f"inside.txt\0{out}/{NAME}",
            "\0",
            "inside.txt\n",
            "in\x1bside.txt",
            "in\u202eside.txt",
            "in\u2066side.txt",
            "in\ud800side.txt",
            "\udc80",
            "a" * 256,
            "a/" * 2049,
            "ä" * 128,
            "/" + "a" * 4096,
            "inside.txt/x",
            "inside.txt/..",
            "C:\\Windows\\win.ini",
            "\\\\server\\share",
            f"..\u2215work-secret\u2215{NAME}",
            f"．．/work-secret/{NAME}",
            f"‥/work-secret/{NAME}",
            f"..／work-secret／{NAME}",
            f"..\u200b/work-secret/{NAME}",
            "",
            ".",
            " ",
            "...",
        ]
