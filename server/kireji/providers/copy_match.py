"""Finds places where what stands before the cursor stood before, and what their lines went on with.

Longest-suffix matching with back-off: a place counts by how many tokens agree when reading backwards. Words may differ
where the tokens around them agree; such a pair (`there`, `here`) is then renamed in what is copied. Judges nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from kireji.providers.copy_tokens import BARRIER, NEWLINE, Tokens, is_word

REACH = 40
"""Tokens read backwards at most."""
_LONGEST = 60
"""Tokens in the copied rest of a line at most."""
_RENAMES = 4


@dataclass(frozen=True, slots=True)
class Query:
    """The cursor. `tokens` end at it; `partial` is what is typed of the token that is being completed.

    `spaced` says that a blank stands right before the cursor, `indent` is the indentation of the cursor's line and
    `line_tokens` how many of the tokens stand on it.
    """

    tokens: Sequence[str]
    partial: str
    spaced: bool
    indent: str
    line_tokens: int
    blank_above: bool


@dataclass(slots=True)
class Alignment:
    """How far two texts agree, read backwards. `exact` tokens up to the first difference, `aligned` in all.

    `renamed` words differ; `names` says how. `whole_line` says that the agreement reaches back to the start of the
    cursor's line, which is at `start`; `lines` counts the line ends that it reaches across.
    """

    exact: int = 0
    aligned: int = 0
    renamed: int = 0
    lines: int = 0
    whole_line: bool = False
    start: int = 0
    weight: float = 0.0
    names: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Match:
    """What one place went on with, and how far what stands before it agrees. `words` are identifiers or numbers.

    `completes_word` says that the text starts inside a word, `same_indent` and `same_blank` that the lines are indented
    alike and follow a blank line alike. `next_line` is the line after the copied one, `distance` is in tokens (None:
    another file).
    """

    text: str
    alignment: Alignment
    same_indent: bool
    same_blank: bool
    words: int
    completes_word: bool
    next_line: tuple[str, ...]
    distance: int | None


def seeds(tokens: Sequence[str], query: Query) -> list[int]:
    """Indices at which the copied text could start: after the same token, or after another word in its place."""
    context = query.tokens
    if query.partial:
        partial, size = query.partial, len(query.partial)
        last = context[-1] if context else BARRIER
        return [
            i + 1
            for i, token in enumerate(tokens[:-1])
            if token == last and len(tokens[i + 1]) > size and tokens[i + 1].startswith(partial)
        ]
    if not context:
        return []
    last = context[-1]
    found = [i + 1 for i, token in enumerate(tokens) if token == last]
    if is_word(last) and len(context) > 1:
        before = context[-2]
        # A longer word that starts with the typed one is what may be being typed, not another word in its place.
        typed = last if not query.spaced else BARRIER
        found += [
            i + 2
            for i, token in enumerate(tokens[:-2])
            if token == before
            and tokens[i + 1] != last
            and is_word(tokens[i + 1])
            and not (typed and tokens[i + 1].startswith(typed))
        ]
    return found


def matches(source: Tokens, places: Iterable[tuple[int, int | None]], query: Query, most: int) -> list[Match]:
    """The `most` best matches among places, given as (index, distance in tokens; None for another file)."""
    found = [(index, distance, _align(source.text, index, query)) for index, distance in places]
    found.sort(key=lambda f: (-f[2].weight, f[1] if f[1] is not None else 1 << 30))
    copied = (_copy(source, index, query, distance, alignment) for index, distance, alignment in found[:most])
    return [match for match in copied if match is not None]


def _copy(source: Tokens, index: int, query: Query, distance: int | None, alignment: Alignment) -> Match | None:
    """What follows `index` to the end of its line, with the words renamed; None: nothing, or too much."""
    tokens = source.text
    end = index
    limit = min(len(tokens), index + _LONGEST)
    while end < limit and tokens[end] != NEWLINE and tokens[end] != BARRIER:
        end += 1
    if end in (index, limit) or tokens[end] == BARRIER:
        return None
    if alignment.aligned == 0 and not query.partial:
        return None
    pieces: list[str] = []
    words = 0
    for i in range(index, end):
        token = tokens[i]
        name = alignment.names.get(token, token)
        if name != token and not (i == index and query.partial):
            token = name
        words += is_word(token)
        pieces.append(source.blanks[i])
        pieces.append(token)
    text = "".join(pieces)
    if query.partial:
        text = text.lstrip(" \t")[len(query.partial) :]
    elif query.spaced or not query.line_tokens:
        text = text.lstrip(" \t")
    if not text:
        return None
    start = alignment.start
    return Match(
        text=text,
        alignment=alignment,
        same_indent=not alignment.whole_line or source.blanks[start] == query.indent,
        same_blank=start > 0 and (source.blanks[start - 1] == "\n") == query.blank_above,
        words=words,
        completes_word=bool(query.partial),
        next_line=_line_from(tokens, end + 1),
        distance=distance,
    )


def _align(tokens: Sequence[str], index: int, query: Query) -> Alignment:
    """Reads both texts backwards, from before `index` and from the cursor, until they disagree in more than a word."""
    context = query.tokens
    result = Alignment(start=index)
    index -= 1
    at = len(context) - 1
    if at < 0 or context[at] == NEWLINE:
        result.whole_line = True
    stop = max(-1, at - REACH)
    names = result.names
    aligned = exact = 0
    while at > stop and index >= 0:
        here, there = context[at], tokens[index]
        if here == there:
            aligned += 1
            if not result.renamed:
                exact += 1
            if here == NEWLINE:
                result.lines += 1
                if not result.whole_line:
                    result.whole_line = True
                    result.start = index + 1
            elif here not in names and is_word(here):
                names[here] = here
        elif is_word(here) and is_word(there):
            result.renamed += 1
            if result.renamed > _RENAMES:
                break
            names.setdefault(there, here)
        else:
            break
        at -= 1
        index -= 1
    result.aligned, result.exact = aligned, exact
    # Each token that agrees doubles the weight, two letters of the typed part count like one, a renamed word halves it.
    typed = min(len(query.partial), 4) / 2
    result.weight = 2.0 ** min(12.0, exact + typed + 0.5 * (aligned - exact) - result.renamed)
    return result


def _line_from(tokens: Sequence[str], start: int) -> tuple[str, ...]:
    line: list[str] = []
    for token in tokens[start : start + _LONGEST]:
        if token in (NEWLINE, BARRIER):
            break
        line.append(token)
    return tuple(line)
