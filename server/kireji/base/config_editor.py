"""Options from the editor: initializationOptions and workspace/configuration. What is protected has no effect there.

An editor hands over merged values and cannot say whether the person or a repository set them, so nothing that matters
for safety is read from here, in whatever spelling.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from kireji.base.config_schema import OPTIONS, PROTECTED, Settings
from kireji.base.config_values import Bad, clipped, from_data
from kireji.base.setting import Setting

_DEEPEST = 6
_MOST_KEYS = 200
_MOST_PROBLEMS = 500
_WRAPPERS = frozenset(("kireji", "settings"))


def with_editor_options(settings: Settings, raw: object) -> Settings:
    """The settings with the editor's options on top; a value that cannot be used leaves the former one standing.

    Names may be snake_case or camelCase, nested, dotted, or under a `kireji` section. A problem that was reported
    before is not reported again, so the new ones are those behind `settings.problems`.
    """
    # Lua has one empty table, which editors written in it send as a list.
    if raw is None or raw in ([], ()):
        return settings
    if not isinstance(raw, dict):
        return _with_problems(
            settings, ["editor settings: expected an object of names and values; they have no effect"]
        )
    values: dict[str, Any] = {}
    problems: list[str] = []
    for count, (path, value) in enumerate(_leaves(raw, ())):
        if count == _MOST_KEYS:
            problems.append(f"editor settings: only the first {_MOST_KEYS} keys are read")
            break
        typed = clipped(".".join(path))
        if option := _option(path):
            result = from_data(option, value)
            if isinstance(result, Bad):
                former = values.get(option.name, getattr(settings.options, option.name))
                problems.append(f"{typed} in the editor's settings: {result.why}; it stays {_shown(former)}")
            else:
                values[option.name] = result
        elif barred := _protected(path):
            way = " or ".join(filter(None, (barred.env, barred.key and f"{barred.key} in your kireji/config.toml")))
            why = f"{barred.name} has no effect there, since a repository could set it"
            problems.append(f"{typed} in the editor's settings: {why}; use {way}")
        else:
            problems.append(f"{typed} in the editor's settings: there is no such setting; it has no effect")
    return _with_problems(replace(settings, options=replace(settings.options, **values)), problems)


def _with_problems(settings: Settings, problems: list[str]) -> Settings:
    # dict.fromkeys keeps the order and drops what was said before.
    return replace(settings, problems=tuple(dict.fromkeys((*settings.problems, *problems)))[:_MOST_PROBLEMS])


def _leaves(table: dict[object, object], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], object]]:
    for name, value in table.items():
        here = (*path, *str(name)[:200].split("."))
        if isinstance(value, dict) and value and len(here) < _DEEPEST:
            yield from _leaves(value, here)
        else:
            yield here, value


def _option(path: tuple[str, ...]) -> Setting | None:
    name = _squashed("".join(_unwrapped(path)))
    return next((s for s in OPTIONS if name in (_squashed(s.name), _squashed(s.key))), None)


def _protected(path: tuple[str, ...]) -> Setting | None:
    """The protected setting that a path means: the whole path first, then its parts, the innermost first."""
    for name in (_squashed("".join(_unwrapped(path))), *(_squashed(part) for part in reversed(path))):
        for setting in PROTECTED:
            if name in {_squashed(n) for n in (setting.name, setting.key, setting.env, *setting.former)}:
                return setting
        for setting in PROTECTED:
            if name in {_squashed(n) for n in setting.aliases}:
                return setting
    return None


def _unwrapped(path: tuple[str, ...]) -> tuple[str, ...]:
    while len(path) > 1 and _squashed(path[0]) in _WRAPPERS:
        path = path[1:]
    return path


def _squashed(name: str) -> str:
    """A name without case and punctuation: baseUrl, base_url and BASE-URL are one."""
    return "".join(c for c in name.lower() if c.isalnum())


def _shown(value: object) -> str:
    shown = getattr(value, "value", value)
    return str(list(shown) if isinstance(shown, tuple) else shown)
