"""A plan as a model writes it and as a person agrees to it: subtasks, each with its files. Data, and how it is read.

What a model says is read as data within bounds; paths are only words here, `files.py` says where they lead.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from kireji.base.types import Reason

MOST_SUBTASKS = 8
MOST_FILES = 16
_LONGEST = 4_000
_LONGEST_PATH = 300


@dataclass(frozen=True, slots=True)
class Subtask:
    """One part of a plan. `files` are changed, `creates` are made; no two subtasks have a file in common."""

    title: str
    files: tuple[str, ...]
    creates: tuple[str, ...]
    instructions: str
    done_when: str

    @property
    def paths(self) -> tuple[str, ...]:
        """All files that it is about."""
        return (*self.files, *self.creates)

    @property
    def words(self) -> str:
        """The subtask as a model and a person read it."""
        rows = (
            f"subtask: {self.title}",
            *(f"changes: {path}" for path in self.files),
            *(f"makes: {path}" for path in self.creates),
            self.instructions,
            f"done when: {self.done_when}",
        )
        return "\n".join(rows)


@dataclass(frozen=True, slots=True)
class ChangePlan:
    """What is to be done, in a sentence, and the subtasks."""

    summary: str
    subtasks: tuple[Subtask, ...]

    @property
    def words(self) -> str:
        """The plan as a model and a person read it."""
        return "\n\n".join((self.summary, *(subtask.words for subtask in self.subtasks)))


class Decision(Enum):
    """What the planner says of a subtask's result."""

    ACCEPT = "accept"
    REVISE = "revise"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Review:
    """The planner's word on each subtask, in their order, with why; and a text fit for a commit."""

    decisions: tuple[tuple[Decision, str], ...]
    message: str


@dataclass(frozen=True, slots=True)
class Unfit:
    """What a model said is no plan, or none that may be carried out. `detail` quotes no source text."""

    reason: Reason
    detail: str


def _schema(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


_TEXT, _TEXTS = {"type": "string"}, {"type": "array", "items": {"type": "string"}}
_SUBTASK = _schema(
    {"title": _TEXT, "files": _TEXTS, "creates": _TEXTS, "instructions": _TEXT, "done_when": _TEXT}
)  # fmt: skip
PLAN_SCHEMA = json.dumps(
    _schema({"summary": _TEXT, "decline": _TEXT, "subtasks": {"type": "array", "items": _SUBTASK}}), sort_keys=True
)
_DECISION = _schema({"decision": {"type": "string", "enum": [d.value for d in Decision]}, "why": _TEXT})
REVIEW_SCHEMA = json.dumps(
    _schema({"results": {"type": "array", "items": _DECISION}, "message": _TEXT}), sort_keys=True
)  # fmt: skip


def plan_of(said: str) -> ChangePlan | Unfit:
    """The plan that an answer holds."""
    data = _object(said)
    if data is None:
        return Unfit(Reason.PROTOCOL, "the answer is no plan")
    if declined := _text(data.get("decline")):
        return Unfit(Reason.DECLINED, " ".join(declined.split())[:200])
    rows = data.get("subtasks")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return Unfit(Reason.PROTOCOL, "the answer is no plan")
    subtasks = _apart(_subtask(row) for row in rows)
    if not subtasks or any(not subtask.paths for subtask in subtasks):
        return Unfit(Reason.NOTHING_TO_ADD, "the plan has nothing to do")
    if len(subtasks) > MOST_SUBTASKS or sum(len(subtask.paths) for subtask in subtasks) > MOST_FILES:
        return Unfit(Reason.OUT_OF_SCOPE, f"it takes more than {MOST_SUBTASKS} subtasks or {MOST_FILES} files")
    return ChangePlan(_text(data.get("summary")) or subtasks[0].title, subtasks)


def review_of(said: str, subtasks: int) -> Review | Unfit:
    """The planner's word on so many subtasks."""
    data = _object(said)
    rows = data.get("results") if data is not None else None
    if data is None or not isinstance(rows, list) or len(rows) != subtasks:
        return Unfit(Reason.PROTOCOL, "the answer is no review")
    try:
        decisions = tuple((Decision(row["decision"]), _text(row.get("why"))) for row in rows)
    except (TypeError, KeyError, ValueError, AttributeError):
        return Unfit(Reason.PROTOCOL, "the answer is no review")
    return Review(decisions, _text(data.get("message")))


def _object(said: str) -> dict[str, Any] | None:
    """The JSON object of an answer, also of one with a fence or a tag around it."""
    start, end = said.find("{"), said.rfind("}")
    try:
        data = json.loads(said[start : end + 1]) if 0 <= start < end else None
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _subtask(row: Mapping[str, Any]) -> Subtask:
    paths = {key: _paths(row.get(key)) for key in ("files", "creates")}
    title = " ".join(_text(row.get("title")).split())[:120] or "a change"
    files = tuple(path for path in paths["files"] if path not in paths["creates"])
    return Subtask(title, files, paths["creates"], _text(row.get("instructions")), _text(row.get("done_when")))


def _apart(subtasks: Iterable[Subtask]) -> tuple[Subtask, ...]:
    """Subtasks that have a file in common are one: they could not be carried out side by side."""
    found: list[Subtask] = []
    for subtask in subtasks:
        common = [other for other in found if not set(other.paths).isdisjoint(subtask.paths)]
        for other in common:
            found.remove(other)
            creates = tuple(dict.fromkeys((*other.creates, *subtask.creates)))
            files = tuple(path for path in dict.fromkeys((*other.files, *subtask.files)) if path not in creates)
            subtask = replace(
                other,
                title=f"{other.title}; {subtask.title}"[:120],
                files=files,
                creates=creates,
                instructions=f"{other.instructions}\n{subtask.instructions}",
                done_when=f"{other.done_when}\n{subtask.done_when}",
            )
        found.append(subtask)
    return tuple(found)


def _paths(raw: object) -> tuple[str, ...]:
    if not isinstance(raw, list):
        return ()
    words = (path.strip().replace("\\", "/").removeprefix("./") for path in raw if isinstance(path, str))
    return tuple(dict.fromkeys(path for path in words if 0 < len(path) <= _LONGEST_PATH))


def _text(raw: object) -> str:
    return raw.strip()[:_LONGEST] if isinstance(raw, str) else ""
