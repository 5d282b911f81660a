"""An action that is proved by tests, cancelled at its awaits: no process of a sandbox, no copy of the workspace stays behind."""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path

import pytest

from kireji.base import sandbox_walls
from kireji.base.types import ActionOutcome, GateState, Intent, Proposed, Span
from kireji.features.code_action import resolve
from support.acting import Acting, acting
from support.figures import report
from support.messages_api import script
from support.processes import children
from support.proving import make, snapshot_of
from support.steps import Steps

HEAD = 'def double(number: int) -> int:\n    """Twice the number."""\n'
FILES = {
    "shop.py": f"{HEAD}    raise NotImplementedError\n",
    "test_shop.py": "from shop import double\n\n\ndef test_double():\n    assert double(4) == 8\n",
}
# In `make test` every so many awaits; each of them in `make soak`.
STRIDE = int(os.environ.get("SOAK_AWAIT_STRIDE", "9"))


async def ask(line: Acting, root: Path, steps: Steps) -> ActionOutcome:
    snapshot = snapshot_of(root, "shop.py")
    document = snapshot.document
    work = resolve(line.services, snapshot, "implement", Intent(Span(5, 5)), lambda _: document)
    return await steps.run(work)


def copies() -> set[str]:
    """Folders of ours that hold a copy of a workspace."""
    return {str(path) for path in Path(tempfile.gettempdir()).glob("kireji-*/home/before")}


async def test_cancelled_while_it_is_proved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "tmp"
    own.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(own))
    if await sandbox_walls.walls() is None:
        pytest.skip("no sandbox holds on this machine")
    root = make(tmp_path / "project", FILES)
    async with acting(tmp_path / "state", script(f"{HEAD}    return number * 2")) as line:
        whole = Steps(0)
        outcome = await ask(line, root, whole)
        assert isinstance(outcome, Proposed)
        assert [r.state for r in outcome.verdict.results if r.gate == "tests"] == [GateState.PASS]
        assert copies() == set()
        tasks, processes = asyncio.all_tasks(), children(os.getpid())
        tried = range(1, whole.taken + 1, STRIDE)
        for at in tried:
            running = asyncio.ensure_future(ask(line, root, Steps(at)))
            await asyncio.wait({running}, timeout=60)
            assert running.done(), f"cancelled at await {at}, it goes on"
            left = {t for t in asyncio.all_tasks() - tasks if not t.done() and "messages_http" not in repr(t)}
            if left:
                _, still = await asyncio.wait(left, timeout=60)
                assert not still, f"cancelled at await {at}, it leaves tasks behind: {still}"
            assert children(os.getpid()) <= processes, f"cancelled at await {at}, it leaves a process behind"
            assert copies() == set(), f"cancelled at await {at}, it leaves a copy behind"
        report(
            f"an action cancelled at {len(tried)} of {whole.taken} awaits while its tests run: 0 processes, 0 copies left"
        )
