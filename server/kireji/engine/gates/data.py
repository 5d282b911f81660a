"""The data gate: JSON and TOML by Python's own parsers, YAML's aliases and keys by its syntax tree. Cheap, and needs no tool.

A parser names one fault only. It is the candidate's when the text parses with something else in its place.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from kireji.base import syntax
from kireji.base.languages import canonical
from kireji.base.syntax import Node
from kireji.base.text import line_starts
from kireji.base.types import Document, Finding, GateResult, GateState, Severity, Snapshot, Span
from kireji.engine.gates.gate import Cost, Trial
from kireji.engine.gates.policy import Rule

_NAME = "data"
_TWICE = "key-said-twice"
_ALIAS = "unknown-alias"
# A longer text takes the parsers long enough to be felt.
MAX_CHARS = 2_000_000
# What may stand in the hole, in the order tried.
_FILLS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "json": (
            "",
            "0",
            " 0,",
            '"kireji": 0',
            '"kireji": 0,',
            ', "kireji": 0',
            ": 0",
            ": 0,",
            '"',
            "0]",
            "0}",
            '": 0',
            '": 0,',
        ),
        "toml": ("", "0", " 0", "kireji-hole = 0", "= 0", " = 0", '"', "]", '"]', "'"),
    }
)
_AT = re.compile(r"\(at line (\d+), column (\d+)\)$")
_REMEMBERED = 8


class _FaultError(Exception):
    """Where a text stops being what it should be, and how."""

    def __init__(self, code: str, message: str, at: int | None) -> None:
        super().__init__(message)
        self.code = code
        self.at = at


class DataGate:
    """Parses. Remembers of the last few texts whether anything but the candidate is at fault."""

    name = _NAME
    cost = Cost.CHEAP

    def __init__(self) -> None:
        self._sound: OrderedDict[tuple[str, str, int], bool] = OrderedDict()

    def applies(self, language: str) -> bool:
        """JSON without comments, TOML and YAML."""
        return language.lower() != "jsonc" and canonical(language) in ("json", "toml", "yaml")

    async def prepare(self, snapshot: Snapshot, baseline: Document) -> None:
        """Nothing: it is quick."""

    async def check(self, trial: Trial) -> GateResult:
        """FAIL where the candidate is at fault, UNKNOWN where something else hides it."""
        language = canonical(trial.after.language)
        if len(trial.after.text) > MAX_CHARS:
            return GateResult(_NAME, GateState.UNKNOWN, note="unverified: the file is too long")
        if language == "yaml":
            found = tuple(_yaml(trial))
            return GateResult(_NAME, GateState.FAIL if found else GateState.PASS, found)
        for parse in _PARSERS[language]:
            try:
                parse(trial.after.text)
            except _FaultError as fault:
                if self._is_sound_around(trial, language, parse):
                    return GateResult(_NAME, GateState.FAIL, (_finding(fault, trial),))
                if fault.code is Rule.SYNTAX:
                    return GateResult(_NAME, GateState.UNKNOWN, note="unverified: the file does not parse elsewhere")
            except RecursionError:
                return GateResult(_NAME, GateState.UNKNOWN, note="unverified: the file is nested too deeply")
        return GateResult(_NAME, GateState.PASS)

    def _is_sound_around(self, trial: Trial, language: str, parse: Callable[[str], None]) -> bool:
        at = trial.candidate.site.offset
        text = trial.before.text
        key = (parse.__name__, text, at)
        if key not in self._sound:
            self._sound[key] = any(_parses(parse, text[:at] + fill + text[at:]) for fill in _FILLS[language])
            if len(self._sound) > _REMEMBERED:
                self._sound.popitem(last=False)
        return self._sound[key]


def _parses(parse: Callable[[str], None], text: str) -> bool:
    try:
        parse(text)
    except (_FaultError, RecursionError):
        return False
    return True


def _finding(fault: _FaultError, trial: Trial) -> Finding:
    at = trial.inserted.start if fault.at is None else min(fault.at, len(trial.after.text))
    return Finding(_NAME, fault.code, Severity.REJECT, str(fault), Span(at, at), "")


def _json(text: str, pairs: Callable[[list[tuple[str, Any]]], None] | None = None) -> None:
    """Raises _FaultError."""

    def no(word: str) -> None:
        raise _FaultError(Rule.SYNTAX, f"{word} is not JSON", None)

    try:
        json.loads(text, object_pairs_hook=pairs, parse_constant=no, parse_int=len, parse_float=len)
    except json.JSONDecodeError as error:
        raise _FaultError(Rule.SYNTAX, error.msg, error.pos) from None


def _json_once(text: str) -> None:
    """No key of an object is said twice. Parsers take that, and people do not mean it. Raises _FaultError."""

    def once(pairs: list[tuple[str, Any]]) -> None:
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _FaultError(_TWICE, "a key is said twice", None)
            seen.add(key)

    _json(text, once)


def _toml(text: str) -> None:
    """Raises _FaultError."""
    try:
        tomllib.loads(text, parse_float=len)
    except ValueError as error:  # of the parser, or of Python about a number with thousands of digits
        said = str(error)
        place = _AT.search(said)
        at = None
        if place is not None:
            starts = line_starts(text)
            line = min(int(place[1]), len(starts)) - 1
            at = starts[line] + int(place[2]) - 1
        code = _TWICE if "Cannot overwrite" in said or "Cannot declare" in said else Rule.SYNTAX
        raise _FaultError(code, said, at) from None


_PARSERS: Mapping[str, tuple[Callable[[str], None], ...]] = MappingProxyType(
    {"json": (_json, _json_once), "toml": (_toml,)}
)

# ---- YAML


def _yaml(trial: Trial) -> Iterator[Finding]:
    """Aliases to nothing and keys that are said twice, in the insertion; the rest is for the syntax gate to see."""
    tree = syntax.parse("yaml", trial.after.text)
    anchors: set[str] = set()
    for node in tree.root.walk():
        if node.type == "anchor_name":
            anchors.add(node.text)
        elif node.type == "alias_name" and _meets(node, trial.inserted) and node.text not in anchors:
            yield Finding(
                _NAME, _ALIAS, Severity.REJECT, "no anchor of that name", Span(node.start, node.end), node.text
            )
        elif node.type in ("block_mapping", "flow_mapping"):
            yield from _repeated(node, trial.inserted)


def _repeated(mapping: Node, inserted: Span) -> Iterator[Finding]:
    seen: dict[str, Node] = {}
    for pair in mapping.children:
        if pair.type not in ("block_mapping_pair", "flow_pair") or not pair.children:
            continue
        key = pair.children[0]
        if key.text == "<<":  # merges may be many
            continue
        first = seen.setdefault(key.text, key)
        if first is not key and (_meets(key, inserted) or _meets(first, inserted)):
            yield Finding(_NAME, _TWICE, Severity.REJECT, "a key is said twice", Span(key.start, key.end), key.text)


def _meets(node: Node, span: Span) -> bool:
    return node.start < span.end and span.start < node.end
