"""Looks at an answer while it still comes: a module or a member that cannot exist is proved where its name ends.

Judges by the same gates and rules as the verdict on the whole; finds only what no later word could make right. One look at
a time, beside the stream; what comes meanwhile is seen by the next look.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass
from types import MappingProxyType

from kireji.base.types import Candidate, Change, Edit, Finding, RawCompletion, Site, SiteKind, Snapshot, Span
from kireji.engine.gates import policy
from kireji.engine.gates.baseline import trial
from kireji.engine.gates.before import Before
from kireji.engine.gates.gate import Gate
from kireji.engine.gates.run import LATE, run_gates

_LOOK_SECONDS = 1.0
# A name behind a dot, and what an import names. Each ends before a character that cannot belong to it.
_MEMBER = re.compile(r"(?<=[\w)\]])\.[^\W\d]\w*(?=\W)")
# No two ways to read the same blanks: a hostile answer must not make the search take for ever.
_IMPORTS = (
    re.compile(r"^[ \t]*from[ \t]+[\w.]+(?=[ \t]+import)", re.M),
    re.compile(
        r"^[ \t]*from[ \t]+[\w.]+[ \t]+import(?:[ \t]*\(\s*|[ \t]+)"
        r"(?:\w+(?:[ \t]+as[ \t]+\w+)?[ \t]*,\s*)*\w+(?=[^\w.])",
        re.M,
    ),
    re.compile(r"^[ \t]*import[ \t]+(?:[\w.]+(?:[ \t]+as[ \t]+\w+)?[ \t]*,[ \t]*)*[\w.]*\w(?=[^\w.])", re.M),
)
# What follows decides whether a member is read or made.
_MAKES = re.compile(r"[ \t]*(?:=(?!=)|:(?!=)|,|\Z|[ \t]+$)")
_OF_THE_CLASS = re.compile(r"\b(?:self|cls)\.\w+\Z")
_DEFINES = re.compile(r"^[ \t]*(?:async[ \t]+def|def|class)\b", re.M)
_CLOSERS = MappingProxyType({"(": ")", "[": "]", "{": "}"})
_TOKENS = re.compile(
    r"(?s)\"\"\".*?(?:\"\"\"|\Z)|'''.*?(?:'''|\Z)|\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?|#[^\n]*|[()\[\]{}]"
)


@dataclass(frozen=True, slots=True)
class Proof:
    """What was proved wrong in `text`, the answer so far: the finding, and where in `text` it begins."""

    text: str
    at: int
    finding: Finding


class Watch:
    """One answer's. Hand it the text as it grows; `proof` is there as soon as something is."""

    def __init__(self, gates: Iterable[Gate], snapshot: Snapshot, site: Site, before: Before) -> None:
        language = snapshot.document.language
        self._gates = [gate for gate in gates if policy.provable(gate.name) and gate.applies(language)]
        self._snapshot = snapshot
        self._site = site
        self._before = before
        self._seen = 0
        self._look: asyncio.Task[None] | None = None
        self.proof: Proof | None = None

    def feed(self, text: str) -> None:
        """The insertion as far as it has come. Returns at once."""
        if not self._gates or self.proof is not None or self._site.kind is not SiteKind.CODE:
            return
        if self._look is not None and not self._look.done():
            return
        point = provable_end(self._site.before, text)
        if point > self._seen:
            self._seen = point
            self._look = asyncio.ensure_future(self._looked(text[:point]))

    async def end(self) -> None:
        """Stops what still looks."""
        if self._look is not None:
            self._look.cancel()
            await asyncio.wait({self._look})

    async def _looked(self, text: str) -> None:
        """Asks the gates about the answer up to here, closed so that what stands below keeps its meaning."""
        baseline = await self._before.document(_LOOK_SECONDS)
        offset = self._site.offset
        said = text + _closers(self._site.before + text)
        raw = RawCompletion(said, "", False, None, 0.0, 0.0, len(text))
        change = Change(Span(offset, offset), said)
        document = self._snapshot.document
        candidate = Candidate("", self._site, Edit(document.uri, document.version, (change,)), raw)
        tried = trial(self._snapshot, candidate, baseline)
        verdict = await run_gates(self._gates, tried, _LOOK_SECONDS)
        for finding in verdict.findings:
            at = finding.span.start - tried.inserted.start
            inside = at >= 0 and finding.span.end - tried.inserted.start <= len(text)
            if inside and finding.code in policy.provable(finding.gate):
                self.proof = Proof(text, at, finding)
                return
        if any(result.note == LATE for result in verdict.results):
            self._seen = 0  # a checker that has just been started; the next look sees this place as well


@contextlib.asynccontextmanager
async def watching(
    gates: Iterable[Gate], snapshot: Snapshot, site: Site, before: Before
) -> AsyncGenerator[Watch, None]:
    """Watches for as long as the block runs."""
    watch = Watch(gates, snapshot, site, before)
    try:
        yield watch
    finally:
        await watch.end()


def provable_end(before: str, text: str) -> int:
    """Where in `text` the last name ends that either exists by now or never will; 0 where there is none.

    `before` is what stands left of the answer in its first line.
    """
    line = before + text
    shift = len(before)
    ends = [match.end() for pattern in _IMPORTS for match in pattern.finditer(line)]
    for match in _MEMBER.finditer(line):
        if _MAKES.match(line, match.end()):
            continue
        if _OF_THE_CLASS.search(line, 0, match.end()) and _DEFINES.search(line):
            continue
        ends.append(match.end())
    return max((end - shift for end in ends), default=0)


def _closers(text: str) -> str:
    """The brackets that a piece of Python leaves open; strings and comments are skipped by their look."""
    stack: list[str] = []
    for match in _TOKENS.finditer(text):
        char = match.group()
        if char in _CLOSERS:
            stack.append(_CLOSERS[char])
        elif stack and char == stack[-1]:
            stack.pop()
    return "".join(reversed(stack))
