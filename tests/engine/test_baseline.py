"""The text before: the hole is filled, what is broken elsewhere is masked at equal length, and masks are carried over."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from kireji.base import edit, text
from kireji.base.edit import apply
from kireji.base.types import Site, Snapshot, Trigger
from kireji.engine.gates.baseline import baseline_document, carried
from kireji.engine.gates.python import compile_fault
from kireji.engine.site import classify
from support.gating import marked, trial_of


def check_baseline(source: str, expected: str | None, language: str = "python") -> str:
    """The baseline of the cursor; None where it cannot be made to compile and is the text as it stands."""
    document, offset = marked(source, language)
    snapshot = Snapshot("t", document, trigger=Trigger.EXPLICIT)
    site = classify(snapshot, offset)
    assert isinstance(site, Site)
    found = baseline_document(snapshot, site).text
    if expected is not None:
        assert found == expected
    if language == "python":
        assert (compile_fault(found) is None) == (expected is not None)
    return found


BROKEN = "\n\nx = compute(\n\n\ndef g():\n    pass\n"
MASKED = "\n\npass        \n\n\ndef g():\n    pass\n"
# A statement that is open, and innocent ones below it.
OPEN = "def f():\n    a = g("
REST = "    if a:\n        pass\n"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = 1\n$0\n", "x = 1\n\n"),
        ("def f():\n    $0\n", "def f():\n    pass\n"),
        ("def f():\n$0\n", "def f():\n pass\n"),
        ("def f():$0\n", "def f():pass\n"),
        ("if x: $0\n", "if x: pass\n"),
        ("x = $0\n", "x = 0\n"),
        ("x = f($0)\n", "x = f()\n"),
        ("x = 1 +$0\n", "x = 1 +0\n"),
        ("return_value = $0 + 1\r\n", "return_value =  + 1\r\n"),
        # The cursor's own statement does not parse whatever is filled in: it becomes `pass`.
        ("x = f($0\n", "pass  \n"),
        ("if x:\n    y = f($0\nz = 1\n", "if x:\n    pass  \nz = 1\n"),
        # What an open bracket breaks shows on a later line, which is innocent.
        (OPEN + "$0\n" + REST + BROKEN, "def f():\n    pass  \n" + REST + MASKED),
        (OPEN + "\n        1,$0\n" + REST + BROKEN, "def f():\n    pass  \n          \n" + REST + MASKED),
        # Broken elsewhere: masked at equal length, and only what is broken.
        ("def f():\n    $0\n" + BROKEN, "def f():\n    pass\n" + MASKED),
        ("def f():\n    $0\n    return 1\n" + BROKEN, "def f():\n    \n    return 1\n" + MASKED),
        ("class A:\n    def a(:\n        b\n\n    $0\n", "class A:\n    if 1:  \n        b\n\n    \n"),
        ("x = = 1\r\ny = 2\r\n$0\r\n", "pass   \r\ny = 2\r\n\r\n"),
        ("def f():\n    return 1\n  x = 2\n$0\n", "def f():\n    return 1\n       \n\n"),
        # More than a few broken places are no place for a proof.
        ("x = (\n\n" * 9 + "$0\n", None),
    ],
)  # fmt: skip
def test_baselines(source: str, expected: str | None) -> None:
    check_baseline(source, expected)


def test_other_languages_are_left_as_they_are() -> None:
    assert check_baseline("function f( {\n  $0\n", None, "typescript") == "function f( {\n  \n"


@pytest.mark.parametrize(
    ("source", "text", "after"),
    [
        ("def f():\n    $0\n" + BROKEN, "return 1", "def f():\n    return 1\n" + MASKED),
        ("def f():\n    $0\n" + BROKEN, "a = 1\n    return a", "def f():\n    a = 1\n    return a\n" + MASKED),
        # The candidate mends what was broken: nothing is masked.
        ("x = f($0\n", "1)", "x = f(1)\n"),
        ("x = f(\n    $0\n", "1)", "x = f(\n    1)\n"),
        ("x = f(\n    1,\n    $0\ny = 2\n", "2)", "x = f(\n    1,\n    2)\ny = 2\n"),
        (OPEN + "$0\n" + REST + BROKEN, "1)", OPEN + "1)\n" + REST + MASKED),
        # It does not: its own statement is never masked.
        ("x = f($0\n", "1", "x = f(1\n"),
    ],
)
def test_masks_are_carried_over(source: str, text: str, after: str) -> None:
    trial = trial_of(source, text)
    assert trial.after.text == after
    assert trial.after.text[trial.inserted.start : trial.inserted.end] == text


@pytest.mark.parametrize("module", [edit, text])
def test_masks_keep_offsets(module: object) -> None:
    """Anywhere in real code, with a line broken somewhere else: lengths and line starts stay, and the answer stands whole."""
    source = Path(str(vars(module)["__file__"])).read_text(encoding="utf-8")
    rng = random.Random(5)
    for _ in range(60):
        broken = rng.choice(["\n\nx = compute(\n\n", "\n\ndef broken(:\n    pass\n", "\n\nclass = 3\n"])
        at = rng.randrange(len(source))
        whole = source[:at] + "$0" + source[at:] + broken
        trial = trial_of(whole, "answer")
        text = apply(trial.before.text, trial.candidate.edit.changes)
        assert len(trial.after.text) == len(text)
        assert trial.after.lines == tuple(trial.after.lines)
        assert [i for i, c in enumerate(trial.after.text) if c == "\n"] == [i for i, c in enumerate(text) if c == "\n"]
        assert trial.after.text[trial.inserted.start : trial.inserted.end] == "answer"


@pytest.mark.parametrize(
    ("old", "new", "offset", "expected"),
    [
        ("abcd", "abXcd", 1, 1),
        ("abcd", "abXcd", 2, 3),
        ("abcd", "abXcd", 4, 5),
        ("abcd", "abcd", 2, 2),
        ("abcd", "aXd", 1, None),
        ("abcd", "aXd", 3, 2),
        ("aaaa", "aaaaa", 4, 5),
        ("", "x", 0, 1),
    ],
)
def test_offsets_are_carried_through_a_change(old: str, new: str, offset: int, expected: int | None) -> None:
    assert carried(offset, old, new) == expected
