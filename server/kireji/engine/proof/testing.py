"""Runs the tests of what is changed, before and after a change, in the sandbox, on copies of the workspace.

The run before begins with the action, so that it hides behind the model's time. Whatever keeps the tests from being a proof
is UNKNOWN with a note that says what: never a pass. Nothing is run in a workspace that is not trusted.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path, PurePath
from types import MappingProxyType

from kireji.base import sandbox
from kireji.base.files import read_text
from kireji.base.sandbox import Bounds, Ended, Job, Shown, Walls
from kireji.base.sandbox_walls import Sandbox
from kireji.base.types import ChangeSet, Finding, GateResult, GateState, Severity, Snapshot, Span
from kireji.engine.proof.cases import Case, Cases
from kireji.engine.proof.commands import Project, TestRun, runs
from kireji.engine.proof.compare import compared
from kireji.engine.proof.copying import Copy, CopyError, again, copied, written
from kireji.engine.proof.relevant import is_test, tests_of
from kireji.engine.proof.room import Room

GATE = "tests"
_MOST_REPORT = 8_000_000
_MOST_FINDINGS = 5
_MEMORY, _PROCESSES, _DISK = 3 * 2**30, 256, 2**30
_NOTHING = ChangeSet()
_ENDS = MappingProxyType(
    {
        Ended.TIME: "they did not end in time",
        Ended.MEMORY: "they took too much memory",
        Ended.PROCESSES: "they started too many processes",
        Ended.DISK: "they wrote too much",
    }
)


class Wanted(Enum):
    """What a change must do to the tests to be proved by them: keep them green, or turn at least one green that was red."""

    KEPT = "kept"
    TURNED = "turned"


@dataclass(frozen=True, slots=True)
class _Report:
    """What one run came to. `trouble` is why its cases cannot be known; `ours` whether the change may be to blame for that."""

    cases: Cases = ()
    code: int = 0
    trouble: str = ""
    ours: bool = True


@dataclass(frozen=True, slots=True)
class _Concerned:
    """What a change concerns, relative to the workspace: test files, changed files, and test files that it brings."""

    tests: tuple[str, ...]
    changed: tuple[str, ...]
    fresh: tuple[str, ...] = ()


class Bench:
    """The tests of one action: the run before, and a run for each change that is tried. Must be closed."""

    def __init__(self, place: Sandbox, snapshot: Snapshot, root: str, names: Iterable[str]) -> None:
        self._sandbox = place
        self._snapshot = snapshot
        self._root = root
        self._names = tuple(names)
        self._room = Room()
        self._pristine: Copy | None = None
        self._count = 0
        self._before: dict[_Concerned, asyncio.Task[dict[str, _Report]]] = {}
        self._early = asyncio.ensure_future(self._begin())

    async def judge(self, changes: ChangeSet, wanted: Wanted) -> GateResult | None:
        """What the tests say about a change; None where there are none, which is nobody's fault."""
        started = time.monotonic()
        try:
            result = await self._judge(changes, wanted)
        except (CopyError, OSError) as error:
            result = _unknown(str(error) if isinstance(error, CopyError) else "the sandbox could not be started")
        return replace(result, elapsed=time.monotonic() - started) if result is not None else None

    async def close(self) -> None:
        """Ends what runs and removes the copies."""
        tasks = {self._early, *self._before.values()}
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        for task in tasks:
            if not task.cancelled():
                task.exception()  # whoever needed it was told
        await self._room.close()

    async def _begin(self) -> None:
        """The run before, for the file that the action is about, while the model is still thinking."""
        path = self._snapshot.document.path
        concerned = await self._concerned([path] if path is not None else [], _NOTHING)
        if (concerned.tests or concerned.changed) and await self._sandbox.walls() is not None:
            await self._was(concerned)

    async def _judge(self, changes: ChangeSet, wanted: Wanted) -> GateResult | None:
        paths = [e.document.path for e in changes.edits if e.document.path is not None]
        concerned = await self._concerned(paths, changes)
        if not await self._has_runs(concerned):
            return _unknown("no command is known that runs them") if concerned.tests or concerned.fresh else None
        if await self._sandbox.walls() is None:
            return _unknown("there is no sandbox on this machine to run them in")
        before = await self._was(replace(concerned, fresh=()))
        after = await self._ran(concerned, changes)
        if not any(report.cases or report.trouble for report in (*before.values(), *after.values())):
            return None
        return _judged(before, after, wanted)

    async def _concerned(self, paths: Sequence[str], changes: ChangeSet) -> _Concerned:
        """The tests of what is changed, with those that the change itself brings."""
        inside = [path for path in paths if PurePath(path).is_relative_to(self._root)]
        tests = await asyncio.to_thread(tests_of, self._root, inside, self._names)
        new = [new.path for new in changes.created if PurePath(new.path).is_relative_to(self._root)]
        fresh = tuple(PurePath(path).relative_to(self._root).as_posix() for path in new)
        changed = tuple(PurePath(path).relative_to(self._root).as_posix() for path in inside)
        return _Concerned(tests, changed, tuple(filter(is_test, fresh)))

    async def _has_runs(self, concerned: _Concerned) -> bool:
        project = Project(self._root, self._root, "/out", self._snapshot.workspace.python)
        return bool(await asyncio.to_thread(runs, project, (*concerned.tests, *concerned.fresh), concerned.changed))

    async def _was(self, concerned: _Concerned) -> dict[str, _Report]:
        task = self._before.get(concerned)
        if task is None:
            task = self._before[concerned] = asyncio.ensure_future(self._ran(concerned, _NOTHING))
        return await asyncio.shield(task)

    async def _ran(self, concerned: _Concerned, changes: ChangeSet) -> dict[str, _Report]:
        """One report for each runner, from a copy of its own. Raises CopyError and OSError."""
        kind = await self._sandbox.walls()
        assert kind is not None  # noqa: S101 — the callers have looked
        copy, out = await self._room.make(lambda folder: self._fresh(folder, changes, kind))
        at = str(copy.folder) if kind is Walls.LANDLOCK else self._root
        project = Project(self._root, at, str(out), self._snapshot.workspace.python)
        found = await asyncio.to_thread(runs, project, (*concerned.tests, *concerned.fresh), concerned.changed)
        shown = [Shown(str(copy.folder), at, True), Shown(str(out), str(out), True)]
        shown += [Shown(f"{self._root}/{lent}", f"{at}/{lent}") for lent in copy.lent]
        return {run.name: await self._report(kind, run, at, tuple(shown), out) for run in found}

    async def _report(self, kind: Walls, run: TestRun, at: str, shown: tuple[Shown, ...], out: Path) -> _Report:
        seconds = self._snapshot.options.action_tests_ms / 1000
        bounds = Bounds(seconds, int(seconds) + 1, _MEMORY, _PROCESSES, _DISK)
        # An environment inside the workspace is lent with it.
        own = tuple(one for one in run.shown if not PurePath(one.at).is_relative_to(self._root))
        ran = await sandbox.run(kind, Job(run.command, at, (*own, *shown), run.environment, bounds))
        if ran.ended in _ENDS:
            return _Report(trouble=_ENDS[ran.ended])
        if ran.ended is not Ended.EXIT:
            return _Report(trouble=f"the sandbox could not be put up ({ran.note})", ours=False)
        report = await asyncio.to_thread(read_text, out / run.report, out, _MOST_REPORT) if run.report else ""
        try:
            return _Report(run.read(report or "", ran.output, ran.code), ran.code)
        except ValueError:
            return _Report(code=ran.code, trouble=f"{run.name} ended with code {ran.code} and no report")

    def _fresh(self, folder: Path, changes: ChangeSet, kind: Walls) -> tuple[Copy, Path]:
        """A copy for one run, with what is changed in it. Blocks."""
        if self._pristine is None:
            self._pristine = copied(self._root, folder / "before")
        self._count += 1
        copy = again(self._pristine, folder / str(self._count))
        documents = (self._snapshot.document, *self._snapshot.open_documents)
        written(copy, documents if self._snapshot.origin == 0 else documents[1:], changes)
        for lent in copy.lent:
            if kind is Walls.LANDLOCK:
                (copy.folder / lent).symlink_to(Path(self._root, lent))
            else:
                (copy.folder / lent).mkdir()
        out = folder / f"{self._count}.out"
        out.mkdir()
        return copy, out


