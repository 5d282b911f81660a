"""The syntax gate: does the candidate leave the buffer worse than it was? Python is asked of Python, the rest of tree-sitter.

tree-sitter accepts one wrong Python file in five, so for Python it only stands in where our own Python cannot judge.
Knows nothing of names or types.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from kireji.base import syntax
from kireji.base.languages import canonical
from kireji.base.syntax import Problem, Tree
from kireji.base.text import line_at
from kireji.base.trees import Trees
from kireji.base.types import Document, Finding, GateResult, GateState, Severity, Snapshot, Span
from kireji.engine.gates.baseline import carried
from kireji.engine.gates.gate import Cost, Trial
from kireji.engine.gates.policy import Rule
from kireji.engine.gates.python import Fault, Trouble, compile_fault, is_newer_syntax, region_compiles

_NAME = "syntax"


class SyntaxGate:
    """Holds one thing between calls: the baseline's tree. `trees` spare most of a parse after the first."""

    name = _NAME
    cost = Cost.CHEAP

    def __init__(self, trees: Trees) -> None:
        self._trees = trees
        self._tree: Tree | None = None

    def applies(self, language: str) -> bool:
        """Every language with a grammar."""
        return syntax.supported(language)

    async def prepare(self, snapshot: Snapshot, baseline: Document) -> None:
        """Parses the baseline where it will be needed."""
        if canonical(baseline.language) != "python":
            self._baseline_tree(baseline)

    async def check(self, trial: Trial) -> GateResult:
        """FAIL for a fault that the candidate brought, UNKNOWN where the statement or the file was broken before."""
        if canonical(trial.after.language) == "python":
            result = check_python(trial)
            if result.state is not GateState.UNKNOWN:
                return result
            found = self._by_tree(trial)
            return found if found.state is GateState.FAIL else result
        return self._by_tree(trial)

    def _by_tree(self, trial: Trial) -> GateResult:
        before, after = self._baseline_tree(trial.baseline), self._trees.of(trial.after)
        assert after is not None  # noqa: S101 — `applies` asks whether there is a grammar
        return check_tree(trial, before, after)

    def _baseline_tree(self, baseline: Document) -> Tree:
        tree = self._tree
        if tree is None or tree.text != baseline.text or tree.language != canonical(baseline.language):
            tree = self._tree = self._trees.of(baseline)
        assert tree is not None  # noqa: S101 — `applies` asks whether there is a grammar
        return tree


def check_python(trial: Trial) -> GateResult:
    """Our own Python's word: cheap on the top-level statements around the insertion, on the whole file when in doubt."""
    text, inserted = trial.after.text, trial.inserted
    if all(region_compiles(text, span) for span in trial.spans):
        return _result(GateState.PASS)
    fault = compile_fault(text)
    if fault is None:
        return _result(GateState.PASS)
    if fault.trouble is Trouble.LIMIT:
        return _result(GateState.UNKNOWN, note=f"Python gives up: {fault.message}")
    if is_newer_syntax(fault, text, inserted):
        version = trial.snapshot.workspace.version
        if version is not None and version > sys.version_info[:2]:
            # Only newer Pythons run this project: ruff, which is told so, knows their syntax.
            return _result(GateState.PASS, note="newer syntax than this Python knows")
        return _result(GateState.UNKNOWN, note="possibly newer syntax than this Python knows")
    if any(span.start <= fault.offset <= span.end for span in trial.spans):
        return _failed(fault)
    if compile_fault(trial.baseline.text) is not None:
        return _result(GateState.UNKNOWN, note="the file does not compile elsewhere")
    if _open_above(trial, fault):
        return _result(GateState.UNKNOWN, note="the statement was open above the cursor")
    return _failed(fault)


def check_tree(trial: Trial, before: Tree, after: Tree) -> GateResult:
    """The trees' word: FAIL for a new ERROR or MISSING in the insertion, or in the scope around it."""
    problems = after.problems()
    if not problems:
        return _result(GateState.PASS)
    old = before.problems()
    if not old:
        return _result(GateState.FAIL, [_finding(p) for p in problems])
    known = {(p.kind, carried(p.span.start, before.text, after.text)) for p in old}
    new = [p for p in problems if (p.kind, p.span.start) not in known]
    inside = [p for p in new if _meets(p.span, trial.inserted) and not _swallows(p.span, trial.inserted)]
    scope = after.scope_at(trial.inserted.start)
    around = [p for p in new if _meets(p.span, scope) and not _swallows(p.span, trial.inserted)]
    # In a broken file the parser finds its feet elsewhere after every edit: only more trouble than before counts there.
    if inside or (around and len(problems) > len(old)):
        return _result(GateState.FAIL, [_finding(p) for p in inside or around])
    if old and new:
        return _result(GateState.UNKNOWN, note="the file does not parse elsewhere")
    return _result(GateState.PASS)


def _open_above(trial: Trial, fault: Fault) -> bool:
    """Whether the fault is the start of the cursor's own statement, which was unfinished before the candidate came."""
    cursor = line_at(trial.before.lines, trial.candidate.change.span.start)
    line = line_at(trial.after.lines, fault.offset)
    return (
        line < cursor
        and trial.before.text[: fault.offset + 1]
        == trial.after.text[: fault.offset + 1]
        != (trial.baseline.text[: fault.offset + 1])
    )


def _swallows(problem: Span, inserted: Span) -> bool:
    """In a file that did not parse before, an error that spans the insertion and more says nothing about it."""
    return problem.start < inserted.start and problem.end > inserted.end


def _meets(a: Span, b: Span) -> bool:
    return a.start <= b.end and b.start <= a.end


def _failed(fault: Fault) -> GateResult:
    finding = Finding(_NAME, Rule.SYNTAX, Severity.REJECT, fault.message, Span(fault.offset, fault.offset + 1))
    return _result(GateState.FAIL, [finding])


def _finding(problem: Problem) -> Finding:
    return Finding(_NAME, Rule.SYNTAX, Severity.REJECT, f"does not parse ({problem.kind})", problem.span)


def _result(state: GateState, findings: Sequence[Finding] = (), note: str = "") -> GateResult:
    return GateResult(_NAME, state, tuple(findings), 0.0, note)
