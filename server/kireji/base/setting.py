"""How one setting is described. The settings themselves are in `config_schema.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, dataclass, fields, replace
from enum import Enum
from typing import Any

_ABOUT = "kireji"


class Kind(Enum):
    """What a setting's value is; the value says it to people."""

    SWITCH = "true or false"
    WHOLE = "a whole number"
    NUMBER = "a number"
    NAME = "a name without spaces"
    CHOICE = "one of"
    KEY = "a key of printable characters without spaces"
    ENDPOINT = "an address"
    SERVER = "an address (plain http also to a number of a private network)"
    TEMPLATE = "auto, off, suffix, or a text with {prefix} and {suffix}"
    EXECUTABLE = "the absolute path of an executable file"
    FILE = "the absolute path of a file"
    FOLDER = "the absolute path of a folder"
    FOLDERS = "a list of absolute paths of folders"
    WORDS = "a list of names"
    SERVERS = "a list of lines such as `lua: /usr/bin/lua-language-server --stdio`"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting, described.

    `key` is its dotted name in the user's file, `env` its environment variable; an empty one means that this source
    cannot set it. `closed` is what stands in when the value that was given cannot be used, and `then` tells a person
    what follows from that: a bad safety value must never be more permissive than the one that was meant. `former` are
    keys that older versions of the user's file had. `aliases` are further names by which an editor's settings might
    mean a protected one, so that the attempt is answered by the right warning.
    """

    kind: Kind
    doc: str
    key: str = ""
    env: str = ""
    closed: object = None
    then: str = ""
    low: float = 0
    high: float = 0
    former: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    name: str = ""
    default: object = None


def about(
    kind: Kind,
    doc: str,
    *,
    key: str = "",
    env: str = "",
    closed: object = None,
    then: str = "",
    low: float = 0,
    high: float = 0,
    former: tuple[str, ...] = (),
    aliases: tuple[str, ...] = (),
) -> Mapping[str, object]:
    """A dataclass field's metadata. Without `then`, the default stands in for a value that cannot be used."""
    return {_ABOUT: Setting(kind, doc, key, env, closed, then, low, high, former, aliases)}


def described(group: type[Any]) -> tuple[Setting, ...]:
    """The settings of a dataclass, in the order in which they are written."""
    return tuple(_complete(item) for item in fields(group))


def _complete(item: Field[Any]) -> Setting:
    setting: Setting = item.metadata[_ABOUT]
    closed = setting.closed if setting.then else item.default
    return replace(setting, name=item.name, default=item.default, closed=closed)
