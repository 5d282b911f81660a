"""All actions, in the order in which they are offered. To add one, add its file and its line here."""

from __future__ import annotations

from kireji.engine.actions.action import Action
from kireji.engine.actions.edit import EDIT
from kireji.engine.actions.implement import IMPLEMENT

ACTIONS: tuple[Action, ...] = (IMPLEMENT, EDIT)


def action_named(name: str) -> Action | None:
    """The action with that id."""
    return next((action for action in ACTIONS if action.id == name), None)
