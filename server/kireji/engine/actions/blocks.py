"""Search/replace blocks: passages that are there, each with what takes its place.

A passage must stand exactly once in what may change. Known slips are understood (blanks at line ends, a level of indentation,
a comma at the end, a Markdown fence around it), ambiguity never is. Judges no code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from kireji.base.text import indent_of
from kireji.base.types import Change, FileEdit, Reason, Span
from kireji.engine.actions.action import Refused, Region

# More than that is another file, and matching is quadratic at worst.
MAX_BLOCKS = 60
# So many lines are compared at most to find a passage.
_MOST_LOOKS = 1_000_000
_OPENING = re.compile(r"<(old|new|file)(_\w+)?>")
_FENCE = re.compile(r"\A[ \t]*`{3,}[\w+#.-]*[ \t]*\n(.*?)\n?[ \t]*`{3,}[ \t]*\Z", re.DOTALL)
# What may stand between blocks without meaning anything: fences and commas of a list that nobody asked for.
_NOTHING = re.compile(r"(?:\s|,|`{3,}[\w+#.-]*)*")


@dataclass(frozen=True, slots=True)
class Block:
    """One passage and what takes its place; `file` is the path that was said, empty for the file that was asked about."""

    old: str
    new: str
    file: str = ""


def blocks_of(answer: str) -> tuple[Block, ...] | Refused:
    """All blocks of an answer. What stands beside them is refused: nobody knows where it would belong."""
    found: list[Block] = []
    at, file = 0, ""
    text = answer.replace("\r\n", "\n").replace("\r", "\n")
    while opening := _OPENING.search(text, at):
        block = _closed(text, opening.start(), opening)
        if isinstance(block, Refused):
            return block
        said, end = block
        if not _NOTHING.fullmatch(text[at : opening.start()]):
            return Refused(Reason.OUT_OF_SCOPE, "it says something beside its changes")
        file = said.file or file
        found.append(Block(said.old, said.new, file))
        at = end
        if len(found) > MAX_BLOCKS:
            return Refused(Reason.OUT_OF_SCOPE, "it makes more changes than anyone reads")
    if not _NOTHING.fullmatch(text[at:]):
        return Refused(Reason.OUT_OF_SCOPE, "it says something beside its changes")
    if not found:
        return Refused(Reason.NOTHING_TO_ADD, "it changes nothing")
    return tuple(found)


def applied(blocks: Sequence[Block], regions: Sequence[Region], named: Callable[[str], Region | None]) -> (
    tuple[FileEdit, ...] | Refused
):  # fmt: skip
    """The blocks as changes of the files that they name; the first region is the file that a block means which names none."""
    changes: dict[str, list[Change]] = {}
    for block in blocks:
        region = named(block.file) if block.file else next(iter(regions), None)
        if region is None or region not in regions:
            return Refused(Reason.OUT_OF_SCOPE, "it names a file that it may not change")
        change = _placed(block, region)
        if isinstance(change, Refused):
            return change
        earlier = changes.setdefault(region.document.uri, [])
        if any(_meets(change.span, other.span) for other in earlier):
            return Refused(Reason.INVALID, "two of its changes meet")
        if change.text != region.document.text[change.span.start : change.span.end]:
            earlier.append(change)
    edits = tuple(
        FileEdit(region.document, tuple(sorted(made, key=lambda c: c.span)), region.version)
        for region in regions
        if (made := changes.get(region.document.uri))
    )
    return edits or Refused(Reason.NOTHING_TO_ADD, "it changes nothing")


def _closed(text: str, at: int, opening: re.Match[str]) -> tuple[Block, int] | Refused:
    """The block that begins at a place, and its end. A fence closes with the nonce that it opened with."""
    file = ""
    if opening[1] == "file":
        close = text.find(f"</file{opening[2] or ''}>", opening.end())
        after = _OPENING.search(text, close) if close >= 0 else None
        if close < 0 or after is None or after[1] != "old" or text[text.index(">", close) + 1 : after.start()].strip():
            return Refused(Reason.INVALID, "a change of it is not closed")
        file, opening = text[opening.end() : close].strip(), after
    if opening[1] != "old":
        return Refused(Reason.INVALID, "a change of it does not say what it replaces")
    close = text.find(f"</old{opening[2] or ''}>", opening.end())
    following = _OPENING.match(text, _past_blanks(text, text.index(">", close) + 1)) if close >= 0 else None
    if following is None or following[1] != "new":
        return Refused(Reason.INVALID, "a change of it is not closed")
    end = text.find(f"</new{following[2] or ''}>", following.end())
    if end < 0:
        return Refused(Reason.INVALID, "a change of it is not closed")
    old, new = _inner(text[opening.end() : close]), _inner(text[following.end() : end])
    return Block(old, new, file), text.index(">", end) + 1


def _past_blanks(text: str, at: int) -> int:
    return at + len(text[at:]) - len(text[at:].lstrip())


def _inner(text: str) -> str:
    """What stands between two fences, without the line ends that belong to them, and without a Markdown fence inside."""
    text = text.removeprefix("\n").removesuffix("\n")
    fenced = _FENCE.match(text)
    return fenced[1] if fenced else text


def _placed(block: Block, region: Region) -> Change | Refused:
    """The change that a block means, if its passage stands exactly once in what may change."""
    if not block.old.strip():
        return Refused(Reason.INVALID, "a change of it does not say what it replaces")
    text = region.document.text
    for way in (_exact, _by_lines, _without_comma):
        found = list(dict.fromkeys(change for span in region.spans for change in way(block, text, span)))
        if len(found) > 1:
            return Refused(Reason.OUT_OF_SCOPE, "it replaces a passage that stands there more than once")
        if found:
            return found[0]
    return Refused(Reason.OUT_OF_SCOPE, "it replaces a passage that is not in what it may change")


def _exact(block: Block, text: str, span: Span) -> Iterator[Change]:
    """The passage letter for letter, line ends aside. Half a word is no passage."""
    crlf = "\r\n" in text
    old = block.old.replace("\n", "\r\n") if crlf else block.old
    new = block.new.replace("\n", "\r\n") if crlf else block.new
    at = text.find(old, span.start, span.end)
    while at >= 0:
        if not _splits_word(text, at) and not _splits_word(text, at + len(old)):
            yield Change(Span(at, at + len(old)), new)
        at = text.find(old, at + 1, span.end)


def _splits_word(text: str, at: int) -> bool:
    return 0 < at < len(text) and _is_word(text[at - 1]) and _is_word(text[at])


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _by_lines(block: Block, text: str, span: Span) -> Iterator[Change]:
    """Whole lines that say the same but for blanks at their ends and one shift of all indentation."""
    wanted = block.old.strip("\n").split("\n")
    rows = _rows(text, span)
    if len(wanted) * len(rows) > _MOST_LOOKS:
        return
    # Most places are told apart by this comparison, which costs next to nothing.
    bare, there = [line.strip() for line in wanted], [text[row.start : row.end].strip() for row in rows]
    for first in range(len(rows) - len(wanted) + 1):
        if there[first : first + len(wanted)] != bare:
            continue
        chosen = rows[first : first + len(wanted)]
        shift = _shift(wanted, [text[row.start : row.end] for row in chosen])
        if shift is None:
            continue
        new = "\n".join(_shifted(line, shift) for line in block.new.strip("\n").split("\n"))
        where = Span(chosen[0].start, chosen[-1].end)
        yield Change(where, new.replace("\n", "\r\n") if "\r\n" in text else new)


def _without_comma(block: Block, text: str, span: Span) -> Iterator[Change]:
    """A passage with a comma at its end that the text has not, or without one that it has."""
    old, new = block.old.rstrip(), block.new.rstrip()
    if old.endswith(","):
        bare = Block(old[:-1], new[:-1] if new.endswith(",") else new)
        yield from _by_lines(bare, text, span)
    else:
        with_comma = Block(f"{old},", new if new.endswith(",") or not new else f"{new},")
        yield from _by_lines(with_comma, text, span)


def _rows(text: str, span: Span) -> list[Span]:
    """The lines of a span, without their ends. One that the span holds only a part of is that part."""
    rows, at = [], span.start
    while at <= span.end:
        end = text.find("\n", at, span.end)
        stop = end if end >= 0 else span.end
        rows.append(Span(at, stop - (stop > at and text[stop - 1] == "\r")))
        if end < 0:
            break
        at = end + 1
    return rows


def _shift(wanted: Sequence[str], there: Sequence[str]) -> tuple[str, str] | None:
    """From which indentation to which all lines were moved; None where they say something else."""
    shift: tuple[str, str] | None = None
    for said, line in zip(wanted, there, strict=True):
        if said.strip() != line.strip():
            return None
        if not said.strip():
            continue
        old, new = indent_of(said), indent_of(line)
        if shift is None:
            common = next(n for n in range(min(len(old), len(new)), -1, -1) if old.endswith(new[len(new) - n :]))
            shift = old[: len(old) - common], new[: len(new) - common]
        if not old.startswith(shift[0]) or shift[1] + old[len(shift[0]) :] != new:
            return None
    return shift


def _shifted(line: str, shift: tuple[str, str]) -> str:
    if not line.strip():
        return ""
    return shift[1] + line.removeprefix(shift[0]) if line.startswith(shift[0]) else line


def _meets(a: Span, b: Span) -> bool:
    return (a.start < b.end and b.start < a.end) or a.start == b.start
