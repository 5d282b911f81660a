"""What a person must look at is pointed at, always; what cannot be proved is said, and asks for confirmation."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from kireji.base.text import make_document
from kireji.base.types import Change, ChangeSet, FileEdit, GateResult, GateState, NewFile, Span, Verdict
from kireji.engine.proof.notes import annotated
from kireji.engine.proof.review import concerns

AUTH, CRYPTO, INPUT = "authentication", "cryptography", "input validation"


def changed(old: str, new: str, path: str = "/w/shop.py") -> ChangeSet:
    """`old` as a file with `<…>` around what goes, and what comes in its place."""
    before, _, rest = old.partition("<")
    gone, _, after = rest.partition(">")
    document = make_document(f"file://{path}", path, "python", 1, before + gone + after)
    span = Span(len(before), len(before) + len(gone))
    return ChangeSet((FileEdit(document, (Change(span, new),), 1),))


@pytest.mark.parametrize(
    ("old", "new", "path", "expected"),
    [
        ("def total(prices):\n    <pass>\n", "return sum(prices)", "/w/shop.py", ()),
        ("def login(user):\n    <pass>\n", "return user", "/w/shop.py", (AUTH,)),
        ("def check(user):\n    <pass>\n", "return user.password == given", "/w/shop.py", (AUTH,)),
        ("def check(user):\n    <return has_role(user)>\n", "return True", "/w/shop.py", (AUTH,)),
        ("<pass>\n", "x = 1", "/w/auth/views.py", (AUTH,)),
        ("function isAdmin(user) {\n  <>\n}\n", "return user.kind === 'a'", "/w/shop.ts", (AUTH,)),
        ("def name(user):\n    <pass>\n", "return sessionToken", "/w/shop.py", (AUTH,)),
        ("def digest(data):\n    <pass>\n", "return hashlib.sha256(data)", "/w/shop.py", (CRYPTO,)),
        ("fn key() {\n    <>\n}\n", "openssl::rand()", "/w/shop.rs", (CRYPTO,)),
        ("def same(a, b):\n    <return hmac.compare_digest(a, b)>\n", "return a == b", "/w/shop.py", (CRYPTO,)),
        ("def clean(form):\n    <pass>\n", "return sanitize(form)", "/w/shop.py", (INPUT,)),
        ("func IsValid(s string) bool {\n\t<>\n}\n", "return true", "/w/shop.go", (INPUT,)),
        ("def signIn(user):\n    <pass>\n", "jwt.decode(escape(user))", "/w/shop.py", (AUTH, INPUT)),
        ("def tokens(text):\n    <pass>\n", "return [token for token in text]", "/w/parser.py", ()),
        ("def author(book):\n    <pass>\n", "return book.author", "/w/shop.py", ()),
        ("def hashed(rows):\n    <pass>\n", "return hash(rows)", "/w/shop.py", ()),
    ],
)
def test_what_must_be_looked_at(old: str, new: str, path: str, expected: tuple[str, ...]) -> None:
    changes = changed(old, new, path)
    assert tuple(concerns(changes).values()) == ((expected,) if expected else ())
    notes = annotated(changes, Verdict(())).notes
    assert all(note.needs_confirmation for note in notes)
    assert [note.label for note in notes] == ([f"Review: it touches {' and '.join(expected)}"] if expected else [])


def test_a_new_file_is_looked_at_as_well() -> None:
    path = "/w/middleware/csrf.py"
    new = NewFile(f"file://{path}", path, "python", f"NAME = {PurePosixPath(path).stem!r}\n")
    assert concerns(ChangeSet(created=(new,))) == {new.uri: (AUTH,)}


def test_what_is_not_proved_is_said_for_each_file() -> None:
    results = (
        GateResult("syntax", GateState.PASS),
        GateResult("types", GateState.UNKNOWN, note="late"),
        GateResult("tests", GateState.UNKNOWN, note="there is no sandbox"),
    )
    (note,) = annotated(changed("<a>", "b"), Verdict(results)).notes
    assert (note.label, note.needs_confirmation) == ("Not proved: types (late); tests (there is no sandbox)", True)
    assert annotated(changed("<a>", "b"), Verdict(results[:1])).notes == ()
