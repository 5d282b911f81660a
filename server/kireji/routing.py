"""Which model is asked for what, and where: settings in, roles out. Only `compose.py` uses it.

Opens no connection and asks nobody: whether a service has the model, its first answer tells.
"""

from __future__ import annotations

import datetime
import functools
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from kireji.base.clock import Clock
from kireji.base.config_schema import Protected, ProviderChoice
from kireji.engine.services import Asking, Roles
from kireji.providers import models
from kireji.providers.anthropic import DEFAULT_LIMITS, Account, AnthropicProvider
from kireji.providers.breaker import Breaker, rules_for
from kireji.providers.copy_engine import CopyEngine
from kireji.providers.copy_workspaces import Workspaces
from kireji.providers.models import Model
from kireji.providers.provider import Provider
from kireji.providers.resilience import Patience, Resilient
from kireji.providers.scripted import read_script


class ConfigurationError(Exception):
    """The settings name something that cannot be. One line: what, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where models are asked: how one of them becomes a provider, which plans unless the settings name another, and
    whether a model there can be given leave to think."""

    connect: Callable[[Model], Provider]
    planner: str = ""
    thinks: bool = False


def choose_roles(protected: Protected, clock: Clock, script: Path | None) -> Roles:
    """Who is asked for what. A model with several roles is one provider with one breaker, and all share their connections.

    Raises ConfigurationError.
    """
    place = _place(protected, script)
    nonce = secrets.token_hex(4)
    today = datetime.date.fromtimestamp(clock.now())
    local = CopyEngine(Workspaces().corpus)

    @functools.cache
    def asking(name: str) -> Asking:
        try:
            model = models.find(name, today)
        except models.ModelError as error:
            raise ConfigurationError(str(error)) from None
        provider = place.connect(model)
        if not provider.info.remote:
            return Asking(provider, model, nonce)
        breaker = Breaker(clock, rules_for(protected.cool_down_ms / 1000))
        patience = Patience(silence=protected.silence_ms / 1000)
        return Asking(Resilient(provider, breaker, clock, patience), model, nonce, breaker=breaker, instead=local)

    action = asking(protected.action_model or protected.model)
    return Roles(
        completion=asking(protected.model),
        action=action,
        planning=asking(protected.planning_model or place.planner or protected.model),
        escalated=_stronger(protected, action, asking, place),
    )


def _stronger(protected: Protected, action: Asking, asking: Callable[[str], Asking], place: Place) -> Asking | None:
    """Who takes over from the model for actions: the one that is named, or itself with leave to think."""
    if protected.stronger_model and protected.stronger_model != action.model.id:
        return asking(protected.stronger_model)
    return replace(action, thinking=protected.thinking_tokens) if place.thinks and protected.thinking_tokens else None


def _place(protected: Protected, script: Path | None) -> Place:
    if script is not None:
        return _always(read_script(script))
    if protected.provider is ProviderChoice.LOCAL:
        return _always(CopyEngine(Workspaces().corpus))
    if protected.api_key is None:
        if protected.provider is ProviderChoice.ANTHROPIC:
            raise ConfigurationError(
                "no key: run `kireji key set`, or choose the local engine with KIREJI_PROVIDER=local"
            )
        return _always(CopyEngine(Workspaces().corpus))
    if not protected.base_url:
        raise ConfigurationError("the model's address cannot be used: correct ANTHROPIC_BASE_URL or model.base_url")
    limits = replace(DEFAULT_LIMITS, connect=protected.connect_ms / 1000)
    account = Account(api_key=protected.api_key, base_url=protected.base_url, limits=limits)
    return Place(lambda model: AnthropicProvider(account, model), models.PLANNING_MODEL, thinks=True)


def _always(provider: Provider) -> Place:
    """One that answers alike whatever model is named."""
    return Place(lambda _: provider)
