"""One more question where the first answer was proved wrong: the sound part stays, the model is told what exists instead.

Asks nobody: it says where to ask again and with which facts, and puts the two parts together. `pipeline.py` does the rest.
"""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from kireji.base.analysis.client import Analysis
from kireji.base.child_protocol import ChildUnavailable
from kireji.base.languages import canonical
from kireji.base.text import make_document
from kireji.base.types import (
    Candidate,
    Change,
    ContextItem,
    Edit,
    Finding,
    ItemKind,
    Severity,
    Site,
    Skip,
    Snapshot,
    Span,
    Trigger,
)
from kireji.engine.gates.excuses import OF_A_CALL
from kireji.engine.site import classify

# Gates whose findings are no reason to ask again: what they keep back must not be said to anyone.
_NEVER = frozenset({"security"})
# What exists at a place is worth more patience than other context: so many times as much.
_FACTS_PATIENCE = 8
_MOST_NAMES = 60
_ASKED_FOR = 400
_MOST_CHARS = 1_500


@dataclass(frozen=True, slots=True)
class Wrong:
    """`sound` is the part of the answer that may stand: what follows it was proved wrong by `finding`."""

    sound: str
    replaced: Span
    symbol: str
    finding: Finding


@dataclass(frozen=True, slots=True)
class Again:
    """Where to ask again: the text with the sound part in it. `hint` is for people: what was probably meant."""

    wrong: Wrong
    snapshot: Snapshot
    site: Site
    facts: tuple[ContextItem, ...]
    hint: str


def wrong_by_proof(site: Site, text: str, at: int, finding: Finding) -> Wrong:
    """What was proved wrong at `at` in `text`, the answer as far as it had come."""
    return _wrong(text, at, text[at:], Span(site.offset, site.offset), finding)


def wrong_by_findings(candidate: Candidate, findings: Sequence[Finding]) -> Wrong | None:
    """The first thing that the gates found; None when there is nothing to learn from it."""
    change = candidate.change
    rejected = [f for f in findings if f.severity is Severity.REJECT]
    if not rejected or any(f.gate in _NEVER for f in rejected) or len(candidate.edit.changes) > 1:
        return None
    first = min(rejected, key=lambda f: f.span)
    at = min(max(first.span.start - change.span.start, 0), len(change.text))
    symbol = change.text[at : max(at, first.span.end - change.span.start)]
    return _wrong(change.text, at, symbol, change.span, first)


async def ask_again_at(analysis: Analysis, snapshot: Snapshot, wrong: Wrong) -> Again | None:
    """The place behind the sound part, and what is known of what may stand there; None where nothing can be asked."""
    old, cut = snapshot.document, wrong.replaced
    text = old.text[: cut.start] + wrong.sound + old.text[cut.end :]
    document = make_document(old.uri, old.path, old.language, old.version, text)
    # Where the cursor stands in that text is our doing: what holds for a person's own typing does not count here.
    there = replace(snapshot, document=document, trigger=Trigger.EXPLICIT)
    site = classify(there, cut.start + len(wrong.sound))
    if isinstance(site, Skip):
        return None
    exists = await _exists(analysis, there, site, wrong) if canonical(document.language) == "python" else ()
    close = difflib.get_close_matches(_name(wrong.symbol), exists, 3) if exists else []
    shown = _ranked(_name(wrong.symbol), exists, close)
    facts = [f"Here `{wrong.symbol.strip()}` was proved wrong: {wrong.finding.message}."]
    if shown:
        facts.append("What exists here: " + ", ".join(shown) + ".")
    said = "\n".join(facts)[:_MOST_CHARS]
    item = ContextItem(
        ItemKind.FACT, document.uri, Span(site.offset, site.offset), said, 1e9, why="proved by the gates"
    )
    hint = f"did you mean {' or '.join(close)}?" if close else ""
    return Again(wrong, there, site, (item,), hint)


def joined(again: Again, site: Site, second: Candidate, identity: str) -> Candidate | None:
    """The sound part and what came behind it, as one candidate at the first site; None where they do not meet."""
    change, replaced = second.change, again.wrong.replaced
    if change.span.start != again.site.offset or len(second.edit.changes) > 1:
        return None
    end = replaced.end + change.span.end - change.span.start
    whole = Change(Span(replaced.start, end), again.wrong.sound + change.text)
    edit = Edit(site.document.uri, site.document.version, (whole,))
    return Candidate(identity, site, edit, second.raw, ("asked again",))


# ---- helpers


def _wrong(text: str, at: int, symbol: str, replaced: Span, finding: Finding) -> Wrong:
    """Cut back to where another word may begin: behind the dot, the bracket of the call, or before the name."""
    start = at
    if finding.code in OF_A_CALL:
        opened = text.rfind("(", 0, at + 1)
        line = text.rfind("\n", 0, at) + 1
        start = opened + 1 if opened >= line else line
    elif "." in symbol:
        start = at + symbol.rfind(".") + 1
    elif not symbol.strip() or "\n" in symbol or not symbol.isidentifier():
        start = text.rfind("\n", 0, at) + 1
    return Wrong(text[:start], replaced, symbol or text[start : start + 40].partition("\n")[0], finding)


async def _exists(analysis: Analysis, snapshot: Snapshot, site: Site, wrong: Wrong) -> tuple[str, ...]:
    """The members, names or the signature that the text has at the place. Nothing when that is not known in time."""
    deadline = asyncio.get_running_loop().time() + _FACTS_PATIENCE * snapshot.options.gather_ms / 1000
    document, offset, workspace = site.document, site.offset, snapshot.workspace
    try:
        if wrong.finding.code in OF_A_CALL:
            signature = await analysis.signature(document, offset, workspace, deadline)
            return (signature.label,) if signature is not None else ()
        if wrong.sound.rstrip().endswith(".") or (not wrong.sound and site.before.endswith(".")):
            return await analysis.members(document, offset, workspace, deadline) or ()
        names = await analysis.tell(document, offset, workspace, _ASKED_FOR, deadline)
    except ChildUnavailable:
        return ()
    return tuple(name.text for name in names)


def _ranked(name: str, exists: Sequence[str], close: Sequence[str]) -> list[str]:
    """What looks like the name first; private names and those with two underscores only where they were meant."""
    public = [n for n in exists if not n.startswith("_") or name.startswith("_")]
    first = [n for n in public if n[:3].casefold() == name[:3].casefold()]
    return list(dict.fromkeys((*close, *first, *public)))[:_MOST_NAMES]


def _name(symbol: str) -> str:
    return symbol.strip().rpartition(".")[2].strip()
