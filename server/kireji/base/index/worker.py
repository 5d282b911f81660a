"""The index's process: reads workspaces in one thread, answers what may be needed at a place in the other, ends with its input.

Executes nothing of a workspace and writes nowhere but below the folder it is given.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
import threading
import time
import traceback
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import partial
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from kireji.base.analysis.channel import Channel, die
from kireji.base.index.rank import Reasons, ranked
from kireji.base.index.search import Memory, look
from kireji.base.index.signals import View
from kireji.base.index.workspace import Workspace

logger = logging.getLogger(__name__)

_MAX_WORKSPACES = 3
_MAX_ITEMS = 400
# So many are said in full; of the others, which are less likely, more fit into the same room when they are brief.
_WHOLE = 24
_BRIEF = 120
# A look at ten thousand files takes half a second: it is taken when someone asks, and not again for twenty times as long.
_LEAST_PAUSE = 2.0
_PAUSE_FACTOR = 20.0
# The threads take turns quickly: a question must not wait while a long file is read.
_SWITCH_SECONDS = 0.001
# Whoever asks without end must not keep the reader from every file.
_LONGEST_WAIT = 0.1


class Worker:
    """What the process knows: the workspaces that were asked about last. One thread asks, one reads."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._workspaces: OrderedDict[str, Workspace] = OrderedDict()
        self._real: dict[str, str] = {}
        self._memory = Memory()
        self._reader = _Reader()
        # Set while nobody asks: reading waits for whoever does, or both would take twice as long.
        self._quiet = threading.Event()
        self._quiet.set()

    def find(self, params: Mapping[str, Any]) -> dict[str, Any] | None:
        """As `_found`, before all reading of files."""
        self._quiet.clear()
        try:
            return self._found(params)
        finally:
            self._quiet.set()

    def _found(self, params: Mapping[str, Any]) -> dict[str, Any] | None:
        """The likeliest definitions for a place; None where the text lies outside the workspace or may not be read."""
        workspace = self._workspace(params["root"])
        opened = [self._resolved(given) for given in params["opened"]]
        allowed = workspace.open_to(opened)
        shown = {allowed[path]: number for number, path in enumerate(opened) if path in allowed}
        for number, language, text in params["changed"]:
            if (path := allowed.get(opened[number])) is not None:
                workspace.show(path, language, text)
        here = allowed.get(opened[params["here"]])
        gone = workspace.hide(shown)
        self._reader.wake(workspace, gone)
        if here is None or (open_here := workspace.shown(here)) is None:
            return None
        if not workspace.ready:  # what is there by now is not worth the time: imports lead to more
            return {"ready": False, "files": [], "items": []}
        with workspace.lock:
            view = look(
                workspace.shelves.graph(open_here.entry.language),
                self._memory,
                open_here.entry,
                open_here.text,
                int(params["offset"]),
            )
            return _answer(workspace, view, shown, int(params["chars"])) if view is not None else None

    def changed(self, params: Mapping[str, Any]) -> None:
        """These files have changed on the disk; where there are no `paths`, whatever has."""
        workspace = self._workspace(params["root"])
        workspace.expect(params["paths"])
        self._reader.wake(workspace, True)

    def state(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """How far a workspace's index is."""
        workspace = self._workspace(params["root"])
        self._reader.wake(workspace, False)
        skipped = {why.value: count for why, count in workspace.skipped.items()}
        return {"ready": workspace.ready, "files": len(workspace.shelves), "skipped": skipped}

    def _workspace(self, root: str) -> Workspace:
        known = self._workspaces.get(root)
        if known is None:
            known = self._workspaces[root] = Workspace(
                Path(self._resolved(root)), self._folder, partial(self._quiet.wait, _LONGEST_WAIT)
            )
            while len(self._workspaces) > _MAX_WORKSPACES:
                self._workspaces.popitem(last=False)
        self._workspaces.move_to_end(root)
        return known

    def _resolved(self, path: str) -> str:
        """The path without links; looked up once, because every question names all open files."""
        real = self._real.get(path)
        if real is None:
            real = self._real[path] = os.path.realpath(path)
        return real


class _Reader(threading.Thread):
    """Reads what changes on disk, a workspace at a time, when woken and not too often."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._wanted: SimpleQueue[Workspace] = SimpleQueue()
        self._next: dict[Workspace, float] = {}
        self._waiting: set[Workspace] = set()
        self.start()

    def wake(self, workspace: Workspace, now: bool) -> None:
        """Has a workspace looked through again, if it is time; `now` says that something has changed for certain."""
        if workspace not in self._waiting and (now or time.monotonic() >= self._next.get(workspace, 0.0)):
            self._waiting.add(workspace)
            self._wanted.put(workspace)

    def run(self) -> None:
        """Until the process ends. Whatever a disk does wrong concerns one look only."""
        while True:
            workspace = self._wanted.get()
            self._waiting.discard(workspace)
            started, whole = time.monotonic(), True
            try:
                whole = workspace.refresh()
                workspace.keep()
            except OSError as error:
                logger.debug("index: %s", error)
            except MemoryError:
                die()
            if not whole:
                continue
            ended = time.monotonic()
            self._next = {known: at for known, at in self._next.items() if at > ended}
            self._next[workspace] = ended + max(_LEAST_PAUSE, _PAUSE_FACTOR * (ended - started))


def _answer(workspace: Workspace, view: View, shown: Mapping[str, int], chars: int) -> dict[str, Any]:
    """As many as fill so many characters; files once each, by the number under which they are open or by their path."""
    files: dict[int, int] = {}
    items = []
    # The parts live as long as what was found: their identities are not used again meanwhile.
    best = list(islice(ranked(view), _MAX_ITEMS))
    reasons = Reasons()
    for place, found in enumerate(best):
        known = found.known
        number = files.setdefault(known.file, len(files))
        signature = known.signature if place < _WHOLE else _brief(known.signature)
        items.append([number, signature, known.start, known.end, round(found.score, 6), reasons.of(found)])
        chars -= len(signature) + 1
        if chars < 0:
            break
    paths = [file.path if (file := view.table.files[number]) is not None else "" for number in files]
    return {
        "ready": workspace.ready,
        "files": [shown.get(path, str(workspace.root / path)) for path in paths],
        "items": items,
    }


def _brief(signature: str) -> str:
    """The first line, and as many more as are short together."""
    end = len(signature)
    while end > _BRIEF and (line := signature.rfind("\n", 0, end)) >= 0:
        end = line
    return signature[:end]


def _answered(method: Callable[[Mapping[str, Any]], object], params: Mapping[str, Any]) -> dict[str, object]:
    """The answer, or a note why there is none: one odd text must not end the process."""
    try:
        return {"value": method(params)}
    except MemoryError:
        die()  # what was half done is in an unknown state; the next process begins afresh
    except Exception as error:  # noqa: BLE001 — its words may hold source text, its name and place do not
        frames = traceback.extract_tb(error.__traceback__)
        return {"value": None, "note": f"{type(error).__name__} in {frames[-1].name if frames else '?'}"}


def main(folder: str | None = None) -> None:
    """Serves until the input ends. `folder` is where indexes are kept."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    # Nothing here refers to itself, and each look for garbage would walk through the whole index while someone waits.
    gc.disable()
    channel = Channel()
    worker = Worker(Path(folder) if folder is not None else None)
    methods = {"find": worker.find, "changed": worker.changed, "state": worker.state}
    for message in channel.requests():
        method, number = message.get("method"), message.get("id")
        if number is None:
            continue
        if method == "initialize":
            channel.answer(number, {"capabilities": {"positionEncoding": "utf-32"}})
        elif method in methods:
            channel.answer(number, _answered(methods[method], message["params"]))
        else:
            channel.refuse(number)
