"""Where the paths of a plan lead: files of the workspace that may be read and changed, and places where one may be made.

Reads files, in the state that editors show; changes none. A path that leads out, or to what is protected, is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kireji.base.files import excluded, read_text, walk
from kireji.base.languages import language_of
from kireji.base.limits import refusal
from kireji.base.protected import contained
from kireji.base.text import make_document
from kireji.base.types import Document, NewFile, Reason, Snapshot
from kireji.engine.plans.plan import ChangePlan, Unfit

_MOST_LISTED = 400


@dataclass(frozen=True, slots=True)
class Sheet:
    """One file of a plan under the path that the plan gives it. `version` is None where no editor has it open."""

    path: str
    document: Document
    version: int | None


@dataclass(frozen=True, slots=True)
class Material:
    """What a plan is carried out on: files that are there, by path, and files to be made, by path, still empty."""

    sheets: tuple[Sheet, ...]
    created: tuple[tuple[str, NewFile], ...]

    def sheet(self, path: str) -> Sheet | None:
        """The file under a path."""
        return next((sheet for sheet in self.sheets if sheet.path == path), None)


def listed(root: str) -> tuple[str, ...]:
    """Paths of the workspace's files, near ones first. Blocks."""
    return tuple(path.relative_to(root).as_posix() for path in walk(Path(root), _MOST_LISTED))


def material(snapshot: Snapshot, plan: ChangePlan) -> Material | Unfit:
    """The files that a plan names. Blocks."""
    root = snapshot.workspace.root
    if root is None:
        return Unfit(Reason.OUT_OF_SCOPE, "there is no workspace to plan for")
    sheets = [_sheet(snapshot, root, path) for subtask in plan.subtasks for path in subtask.files]
    created = [_new(snapshot, root, path) for subtask in plan.subtasks for path in subtask.creates]
    unfit = next((one for one in (*sheets, *created) if isinstance(one, Unfit)), None)
    if unfit is not None:
        return unfit
    return Material(
        tuple(one for one in sheets if isinstance(one, Sheet)),
        tuple(one for one in created if not isinstance(one, Unfit)),
    )


def opened(snapshot: Snapshot) -> tuple[Document, ...]:
    """All texts that editors show, the one that was asked about first."""
    return (snapshot.document, *snapshot.open_documents)


def _sheet(snapshot: Snapshot, root: str, path: str) -> Sheet | Unfit:
    real = contained(path, root)
    if path.endswith(".ipynb"):
        return Unfit(Reason.OUT_OF_SCOPE, "it would change a notebook, which is more than one text")
    if real is None or excluded(Path(root, path), Path(root)) is not None:
        return Unfit(Reason.OUT_OF_SCOPE, "it would change a file that is protected, ignored or lies elsewhere")
    for document in opened(snapshot):
        if document.path is not None and _same(document.path, str(real), str(Path(root, path))):
            return Sheet(path, document, document.version)
    text = read_text(real, Path(root), snapshot.options.max_file_bytes)
    if text is None:
        return Unfit(Reason.OUT_OF_SCOPE, "it would change a file that is not there or cannot be read")
    place = Path(root, path)
    document = make_document(place.as_uri(), str(place), language_of(str(place)), 0, text)
    if refusal(document, snapshot.options) is not None:
        return Unfit(Reason.OUT_OF_SCOPE, "it would change a file that is too large or no text")
    return Sheet(path, document, None)


def _new(snapshot: Snapshot, root: str, path: str) -> tuple[str, NewFile] | Unfit:
    real = contained(path, root)
    place = Path(root, path)
    if real is None or real.exists() or place.is_symlink():
        return Unfit(Reason.OUT_OF_SCOPE, "it would make a file where there is one, or where none may be")
    if any(document.path in (str(real), str(place)) for document in opened(snapshot)):
        return Unfit(Reason.OUT_OF_SCOPE, "it would make a file that is open")
    return path, NewFile(place.as_uri(), str(place), language_of(str(place)), "")


def _same(path: str, *others: str) -> bool:
    return path in others
