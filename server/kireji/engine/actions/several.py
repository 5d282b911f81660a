"""One subtask of a plan as an answer gives it: passages of its files with what takes their place, and whole new files.

What a subtask may change is held to as with any action; nothing is judged here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from kireji.base.types import ChangeSet, NewFile, Reason
from kireji.engine.actions.action import Refused, Region
from kireji.engine.actions.blocks import applied, blocks_of

_CREATED = re.compile(
    r"<create(_\w+)?>\s*(\S[^\n]*?)\s*</create(?:\1)?>\s*<text(_\w+)?>\n?(.*?)\n?</text(?:\3)?>", re.DOTALL
)


def changes_of(answer: str, regions: Mapping[str, Region], created: Mapping[str, NewFile]) -> ChangeSet | Refused:
    """The change that an answer amounts to. `regions` and `created` are by the paths under which the model knows them."""
    files: list[NewFile] = []
    rest = answer
    for match in _CREATED.finditer(answer):
        planned = created.get(match[2].strip())
        if planned is None or any(file.uri == planned.uri for file in files):
            return Refused(Reason.OUT_OF_SCOPE, "it makes a file that was not planned, or one twice")
        text = match[4]
        files.append(replace(planned, text=text if not text or text.endswith("\n") else f"{text}\n"))
        rest = rest.replace(match[0], "", 1)
    missing = [path for path, planned in created.items() if all(file.uri != planned.uri for file in files)]
    if missing:
        return Refused(Reason.INCOMPLETE, f"it does not make {len(missing)} of the files that were planned")
    if not rest.strip():
        return ChangeSet(created=tuple(files)) if files else Refused(Reason.NOTHING_TO_ADD, "it changes nothing")
    blocks = blocks_of(rest)
    if isinstance(blocks, Refused):
        return blocks
    known: Sequence[Region] = tuple(regions.values())
    edits = applied(blocks, known, lambda path: regions.get(path.strip().replace("\\", "/").removeprefix("./")))
    return edits if isinstance(edits, Refused) else ChangeSet(edits, tuple(files))
