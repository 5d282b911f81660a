"""`kireji complete` and the command's own manners, as a process: what is printed where, and with which exit code."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kireji import __version__
from support.environment import clean_environment
from support.messages_api import MessagesApi, script
from support.messages_play import Fault, FaultKind, Pace, Play

# The local engine is sure of what the file says twice, and of nothing in the empty function.
TEXT = """def first(items, name):
    if name not in items:
        raise KeyError(f"no such item: {name}")
    return items[name]


def second(items, name):
    if name not in$0
        raise KeyError(f"no such item: {name}")
    return items[name]
"""
SURE = "shop.py:8:19"
REFUSED = Play("", fault=Fault(FaultKind.STATUS, status=401))


def project(folder: Path) -> Path:
    """A folder with one file of every kind that is asked about."""
    root = folder / "project"
    root.mkdir()
    (root / "shop.py").write_text(TEXT.replace("$0", ""), encoding="utf-8")
    (root / "bare.py").write_text("x = 1\n", encoding="utf-8")
    (root / "server.pem").write_text("a key\n", encoding="utf-8")
    (root / ".env").write_text("A=1\n", encoding="utf-8")
    (root / "data.py").write_bytes(b"x = '\0'\n")
    (root / "huge.py").write_text("x = 1\n" * 100_000, encoding="utf-8")
    (root / "wide.py").write_text("x = '" + "y" * 20_000 + "'\n", encoding="utf-8")
    return root


def command(*arguments: str) -> list[str]:
    """The command line of a verb."""
    return [sys.executable, "-m", "kireji", *arguments]


def run(home: Path, root: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A verb as a process, with an empty home."""
    environ = clean_environment(home, **environment)
    return subprocess.run(
        command(*arguments), cwd=root, env=environ, capture_output=True, text=True, timeout=60, check=False
    )


def check_refused(done: subprocess.CompletedProcess[str], code: int, says: str) -> None:
    """One clear line on standard error, nothing on standard output."""
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert "a bug" not in done.stderr
    assert done.returncode == code


def test_version(tmp_path: Path) -> None:
    done = run(tmp_path, tmp_path, "--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"kireji, version {__version__}\n", "")


def test_no_verb_shows_the_verbs(tmp_path: Path) -> None:
    done = run(tmp_path, tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("Usage: kireji ")
    assert all(verb in done.stderr for verb in ("serve", "complete", "demo", "lab"))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("frobnicate",), "No such command 'frobnicate'. (try: kireji --help)"),
        (("--frobnicate",), "--frobnicate"),
        (("complete",), "Missing argument"),
        (("complete", "a", "b"), "unexpected extra argument"),
        (("complete", "--provider=frobnicate", "shop.py:1:1"), "frobnicate"),
        (("lab",), "context, cut, validate, local"),
        (("lab", "frobnicate"), "frobnicate"),
        (("serve", "--tcp=0.0.0.0:0"), "not a loopback address"),
        (("serve", "--tcp=192.168.1.1:80"), "not a loopback address"),
        (("serve", "--tcp=[::]:0"), "not a loopback address"),
        (("serve", "--tcp=localhost"), "is not HOST:PORT"),
        (("serve", "--tcp=127.0.0.1:70000"), "is not HOST:PORT"),
        (("complete", "shop.py"), "is not FILE:LINE:COL"),
        (("complete", "shop.py:1"), "is not FILE:LINE:COL"),
        (("complete", ":1:1"), "is not FILE:LINE:COL"),
        (("complete", "shop.py:0:1"), "is not FILE:LINE:COL"),
        (("complete", "shop.py:1:0"), "is not FILE:LINE:COL"),
        (("complete", "shop.py:-1:1"), "is not FILE:LINE:COL"),
        (("complete", "shop.py:²:1"), "is not FILE:LINE:COL"),
        (("complete", f"shop.py:{'9' * 5000}:1"), "is not FILE:LINE:COL"),
        (("complete", "missing.py:1:1"), "cannot read missing.py: No such file"),
        (("complete", "shop.py/x:1:1"), "cannot read shop.py/x: Not a directory"),
        (("complete", f"{'x' * 300}.py:1:1"), "cannot read"),
        (("complete", ".:1:1"), "cannot read .: it is not a file"),
        (("complete", "shop.py:12:1"), "shop.py has 11 lines; line 12 is past its end"),
        (("complete", "bare.py:1:7"), "line 1 of bare.py has 5 characters; column 7 is past its end"),
        (("complete", "server.pem:1:1"), "server.pem is never read"),
        (("complete", ".env:1:1"), ".env is never read"),
        (("complete", "data.py:1:1"), "the file is not text"),
        (("complete", "huge.py:1:1"), "over the limit of 400000 bytes"),
        (("complete", "wide.py:1:1"), "a line is over the length limit"),
    ],
)
def test_what_cannot_be_is_one_line_and_exit_code_2(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    check_refused(run(tmp_path, project(tmp_path), *arguments), 2, says)


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"ANTHROPIC_API_KEY": "k", "KIREJI_MODEL": "claude-3-5-haiku-20241022"}, "use claude-haiku-5-5"),
        ({"KIREJI_PROVIDER": "anthropic"}, "set ANTHROPIC_API_KEY"),
        ({"ANTHROPIC_API_KEY": "k", "ANTHROPIC_BASE_URL": "http://evil.example"}, "needs https"),
    ],
)
def test_settings_that_cannot_be(tmp_path: Path, environment: dict[str, str], says: str) -> None:
    check_refused(run(tmp_path, project(tmp_path), "complete", SURE, **environment), 2, says)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX file kinds")
