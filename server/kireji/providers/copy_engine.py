"""The local engine: completes a line from the workspace's own tokens, and keeps silent when it is not sure.

An n-gram model with longest-suffix match and back-off, and a cache component for the open buffer, after Hellendoorn and
Devanbu, "Are deep neural networks the best choice for modeling source code?", ESEC/FSE 2017; what is predicted
here is the whole rest of the line. Opens no file and no connection, and costs nothing.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass

from kireji.base.types import Delta, End, EndReason, Prompt, Request, Usage
from kireji.providers.copy_confidence import Surroundings, confidence, features
from kireji.providers.copy_corpus import Corpus, build_corpus
from kireji.providers.copy_match import Match, Query, matches, seeds
from kireji.providers.copy_tokens import BARRIER, NEWLINE, Tokens, is_word, tokenize
from kireji.providers.provider import ProviderInfo, StreamMeter

__all__ = ["THRESHOLD", "CopyEngine", "Corpus", "Suggestion", "build_corpus", "ranked", "suggest"]

THRESHOLD = 0.7
"""Below this probability of being right nothing is said."""

_BEFORE, _AFTER = 24_000, 12_000
"""Characters of the buffer that are read, so that a huge buffer takes no longer than a long one."""
_LONGEST_LINE = 1_000
_LINE_END = re.compile(r"[\r\n]")
_CONTEXT = 60
_NEAREST = 800
"""Places in the buffer that are compared: in code there are seldom more, in a text of one repeated token there are."""
_MOST = 48
_SUGGESTIONS = 3


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Text to insert at the cursor, and the probability that it is right. Empty text: nothing worth saying."""

    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Described:
    """A possible suggestion and the numbers that its confidence is computed from."""

    text: str
    features: dict[str, float]


class CopyEngine:
    """The provider for when there is no key. `corpus` gives the index of a workspace folder, as far as it is there yet."""

    def __init__(self, corpus: Callable[[str | None], Awaitable[Corpus | None]]) -> None:
        self._corpus = corpus

    @property
    def info(self) -> ProviderInfo:
        """Never remote."""
        return ProviderInfo("local", "copy-engine", remote=False, follows_instructions=False)

    async def stream(self, request: Request, meter: StreamMeter) -> AsyncGenerator[Delta | End, None]:
        """The cursor's line in the answer contract, completed; below the threshold it is said again as it is. Where a hole is
        to be filled, what fills it."""
        site = request.pack.site
        text, offset = site.document.text, site.offset
        corpus = await self._corpus(request.workspace.root)
        found = await asyncio.to_thread(suggest, text[:offset], text[offset:], corpus, site.document.path)
        line = f"{site.before}{found.text}{site.after}".lstrip(" \t")
        yield Delta(f"<{request.prompt.tag}>{line}" if request.prompt.hole is None else found.text)
        yield End(EndReason.COMPLETE, confidence=found.confidence)

    def estimate(self, prompt: Prompt) -> int:
        """Nothing."""
        return 0

    def cost(self, usage: Usage) -> int:
        """Nothing."""
        return 0

    async def warm(self) -> None:
        """Nothing to load: the index is its owner's."""

    async def close(self) -> None:
        """Nothing to close."""


def suggest(prefix: str, suffix: str, corpus: Corpus | None, exclude_path: str | None = None) -> Suggestion:
    """The rest of the cursor's line as the buffer, and the corpus without `exclude_path`, would have it.

    The text goes to the end of the line, or to where what stands right of the cursor continues it, and holds no line
    ending. The confidence is that of the best idea, also when it is below THRESHOLD and the text therefore empty.
    """
    best = max(
        (Suggestion(idea.text, confidence(idea.features)) for idea in ranked(prefix, suffix, corpus, exclude_path)),
        key=lambda idea: idea.confidence,
        default=Suggestion("", 0.0),
    )
    return best if best.confidence >= THRESHOLD else Suggestion("", best.confidence)


def ranked(prefix: str, suffix: str, corpus: Corpus | None, exclude_path: str | None = None) -> list[Described]:
    """The few ideas that have the most weight behind them, heaviest first. Pure; takes milliseconds."""
    prefix, suffix = prefix[-_BEFORE:], suffix[:_AFTER]
    line = prefix[max(prefix.rfind("\n"), prefix.rfind("\r")) + 1 :]
    end = _LINE_END.search(suffix)
    rest, below = (suffix[: end.start()], suffix[end.start() :]) if end else (suffix, "")
    if len(line) > _LONGEST_LINE or len(rest) > _LONGEST_LINE or "\0" in prefix or "\0" in suffix:
        return []
    above, under = tokenize(prefix), tokenize(below)
    here = len(above.text)
    buffer = Tokens([*above.text, BARRIER, *under.text, NEWLINE], [*above.blanks, "", *under.blanks, ""])
    found: list[Match] = []
    for query in _queries(line, above):
        nearest = sorted((abs(here - place), place) for place in seeds(buffer.text, query) if place != here)[:_NEAREST]
        found += matches(buffer, [(place, distance) for distance, place in nearest], query, _MOST)
        if corpus is not None:
            windows, elsewhere = corpus.near(query.tokens, query.partial, exclude_path)
            found += matches(windows, [(place, None) for place in elsewhere], query, _MOST)
    by_text: dict[str, list[Match]] = {}
    for match in found:
        text = _until(match.text, rest)
        if text:
            by_text.setdefault(text, []).append(match)
    heaviest = sorted(by_text.items(), key=lambda entry: -_weight(entry[1]))[:_SUGGESTIONS]
    if not heaviest:
        return []
    all_weight = sum(map(_weight, by_text.values()))
    around = _surroundings(line, above, under, Counter(buffer.text))
    return [Described(text, features(text, group, all_weight, around)) for text, group in heaviest]


def _queries(line: str, above: Tokens) -> list[Query]:
    """The cursor after a whole token and, where it touches a word, the cursor inside a longer one."""
    tokens = above.text
    start = _line_start(tokens, len(tokens))
    count = len(tokens) - start
    typed = line.rstrip(" \t")
    spaced = bool(typed) and typed != line
    indent = line[: len(line) - len(line.lstrip(" \t"))]
    blank_above = start > 0 and above.blanks[start - 1] == "\n"
    context = tokens[-_CONTEXT:]
    queries = [Query(context, "", spaced, indent, count, blank_above)]
    if count and not spaced and is_word(tokens[-1]):
        queries.append(Query(context[:-1], tokens[-1], False, indent, count - 1, blank_above))
    return queries


def _until(text: str, rest: str) -> str:
    """The copied text up to where what stands right of the cursor continues it; empty if it does not."""
    text, rest = text.rstrip(), rest.strip()
    if not rest:
        return text
    return text[: -len(rest)].rstrip() if text.endswith(rest) else ""


def _weight(found: Sequence[Match]) -> float:
    return sum(match.alignment.weight for match in found)


def _surroundings(line: str, above: Tokens, under: Tokens, counts: Counter[str]) -> Surroundings:
    start = _line_start(above.text, len(above.text))
    previous = above.text[_line_start(above.text, start - 1) : start - 1] if start else []
    following = under.text[1:]
    end = following.index(NEWLINE) if NEWLINE in following else len(following)
    return Surroundings(line, bool(line.strip()), tuple(previous), tuple(following[:end]), counts)


def _line_start(tokens: Sequence[str], end: int) -> int:
    """The index after the last NEWLINE before `end`."""
    while end > 0 and tokens[end - 1] != NEWLINE:
        end -= 1
    return end
