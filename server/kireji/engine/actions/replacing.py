"""Takes the new body out of an answer that says a whole function again, or refuses the answer.

The header must say what it said before, and nothing may stand beside the function. What the answer leaves out (decorators,
comments above, the docstring) stays, because only the body's place is changed. Judges no code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from kireji.base import syntax
from kireji.base.edit import apply
from kireji.base.syntax import Tree
from kireji.base.text import indent_of
from kireji.base.types import Change, Reason, Span
from kireji.engine.actions.action import Refused, Target
from kireji.engine.actions.functions import Function, function_at
from kireji.engine.actions.leads import without_leads
from kireji.engine.actions.moving import Level, moved, step_of, strings_of
from kireji.engine.actions.stubs import documented

# What may follow a function in an answer without being anything.
_NOTHING = re.compile(r"(?:\s|;|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_NOTHING_IN_PYTHON = re.compile(r"(?:\s|#[^\n]*)*")


def place_of(text: str, function: Function, docstring: Span | None) -> Span:
    """The part of a body that is to be written anew: its lines, or all between header and end where it has none of its own.

    A docstring is not part of it, unless nothing could stand below it because it stands on the header's line.
    """
    inside = function.inside
    below = docstring is not None and "\n" in text[inside.start : docstring.start]
    since = docstring.end if docstring is not None and below else inside.start
    region = text[since : inside.end]
    said = region.strip()
    start = since + len(region) - len(region.lstrip()) if said else since
    own_lines = "\n" in text[since:start]
    if function.closes:
        own_lines = own_lines and "\n" in text[start + len(said) : inside.end]
        return Span(start, start + len(said)) if own_lines else inside
    return Span(start if own_lines else since, start + len(said))


@dataclass(frozen=True, slots=True)
class Said:
    """A function that was said again: its text from its own first word on, in its column, and how it reads in its place."""

    text: str
    tree: Tree
    function: Function


def said_again(tree: Tree, target: Target, answer: str) -> Said | Refused:
    """The target's function as an answer says it again; nothing may stand beside it, and its name stays."""
    text = tree.text
    old = function_at(tree, Span(target.head, target.head))
    if old is None or old.head.start != target.head:
        return Refused(Reason.STALE, "the function is gone")
    said = answer.replace("\r\n", "\n").replace("\r", "\n").rstrip()
    function, leads = without_leads(tree.language, said)
    known = without_leads(tree.language, text[target.span.start : target.head])[1]
    if not set(leads) <= set(known):
        return Refused(Reason.OUT_OF_SCOPE, "it adds a decorator")
    function = _in_its_column(tree.language, function, indent_of(_line(text, target.head)))
    # Read where it will stand: a method is only a method inside its class.
    whole = syntax.parse(tree.language, text[: target.head] + function + text[target.span.end :], tree)
    new = function_at(whole, Span(target.head, target.head))
    if new is None or new.head.start != target.head:
        return Refused(Reason.OUT_OF_SCOPE, "it is not the function that was asked for")
    if new.node.has_error:
        return Refused(Reason.INVALID, "it does not parse")
    if new.name != old.name:
        return Refused(Reason.OUT_OF_SCOPE, "it is another function")
    nothing = _NOTHING_IN_PYTHON if tree.language == "python" else _NOTHING
    end = target.head + len(function)
    if new.span.end > end or not nothing.fullmatch(whole.text[new.span.end : end]):
        return Refused(Reason.OUT_OF_SCOPE, "it adds something beside the function")
    return Said(function, whole, new)


def new_body(tree: Tree, target: Target, answer: str) -> Change | Refused:
    """The change of the target's place that an answer amounts to."""
    said = said_again(tree, target, answer)
    if isinstance(said, Refused):
        return said
    whole, new = said.tree, said.function
    old = function_at(tree, Span(target.head, target.head))
    assert old is not None  # noqa: S101 — it was said again
    if new.signature != old.signature:
        return Refused(Reason.OUT_OF_SCOPE, "it changes the function's header")
    docstring = documented(new) if documented(old) is not None else None
    core = _core(whole.text, new, docstring)
    if core.end <= core.start:
        return Refused(Reason.NOTHING_TO_ADD, "the answer has no body")
    change = _placed(tree, target, old, whole, core)
    return change if _keeps(tree, target, old, change) else Refused(Reason.INVALID, "it does not fit into its place")


def _keeps(tree: Tree, target: Target, old: Function, change: Change) -> bool:
    """Whether the function still begins and ends where it should, once its body is changed."""
    after = syntax.parse(tree.language, apply(tree.text, (change,)), tree)
    new = function_at(after, Span(target.head, target.head))
    if new is None or new.node.has_error or new.head.start != target.head or new.signature != old.signature:
        return False
    return len(after.text) - new.span.end == len(tree.text) - target.span.end


def _core(text: str, function: Function, docstring: Span | None) -> Span:
    """What a body says, without the blanks around it."""
    since = docstring.end if docstring is not None else function.inside.start
    region = text[since : function.inside.end]
    start = since + len(region) - len(region.lstrip(" \t\n;"))
    return Span(start, max(start, since + len(region.rstrip())))


def _placed(tree: Tree, target: Target, old: Function, whole: Tree, core: Span) -> Change:
    """The body at the level and with the blanks of the place where it goes."""
    text, place = tree.text, target.place
    begun = text[_line_start(text, place.start) : place.start]
    said = whole.text[core.start : core.end]
    from_level, header = indent_of(_line(whole.text, core.start)), indent_of(_line(text, target.head))
    docstring = documented(old)
    if not begun.strip():
        to_level = begun
    elif docstring is not None and _line_start(text, docstring.start) >= old.head.end:
        to_level = indent_of(_line(text, docstring.start))
    else:
        to_level = header + (step_of(text) or from_level.removeprefix(header) or "    ")
    body = moved(said, core.start, strings_of(whole, core), Level(from_level, to_level, step_of(text)))
    if docstring is not None and docstring.start >= place.start:
        body = f"{text[docstring.start : docstring.end]}\n{to_level}{body}"
    if begun.strip():
        body = f"\n{to_level}{body}" + (f"\n{header}" if old.closes else "")
    return Change(place, body.replace("\n", "\r\n") if "\r\n" in text else body)


def _in_its_column(language: str, function: str, indent: str) -> str:
    """An answer that was written at the margin, moved to where it belongs: Python cannot be read otherwise."""
    if language != "python" or not indent:
        return function
    inside = strings_of(syntax.parse(language, function), Span(0, len(function)))
    first, *rest = function.split("\n")
    at, starts = len(first) + 1, []
    for line in rest:
        starts.append(at)
        at += len(line) + 1
    free = [line for line, start in zip(rest, starts, strict=True) if line.strip() and start not in inside]
    if not free or min(len(indent_of(line).expandtabs(8)) for line in free) > len(indent.expandtabs(8)):
        return function
    lines = [
        line if start in inside or not line.strip() else indent + line for line, start in zip(rest, starts, strict=True)
    ]
    return "\n".join((first, *lines))


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _line(text: str, at: int) -> str:
    end = text.find("\n", at)
    return text[_line_start(text, at) : end if end >= 0 else len(text)]
