"""Keeps a change within its plan, whatever an answer says: no other file, range, version or place on the disk.

The last look before the gates; it trusts no action. Changes nothing.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path, PurePath

from kireji.base.protected import contained, protected
from kireji.base.types import ChangeSet, Document, FileEdit, NewFile, Reason, Span, Workspace
from kireji.engine.actions.action import Plan, Refused, Region

_ELSEWHERE = Refused(Reason.OUT_OF_SCOPE, "it reaches beyond what may be changed")


def stray(changes: ChangeSet, plan: Plan, home: Document, workspace: Workspace) -> Refused | None:
    """Why a change may not be made; None where it keeps to its plan. Asks the disk where paths lead."""
    named = [*(edit.document.uri for edit in changes.edits), *(file.uri for file in changes.created)]
    if len(set(named)) != len(named):
        return Refused(Reason.OUT_OF_SCOPE, "it names a file twice")
    for edit in changes.edits:
        region = next((r for r in plan.regions if r.document.uri == edit.document.uri), None)
        if region is None or not _keeps(edit, region):
            return _ELSEWHERE
        if edit.document.uri != home.uri and not _at_home(edit.document.path, workspace):
            return Refused(Reason.OUT_OF_SCOPE, "it changes a file that is protected or lies elsewhere")
    for file in changes.created:
        if plan.created is None or not _is_planned(file, plan.created):
            return Refused(Reason.OUT_OF_SCOPE, "it creates a file that was not asked for")
        if not _at_home(file.path, workspace) or Path(file.path).exists():
            return Refused(Reason.OUT_OF_SCOPE, "it creates a file where there is one, or where none may be")
    return None


def off_limits(document: Document, workspace: Workspace) -> bool:
    """Whether a document is one that no action changes, by its name below the workspace."""
    path, root = document.path, workspace.root
    if path is None:
        return False
    return protected(str(PurePath(path).relative_to(root)) if root and PurePath(path).is_relative_to(root) else path)


def _keeps(edit: FileEdit, region: Region) -> bool:
    """Whether each change lies in one of the spans that may change, and no two meet."""
    if edit.version != region.version or edit.document.text != region.document.text:
        return False
    ordered = sorted((change.span for change in edit.changes), key=lambda span: span)
    apart = all(a.end <= b.start and a != b for a, b in pairwise(ordered))
    return bool(ordered) and apart and all(_inside(span, region) for span in ordered)


def _inside(span: Span, region: Region) -> bool:
    if any(s.start <= span.start <= span.end <= s.end for s in region.spans):
        return True
    header = region.header
    return header is not None and header.start <= span.start == span.end <= header.end


def _is_planned(file: NewFile, planned: NewFile) -> bool:
    return (file.uri, file.path, file.language) == (planned.uri, planned.path, planned.language)


def _at_home(path: str | None, workspace: Workspace) -> bool:
    if path is None or workspace.root is None:
        return False
    return contained(path, workspace.root) is not None
