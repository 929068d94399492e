"""python -m bench [NAME …]

Names: streaming, sessions, stalled, accepting, latency, starting, stopping, panel, kernels, notebooks, long, workspaces, prompts.
By name alone: soak, length; and speed, which writes docs/speed.md.
"""

from __future__ import annotations

import asyncio
import importlib
import sys

NAMES = (
    "streaming",
    "sessions",
    "stalled",
    "accepting",
    "latency",
    "starting",
    "stopping",
    "panel",
    "kernels",
    "notebooks",
    "long",
    "workspaces",
    "prompts",
)


async def main(names: list[str]) -> int:
    failed = 0
    for name in names or NAMES:
        print(f"== {name}", flush=True)
        for line, ok in await importlib.import_module(f"bench.{name}").measure():
            print(f"   {'' if ok else 'MISSED: '}{line}", flush=True)
            failed += not ok
    return failed


if __name__ == "__main__":
    sys.exit(1 if asyncio.run(main(sys.argv[1:])) else 0)