@contextlib.asynccontextmanager
async def testing(place: Sandbox, snapshot: Snapshot, names: Iterable[str]) -> AsyncGenerator[Bench | None, None]:
    """The bench of one action; None where nothing may be run."""
    workspace = snapshot.workspace
    notebook = (snapshot.document.path or "").endswith(".ipynb")
    if workspace.root is None or not workspace.trusted or not snapshot.options.action_tests or notebook:
        yield None
        return
    bench = Bench(place, snapshot, workspace.root, names)
    try:
        yield bench
    finally:
        await asyncio.shield(bench.close())


def _judged(before: Mapping[str, _Report], after: Mapping[str, _Report], wanted: Wanted) -> GateResult:
    """Refuted by one run is refuted; proved by all is proved."""
    findings: list[Finding] = []
    notes: list[str] = []
    passed = turned = 0
    for name, now in after.items():
        was = before.get(name, _Report())
        if was.trouble or (now.trouble and not now.ours):
            notes.append(f"before the change {was.trouble}" if was.trouble else now.trouble)
            continue
        if now.trouble:
            findings.append(_finding(f"{now.trouble}; before the change they did"))
            continue
        result = compared(was.cases, now.cases)
        findings += [_of_case(case) for case in result.wrong]
        findings += [_finding(f"{name} no longer runs") for name in result.gone]
        if result.red:
            notes.append(f"{len(result.red)} of them were red before the change and still are")
        elif now.code != 0 and now.code != was.code and not result.wrong:
            notes.append(f"they ended with code {now.code}, though no case failed")
        passed, turned = passed + result.passed, turned + result.turned
    if findings:
        return GateResult(GATE, GateState.FAIL, tuple(findings[:_MOST_FINDINGS]))
    if notes:
        return _unknown("; ".join(dict.fromkeys(notes)))
    if wanted is Wanted.TURNED and not turned:
        return _unknown("none of them notices the change")
    return GateResult(GATE, GateState.PASS, note=f"{passed} passed")


def _of_case(case: Case) -> Finding:
    return _finding(f"{case.name} failed: {case.detail}" if case.detail else f"{case.name} failed")


def _finding(message: str) -> Finding:
    return Finding(GATE, "test", Severity.REJECT, message, Span(0, 0))


def _unknown(note: str) -> GateResult:
    return GateResult(GATE, GateState.UNKNOWN, note=note)
