"""Turns one given value into a setting's type, or says what was expected. Knows no source and reports nothing."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import cast

from kireji.base.endpoint import endpoint_problem, is_private_http
from kireji.base.server_lines import parse_server_line
from kireji.base.setting import Kind, Setting

_ON = frozenset(("1", "true", "yes", "on"))
_OFF = frozenset(("0", "false", "no", "off"))
_TEMPLATE_WORDS = frozenset(("auto", "off", "suffix"))
_LONGEST = 4_096
_MOST = 200


@dataclass(frozen=True, slots=True)
class Bad:
    """A value that cannot be used. `why` is one line, quotes no secret and no address."""

    why: str


def from_text(setting: Setting, text: str) -> object | Bad:
    """The value of an environment variable. Numbers and switches are spelled out, lists are separated by commas."""
    text = text.strip()
    match setting.kind:
        case Kind.SWITCH:
            word = text.lower()
            return True if word in _ON else False if word in _OFF else _bad(setting, text)
        case Kind.WHOLE | Kind.NUMBER:
            try:
                number: object = int(text) if setting.kind is Kind.WHOLE else float(text)
            except ValueError:
                return _bad(setting, text)
            return from_data(setting, number)
        case Kind.WORDS:
            return from_data(setting, [word.strip() for word in text.split(",") if word.strip()])
        case Kind.FOLDERS:
            return from_data(setting, [folder for folder in text.split(os.pathsep) if folder])
        case _:
            return from_data(setting, text)


def from_data(setting: Setting, raw: object) -> object | Bad:
    """The value of a key in TOML or JSON, or of an option of the command line. Types are not coerced."""
    match setting.kind:
        case Kind.SWITCH:
            return raw if isinstance(raw, bool) else _bad(setting, raw)
        case Kind.WHOLE | Kind.NUMBER:
            return _number(setting, raw)
        case Kind.FOLDERS | Kind.WORDS | Kind.SERVERS:
            return _texts(setting, raw)
        case _:
            return _text(setting, raw)


def expected(setting: Setting) -> str:
    """What a setting takes, for people."""
    if setting.kind is Kind.CHOICE:
        return f"one of {', '.join(_choices(setting))}"
    if setting.kind in (Kind.WHOLE, Kind.NUMBER):
        return f"{setting.kind.value} from {setting.low:.12g} to {setting.high:.12g}"
    return str(setting.kind.value)


def clipped(raw: object) -> str:
    """A value or a key for a message: one line, printable, short."""
    if isinstance(raw, int) and abs(raw) > 10**18:  # Python refuses to spell out very long numbers
        return "a huge number"
    text = raw if isinstance(raw, str) else str(raw) if isinstance(raw, int | float) else type(raw).__name__
    text = "".join(c if c.isprintable() else "?" for c in text[:61])
    return text if len(text) <= 60 else text[:59] + "…"


def _bad(setting: Setting, raw: object) -> Bad:
    shown = setting.kind not in (Kind.KEY, Kind.ENDPOINT, Kind.SERVER)
    return Bad(f"expected {expected(setting)}" + (f", got {clipped(raw)!r}" if shown else ""))


def _number(setting: Setting, raw: object) -> object | Bad:
    # A bool is an int to Python, and to nobody who writes a settings file.
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return _bad(setting, raw)
    # NaN fails every comparison, so the test asks for what is inside the bounds, not for what is outside.
    if not setting.low <= raw <= setting.high:
        return _bad(setting, raw)
    if setting.kind is Kind.NUMBER:
        return float(raw)
    # Some editors' JSON writers have one number type and write 300.0.
    return int(raw) if raw == int(raw) else _bad(setting, raw)


def _texts(setting: Setting, raw: object) -> object | Bad:
    if not isinstance(raw, list | tuple) or len(raw) > _MOST:
        return _bad(setting, raw)
    items = [_item(setting, item) for item in raw]
    bad = next((item for item in items if isinstance(item, Bad)), None)
    return bad or tuple(cast("list[str]", items))


def _item(setting: Setting, raw: object) -> str | Bad:
    match setting.kind:
        case Kind.FOLDERS:
            return _folder(setting, raw)
        case Kind.SERVERS:
            return _server(setting, raw)
        case _:
            return _word(setting, raw)


def _server(setting: Setting, raw: object) -> str | Bad:
    """A line that names an absolute program: a relative one would be looked up wherever the editor was started."""
    if not isinstance(raw, str) or "\0" in raw or len(raw) > _LONGEST:
        return _bad(setting, raw)
    line = parse_server_line(raw)
    return raw if line is not None and Path(line.command[0]).is_absolute() else _bad(setting, raw)


def _text(setting: Setting, raw: object) -> object | Bad:
    if not isinstance(raw, str) or not raw.strip() or len(raw) > _LONGEST or "\0" in raw:
        return _bad(setting, raw)
    text = raw.strip()
    match setting.kind:
        case Kind.CHOICE:
            kind = type(cast(Enum, setting.default))
            return kind(text.lower()) if text.lower() in _choices(setting) else _bad(setting, text)
        case Kind.ENDPOINT | Kind.SERVER:
            why = None if setting.kind is Kind.SERVER and is_private_http(text) else endpoint_problem(text)
            return Bad(why) if why else text
        case Kind.TEMPLATE:
            whole = text.count("{prefix}") == text.count("{suffix}") == 1
            return text if whole or text in _TEMPLATE_WORDS else _bad(setting, text)
        case Kind.EXECUTABLE:
            return _executable(setting, text)
        case Kind.FILE | Kind.FOLDER:
            return _folder(setting, text)
        case _:
            return _word(setting, text)


def _word(setting: Setting, raw: object) -> str | Bad:
    good = isinstance(raw, str) and 0 < len(raw) <= 500 and raw.isascii() and raw.isprintable() and " " not in raw
    return cast(str, raw) if good else _bad(setting, raw)


def _folder(setting: Setting, raw: object) -> str | Bad:
    """An absolute path. It need not exist. A relative one would depend on the folder the editor was started in."""
    if not isinstance(raw, str) or "\0" in raw or len(raw) > _LONGEST:
        return _bad(setting, raw)
    try:
        folder = Path(raw).expanduser()
    except RuntimeError:  # "~someone" who does not exist
        return _bad(setting, raw)
    return str(folder) if folder.is_absolute() else _bad(setting, raw)


def _executable(setting: Setting, text: str) -> str | Bad:
    path = _folder(setting, text)
    if isinstance(path, Bad):
        return path
    usable = Path(path).is_file() and os.access(path, os.X_OK)
    return path if usable else _bad(setting, text)


def _choices(setting: Setting) -> list[str]:
    return [str(member.value) for member in type(cast(Enum, setting.default))]
