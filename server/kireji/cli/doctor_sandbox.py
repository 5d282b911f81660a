"""The doctor's look at the sandbox: which walls hold on this machine, found out by trying to get out of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from kireji.base.sandbox import Walls
from kireji.base.sandbox_walls import holds
from kireji.cli.health import Line, Machine, note, ok


def sandbox(_machine: Machine) -> Iterator[Line]:
    """Which walls hold, the first of which is used. Without any, no test of a change is run, and everything else works."""
    found = asyncio.run(_standing())
    if found:
        yield ok("sandbox", f"{', '.join(found)}: tests of a change can be run, in workspaces that you trust")
    else:
        remedy = "On Linux, install bubblewrap, or allow namespaces to ordinary users; elsewhere there is none yet."
        yield note("sandbox", "none holds on this machine, so the tests of a change are not run", remedy)


async def _standing() -> list[str]:
    found = []
    for kind in Walls:
        try:
            if await holds(kind):
                found.append(kind.value)
        except OSError:
            continue  # it is not installed
    return found
