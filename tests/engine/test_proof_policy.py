"""What a project asks of its code is asked of what a change brings, and of nothing that was there before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kireji.base.types import GateState
from kireji.engine.proof.house import FILE, judged
from support.proving import make, rewritten, snapshot_of, untrusted

BARE = "def total(prices):\n    return sum(prices)\n"
FULL = 'def total(prices: list[int]) -> int:\n    """The sum."""\n    return sum(prices)\n'
CAUGHT = "import logging\nlog = logging.getLogger()\ntry:\n    x = 1\nexcept {}:\n    {}\n"


@pytest.mark.parametrize(
    ("policy", "before", "after", "codes"),
    [
        ("longest_function = 2", "", FULL, ["longest-function"]),
        ("longest_function = 3", "", FULL, []),
        ("longest_function = 2", FULL, FULL.replace("sum(prices)", "0"), []),
        ("docstrings = true", "", BARE, ["docstring"]),
        ("docstrings = true", "", BARE.replace("total", "_total"), []),
        ("docstrings = true", BARE, BARE.replace("sum(prices)", "0"), []),
        ("docstrings = true\ntype_hints = true", "", FULL, []),
        ("type_hints = true", "", BARE, ["type-hints"]),
        ("type_hints = true", "", "class A:\n    def b(self) -> None:\n        pass\n", []),
        ("error_handling = true", "", CAUGHT.format("ValueError", "pass"), ["error-handling"]),
        ("error_handling = true", "", CAUGHT.format("Exception", "x = 2"), ["error-handling"]),
        ("error_handling = true", "", CAUGHT.format("Exception", "raise"), []),
        ("error_handling = true", "", CAUGHT.format("ValueError", "x = 2"), []),
        ("logging = ['*.py']", "", CAUGHT.format("ValueError", "x = 2"), ["logging"]),
        ("logging = ['*.py']", "", CAUGHT.format("ValueError", "log.warning('no')"), []),
        ("logging = ['other/*']", "", CAUGHT.format("ValueError", "x = 2"), []),
        ("forbidden_imports = ['requests']", "", "import requests.api\n", ["forbidden-import"]),
        ("forbidden_imports = ['os.system']", "", "from os import system\n", ["forbidden-import"]),
        ("forbidden_imports = ['os.system']", "", "from os import path\n", []),
        ("forbidden_imports = ['requests']", "import requests\n", "import requests\nx = 1\n", []),
        ("", "", BARE, []),
    ],
)
def test_what_is_held_against_a_change(tmp_path: Path, policy: str, before: str, after: str, codes: list[str]) -> None:
    snapshot = snapshot_of(make(tmp_path, {FILE: policy, "shop.py": before}), "shop.py")
    result = judged(snapshot, rewritten(snapshot.document, after))
    assert result is not None
    assert [finding.code for finding in result.findings] == codes
    assert result.state is (GateState.FAIL if codes else GateState.PASS)


def test_other_languages(tmp_path: Path) -> None:
    policy = "longest_function = 2\nforbidden_imports = ['lodash']\n"
    snapshot = snapshot_of(make(tmp_path, {FILE: policy, "a.ts": ""}), "a.ts")
    text = "import x from 'lodash/fp'\nfunction f() {\n  return x\n}\n"
    result = judged(snapshot, rewritten(snapshot.document, text))
    assert result is not None
    assert [finding.code for finding in result.findings] == ["longest-function", "forbidden-import"]


@pytest.mark.parametrize(
    ("policy", "why"),
    [
        ("longest", "no TOML"),
        ("longest_functions = 3", "no rule 'longest_functions'"),
        ("longest_function = true", "longest_function is not"),
        ("logging = 'x'", "logging is not a list"),
    ],
)
def test_a_policy_that_cannot_be_read_proves_nothing(tmp_path: Path, policy: str, why: str) -> None:
    snapshot = snapshot_of(make(tmp_path, {FILE: policy, "shop.py": ""}), "shop.py")
    result = judged(snapshot, rewritten(snapshot.document, FULL))
    assert result is not None
    assert (result.state, why in result.note) == (GateState.UNKNOWN, True), result


def test_only_where_there_is_one_and_only_of_trusted_workspaces(tmp_path: Path) -> None:
    snapshot = snapshot_of(make(tmp_path, {"shop.py": ""}), "shop.py")
    assert judged(snapshot, rewritten(snapshot.document, BARE)) is None
    make(tmp_path, {FILE: "docstrings = true"})
    assert judged(untrusted(snapshot), rewritten(snapshot.document, BARE)) is None
    assert judged(replace(snapshot), rewritten(snapshot.document, BARE)) is not None
