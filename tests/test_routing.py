"""Which model is asked for what, by the settings."""

from __future__ import annotations

import pytest

from kireji.base.config_schema import Protected, ProviderChoice
from kireji.routing import ConfigurationError, choose_roles
from support.held_clock import HeldClock

NOW = HeldClock()
HAIKU, OLDER, SONNET = "claude-haiku-5-5", "claude-haiku-4-5", "claude-sonnet-5-5"


def check_roles(expected: tuple[str, str, str], **settings: str) -> None:
    """The models for completion, actions and planning that settings lead to, with a key."""
    roles = choose_roles(Protected(api_key="sk-ant-none", **settings), NOW, None)  # type: ignore[arg-type]
    assert tuple(a.model.id for a in (roles.completion, roles.action, roles.planning)) == expected
    assert tuple(a.provider.info.model for a in (roles.completion, roles.action, roles.planning)) == expected


def test_each_role_has_its_model() -> None:
    check_roles((HAIKU, HAIKU, SONNET))
    check_roles((OLDER, OLDER, SONNET), model=OLDER)
    check_roles((HAIKU, OLDER, SONNET), action_model=OLDER)
    check_roles((HAIKU, HAIKU, OLDER), planning_model=OLDER)
    check_roles((OLDER, SONNET, HAIKU), model=OLDER, action_model=SONNET, planning_model=HAIKU)


def test_a_model_with_several_roles_is_one_provider_and_the_local_engine_has_them_all() -> None:
    roles = choose_roles(Protected(api_key="sk-ant-none"), NOW, None)
    assert roles.completion.provider is roles.action.provider
    assert roles.planning.provider is not roles.action.provider
    local = choose_roles(Protected(provider=ProviderChoice.LOCAL), NOW, None)
    assert local.completion.provider is local.action.provider is local.planning.provider


def check_stronger(expected: tuple[str, int] | None, **settings: object) -> None:
    """The model that takes over for actions, and how much it may think."""
    roles = choose_roles(Protected(api_key="sk-ant-none", **settings), NOW, None)  # type: ignore[arg-type]
    found = roles.escalated
    assert (None if found is None else (found.model.id, found.thinking)) == expected
    assert roles.action.thinking == roles.completion.thinking == roles.planning.thinking == 0


def test_who_takes_over_for_actions() -> None:
    check_stronger((HAIKU, 4_000))
    check_stronger((OLDER, 500), action_model=OLDER, thinking_tokens=500)
    check_stronger(None, thinking_tokens=0)
    check_stronger((SONNET, 0), stronger_model=SONNET)
    check_stronger((SONNET, 0), stronger_model=SONNET, thinking_tokens=0)
    check_stronger((HAIKU, 4_000), stronger_model=HAIKU)
    check_stronger(None, provider=ProviderChoice.LOCAL)


@pytest.mark.parametrize("role", ["model", "action_model", "planning_model", "stronger_model"])
def test_a_model_that_does_not_answer_any_more_is_named(role: str) -> None:
    retired = "claude-3-5-haiku-20241022"
    with pytest.raises(ConfigurationError, match=f"{retired}.*use {HAIKU}"):
        choose_roles(Protected(api_key="sk-ant-none", **{role: retired}), NOW, None)  # type: ignore[arg-type]
