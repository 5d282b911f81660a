"""Reports of test programs are read case by case; two of them are compared by what became of each case."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from kireji.engine.proof import cases
from kireji.engine.proof.cases import Case, Cases, CaseState
from kireji.engine.proof.compare import compared

P, F, S = CaseState.PASSED, CaseState.FAILED, CaseState.SKIPPED

JUNIT = """<?xml version="1.0"?><testsuites><testsuite><testcase classname="a.b" name="one"/>
<testcase classname="a.b" name="two"><failure message="12 == 8">where</failure></testcase>
<testcase name="three"><skipped/></testcase><testcase name="four"><error message="gone"/></testcase></testsuite></testsuites>"""
UNITTEST = """test_ok (tests.test_shop.Shop.test_ok) ... ok
test_double (tests.test_shop.Shop.test_double)
It doubles. ... noise
FAIL
test_later (tests.test_shop.Shop.test_later) ... skipped 'no'

======================================================================
FAIL: test_double (tests.test_shop.Shop.test_double)
It doubles.
----------------------------------------------------------------------
AssertionError: 12 != 8

----------------------------------------------------------------------
Ran 3 tests in 0.001s
"""
BROKEN = """tests.test_shop (unittest.loader._FailedTest.tests.test_shop) ... ERROR

======================================================================
ERROR: tests.test_shop (unittest.loader._FailedTest.tests.test_shop)
----------------------------------------------------------------------
ImportError: Failed to import test module

----------------------------------------------------------------------
Ran 1 test in 0.000s
"""
GO = "\n".join(
    json.dumps(row)
    for row in (
        {"Action": "run", "Package": "x/y", "Test": "TestDouble"},
        {"Action": "output", "Package": "x/y", "Test": "TestDouble", "Output": "    a_test.go:3: got 12\n"},
        {"Action": "fail", "Package": "x/y", "Test": "TestDouble"},
        {"Action": "pass", "Package": "x/y", "Test": "TestOk"},
        {"Action": "skip", "Package": "x/y", "Test": "TestSkip"},
        {"Action": "output", "Package": "x/y", "Output": "FAIL\n"},
        {"Action": "fail", "Package": "x/y"},
    )
)
UNBUILT = "\n".join(
    json.dumps(row)
    for row in (
        {"ImportPath": "x", "Action": "build-output", "Output": "./a.go:2: undefined: y\n"},
        {"ImportPath": "x", "Action": "build-fail"},
    )
)
CARGO = """running 3 tests
test tests::fine ... ok
test tests::later ... ignored
test tests::doubles ... FAILED

failures:

---- tests::doubles stdout ----

thread 'tests::doubles' (2900) panicked at src/lib.rs:6:20:
  left: 12
 right: 8

failures:
    tests::doubles

test result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.35s
"""
RUSTC = "error[E0425]: cannot find value `y` in this scope\n --> src/lib.rs:1:32\n\nerror: could not compile `x`\n"
JEST = json.dumps(
    {
        "testResults": [
            {
                "name": "/p/a.test.js",
                "status": "failed",
                "assertionResults": [
                    {"fullName": "a one", "status": "passed"},
                    {"fullName": "a two", "status": "failed", "failureMessages": ["Expected: 8"]},
                    {"fullName": "a three", "status": "pending"},
                ],
            },
            {"name": "/p/b.test.js", "status": "failed", "message": "Cannot find module", "assertionResults": []},
        ]
    }
)


@pytest.mark.parametrize(
    ("read", "report", "output", "expected"),
    [
        (cases.junit, JUNIT, "", [("a.b::one", P), ("a.b::two", F), ("three", S), ("four", F)]),
        (
            cases.unittest,
            "",
            UNITTEST,
            [
                ("test_ok (tests.test_shop.Shop.test_ok)", P),
                ("test_double (tests.test_shop.Shop.test_double)", F),
                ("test_later (tests.test_shop.Shop.test_later)", S),
            ],
        ),
        (cases.go, "", GO, [("x/y/TestDouble", F), ("x/y/TestOk", P), ("x/y/TestSkip", S)]),
        (cases.go, "", UNBUILT, [("x", F)]),
        (cases.cargo, "", CARGO, [("tests::fine", P), ("tests::later", S), ("tests::doubles", F)]),
        (cases.cargo, "", RUSTC, [("compile", F)]),
        (cases.cargo, "", "test result: ok. 0 passed; 0 failed", []),
        (cases.jest, JEST, "", [("a one", P), ("a two", F), ("a three", S), ("/p/b.test.js", F)]),
        (cases.by_code, "", "", [("all", P)]),
    ],
    ids=["junit", "unittest", "go", "go, unbuilt", "cargo", "rustc", "cargo, empty", "jest", "code"],
)
def test_reports_are_read(
    read: Callable[[str, str, int], Cases], report: str, output: str, expected: list[tuple[str, CaseState]]
) -> None:
    assert [(case.name, case.state) for case in read(report, output, 0)] == expected


def test_what_is_said_of_failures() -> None:
    assert "12 == 8" in cases.junit(JUNIT, "", 1)[1].detail
    assert "12 != 8" in cases.unittest("", UNITTEST, 1)[1].detail
    assert "ImportError" in cases.unittest("", BROKEN, 1)[0].detail
    assert "got 12" in cases.go("", GO, 1)[0].detail
    assert "undefined: y" in cases.go("", UNBUILT, 1)[0].detail
    assert "left: 12" in cases.cargo("", CARGO, 1)[2].detail
    assert "cannot find value" in cases.cargo("", RUSTC, 1)[0].detail
    assert cases.by_code("", "no\n", 3) == (Case("all", F, "no"),)


@pytest.mark.parametrize("read", [cases.junit, cases.unittest, cases.go, cases.cargo, cases.jest])
@pytest.mark.parametrize("said", ["", "{", "<x", "[1]", "{}", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "\0"])
def test_what_is_no_report_is_none(read: Callable[[str, str, int], Cases], said: str) -> None:
    with pytest.raises(ValueError):
        read(said, said, 0)


def test_cases_are_compared_by_name() -> None:
    before = (
        Case("a", P),
        Case("b", F, "x at 0x1f in 0.1s"),
        Case("c", F, "old"),
        Case("d", P),
        Case("e", P),
        Case("g", F),
    )
    after = (
        Case("a", F, "new"),
        Case("b", F, "x at 0x2e in 3.4s"),
        Case("c", F, "new"),
        Case("d", S),
        Case("f", P),
        Case("g", P),
    )
    found = compared(before, after)
    assert [case.name for case in found.wrong] == ["a", "c"]
    assert (found.red, found.gone, found.passed, found.turned) == (("b",), ("d", "e"), 2, 1)
