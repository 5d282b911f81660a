"""Writes the options as types of LuaCATS, so that an editor of Lua knows them: what `setup` of the Neovim plugin takes.

Run as `python -m kireji.base.config_lua editors/neovim/lua/kireji/settings.lua`. Protected settings have no effect there, and
are not named.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from enum import Enum
from itertools import groupby
from pathlib import Path

from kireji.base.config_schema import OPTIONS
from kireji.base.setting import Kind, Setting

_HEAD = """\
---@meta
-- Made from the server's own table of settings by `python -m kireji.base.config_lua`; do not edit.
"""


def types() -> str:
    """The whole file."""
    sections = [(name, list(found)) for name, found in groupby(sorted(OPTIONS, key=_section), key=_section)]
    lines = ["", "---@class kireji.Settings"]
    lines += [f"---@field {name}? kireji.Settings.{name}" for name, _ in sections]
    for name, settings in sections:
        lines += ["", f"---@class kireji.Settings.{name}", *_fields(settings)]
    return _HEAD + "\n".join(lines) + "\n"


def _fields(settings: list[Setting]) -> Iterator[str]:
    for setting in settings:
        yield f"---@field {setting.key.partition('.')[2]}? {_type(setting)} {setting.doc} Default: {_default(setting)}."


def _section(setting: Setting) -> str:
    return setting.key.partition(".")[0]


def _type(setting: Setting) -> str:
    match setting.kind:
        case Kind.SWITCH:
            return "boolean"
        case Kind.WHOLE:
            return "integer"
        case Kind.NUMBER:
            return "number"
        case Kind.WORDS:
            return "string[]"
        case Kind.CHOICE if isinstance(setting.default, Enum):
            return "|".join(f"'{choice.value}'" for choice in type(setting.default))
        case _:
            return "string"


def _default(setting: Setting) -> str:
    match setting.default:
        case bool(switch):
            return str(switch).lower()
        case Enum(value=value):
            return str(value)
        case None | () | "":
            return "none"
        case value:
            return str(value)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(types(), encoding="utf-8")
