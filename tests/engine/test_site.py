"""What the cursor stands in, how much is wanted there, and where no question is asked."""

from __future__ import annotations

import pytest

from kireji.base.config_schema import Options
from kireji.base.text import make_document
from kireji.base.types import Reason, Shape, Site, SiteKind, Skip, Snapshot, Trigger
from kireji.engine.site import classify
from support.sites import site_of, snapshot_of

KINDS = [
    ("python", "x = 1$0", SiteKind.CODE),
    ("python", "x = 'ab$0c'", SiteKind.STRING),
    ("python", "x = 'abc'$0", SiteKind.CODE),
    ("python", "x = 'abc$0", SiteKind.STRING),
    ("python", "f('it\\'s', 'a$0", SiteKind.STRING),
    ("python", "f('a', $0", SiteKind.CODE),
    ("python", "x = f'{a$0}'", SiteKind.CODE),
    ("python", "x = f'{a} b$0'", SiteKind.STRING),
    ("python", "x = 1  # why$0", SiteKind.COMMENT),
    ("python", "# why\n$0", SiteKind.CODE),
    ("python", 'def f():\n    """Doc $0"""\n', SiteKind.PROSE),
    ("python", 'x = """\nabc$0\n"""\n', SiteKind.STRING),
    # An excerpt that starts inside a docstring reads inside out.
    ("python", 'the end.\n    """\n    x = 1\n    $0\n\n\ndef g():\n    """Doc."""\n    return 2\n', SiteKind.CODE),
    ("javascript", "x = `a$0b${c}`", SiteKind.STRING),
    ("javascript", "x = `a${c$0}`", SiteKind.CODE),
    ("javascript", "/* a $0 */ x", SiteKind.COMMENT),
    ("javascript", "/* a */$0 x", SiteKind.CODE),
    ("javascript", "// a$0", SiteKind.COMMENT),
    ("rust", 'let s = "a$0b";', SiteKind.STRING),
    ("rust", "fn f<'a>(x: &'a $0", SiteKind.CODE),
    ("ruby", 'x = "a#{b$0}"', SiteKind.CODE),
    ("shellscript", 'echo "a$0 c"', SiteKind.STRING),
    ("json", '{"a": "b$0"}', SiteKind.STRING),
    ("yaml", "a: 'b$0'", SiteKind.STRING),
    ("html", "<!-- a$0 -->", SiteKind.COMMENT),
    ("markdown", "# Title$0", SiteKind.PROSE),
    ("plaintext", "Dear $0", SiteKind.PROSE),
    ("cobol", "MOVE A $0", SiteKind.CODE),
]


@pytest.mark.parametrize(("language", "text", "kind"), KINDS)
def test_kind(language: str, text: str, kind: SiteKind) -> None:
    assert site_of(text, language).kind is kind


SHAPES = [
    ("python", "def f():\n    $0\n", Shape.BLOCK),
    ("python", "if x:$0", Shape.BLOCK),
    ("python", "x = $0", Shape.LINE),
    ("python", "foo($0)", Shape.LINE),
    ("python", "$0x = 1", Shape.LINE),
    ("python", "# $0", Shape.LINE),
    ("go", "func f() {$0", Shape.BLOCK),
    ("go", "\tx := $0", Shape.LINE),
]


@pytest.mark.parametrize(("language", "text", "shape"), SHAPES)
def test_shape(language: str, text: str, shape: Shape) -> None:
    assert site_of(text, language).shape is shape


def test_halves_indent_and_scope() -> None:
    site = site_of("x = 1\r\ndef f():\r\n\treturn fo$0o + 1\r\n")
    assert (site.indent, site.before, site.after) == ("\t", "\treturn fo", "o + 1")
    assert site.document.text[site.scope.start :].startswith("def f")
    assert site_of("x = $0").scope == site.scope.__class__(0, 4)


SKIPS = [
    ("fo$0o", Trigger.AUTOMATIC, Reason.MID_WORD),
    ("fo$0o", Trigger.EXPLICIT, None),
    ("foo$0", Trigger.AUTOMATIC, None),
    ("foo$0(", Trigger.AUTOMATIC, None),
    ("f(\n)$0\n", Trigger.AUTOMATIC, Reason.AFTER_CLOSER),
    ("f(\n);$0\n", Trigger.AUTOMATIC, Reason.AFTER_CLOSER),
    ("f(\n)$0\n", Trigger.EXPLICIT, None),
    ("f()$0\n", Trigger.AUTOMATIC, None),
    ("f(\n)$0.x\n", Trigger.AUTOMATIC, None),
]


@pytest.mark.parametrize(("text", "trigger", "reason"), SKIPS)
def test_where_a_person_would_not_ask(text: str, trigger: Trigger, reason: Reason | None) -> None:
    found = classify(*snapshot_of(text, trigger=trigger))
    assert (found.reason if isinstance(found, Skip) else None) is reason


LIMITS = [
    ("x" * 401, Options(max_file_bytes=400), Reason.TOO_LARGE),
    ("€" * 150, Options(max_file_bytes=400), Reason.TOO_LARGE),
    ("€" * 100, Options(max_file_bytes=400), None),
    ("a\n" + "x" * 60 + "\nb", Options(max_line_chars=50), Reason.LONG_LINE),
    ("a\0b", Options(), Reason.BINARY),
    ("x", Options(automatic=False), Reason.MANUAL),
    ("x", Options(disabled_languages=("py",)), Reason.LANGUAGE_OFF),
]


@pytest.mark.parametrize(("text", "options", "reason"), LIMITS)
def test_limits(text: str, options: Options, reason: Reason | None) -> None:
    document = make_document("file:///w/main.py", None, "python", 1, text)
    found = classify(Snapshot("s", document, options=options), 1)
    assert (found.reason if isinstance(found, Skip) else None) is reason


def test_an_explicit_question_is_answered_when_automatic_ones_are_off() -> None:
    document = make_document("file:///w/main.py", None, "python", 1, "x = ")
    found = classify(Snapshot("s", document, options=Options(automatic=False), trigger=Trigger.EXPLICIT), 4)
    assert isinstance(found, Site)


def test_a_line_of_ten_megabytes_meets_no_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    def parse(*_: object) -> None:
        raise AssertionError("parsed")

    monkeypatch.setattr("kireji.base.syntax.parse", parse)
    document = make_document("file:///w/main.py", None, "python", 1, "x" * 10_000_000)
    assert classify(Snapshot("s", document), 5) == Skip(Reason.TOO_LARGE)


@pytest.mark.parametrize("offset", [-5, 3, 99])
def test_an_offset_out_of_range_or_inside_a_line_ending_is_moved(offset: int) -> None:
    document = make_document("file:///w/main.py", None, "python", 1, "ab\r\ncd")
    site = classify(Snapshot("s", document, trigger=Trigger.EXPLICIT), offset)
    assert isinstance(site, Site)
    assert site.offset == {-5: 0, 3: 2, 99: 6}[offset]
    assert "\r" not in site.before + site.after
