"""What the analysis says, as data, and reading it from the worker's plain JSON. Knows nothing of jedi or of processes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kireji.base.child_protocol import ProtocolError
from kireji.base.types import Name, NameKind


@dataclass(frozen=True, slots=True)
class Description:
    """How a name is called, one line for each overload, and what its documentation says."""

    signatures: tuple[str, ...] = ()
    documentation: str = ""


@dataclass(frozen=True, slots=True)
class Signature:
    """The call around the cursor. `active` is the index of the parameter that is being written, where there is one."""

    label: str
    parameters: tuple[str, ...]
    active: int | None = None
    documentation: str = ""


def completions(result: Any) -> tuple[Name, ...]:
    """Raises ProtocolError, as all here do, when the worker's words are not what they should be."""
    rows = _list(result)
    try:
        return tuple(Name(_str(row["name"]), NameKind(row["kind"]), _str(row["detail"])) for row in rows)
    except (TypeError, KeyError, ValueError):
        raise ProtocolError("a malformed completion") from None


def description(result: Any) -> Description | None:
    """None: the name is not known there."""
    if result is None:
        return None
    if not isinstance(result, dict):
        raise ProtocolError("a malformed description")
    return Description(names(result.get("signatures")), _str(result.get("documentation")))


def signature(result: Any) -> Signature | None:
    """None: no call is known there."""
    if result is None:
        return None
    if not isinstance(result, dict):
        raise ProtocolError("a malformed signature")
    active = result.get("active")
    if active is not None and not isinstance(active, int):
        raise ProtocolError("a malformed signature")
    documentation = _str(result.get("documentation"))
    return Signature(_str(result.get("label")), names(result.get("parameters")), active, documentation)


def members(result: Any) -> tuple[str, ...] | None:
    """None: what stands before the dot is not known."""
    return None if result is None else names(result)


def names(result: Any) -> tuple[str, ...]:
    """A list of strings."""
    return tuple(_str(name) for name in _list(result))


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ProtocolError("no list where one belongs")
    return value


def _str(value: Any) -> str:
    if not isinstance(value, str):
        raise ProtocolError("no string where one belongs")
    return value
