"""Which model is asked for what: settings in, roles out. Only `compose.py` uses it; `places.py` says where.

Opens no connection and asks nobody: whether a service has the model, its first answer tells.
"""

from __future__ import annotations

import datetime
import functools
import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from kireji.base.clock import Clock
from kireji.base.config_schema import Protected
from kireji.engine.services import Asking, Roles
from kireji.places import ConfigurationError as ConfigurationError
from kireji.places import Place, Use, choose_place
from kireji.providers.breaker import Breaker, rules_for
from kireji.providers.copy_engine import CopyEngine
from kireji.providers.copy_workspaces import Workspaces
from kireji.providers.models import Model, ModelError
from kireji.providers.resilience import Patience, Resilient


def choose_roles(protected: Protected, clock: Clock, script: Path | None) -> Roles:
    """Who is asked for what. A model with several roles is one provider with one breaker, and all share their connections.

    Raises ConfigurationError.
    """
    place = choose_place(protected, datetime.date.fromtimestamp(clock.now()), script)
    nonce = secrets.token_hex(4)
    local = CopyEngine(Workspaces().corpus)

    @functools.cache
    def asked(model: Model) -> Asking:
        provider = place.connect(model)
        if not provider.info.remote:
            return Asking(provider, model, nonce)
        breaker = Breaker(clock, rules_for(protected.cool_down_ms / 1000))
        patience = Patience(silence=protected.silence_ms / 1000)
        return Asking(Resilient(provider, breaker, clock, patience), model, nonce, breaker=breaker, instead=local)

    def asking(name: str, use: Use) -> Asking:
        try:
            return asked(place.find(name, use))
        except ModelError as error:
            raise ConfigurationError(str(error)) from None

    action = asking(protected.action_model or protected.model, Use.INSTRUCT)
    planner = protected.planning_model or place.planner or protected.action_model or protected.model
    return Roles(
        completion=asking(protected.model, Use.COMPLETE),
        action=action,
        planning=_thinking(asking(planner, Use.INSTRUCT), protected, place),
        escalated=_stronger(protected, action, asking, place),
    )


def _thinking(asking: Asking, protected: Protected, place: Place) -> Asking:
    """The same with leave to think, where it can be given."""
    return replace(asking, thinking=protected.thinking_tokens) if place.thinks else asking


def _stronger(
    protected: Protected, action: Asking, asking: Callable[[str, Use], Asking], place: Place
) -> Asking | None:
    """Who takes over from the model for actions: the one that is named, or itself with leave to think."""
    if protected.stronger_model and protected.stronger_model != action.model.id:
        return asking(protected.stronger_model, Use.INSTRUCT)
    return replace(action, thinking=protected.thinking_tokens) if place.thinks and protected.thinking_tokens else None
