"""Trials from marked text, and the gates over them: `$0` is the cursor, and the candidate is what is typed there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from kireji.base.children import Child
from kireji.base.text import make_document
from kireji.base.trees import Trees
from kireji.base.types import (
    Candidate,
    Change,
    Document,
    Edit,
    RawCompletion,
    Site,
    Snapshot,
    Span,
    Trigger,
    Verdict,
    Workspace,
)
from kireji.compose import secret_spans
from kireji.engine.gates.baseline import trial
from kireji.engine.gates.checkers import Checkers
from kireji.engine.gates.gate import Gate, Trial
from kireji.engine.gates.grounds import ty_spec
from kireji.engine.gates.ruff import RuffGate, ruff_spec
from kireji.engine.gates.run import run_gates
from kireji.engine.gates.security import SecurityGate
from kireji.engine.gates.shape import ShapeGate
from kireji.engine.gates.syntax import SyntaxGate
from kireji.engine.gates.text import TextGate
from kireji.engine.gates.types import TypesGate, rules
from kireji.engine.site import classify

NOWHERE = Workspace()


def marked(source: str, language: str = "python") -> tuple[Document, int]:
    """A document and the offset of its `$0`."""
    before, mark, after = source.partition("$0")
    assert mark, "no cursor in the source"
    suffix = {"python": "py", "typescript": "ts"}.get(language, language)
    return make_document(f"file:///w/t.{suffix}", f"/w/t.{suffix}", language, 1, before + after), len(before)


def candidate_at(
    document: Document, offset: int, text: str, end: int | None = None, workspace: Workspace = NOWHERE
) -> tuple[Snapshot, Candidate]:
    """The snapshot of a person asking at `offset`, and `text` as the answer; it replaces up to `end`."""
    snapshot = Snapshot("t", document, workspace=workspace, trigger=Trigger.EXPLICIT)
    site = classify(snapshot, offset)
    assert isinstance(site, Site), site
    edit = Edit(document.uri, document.version, (Change(Span(offset, offset if end is None else end), text),))
    raw = RawCompletion(text, "given", True, None, 0.0, 0.0, len(text))
    return snapshot, Candidate("t.1", site, edit, raw)


def asked(source: str, text: str, language: str = "python") -> tuple[Snapshot, Candidate]:
    """The question at the `$0` of `source`, and `text` as its answer."""
    document, offset = marked(source, language)
    return candidate_at(document, offset, text)


def trial_of(source: str, text: str, language: str = "python") -> Trial:
    """`text` applied at the `$0` of `source`."""
    return trial(*asked(source, text, language))


@asynccontextmanager
async def real_gates() -> AsyncIterator[Sequence[Gate]]:
    """The gates of the product, with a ruff and a ty of their own; `named` finds one."""
    spec = ruff_spec()
    assert spec is not None, "ruff is a dependency"
    child = Child(spec)
    checkers = Checkers(ty_spec(None, rules()))
    assert checkers.installed, "ty is a dependency"
    names = RuffGate(child)
    try:
        await child.start()
        security = SecurityGate(names, secret_spans)
        trees = Trees()
        yield (TextGate(trees), ShapeGate(trees), SyntaxGate(trees), names, security, TypesGate(checkers))
    finally:
        await names.close()
        await child.close()
        await checkers.close()


def named(gates: Sequence[Gate], name: str) -> Gate:
    """The gate of that name."""
    return next(gate for gate in gates if gate.name == name)


async def verdict_of(gates: Sequence[Gate], trial: Trial, seconds: float = 20.0) -> Verdict:
    """The verdict, with time enough on a busy machine."""
    return await run_gates(gates, trial, seconds)
