"""What an editor's settings may change, and what has no effect there in any spelling."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from kireji.base.config import with_editor_options
from kireji.base.config_schema import OPTIONS, PROTECTED, Options, Protected, Settings
from kireji.base.setting import Setting

BASE = Settings(Protected(api_key="sk-ant-own", daily_cap_usd=1.0, model="mine"), Options(gather_ms=60), ("before",))


def check_options(raw: object, expected: Options, *problems: str) -> None:
    """`problems` are what each new one starts with."""
    settings = with_editor_options(BASE, raw)
    assert settings.protected == BASE.protected
    assert settings.options == expected
    new = settings.problems[len(BASE.problems) :]
    assert len(new) == len(problems), new
    assert all(said.startswith(start) for said, start in zip(new, problems, strict=True)), new
    assert settings.problems[:1] == BASE.problems


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (None, Options(gather_ms=60)),
        ({}, Options(gather_ms=60)),
        ([], Options(gather_ms=60)),
        ((), Options(gather_ms=60)),
        ({"automatic": False}, Options(gather_ms=60, automatic=False)),
        ({"kireji": {"automatic": False}}, Options(gather_ms=60, automatic=False)),
        ({"settings": {"kireji": {"completion": {"gatherMs": 70}}}}, Options(gather_ms=70)),
        ({"kireji.completion.gather_ms": 70}, Options(gather_ms=70)),
        (
            {"completion": {"gather-ms": 70}, "gates": {"automaticMs": 400}},
            Options(gather_ms=70, gates_automatic_ms=400),
        ),
        ({"gatesAutomaticMs": 400.0}, Options(gather_ms=60, gates_automatic_ms=400)),
        ({"disabledLanguages": ["lua"]}, Options(gather_ms=60, disabled_languages=("lua",))),
    ],
)
def test_options_in_every_spelling(raw: object, expected: Options) -> None:
    check_options(raw, expected)


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (
            {"gatherMs": 0},
            "gatherMs in the editor's settings: expected a whole number from 1 to 5000, got '0'; it stays 60",
        ),
        ({"gather_ms": "70"}, "gather_ms"),
        ({"gather_ms": True}, "gather_ms"),
        ({"gather_ms": None}, "gather_ms"),
        ({"gather_ms": float("nan")}, "gather_ms"),
        ({"gather_ms": 70.5}, "gather_ms"),
        ({"gather_ms": 10**5000}, "gather_ms"),
        ({"automatic": "no"}, "automatic"),
        ({"automatic": 0}, "automatic"),
        ({"completion": {"disabledLanguages": "lua"}}, "completion.disabledLanguages"),
        ({"disabled_languages": ["lua", 5]}, "disabled_languages"),
        ({"disabled_languages": ["x"] * 5_000}, "disabled_languages"),
        ({"nonsense": 1}, "nonsense in the editor's settings: there is no such setting"),
        ({"kireji": {"a\nb": {"c": {}}}}, "kireji.a?b.c"),
        (["automatic"], "editor settings: expected an object"),
        ("automatic", "editor settings: expected an object"),
        (5, "editor settings: expected an object"),
    ],
)
def test_a_bad_value_leaves_the_former_one(raw: object, problem: str) -> None:
    check_options(raw, BASE.options, problem)


def test_the_rest_still_counts() -> None:
    check_options(
        {"gather_ms": -1, "automatic": False, "x": 1}, Options(gather_ms=60, automatic=False), "gather_ms", "x"
    )


def test_nothing_is_said_twice() -> None:
    raw = {"apiKey": "x", "nonsense": 1, "gather_ms": 0}
    once = with_editor_options(BASE, raw)
    assert len(once.problems) == 4 and with_editor_options(once, raw) == once


def test_hostile_amounts_are_bounded() -> None:
    deep: dict[str, object] = {}
    for _ in range(5_000):
        deep = {"a": deep}
    settings = BASE
    for turn in range(10):
        before = len(settings.problems)
        settings = with_editor_options(settings, {f"{turn}-{i}-{'x' * 10_000}": deep for i in range(2_000)})
        assert len(settings.problems) - before <= 201
    assert settings.options == BASE.options and settings.protected == BASE.protected
    assert len(settings.problems) <= 500 and max(map(len, settings.problems)) < 200


def camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


def nested(path: list[str], value: object) -> object:
    for name in reversed(path):
        value = {name: value}
    return value


EVIL: dict[str, object] = {
    "api_key": "sk-ant-evil-0123456789",
    "key_file": "/tmp/evil",
    "base_url": "https://evil.example",
    "provider": "local",
    "model": "claude-opus-9",
    "action_model": "claude-opus-9",
    "planning_model": "claude-opus-9",
    "stronger_model": "claude-opus-9",
    "server_url": "https://evil.example/v1",
    "server_key": "sk-evil-0123456789",
    "plain_http": True,
    "actions_dir": "/tmp/evil",
    "auth_header": "x-evil",
    "region": "evil-1",
    "project": "evil",
    "fim": "{prefix}evil{suffix}",
    "input_usd": 0.5,
    "output_usd": 0.5,
    "thinking_tokens": 32_000,
    "connect_ms": 30_000,
    "silence_ms": 30_000,
    "cool_down_ms": 10,
    "daily_cap_usd": 9_000,
    "monthly_cap_usd": 9_000,
    "action_cap_usd": 900,
    "audit": False,
    "audit_names": True,
    "audit_text": True,
    "audit_days": 1,
    "prometheus_file": "/tmp/evil",
    "otlp_endpoint": "https://evil.example",
    "ruff": "/tmp/evil",
    "ty": "/tmp/evil",
    "python": "/tmp/evil",
    "servers": ["lua: /tmp/evil"],
    "trust_all": True,
    "trusted": ["/"],
    "state_dir": "/tmp/evil",
}
# The ways in which a workspace reaches an editor's settings, as the server receives them.
CHANNELS: dict[str, Callable[[Setting], object]] = {
    "plain": lambda s: {s.name: EVIL[s.name]},
    "camel case": lambda s: {camel(s.name): EVIL[s.name]},
    "section": lambda s: {"kireji": {camel(s.name): EVIL[s.name]}},
    "settings and section": lambda s: {"settings": {"kireji": {s.name: EVIL[s.name]}}},
    "dotted": lambda s: {f"kireji.{s.key or s.name}": EVIL[s.name]},
    "nested as in the file": lambda s: nested((s.key or s.name).split("."), EVIL[s.name]),
    "inside an option's section": lambda s: {"completion": {s.name: EVIL[s.name]}},
    "variable": lambda s: {"env": {s.env or s.name.upper(): EVIL[s.name]}},
    "shouted": lambda s: {s.name.upper().replace("_", "-"): EVIL[s.name]},
}


@pytest.mark.parametrize("setting", PROTECTED, ids=lambda s: s.name)
@pytest.mark.parametrize("channel", CHANNELS)
def test_protected_settings_have_no_effect_in_any_spelling(channel: str, setting: Setting) -> None:
    settings = with_editor_options(BASE, CHANNELS[channel](setting))
    assert (settings.protected, settings.options) == (BASE.protected, BASE.options)
    (warning,) = settings.problems[1:]
    assert f" {setting.name} has no effect there" in warning
    assert "evil" not in warning and "\n" not in warning


@pytest.mark.parametrize("alias", [alias for setting in PROTECTED for alias in setting.aliases])
def test_protected_settings_have_no_effect_by_their_nicknames(alias: str) -> None:
    settings = with_editor_options(BASE, {camel(alias): "x"})
    assert (settings.protected, settings.options) == (BASE.protected, BASE.options)
    assert len(settings.problems) == 2 and "has no effect there" in settings.problems[1]


def test_no_name_means_two_things() -> None:
    """An option whose name were a protected one's nickname would be refused, or the other way round."""
    squashed = [name.replace("_", "") for s in PROTECTED for name in {s.name, *s.aliases}]
    assert len(squashed) == len(set(squashed))
    assert not {s.name.replace("_", "") for s in OPTIONS} & set(squashed)


def test_every_protected_setting_is_tried() -> None:
    assert EVIL.keys() == {setting.name for setting in PROTECTED}
    assert json.dumps(EVIL)
