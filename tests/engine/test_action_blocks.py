"""Search/replace blocks: applied exactly once, lenient to known slips, never to ambiguity; and the imports beside them."""

from __future__ import annotations

import time

import pytest

from kireji.base import syntax
from kireji.base.edit import apply
from kireji.base.text import make_document
from kireji.base.types import Reason, Span
from kireji.engine.actions.action import Refused, Region
from kireji.engine.actions.blocks import MAX_BLOCKS, Block, applied, blocks_of
from kireji.engine.actions.importing import header_of, imports_change, with_imports

TEXT = (
    "import os\n\n\ndef f(a, b):\n    x = [\n        a,\n        b\n    ]\n    return x\n\n\ndef g(a):\n    return a\n"
)
F = Span(TEXT.index("def f"), TEXT.index("\n\n\ndef g"))


def block(old: str, new: str, nonce: str = "_1") -> str:
    """One block as the model is told to write it."""
    return f"<old{nonce}>\n{old}\n</old{nonce}>\n<new{nonce}>\n{new}\n</new{nonce}>"


def check_blocks(answer: str, expected: str | Reason, text: str = TEXT, span: Span = F) -> None:
    """What becomes of a text of which only a span may change, or why nothing does."""
    region = Region(make_document("file:///w/a.py", "/w/a.py", "python", 1, text), (span,), 1)
    blocks = blocks_of(answer)
    found = blocks if isinstance(blocks, Refused) else applied(blocks, (region,), lambda _: None)
    if isinstance(expected, Reason):
        assert isinstance(found, Refused), found
        assert found.reason is expected, found
        return
    assert not isinstance(found, Refused), found
    (edit,) = found
    assert apply(text, edit.changes) == expected


RETURN = TEXT.replace("    return x\n", "    return tuple(x)\n")


@pytest.mark.parametrize(
    "answer",
    [
        block("    return x", "    return tuple(x)"),
        block("    return x", "    return tuple(x)", nonce=""),
        block("return x", "return tuple(x)"),
        block("return x   ", "return tuple(x)"),
        block("        return x", "        return tuple(x)"),
        block("    ]\n    return x", "    ]\n    return tuple(x)"),
        block("  ]\n  return x", "  ]\n  return tuple(x)"),
        f"```python\n{block('    return x', '    return tuple(x)')}\n```",
        block("```python\n    return x\n```", "```python\n    return tuple(x)\n```"),
        block("    return x", "    return tuple(x)") + ",",
        block("    return x", "    return tuple(x)").replace("\n", "\r\n"),
        block("    return x", "    return tuple(x)").replace("</new_1>", "</new_1>\n\n"),
    ],
    ids=["exact", "no nonce", "part of a line", "blanks at the end", "too deep", "two lines", "two lines shifted", "fenced",
         "fenced inside", "trailing comma", "crlf", "blank lines"],
)  # fmt: skip
def test_known_slips_are_understood(answer: str) -> None:
    check_blocks(answer, RETURN)


def test_a_comma_at_the_end_too_many_or_too_few() -> None:
    check_blocks(block("        b,", "        b,\n        a,"), TEXT.replace("        b\n", "        b,\n        a\n"))
    check_blocks(block("        b,", "        c"), TEXT.replace("        b\n", "        c\n"))


def test_several_changes_and_one_that_takes_out() -> None:
    answer = block("        b", "        b,") + "\n" + block("    return x", "    return tuple(x)")
    check_blocks(answer, RETURN.replace("        b\n", "        b,\n"))
    check_blocks(block("        a,\n", ""), TEXT.replace("        a,\n", ""))


