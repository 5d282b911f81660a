"""Which model is asked for what, by the settings."""

from __future__ import annotations

from dataclasses import replace

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
    local = choose_roles(Protected(provider=ProviderChoice.LOCAL, model="Qwen/Qwen2.5-Coder-7B"), NOW, None)
    assert local.completion.provider is local.action.provider is local.planning.provider


def check_own(expected: tuple[str, str, str], name: str, **settings: str) -> None:
    """How a server's model is asked for completion, for actions and for plans: it fills in, by whose template, or it is told."""
    own = Protected(provider=ProviderChoice.OPENAI_COMPATIBLE, server_url="http://127.0.0.1:1/v1", model=name)
    protected = replace(own, **settings)  # type: ignore[arg-type]
    roles = choose_roles(protected, NOW, None)
    found = []
    for asked in (roles.completion, roles.action, roles.planning):
        fim = asked.model.fim
        found.append("told" if fim is None else "fills" if fim.template else "server's")
        assert asked.provider.info.follows_instructions == (fim is None)
    assert tuple(found) == expected
    assert roles.escalated is None or settings.get("stronger_model")


def test_how_a_server_of_ones_own_is_asked() -> None:
    check_own(("fills", "fills", "fills"), "Qwen/Qwen2.5-Coder-7B")
    check_own(("fills", "told", "told"), "Qwen/Qwen2.5-Coder-7B-Instruct")
    check_own(("server's", "told", "told"), "qwen2.5-coder:7b")
    check_own(("server's", "server's", "server's"), "starcoder2:3b")
    check_own(("told", "told", "told"), "gpt-oss-20b")
    check_own(("told", "told", "told"), "Qwen/Qwen2.5-Coder-7B-Instruct", fim="off")
    check_own(("server's", "told", "told"), "gpt-oss-20b", fim="suffix", action_model="other")
    check_own(("fills", "fills", "told"), "my-model", fim="<A>{prefix}<B>{suffix}<C>", planning_model="other")
    check_own(("fills", "fills", "fills"), "bigcode/starcoder2-3b", stronger_model="gpt-oss-120b")


def check_stronger(expected: tuple[str, int] | None, **settings: object) -> None:
    """The model that takes over for actions, and how much it may think."""
    roles = choose_roles(Protected(api_key="sk-ant-none", **settings), NOW, None)  # type: ignore[arg-type]
    found = roles.escalated
    assert (None if found is None else (found.model.id, found.thinking)) == expected
    assert roles.action.thinking == roles.completion.thinking == 0


def test_who_plans_may_think() -> None:
    roles = choose_roles(Protected(api_key="sk-ant-none", thinking_tokens=700), NOW, None)
    assert roles.planning.thinking == 700
    assert choose_roles(Protected(provider=ProviderChoice.LOCAL), NOW, None).planning.thinking == 0


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
