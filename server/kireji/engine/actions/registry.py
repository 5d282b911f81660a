"""All actions, in the order in which they are offered. To add one of ours, add its file and its line here."""

from __future__ import annotations

from collections.abc import Callable

from kireji.base.types import Snapshot
from kireji.engine.actions.action import Action
from kireji.engine.actions.deprecated import DEPRECATED
from kireji.engine.actions.docstring import DOCSTRING
from kireji.engine.actions.edit import EDIT
from kireji.engine.actions.explain import EXPLAIN
from kireji.engine.actions.extract import EXTRACT
from kireji.engine.actions.fix import FIX, FIX_ALL
from kireji.engine.actions.from_comment import FROM_COMMENT
from kireji.engine.actions.hints import HINTS
from kireji.engine.actions.implement import IMPLEMENT
from kireji.engine.actions.own import own_actions
from kireji.engine.actions.secure import SECURE
from kireji.engine.actions.simplify import SIMPLIFY
from kireji.engine.actions.tests_for import TESTS_FOR
from kireji.engine.actions.to_async import TO_ASYNC
from kireji.engine.actions.trace import TRACE

ACTIONS: tuple[Action, ...] = (
    FIX,
    FIX_ALL,
    SECURE,
    DEPRECATED,
    TRACE,
    IMPLEMENT,
    FROM_COMMENT,
    EXTRACT,
    DOCSTRING,
    HINTS,
    SIMPLIFY,
    TO_ASYNC,
    TESTS_FOR,
    EXPLAIN,
    EDIT,
)


def actions_for(snapshot: Snapshot, is_secret: Callable[[str], bool]) -> tuple[Action, ...]:
    """All actions that a snapshot knows: ours, then a person's own. Reads the disk."""
    return (*ACTIONS, *own_actions(snapshot, is_secret).actions)


def action_named(name: str) -> Action | None:
    """The action of ours with that id."""
    return next((action for action in ACTIONS if action.id == name), None)
