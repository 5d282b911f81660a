"""`kireji demo` as a process: what a person sees of it, without a key and with one."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pytest

from support.environment import clean_environment
from support.messages_api import Asked, MessagesApi
from support.messages_play import Fault, FaultKind, Play

# What stands in the line with the mark in each file, and what the local engine makes of it.
SUGGESTIONS = (
    "      throw new Error(`not in the basket: ${name}`);",
    "        if name not in self.items:",
    "    inventory = Inventory()",
)


async def demo(home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The demonstration in an empty folder, with an empty home."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "kireji", "demo"),
        cwd=home,
        env=clean_environment(home, **environment),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return subprocess.CompletedProcess([], process.returncode, out.decode(), err.decode())


def shown(done: subprocess.CompletedProcess[str]) -> list[str]:
    """The lines of code, as ghost text would stand in them."""
    return [line.removeprefix("  │ ") for line in done.stdout.splitlines() if line.startswith("  │ ")]


async def test_offline_with_an_empty_home(tmp_path: Path) -> None:
    done = await demo(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert shown(done) == [*SUGGESTIONS, "    inventory = ▏"]
    assert done.stdout.count("\n  shown\n") == 3
    assert done.stdout.count("local · copy-engine") == 3
    assert "No ANTHROPIC_API_KEY is set" in done.stdout
    # The broken one: labelled, and refused by the checker that a person would believe.
    assert done.stdout.count("scripted · recorded answers") == 1
    scripted = done.stdout.partition("scripted · recorded answers")[2]
    assert "withheld: a gate proved the answer wrong" in scripted
    assert "ruff F821: Undefined name `load_default_items`" in scripted
    assert "ruff fail" in scripted
    assert done.stdout.count("$0.000000") == 4


async def test_it_fits_a_terminal_of_80_columns(tmp_path: Path) -> None:
    done = await demo(tmp_path)
    assert max(map(len, done.stdout.splitlines())) <= 80


async def test_every_file_of_the_project_is_asked_about() -> None:
    folder = resources.files("kireji").joinpath("demo_project")
    marked = [f.name for f in folder.iterdir() if f.name.endswith(".txt") and f.read_text("utf-8").count("$0") == 1]
    assert sorted(marked) == ["basket.ts.txt", "inventory.py.txt", "test_inventory.py.txt"]


def model(asked: Asked) -> Play:
    """What a model would say at each of the places: the current line, whole."""
    line = asked.question.rpartition("\n<line_")[2].split("\n")[1]
    before = re.split(r"<cursor_\w+/>", line)[0].strip()
    ends = {"throw": " new Error(`no ${name}`);", "if name not in": " self.items:", "inventory =": " Inventory({})"}
    return Play(f"<{asked.tag}>{before}{ends[before]}</{asked.tag}>")


async def test_with_a_key_the_model_is_asked_and_its_cost_is_shown(tmp_path: Path) -> None:
    async with MessagesApi(model) as api:
        done = await demo(tmp_path, ANTHROPIC_API_KEY=api.key, ANTHROPIC_BASE_URL=api.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert [asked.status for asked in api.asked] == [200] * 3
    assert "No ANTHROPIC_API_KEY" not in done.stdout
    assert done.stdout.count("anthropic · claude-haiku-5-5") == 3
    assert shown(done)[0] == "      throw new Error(`no ${name}`);"
    costs = [float(cost) for cost in re.findall(r"cost +\$([\d.]+)", done.stdout)]
    assert [cost > 0 for cost in costs] == [True, True, True, False]
    assert "ruff F821" in done.stdout


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda _: Play("", fault=Fault(FaultKind.STATUS, status=401)), "refused the key"),
        (lambda asked: Play(f"<{asked.tag}></{asked.tag}>"), "the answer adds nothing"),
    ],
)
async def test_a_model_that_gives_nothing_is_no_bug_of_the_demonstration(
    tmp_path: Path, answer: Callable[[Asked], Play], says: str
) -> None:
    async with MessagesApi(answer) as api:
        done = await demo(tmp_path, ANTHROPIC_API_KEY=api.key, ANTHROPIC_BASE_URL=api.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count(says) == 3


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"ANTHROPIC_API_KEY": "k", "KIREJI_MODEL": "claude-3-5-haiku-20241022"}, "use claude-haiku-5-5"),
        ({"ANTHROPIC_API_KEY": "k", "ANTHROPIC_BASE_URL": "http://evil.example"}, "needs https"),
    ],
)
async def test_settings_that_cannot_be_are_one_line(tmp_path: Path, environment: dict[str, str], says: str) -> None:
    done = await demo(tmp_path, **environment)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert says in done.stderr


def test_a_reader_that_leaves_ends_it_without_a_word(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "kireji", "demo"],
        cwd=tmp_path,
        env=clean_environment(tmp_path, PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b"Kireji ")
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) in (0, 1, 2)