def test_what_a_link_leads_to_counts(tmp_path: Path) -> None:
    root = project(tmp_path)
    (root / "innocent.py").symlink_to(root / "server.pem")
    check_refused(run(tmp_path, root, "complete", "innocent.py:1:1"), 2, "is never read")
    os.mkfifo(root / "pipe.py")
    check_refused(run(tmp_path, root, "complete", "pipe.py:1:1"), 2, "is not a file")


def test_a_suggestion_is_printed_and_nothing_else(tmp_path: Path) -> None:
    done = run(tmp_path, project(tmp_path), "complete", SURE)
    assert (done.returncode, done.stdout, done.stderr) == (0, " items:\n", "")


def test_json_says_how_it_came_about(tmp_path: Path) -> None:
    done = run(tmp_path, project(tmp_path), "complete", "--json", SURE)
    assert (done.returncode, done.stderr) == (0, "")
    said = json.loads(done.stdout)
    assert said["text"] == " items:"
    assert said["offered"] is True
    assert said["provider"] == "local"
    assert [gate["state"] for gate in said["gates"]] == ["pass"] * len(said["gates"])
    assert said["cost_usd"] == 0


def test_nothing_to_show_is_exit_code_1(tmp_path: Path) -> None:
    root = project(tmp_path)
    check_refused(run(tmp_path, root, "complete", "bare.py:2:1"), 1, "nothing to show: the answer adds nothing")
    done = run(tmp_path, root, "complete", "--json", "bare.py:2:1")
    assert done.returncode == 1
    assert done.stderr == ""
    assert json.loads(done.stdout) | {"text": None, "offered": False} == json.loads(done.stdout)


def test_settings_that_have_no_effect_are_said(tmp_path: Path) -> None:
    done = run(tmp_path, project(tmp_path), "complete", SURE, KIREJI_FROBNICATE="1")
    assert done.stdout == " items:\n"
    assert done.stderr == "kireji: KIREJI_FROBNICATE: there is no such setting; it has no effect\n"


async def started(home: Path, api: MessagesApi, *arguments: str, **environment: str) -> asyncio.subprocess.Process:
    """A verb as a process that may ask the stand-in."""
    environ = {"ANTHROPIC_API_KEY": api.key, "ANTHROPIC_BASE_URL": api.url} | environment
    return await asyncio.create_subprocess_exec(
        *command(*arguments),
        cwd=project(home),
        env=clean_environment(home, **environ),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def ended(process: asyncio.subprocess.Process) -> subprocess.CompletedProcess[str]:
    """The process with what it printed."""
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return subprocess.CompletedProcess([], process.returncode, out.decode(), err.decode())


@pytest.mark.parametrize(
    ("answer", "where", "code", "says"),
    [
        ("if name not in undefined_name_xyz:", SURE, 1, "ruff F821: Undefined name `undefined_name_xyz`"),
        (REFUSED, "bare.py:2:1", 2, "refused the key"),
        (Play("", fault=Fault(FaultKind.PORTAL)), "bare.py:2:1", 2, "is not its protocol"),
    ],
)
async def test_a_bad_answer_is_one_line(tmp_path: Path, answer: str | Play, where: str, code: int, says: str) -> None:
    async with MessagesApi(script(answer)) as api:
        check_refused(await ended(await started(tmp_path, api, "complete", where)), code, says)


async def test_while_the_model_cannot_answer_the_local_engine_does_and_says_why(tmp_path: Path) -> None:
    async with MessagesApi(script(REFUSED)) as api:
        done = await ended(await started(tmp_path, api, "complete", SURE))
    assert (done.returncode, done.stdout) == (0, " items:\n")
    assert done.stderr == "answered by the local engine, as the model service refused the key\n"


async def test_the_model_is_asked_when_there_is_a_key(tmp_path: Path) -> None:
    async with MessagesApi(script("if name not in items.keys():")) as api:
        done = await ended(await started(tmp_path, api, "complete", SURE))
    assert (done.returncode, done.stdout, done.stderr) == (0, " items.keys():\n", "")
    assert len(api.asked) == 1


async def test_without_a_ledger_nothing_is_spent(tmp_path: Path) -> None:
    state = tmp_path / "state-is-a-file"
    state.write_text("", encoding="utf-8")
    async with MessagesApi(script("if name not in items:")) as api:
        done = await ended(await started(tmp_path, api, "complete", "bare.py:2:1", KIREJI_STATE=str(state)))
    check_refused(done, 2, "the ledger cannot be written")
    assert api.asked == []


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
async def test_ctrl_c_ends_it_without_a_word(tmp_path: Path) -> None:
    async with MessagesApi(script("if name not in items:", pace=Pace(first_token=60))) as api:
        process = await started(tmp_path, api, "complete", SURE)
        asked = await asyncio.wait_for(api.request(), 60)
        process.send_signal(signal.SIGINT)
        done = await ended(process)
        await asyncio.wait_for(asked.closed.wait(), 60)
    assert done.returncode == 130
    assert done.stderr.strip() == ""
