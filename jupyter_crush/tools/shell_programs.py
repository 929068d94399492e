"""Programs whose command line says what they do, so that a standing grant for one of them means something.

Left out on purpose: what runs other programs or code it is given (shells, interpreters, env, xargs, find, sed, awk, tar, sudo, npx),
what sends data away (curl, ssh, git push), and what destroys or overwrites (rm, mv, cp, dd, tee). They are asked for each time.
"""

from __future__ import annotations

_PLAIN = (
    "basename cal cat cmp column comm cut date df diff dirname du echo egrep expand false fgrep file fmt fold free grep groups "
    "head hostname id join jq ls md5sum mkdir nl nproc od paste printf ps pwd readlink realpath rev seq sha1sum sha256sum "
    "sha512sum sleep stat strings sum tac tail touch tr tree true tsort uname unexpand uptime wc whereis which whoami "
    "black flake8 isort mypy nvidia-smi pyright ruff tsc"
)
PLAIN = frozenset(_PLAIN.split())
"""A grant covers the program with any arguments that pass."""

SUBCOMMANDS: dict[str, frozenset[str]] = {
    name: frozenset(subcommands.split())
    for name, subcommands in {
        "git": "add blame branch cat-file check-ignore commit describe diff fetch log ls-files ls-tree merge-base mv "
        "pull rev-list rev-parse shortlog show show-ref stash status tag",
        "pip": "check debug freeze index install inspect list show uninstall",
        "pip3": "check debug freeze index install inspect list show uninstall",
        "uv": "add lock pip remove sync tree version",
        "conda": "info install list search",
        "mamba": "info install list search",
        "npm": "audit ci install list ls outdated test view",
        "cargo": "bench build check clippy fmt metadata test tree",
        "go": "build doc fmt list test version vet",
        "jupyter": "kernelspec troubleshoot",
        "dvc": "diff list status",
        "docker": "images ps",
    }.items()
}
"""A grant covers the program with this subcommand, which must be its first word."""

RUNNERS: dict[str, frozenset[str]] = {
    "npm": frozenset({"run", "run-script"}),
    "pnpm": frozenset({"run"}),
    "yarn": frozenset({"run"}),
}
"""And these need one more word: the script's name is part of the grant."""

TARGETS = frozenset({"make", "just", "tox", "nox", "pytest"})
"""A grant covers exactly this command line: its words choose what of the project's own code runs."""

FORBIDDEN_OPTIONS: dict[str, tuple[str, ...]] = {
    "date": ("-s", "--set"),
    "hostname": ("-F", "--file", "-b"),
    "jq": ("-L", "--library-path", "-f", "--from-file"),
    "git": (
        "-D",
        "-d",
        "-f",
        "--config",
        "--config-env",
        "--delete",
        "--edit",
        "--exec",
        "--exec-path",
        "--ext-diff",
        "--force",
        "--git-dir",
        "--output",
        "--open-files-in-pager",
        "--paginate",
        "--receive-pack",
        "--textconv",
        "--upload-pack",
        "--work-tree",
    ),
    "pip": ("--target", "--prefix", "--root", "--log", "--python", "--config-settings", "--global-option"),
    "pip3": ("--target", "--prefix", "--root", "--log", "--python", "--config-settings", "--global-option"),
    "go": ("-exec", "-toolexec", "-vettool", "-o"),
    "cargo": ("--config",),
    "npm": ("--script-shell", "--prefix", "--node-options"),
    "tree": ("-o",),
    "mypy": ("--python-executable", "--custom-typeshed-dir", "--install-types"),
    "tsc": ("--project", "-p"),
    "black": ("--config",),
    "ruff": ("--config",),
    "flake8": ("--config", "--append-config"),
    "isort": ("--settings-file", "--settings-path"),
}
"""Options that make one of these run or overwrite something else. Abbreviated spellings count too."""
