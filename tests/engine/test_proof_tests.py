"""The tests of what is changed, run in the sandbox: what they refute, what they prove, and what they cannot tell."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from kireji.base import sandbox_walls
from kireji.base.config_schema import Options
from kireji.base.types import GateResult, GateState
from kireji.engine.proof.commands import python_shown
from kireji.engine.proof.testing import Wanted
from support.patience import PATIENT
from support.proving import NoSandbox, make, proof_of, snapshot_of, untrusted

HEAD = 'def double(number: int) -> int:\n    """Twice the number."""\n'
STUB = f"{HEAD}    raise NotImplementedError\n"
RIGHT, WRONG = f"{HEAD}    return number * 2\n", f"{HEAD}    return number * 3\n"
TEST = "from shop import double\n\n\ndef test_double():\n    assert double(4) == 8\n"
RED = f"{TEST}\n\ndef test_red():\n    assert 1 == 2\n"


@pytest.fixture(autouse=True, scope="module")
def walls() -> None:
    if asyncio.run(sandbox_walls.walls()) is None:
        pytest.skip("no sandbox holds on this machine")


def check(result: GateResult | None, state: GateState, note: str = "") -> None:
    assert result is not None
    assert (result.state, note in (result.note or result.findings[0].message)) == (state, True), result


async def test_a_wrong_body_is_refuted_and_a_right_one_proved(tmp_path: Path) -> None:
    root = make(tmp_path, {"shop.py": STUB, "test_shop.py": TEST})
    wrong, right = await proof_of(snapshot_of(root, "shop.py"), WRONG, RIGHT)
    check(wrong, GateState.FAIL, "assert 12 == 8")
    check(right, GateState.PASS, "1 passed")
    assert (root / "shop.py").read_text() == STUB, "the workspace itself is left alone"
    assert sorted(path.name for path in root.iterdir()) == ["pytest.ini", "shop.py", "test_shop.py"]


@pytest.mark.parametrize(
    ("files", "text", "state", "note"),
    [
        ({"test_shop.py": RED}, RIGHT, GateState.UNKNOWN, "1 of them were red before"),
        ({"test_shop.py": RED}, WRONG, GateState.FAIL, "assert 12 == 8"),
        (
            {"test_shop.py": "import shop\n\n\ndef test_it():\n    pass\n"},
            RIGHT,
            GateState.UNKNOWN,
            "none of them notices",
        ),
        ({"test_shop.py": TEST}, f"{HEAD}    import os; os._exit(0)\n", GateState.FAIL, "no report"),
        ({"test_shop.py": TEST}, "import nowhere\n", GateState.FAIL, "nowhere"),
        (
            {
                "test_shop.py": TEST.replace(
                    "    assert", "    import pytest\n    if double(1) == 3: pytest.skip()\n    assert"
                )
            },
            WRONG,
            GateState.FAIL,
            "no longer runs",
        ),
    ],
    ids=[
        "red before",
        "red before, and wrong",
        "not reached",
        "it ends the run",
        "it breaks the import",
        "it is skipped",
    ],
)
async def test_what_the_tests_say(
    tmp_path: Path, files: dict[str, str], text: str, state: GateState, note: str
) -> None:
    root = make(tmp_path, {"shop.py": STUB, **files})
    (result,) = await proof_of(snapshot_of(root, "shop.py"), text)
    check(result, state, note)


async def test_a_change_that_hangs_is_refuted_and_tests_that_hang_prove_nothing(tmp_path: Path) -> None:
    # The run before the change takes a second, and must have ended when the other is given up.
    options = replace(PATIENT, action_tests_ms=20_000)
    root = make(tmp_path, {"shop.py": STUB, "test_shop.py": TEST})
    (result,) = await proof_of(
        snapshot_of(root, "shop.py", options=options), f"{HEAD}    import time; time.sleep(600)\n"
    )
    check(result, GateState.FAIL, "did not end in time")
    make(tmp_path, {"test_shop.py": f"import time\n\n{TEST}\n    time.sleep(600)\n\n\ntime.sleep(600)\n"})
    options = replace(PATIENT, action_tests_ms=2_000)
    (result,) = await proof_of(snapshot_of(root, "shop.py", options=options), RIGHT)
    check(result, GateState.UNKNOWN, "before the change they did not end in time")


async def test_a_refactoring_is_proved_by_tests_that_stay_green(tmp_path: Path) -> None:
    root = make(tmp_path, {"src/shop.py": RIGHT, "tests/test_it.py": TEST})
    snapshot = snapshot_of(root, "src/shop.py")
    (same, wrong) = await proof_of(snapshot, f"{HEAD}    return number + number\n", WRONG, wanted=Wanted.KEPT)
    check(same, GateState.PASS, "1 passed")
    check(wrong, GateState.FAIL, "assert 12 == 8")


async def test_nothing_is_said_where_there_are_no_tests(tmp_path: Path) -> None:
    root = make(tmp_path, {"shop.py": STUB, "test_other.py": "def test_other():\n    pass\n"})
    assert await proof_of(snapshot_of(root, "shop.py"), RIGHT) == [None]


async def test_without_a_sandbox_nothing_is_run_and_nothing_proved(tmp_path: Path) -> None:
    trap = "import pathlib\npathlib.Path(__file__).with_name('fired').touch()\n"
    root = make(tmp_path, {"shop.py": STUB, "test_shop.py": trap + TEST})
    (result,) = await proof_of(snapshot_of(root, "shop.py"), RIGHT, place=NoSandbox())
    check(result, GateState.UNKNOWN, "no sandbox")
    assert not (root / "fired").exists()


async def test_nothing_is_run_in_a_workspace_that_nobody_trusts(tmp_path: Path) -> None:
    root = make(tmp_path, {"shop.py": STUB, "test_shop.py": TEST})
    assert await proof_of(untrusted(snapshot_of(root, "shop.py")), RIGHT) == [None]
    off = snapshot_of(root, "shop.py", options=Options(action_tests=False))
    assert await proof_of(off, RIGHT) == [None]


async def test_what_is_written_by_one_run_is_not_there_in_the_next(tmp_path: Path) -> None:
    root = make(tmp_path, {"shop.py": STUB, "test_shop.py": TEST})
    sabotage = "import pathlib\nhere = pathlib.Path(__file__).parent\n"
    sabotage += "(here / 'conftest.py').write_text('import shop; shop.double = lambda n: n * 2')\n"
    first, second = await proof_of(snapshot_of(root, "shop.py"), sabotage + WRONG, WRONG)
    check(first, GateState.FAIL, "assert 12 == 8")
    check(second, GateState.FAIL, "assert 12 == 8")


async def test_unittest_where_there_is_no_pytest(tmp_path: Path) -> None:
    test = (
        "import unittest\nfrom shop import double\n\n\nclass Shop(unittest.TestCase):\n    def test_double(self):\n"
        '        """It doubles."""\n        self.assertEqual(double(4), 8)\n'
    )
    python = next((p for p in ("/usr/bin/python3", "/usr/local/bin/python3") if _is_bare(p)), None)
    if python is None:
        pytest.skip("every Python here has pytest")
    root = make(tmp_path, {"shop.py": STUB, "tests/__init__.py": "", "tests/test_shop.py": test})
    wrong, right = await proof_of(snapshot_of(root, "shop.py", python=python), WRONG, RIGHT)
    check(wrong, GateState.FAIL, "12 != 8")
    check(right, GateState.PASS, "1 passed")


def test_no_more_of_this_machine_is_shown_than_a_runner_needs(tmp_path: Path) -> None:
    home = tmp_path / "home"
    base = make(home / ".local/share/python", {"lib/python3.12/os.py": "", "bin/python3.12": ""})
    # What pip installs for a person lies beside the links, and looks much like an installation.
    own = make(home / ".local", {"lib/python3.12/site-packages/x.py": "", "share/keyrings/secret": ""})
    (own / "bin").mkdir()
    link = own / "bin" / "python3"
    link.symlink_to(base / "bin" / "python3.12")
    environment = make(home / "env", {"pyvenv.cfg": f"home = {link.parent}\n", "bin/x": ""})
    (environment / "bin" / "python").symlink_to(link)
    for python, expected in ((link, [base]), (environment / "bin" / "python", [environment, base])):
        assert [one.at for one in python_shown(str(python))] == [str(path) for path in expected]


def _is_bare(python: str) -> bool:
    from kireji.engine.proof.commands import _has

    return Path(python).exists() and not _has(python, "pytest")
