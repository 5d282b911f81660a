"""Keeps excluded files out of questions: asks the disk what is excluded now, off the event loop, before anything is redacted.

What counts as excluded is `base/exclusions.py`'s; what is taken out of the rest is `redact.py`'s.
"""

from __future__ import annotations

import asyncio

from kireji.base.exclusions import Exclusions
from kireji.base.types import ContextPack, RedactedPack, Snapshot
from kireji.engine.context.fit import Held
from kireji.engine.context.redact import path_of, redact


async def is_excluded(exclusions: Exclusions, snapshot: Snapshot) -> bool:
    """Whether the document may be in no question: then none is asked."""
    paths = (path_of(snapshot.document.uri), snapshot.document.path or "")
    return bool(await asyncio.to_thread(exclusions.among, paths, snapshot.workspace.root))


async def still_sendable(exclusions: Exclusions, snapshot: Snapshot, held: Held | None) -> Held | None:
    """What was sent before, unless a file that is in it has been excluded since: then all is chosen anew."""
    paths = {path_of(item.uri) for item in held.items} if held is not None else set()
    excluded = await asyncio.to_thread(exclusions.among, paths, snapshot.workspace.root) if paths else ()
    return None if excluded else held


async def redacted(exclusions: Exclusions, snapshot: Snapshot, pack: ContextPack) -> RedactedPack:
    """The pack without items from excluded files, and without secrets."""
    paths = {uri: path_of(uri) for uri in {item.uri for item in pack.items}}
    excluded = await asyncio.to_thread(exclusions.among, set(paths.values()), snapshot.workspace.root)
    return redact(pack, {uri for uri, path in paths.items() if path in excluded})
