"""Answers of a wrong shape: past their scope, too long, a comment alone."""

from __future__ import annotations

import pytest

from kireji.base.trees import Trees
from kireji.base.types import GateState
from kireji.engine.gates.shape import MAX_CHARS, MAX_LINES, ShapeGate
from support.gating import trial_of

BODY = "def f(a):\n    $0\n\n\ndef g():\n    pass\n"
METHOD = "class A:\n    def f(self):\n        $0\n\n    def g(self):\n        pass\n"
TS = "class A {\n  f() {\n    $0\n  }\n}\n"


@pytest.mark.parametrize(
    ("source", "text", "left", "language"),
    [
        # Past the end of the function or the class; what is left starts on a line of its own.
        (BODY, "return a\n\n\ndef h():\n    pass", "\n\ndef h():\n    pass", "python"),
        (BODY, "return a\n\nprint(a)", "\nprint(a)", "python"),
        (METHOD, "return 1\n\n    def h(self):\n        pass", "\n    def h(self):\n        pass", "python"),
        (METHOD, "return 1\n\nx = 2", "\nx = 2", "python"),
        # Within it, whatever it holds.
        (BODY, "if a:\n        return 1\n    return 2", None, "python"),
        (BODY, "def inner():\n        return 1\n    return inner", None, "python"),
        (BODY, 'a = """\nat the left\n"""\n    return a', None, "python"),
        (BODY, "return a\n", None, "python"),
        (BODY, "return [\n        a,\n    ]\n\n    # done", None, "python"),
        ("class A:\n    $0\n", "x = 1\n\n    def f(self):\n        pass", None, "python"),
        ("x = 1\n$0\n", "def h():\n    pass\n\n\ny = h()", None, "python"),
        ("$0\n", "class B:\n    pass\n\n\nclass C:\n    pass", None, "python"),
        # Where it does not parse, the syntax gate has the word.
        (BODY, "return (a\n\n\ndef h():\n    pass", None, "python"),
        (TS, "return 1;", None, "typescript"),
        (TS, "return 1;\n  }\n  g() {\n    return 2;", "  g() {\n    return 2;", "typescript"),
    ],
)  # fmt: skip
async def test_scopes(source: str, text: str, left: str | None, language: str) -> None:
    tried = trial_of(source, text, language)
    result = await ShapeGate(Trees()).check(tried)
    assert [f.code for f in result.findings] == (["leaves-scope"] if left is not None else [])
    assert result.state is (GateState.PASS if left is None else GateState.FAIL)
    for finding in result.findings:
        assert tried.after.text[finding.span.start : finding.span.end] == left


@pytest.mark.parametrize(
    ("source", "text", "language", "found"),
    [
        (BODY, "# TODO", "python", True),
        (BODY, "# First\n\n    # then", "python", True),
        (BODY, "# First\n    a = 1", "python", False),
        (BODY, "a = 1  # first", "python", False),
        ("x = 1  $0\n", "# why", "python", False),
        ("# $0\n", "why", "python", False),
        ("$0\n", "#!/usr/bin/env python", "python", False),
        ("$0\n", "// why", "typescript", True),
        ("$0\n", "# why", "typescript", False),
        ("$0\n", "# Title", "markdown", False),
    ],
)
async def test_comments(source: str, text: str, language: str, found: bool) -> None:
    result = await ShapeGate(Trees()).check(trial_of(source, text, language))
    assert [f.code for f in result.findings] == (["only-a-comment"] if found else [])


async def test_lengths() -> None:
    row = "    a = 1\n"
    for text, found in (
        (("a = 1\n" + row * MAX_LINES), True),
        (("a = 1\n" + row * (MAX_LINES - 2)).rstrip("\n"), False),
        ("a = 1\n    b = '" + "x" * MAX_CHARS + "'", True),
    ):
        tried = trial_of(BODY, text)
        result = await ShapeGate(Trees()).check(tried)
        assert [f.code for f in result.findings] == (["too-long"] if found else []), len(text)
        for finding in result.findings:
            assert tried.after.text[finding.span.start - 1] == "\n"