def test_line_ends_are_those_of_the_file() -> None:
    text = TEXT.replace("\n", "\r\n")
    span = Span(text.index("def f"), text.index("\r\n\r\n\r\ndef g"))
    answer = block("    ]\n    return x", "    ]\n    x.sort()\n    return x")
    check_blocks(answer, text.replace("    return x\r\n", "    x.sort()\r\n    return x\r\n"), text, span)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("", Reason.NOTHING_TO_ADD),
        ("I would not change this.", Reason.OUT_OF_SCOPE),
        (f"Here it is:\n{block('    return x', '    return y')}", Reason.OUT_OF_SCOPE),
        (block("    return x", "    return x"), Reason.NOTHING_TO_ADD),
        (block("    return a", "    return b"), Reason.OUT_OF_SCOPE),  # of the function below
        (block("import os", "import sys"), Reason.OUT_OF_SCOPE),
        (block("    return", "    yield").replace("return", "retur"), Reason.OUT_OF_SCOPE),  # half a word
        (block("a", "c"), Reason.OUT_OF_SCOPE),  # stands there several times
        (block("", "x = 1"), Reason.INVALID),
        (block("    return x", "    return y") * 2, Reason.INVALID),
        (block("    ]\n    return x", "    ]") + block("    return x", "    return y"), Reason.INVALID),
        ("<old_1>\n    return x\n</old_2>\n<new_1>\n    y\n</new_1>", Reason.INVALID),
        ("<old_1>\n    return x\n", Reason.INVALID),
        ("<old_1>\n    return x\n</old_1>", Reason.INVALID),
        ("<new_1>\n    return x\n</new_1>", Reason.INVALID),
        ("<old_1>\n    return x\n</old_1>\n<new_1>\n    return y\n", Reason.INVALID),
        (f"<file_1>/etc/passwd</file_1>\n{block('    return x', '    return y')}", Reason.OUT_OF_SCOPE),
        (f"<file_1>../a.py</file_1>\n{block('    return x', '    return y')}", Reason.OUT_OF_SCOPE),
        (block("    return x", "    return y") * (MAX_BLOCKS + 1), Reason.OUT_OF_SCOPE),
    ],
)
def test_what_is_wrong_or_could_mean_two_things_is_refused(answer: str, reason: Reason) -> None:
    check_blocks(answer, reason)


def test_the_closing_of_another_nonce_is_text() -> None:
    text = 'x = "</old_2></new_2>"\n'
    check_blocks(block('x = "</old_2></new_2>"', "x = 1"), "x = 1\n", text, Span(0, len(text)))


@pytest.mark.parametrize(
    ("language", "text", "asked", "expected"),
    [
        ("python", "import os\n\n\ndef f():\n    pass\n", "import sys", "import os\nimport sys\n\n\ndef f():\n    pass\n"),
        ("python", "import os\n\n\ndef f():\n    pass\n", "import os", "import os\n\n\ndef f():\n    pass\n"),
        ("python", '"""Doc."""\n\n\ndef f():\n    pass\n', "from collections.abc import Iterable, Mapping",
         '"""Doc."""\n\nfrom collections.abc import Iterable\nfrom collections.abc import Mapping\n\n\ndef f():\n    pass\n'),
        ("typescript", "import a from 'a'\n\nf()\n", "import type { B } from './b'",
         "import a from 'a'\nimport type { B } from './b'\n\nf()\n"),
        ("javascript", "'use strict'\nf()\n", "import a from 'a'", "'use strict'\nimport a from 'a'\nf()\n"),
        ("javascript", "f()\n", "import a from 'a'", "import a from 'a'\nf()\n"),
        ("go", "package p\n\nfunc f() {}\n", 'import "fmt"', 'package p\nimport "fmt"\n\nfunc f() {}\n'),
        ("rust", "use a::b;\n\nfn f() {}\n", "use c::d;", "use a::b;\nuse c::d;\n\nfn f() {}\n"),
        ("java", "package p;\n\nimport a.B;\n\nclass A {}\n", "import a.C;",
         "package p;\n\nimport a.B;\nimport a.C;\n\nclass A {}\n"),
    ],
)  # fmt: skip
def test_imports_go_where_imports_stand(language: str, text: str, asked: str, expected: str) -> None:
    tree = syntax.parse(language, text)
    said, rest = with_imports(f"\n<imports_7>\n{asked}\n</imports_7>\nrest")
    assert rest == "rest"
    found = imports_change(tree, said, len(text))
    assert not isinstance(found, Refused), found
    assert apply(text, found) == expected
    header = header_of(tree)
    assert all(header.start <= c.span.start == c.span.end <= header.end for c in found)


@pytest.mark.parametrize(
    ("language", "asked"),
    [
        ("python", "import os; os.system('x')"),
        ("python", "print(1)"),
        ("python", "import os\nx = 1"),
        ("python", "import ("),
        ("python", "\n".join(f"import m{n}" for n in range(13))),
        ("typescript", "import a from 'a'; evil()"),
        ("css", "@import 'x';"),
    ],
)
def test_what_is_no_import_is_refused(language: str, asked: str) -> None:
    tree = syntax.parse(language, "")
    assert isinstance(imports_change(tree, asked, 0), Refused)


def test_no_passage_takes_long_to_be_found() -> None:
    text = "a\n" * 12_000
    region = Region(make_document("file:///w/a.py", "/w/a.py", "python", 1, text), (Span(0, len(text)),), 1)
    block = Block(" a\n" * 6_000 + "b", "c")
    since = time.process_time()
    assert isinstance(applied((block,) * 30, (region,), lambda _: None), Refused)
    assert time.process_time() - since < 5
