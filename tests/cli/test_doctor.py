"""`kireji doctor` as a process: a sound machine, and one with each thing broken that the doctor is there to find."""

from __future__ import annotations

import asyncio
import datetime
import json
import os
import re
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from kireji.base import config
from kireji.base.analysis.client import Analysis
from kireji.base.audit import Audit, OutcomeRow
from kireji.base.caps import Caps
from kireji.base.child_protocol import ChildSpec
from kireji.base.children import Child
from kireji.base.clock import SystemClock
from kireji.base.config_schema import Protected, Settings
from kireji.base.ledger import CallInfo, SqliteLedger
from kireji.base.sandbox import Walls
from kireji.base.store import FILE, Store
from kireji.base.types import Reason, Stage, Usage
from kireji.cli import doctor_installed, doctor_sandbox, doctor_settings, doctor_state
from kireji.cli.doctor_installed import LIBRARIES, TOOLS
from kireji.cli.doctor_selftests import SAMPLES, analysis_line, gate_line
from kireji.cli.health import Check, Line, Machine, State, lines_of
from kireji.compose import build_services
from kireji.engine.gates.ruff import RuffGate, ruff_spec
from support.environment import clean_environment
from support.held_clock import HeldClock
from support.waiting import WATCHDOG

KEY = "sk-ant-not-a-real-key-0123456789"
posix = pytest.mark.skipif(os.name != "posix", reason="scripts and modes are POSIX's")

# A language server that answers in time and sees nothing; with PROBE it sees only the last line, as if it were awake.
BLIND = f"""#!{sys.executable}
import json, sys
if "--version" in sys.argv:
    sys.exit(print("ruff 9.9.9"))
texts = {{}}
while header := sys.stdin.buffer.readline():
    sys.stdin.buffer.readline()
    message = json.loads(sys.stdin.buffer.read(int(header.split(b":")[1])))
    params = message.get("params") or {{}}
    if message.get("method") == "textDocument/didOpen":
        texts[params["textDocument"]["uri"]] = params["textDocument"]["text"]
    if message.get("method") == "textDocument/didChange":
        texts[params["textDocument"]["uri"]] = params["contentChanges"][0]["text"]
    if "id" not in message:
        continue
    pulled = {{"interFileDependencies": False, "workspaceDiagnostics": False}}
    result = {{"capabilities": {{"positionEncoding": "utf-16", "diagnosticProvider": pulled}}}}
    if message["method"] == "textDocument/diagnostic":
        lines = texts[params["textDocument"]["uri"]].splitlines()
        start, end = ({{"line": len(lines) - 1, "character": n}} for n in (0, len(lines[-1])))
        seen = {{"code": "F821", "message": "undefined", "severity": 1, "range": {{"start": start, "end": end}}}}
        result = {{"kind": "full", "items": [seen] if PROBE else []}}
    body = json.dumps({{"jsonrpc": "2.0", "id": message["id"], "result": result}}).encode()
    sys.stdout.buffer.write(b"Content-Length: %d\\r\\n\\r\\n" % len(body) + body)
    sys.stdout.buffer.flush()
"""


def doctor(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The verb as a process, in an empty folder with an empty home."""
    folder = home / "work"
    folder.mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, "-W", "default::ResourceWarning", "-m", "kireji", "doctor", *arguments],
        cwd=folder,
        env=clean_environment(home, **environment),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def examined(home: Path, *arguments: str, **environment: str) -> dict[str, Any]:
    """What it says as JSON. Whatever it found, it said so in order: no traceback, and a remedy for each problem."""
    done = doctor(home, "--json", *arguments, **environment)
    assert done.stderr == ""
    said: dict[str, Any] = json.loads(done.stdout)
    assert all(bool(line["remedy"]) == (line["state"] != "ok") for line in said["checks"])
    healthy = all(line["state"] != "wrong" for line in said["checks"])
    assert (done.returncode, said["healthy"]) == (int(not healthy), healthy), done.stdout
    return said


def check_line(said: dict[str, Any], subject: str, state: str, *words: str, remedy: str = "") -> None:
    """A line about the subject is in that state, holds the words, and names the remedy."""
    lines = [line for line in said["checks"] if line["subject"] == subject]
    assert any(
        line["state"] == state and all(word in line["text"] for word in words) and remedy in line["remedy"]
        for line in lines
    ), lines


def check_look(
    check: Check,
    home: Path,
    state: str,
    *words: str,
    remedy: str = "",
    command: Mapping[str, object] | None = None,
    **environment: str,
) -> None:
    """One check by itself, on settings that were read as for the command: most of a whole run is loading libraries."""
    place, given = config.Home(home / "config.toml", home / "state"), command or {}
    sources = config.sources(environment, given, place)
    settings = config.load(environment, given, place)
    machine = Machine(settings, sources, config.config_file(environment, place), SystemClock())
    lines = [
        {"subject": "it", "state": line.state.value.lower(), "text": line.text, "remedy": line.remedy}
        for line in lines_of(check, machine)
    ]
    check_line({"checks": lines}, "it", state, *words, remedy=remedy)


def program(path: Path, text: str) -> str:
    """An executable script."""
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def broken_modules(home: Path, *names: str) -> str:
    """A PYTHONPATH on which the modules raise when they are loaded."""
    (home / "broken").mkdir()
    for name in names:
        (home / "broken" / f"{name}.py").write_text("raise ImportError('its binary is missing')\n", encoding="utf-8")
    return os.pathsep.join([str(home / "broken"), str(Path(config.__file__).parents[2])])


def test_a_sound_machine(tmp_path: Path) -> None:
    said = examined(tmp_path)
    assert said["healthy"]
    lines = {line["subject"]: line for line in said["checks"]}
    assert {gate.name for gate in build_services(Settings(), HeldClock()).gates} == {
        subject.removesuffix(" gate") for subject in lines if subject.endswith(" gate")
    }
    for subject, line in lines.items():
        # The tools of other languages need not be there.
        if subject.endswith(" gate") and not (line["state"] == "note" and "cannot be heard" in line["text"]):
            assert re.search(r"passes the sound and refuses the broken \(.+\), \d+\.\d ms", line["text"])
    subjects = {"kireji", "python", "libraries", "grammars", "ruff", "ty", "git", "settings", "provider", "model"}
    assert subjects | {"trust", "state", "money", "local engine", "analysis"} <= lines.keys()
    assert "20 of 20" in lines["grammars"]["text"]
    assert "$0.0000 of $5.00" in lines["money"]["text"]
    assert (lines["provider"]["state"], lines["model"]["state"]) == ("note", "ok")
    assert "jedi" in lines["libraries"]["text"]
    # Looking leaves nothing behind.
    assert sorted(path.name for path in tmp_path.iterdir()) == ["work"]


def test_every_dependency_is_looked_at() -> None:
    page = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    required = {re.split(r"[<>=~]", entry)[0] for entry in page["project"]["dependencies"]}
    assert {name for name in required if not name.startswith("tree-sitter-")} == {*LIBRARIES, *TOOLS}


def test_every_gate_has_a_sample() -> None:
    gates = build_services(Settings(), HeldClock()).gates
    assert {gate.name for gate in gates} == {sample.gate for sample in SAMPLES}


def test_what_a_person_reads(tmp_path: Path) -> None:
    done = doctor(tmp_path, KIREJI_MODEL="claude-3-sonnet-20240229", FORCE_COLOR="", TERM="dumb")
    assert (done.returncode, done.stderr) == (1, "")
    lines = done.stdout.splitlines()
    assert "\x1b" not in done.stdout
    wrong = next(n for n, line in enumerate(lines) if line.startswith("  WRONG  model "))
    assert "was retired on 2025-07-21; use claude-sonnet-5-5" in lines[wrong]
    assert lines[wrong + 1] == " " * 22 + "-> Name that model instead; the local engine answers meanwhile."
    assert [line for line in lines if line and not line.startswith(" ")][:-1] == [
        "Installation",
        "Settings",
        "Self-tests",
    ]
    assert re.fullmatch(r"1 thing is wrong; \d+ notes?\.", lines[-1])


@posix
def test_what_is_left_out_of_the_workspace_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "a.py").write_text("x = 1\n")
    (folder / "hidden.py").write_text("x = 1\n")
    (folder / ".kirejiignore").write_text("hidden.py\n")
    (folder / "link.py").symlink_to("/etc/hostname")
    os.mkfifo(folder / "fifo.py")
    with (folder / "huge.py").open("wb") as huge:
        huge.truncate(100 * 1024 * 1024)
    said = json.loads(doctor(tmp_path, "--json").stdout)
    reasons = ("1 excluded by an ignore file", "1 a link", "1 no regular file", "1 too large")
    check_line(said, "workspace", "ok", "1 files of this folder", *reasons)


@posix
def test_in_a_terminal(tmp_path: Path, columns: int = 80) -> None:
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    # A long path would be the machine's business, not the doctor's: the folders of the test are kept out.
    environ = clean_environment(tmp_path, TERM="xterm-256color", KIREJI_DAILY_CAP_USD="much", KIREJI_STATE="/tmp")
    command = [sys.executable, "-m", "kireji", "doctor"]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environ, cwd="/") as process:
        os.close(theirs)
        output = b""
        while data := _read(ours):
            output += data
    os.close(ours)
    assert process.returncode == 1
    shown = output.decode()
    assert "\x1b[1;31m  WRONG\x1b[0m" in shown
    rows = re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines()
    assert any(row.startswith("  WRONG  settings ") for row in rows)
    long = [row for row in rows if len(row) > columns]
    assert all(str(tmp_path) in row or sys.prefix in row for row in long), long
    assert all(len(row[:2].strip()) == 0 for row in rows if "->" in row)


def _read(descriptor: int) -> bytes:
    """What the terminal got; nothing once its other side is closed, which Linux reports as an error."""
    try:
        return os.read(descriptor, 65536)
    except OSError:
        return b""


def test_no_key_is_shown_and_no_network_asked(tmp_path: Path) -> None:
    """With a key, an address and proxies that would tell, nobody is called."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        done = doctor(tmp_path, ANTHROPIC_API_KEY=KEY, ANTHROPIC_BASE_URL=url, HTTPS_PROXY=url, HTTP_PROXY=url)
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert (done.returncode, done.stderr) == (0, "")
    assert KEY not in done.stdout
    assert f"anthropic, at {url} (ANTHROPIC_BASE_URL); the key is set, from ANTHROPIC_API_KEY" in done.stdout


def test_where_a_choice_comes_from(tmp_path: Path) -> None:
    provider, model = doctor_settings.provider, doctor_settings.model
    check_look(provider, tmp_path, "note", "no key is set", remedy="kireji key set")
    check_look(provider, tmp_path, "ok", "by KIREJI_PROVIDER", KIREJI_PROVIDER="local", ANTHROPIC_API_KEY=KEY)
    check_look(provider, tmp_path, "wrong", "no key", remedy="Correct", KIREJI_PROVIDER="anthropic")
    local: dict[str, object] = {"provider": "local"}
    check_look(provider, tmp_path, "ok", "by provider on the command line", command=local, KIREJI_PROVIDER="anthropic")
    check_look(
        *(provider, tmp_path, "wrong", "address cannot be used"),
        remedy="local engine",
        ANTHROPIC_API_KEY=KEY,
        ANTHROPIC_BASE_URL="http://elsewhere.example",
    )
    check_look(model, tmp_path, "ok", "claude-haiku-5-5 (the default), $0.10 a million tokens in, $0.50 out")
    check_look(model, tmp_path, "ok", "claude-haiku-4-5 (KIREJI_MODEL)", KIREJI_MODEL="claude-haiku-4-5")
    check_look(model, tmp_path, "ok", "(model on the command line)", command={"model": "claude-sonnet-5-5"})
    own: dict[str, Any] = {"KIREJI_PROVIDER": "openai-compatible", "KIREJI_SERVER_URL": "http://127.0.0.1:9/v1"}
    check_look(provider, tmp_path, "wrong", "name one that the server has", remedy="Correct", **own)
    own["KIREJI_MODEL"] = "Qwen/Qwen2.5-Coder-7B"
    check_look(provider, tmp_path, "ok", "at http://127.0.0.1:9 (KIREJI_SERVER_URL); no key is set", **own)
    check_look(model, tmp_path, "ok", "filling in by its template (the default); $0 a million tokens in", **own)
    check_look(model, tmp_path, "ok", "by the answer contract", KIREJI_FIM="off", **own)
    clouds: dict[str, Any] = {"KIREJI_PROVIDER": "bedrock", "KIREJI_REGION": "eu-west-1"}
    clouds["KIREJI_MODEL"] = "eu.anthropic.claude-haiku-4-5-20251001-v1:0"
    check_look(provider, tmp_path, "ok", "bedrock, at its region's own address; requests are signed with", **clouds)
    check_look(model, tmp_path, "ok", "eu.anthropic.claude-haiku-4-5-20251001-v1:0 (KIREJI_MODEL), $1.00", **clouds)
    check_look(doctor_settings.trust, tmp_path, "note", "KIREJI_TRUST", remedy="trust.folders", KIREJI_TRUST="1")


def test_the_users_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work, file = tmp_path / "work", tmp_path / "config.toml"
    python = work / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    python.parent.mkdir(parents=True)
    program(python, "")
    monkeypatch.chdir(work)
    text = f"model.name = 'claude-haiku-4-5'\nmodel.api_key = '{KEY}'\ntrust.folders = [{json.dumps(str(tmp_path))}]\n"
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)
    check_look(doctor_settings.settings, tmp_path, "ok", str(file))
    check_look(doctor_settings.model, tmp_path, "ok", f"claude-haiku-4-5 (model.name in {file})")
    check_look(doctor_settings.provider, tmp_path, "ok", f"the key is set, from model.api_key in {file}")
    check_look(doctor_settings.trust, tmp_path, "ok", f"{work} is trusted", str(python))
    file.write_text("model.name = \n", encoding="utf-8")
    check_look(doctor_settings.settings, tmp_path, "wrong", str(file), "not valid TOML", remedy="Correct")
    check_look(doctor_settings.provider, tmp_path, "ok", f"{file}, which cannot be used")
    untrusted = (f"{work} is not trusted", ".venv is not looked at")
    check_look(doctor_settings.trust, tmp_path, "note", *untrusted, remedy=f"trust.folders in {file}")
    check_look(doctor_state.money, tmp_path, "note", "$0.00 spent", "which cannot be used", remedy="Raise")


def test_own_actions(tmp_path: Path) -> None:
    folder = tmp_path / "actions"
    check_look(doctor_settings.own_actions, tmp_path, "ok", f"none in {folder}", KIREJI_ACTIONS=str(folder))
    folder.mkdir()
    (folder / "log.md").write_text("---\ntitle: Log\n---\nUse the logger.\n")
    check_look(doctor_settings.own_actions, tmp_path, "ok", f"1 in {folder}", KIREJI_ACTIONS=str(folder))
    (folder / "bad.md").write_text("no front matter")
    check_look(doctor_settings.own_actions, tmp_path, "wrong", "bad.md", remedy="Correct", KIREJI_ACTIONS=str(folder))


def test_bad_settings(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    state = str(tmp_path / "file" / "state")
    said = examined(
        tmp_path,
        KIREJI_DAILY_CAP_USD="much",
        KIREJI_DAYLY_CAP_USD="1",
        KIREJI_RUFF="ruff",
        KIREJI_MODEL="claude-9",
        KIREJI_STATE=state,
    )
    remedy = "Correct it or remove it"
    check_line(said, "settings", "wrong", "KIREJI_DAILY_CAP_USD", "nothing is spent", remedy=remedy)
    check_line(said, "settings", "wrong", "KIREJI_DAYLY_CAP_USD", "no such setting", remedy=remedy)
    check_line(said, "settings", "wrong", "KIREJI_RUFF", "absolute path", remedy=remedy)
    check_line(said, "model", "wrong", "'claude-9' is not known; use claude-haiku-5-5 (KIREJI_MODEL)", remedy="Name")
    check_line(said, "state", "wrong", f"{state} cannot be made", remedy="set KIREJI_STATE")
    # What none of this touches still works.
    check_line(said, "ruff gate", "ok")
    check_line(said, "analysis", "ok")


@pytest.mark.parametrize(
    ("day", "state", "words"),
    [
        (datetime.date(2026, 9, 30), State.OK, "claude-sonnet-4-5"),
        (datetime.date(2026, 10, 1), State.NOTE, "ends on 2026-11-30"),
        (datetime.date(2026, 11, 29), State.NOTE, "ends on 2026-11-30"),
        (datetime.date(2026, 11, 30), State.WRONG, "was retired"),
    ],
)
def test_a_model_that_ends_soon(day: datetime.date, state: State, words: str) -> None:
    clock = HeldClock(time.mktime((day.year, day.month, day.day, 12, 0, 0, 0, 0, -1)))
    settings = Settings(Protected(model="claude-sonnet-4-5"))
    (line,) = doctor_settings.model(Machine(settings, {"model": "KIREJI_MODEL"}, None, clock))
    assert isinstance(line, Line)
    assert (line.state, words in line.text) == (state, True), line
    assert state is not State.NOTE or "claude-sonnet-5-5" in line.remedy


# ---- tools and gates


@posix
def test_a_broken_checker_and_a_damaged_database(tmp_path: Path) -> None:
    asyncio.run(spend(tmp_path, 1))
    file = tmp_path / "state" / FILE
    file.write_text("not a database, and long enough to be read as one\n" * 100, encoding="utf-8")
    broken = program(tmp_path / "broken", "#!/bin/sh\nexit 3\n")
    said = examined(tmp_path, KIREJI_RUFF=broken, KIREJI_TY=broken)
    check_line(said, "ruff", "wrong", broken, "exit code 3", remedy="remove KIREJI_RUFF")
    check_line(said, "ty", "wrong", broken, "exit code 3", remedy="remove KIREJI_TY")
    check_line(said, "ruff gate", "wrong", "does not pass sound python", remedy="remove KIREJI_RUFF")
    check_line(said, "state", "wrong", str(file), "damaged", "set aside as", remedy="kireji purge")
    check_line(said, "money", "wrong", "not known", remedy="state folder")


@posix
def test_a_tool_that_hangs_is_ended_with_what_it_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_installed, "_VERSION_SECONDS", 0.3)
    pid = tmp_path / "pid"
    hung = program(tmp_path / "hung", f"#!/bin/sh\nsleep 1000 &\necho $! > {pid}.new && mv {pid}.new {pid}\nwait\n")
    words = "does not say its version"
    check_look(doctor_installed.tools, tmp_path, "wrong", hung, words, remedy="remove KIREJI_TY", KIREJI_TY=hung)
    # It may take a moment until the system has taken the process away, which tells nobody but its parent.
    deadline = time.monotonic() + 30
    while pid.exists() and (status := Path(f"/proc/{pid.read_text().strip()}/stat")).exists():
        if status.read_text().rpartition(")")[2].split()[0] == "Z":
            break
        assert time.monotonic() < deadline, "the grandchild lives on"
        time.sleep(0.01)


@posix
def test_a_gate_that_is_blind(tmp_path: Path) -> None:
    """A checker that answers the gate's own probe, so that the gate believes it, and sees nothing else."""
    blind = program(tmp_path / "blind", BLIND.replace("PROBE", "True"))
    said = examined(tmp_path, KIREJI_RUFF=blind)
    check_line(said, "ruff", "ok", "9.9.9", "KIREJI_RUFF")
    check_line(said, "ruff gate", "wrong", "is blind: it does not refuse broken python", remedy="remove KIREJI_RUFF")
    check_line(said, "syntax gate", "ok")


@posix
async def test_a_gate_whose_checker_says_nothing(tmp_path: Path) -> None:
    spec = ruff_spec(program(tmp_path / "silent", BLIND.replace("PROBE", "False")))
    assert spec is not None
    child = Child(spec)
    line = await gate_line(RuffGate(child), Machine(Settings(), {}, None, HeldClock()))
    await child.close()
    assert (line.state, "does not pass sound python: unknown" in line.text) == (State.WRONG, True), line


@posix
@pytest.mark.parametrize(("text", "words"), [("#!/bin/sh\nexit 3\n", "ended"), (BLIND, "does not know os.getcwd")])
async def test_an_analysis_worker_that_is_of_no_use(tmp_path: Path, text: str, words: str) -> None:
    worker = program(tmp_path / "worker", text)
    analysis = Analysis(Child(ChildSpec("analysis", (worker,), requires=frozenset())))
    line = await analysis_line(analysis)
    await analysis.close()
    assert (line.state, words in line.text) == (State.WRONG, True), line


# ---- half an installation


@pytest.mark.parametrize(
    ("modules", "subjects"),
    [
        (("anthropic", "tree_sitter_go", "sqlite3"), {"anthropic", "grammars", "python"}),
        (("tree_sitter",), {"tree-sitter", "grammars", "services"}),
        (("ruff",), {"ruff", "provider", "services"}),
        (("platformdirs",), {"platformdirs", "settings", "state"}),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else "",
)
def test_half_an_installation(tmp_path: Path, modules: tuple[str, ...], subjects: set[str]) -> None:
    """A check that cannot even be begun is a line, and the others still look."""
    said = examined(tmp_path, PYTHONPATH=broken_modules(tmp_path, *modules))
    lines = [line for line in said["checks"] if line["state"] == "wrong"]
    assert all("Install Kireji" in line["remedy"] for line in lines), lines
    assert subjects == {line["subject"] for line in lines}
    assert sum("its binary is missing" in line["text"] for line in lines) >= len(modules)
    assert {line["subject"] for line in said["checks"]} >= {"kireji", "trust", "money", "local engine"}


def test_it_reads_well_without_the_library_that_colours(tmp_path: Path) -> None:
    """With another version of a library than Kireji is made for, and another `kireji` on the path."""
    path = broken_modules(tmp_path, "rich")
    information = tmp_path / "broken" / "kireji-0.1.0.dist-info"
    information.mkdir()
    text = "Metadata-Version: 2.1\nName: kireji\nVersion: 0.1.0\nRequires-Dist: pygls==0.0.1\nRequires-Dist: click>=1\n"
    (information / "METADATA").write_text(text, encoding="utf-8")
    other = program(tmp_path / ("kireji.bat" if os.name == "nt" else "kireji"), "#!/bin/sh\n")
    done = doctor(tmp_path, PYTHONPATH=path, PATH=str(tmp_path))
    assert (done.returncode, done.stderr) == (1, "")
    assert "  WRONG  rich         does not load: ImportError: its binary is missing\n" in done.stdout
    assert re.search(r"  note   pygls        is \S+, and Kireji is made for 0\.0\.1\n +-> Install Kireji", done.stdout)
    assert f"  note   command      `kireji` on this PATH is another one: {other}\n" in done.stdout
    assert "  note   git          is not on PATH" in done.stdout


def test_no_command_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    check_look(doctor_installed.kireji, tmp_path, "note", "is not on this PATH")


# ---- what is kept, and trust


async def spend(home: Path, nano: int) -> None:
    """A call that was paid today."""
    store = Store(home / "state")
    ledger = SqliteLedger(store, SystemClock(), Caps(10**12, 10**12, 10**12))
    async with ledger.reserve(CallInfo("1", "inline", "anthropic", "claude-haiku-5-5"), nano) as reservation:
        reservation.settle(Usage(), nano, "complete")
    assert await store.close(WATCHDOG)


def test_money(tmp_path: Path) -> None:
    money = doctor_state.money
    check_look(
        money,
        tmp_path,
        "ok",
        "$0.0000 of $5.00 spent today, $0.0000 of $50.00 this month; the daily cap is from the default",
    )
    asyncio.run(spend(tmp_path, 1_250_000_000))
    check_look(money, tmp_path, "ok", "$1.2500 of $5.00 spent today")
    check_look(money, tmp_path, "note", "$1.2500 of $1.00", remedy="midnight", KIREJI_DAILY_CAP_USD="1")
    check_look(
        money, tmp_path, "note", "80 % of the daily cap of $1.50 is spent", remedy="", KIREJI_DAILY_CAP_USD="1.5"
    )
    check_look(money, tmp_path, "note", "no remote model", remedy="Raise", KIREJI_DAILY_CAP_USD="0")
    check_look(money, tmp_path, "note", "this month", remedy="month ends", KIREJI_MONTHLY_CAP_USD="1")
    check_look(money, tmp_path, "note", "no remote model", remedy="monthly", KIREJI_MONTHLY_CAP_USD="0")


def test_figures_of_the_last_day(tmp_path: Path) -> None:
    check_look(doctor_state.figures, tmp_path, "ok", "in order")
    asyncio.run(fail(tmp_path))
    check_look(
        doctor_state.figures, tmp_path, "note", "75 % of the last day's requests have failed", remedy="kireji stats"
    )
    check_look(doctor_state.figures, tmp_path, "ok", "in order", KIREJI_ALERT_ERROR_PERCENT="80")


async def fail(home: Path) -> None:
    """Forty requests, of which three quarters found no service."""
    store = Store(home / "state")
    audit = Audit(store, SystemClock())
    for number in range(40):
        reason = Reason.UNREACHABLE if number % 4 else None
        audit.record(OutcomeRow(f"x-{number}", "inline completion", reason, Stage.STREAM, 1.0, "anthropic"))
    assert await store.close(WATCHDOG)


def test_the_state_folder(tmp_path: Path) -> None:
    state, folder = doctor_state.state, tmp_path / "state"
    check_look(state, tmp_path, "ok", f"{folder} will be made")
    asyncio.run(spend(tmp_path, 1))
    check_look(state, tmp_path, "ok", f"{folder} can be written, and its database is sound")
    data = bytearray((folder / FILE).read_bytes())
    data[4096 : 4096 * 2] = bytes(4096)
    (folder / FILE).write_bytes(data)
    for _ in range(2):
        check_look(state, tmp_path, "wrong", str(folder / FILE), "damaged", "set aside as", remedy="kireji purge")
    place = str(next(folder.iterdir()))
    check_look(state, tmp_path, "wrong", f"{place} cannot be written", remedy="set", KIREJI_STATE=place)


@posix
@pytest.mark.skipif(os.name == "posix" and os.geteuid() == 0, reason="nothing is closed to root")
def test_a_state_folder_that_is_closed(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir(mode=0o500)
    check_look(doctor_state.state, tmp_path, "wrong", "Permission denied", remedy="KIREJI_STATE")
    place = str(tmp_path / "state" / "new")
    check_look(doctor_state.state, tmp_path, "wrong", "cannot be made", remedy="set", KIREJI_STATE=place)


@posix
def test_a_state_folder_that_others_can_read(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir(mode=0o755)
    remedy = f"chmod 700 {tmp_path / 'state'}"
    check_look(doctor_state.state, tmp_path, "note", "others can look", remedy=remedy)


@posix
def test_a_path_cannot_steer_the_terminal(tmp_path: Path) -> None:
    """Nor does an output that knows few characters stop it."""
    state = tmp_path / "\x1b[31m切れ字\n\udcff"
    done = doctor(tmp_path, KIREJI_STATE=str(state), PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert "?[31m\\u5207\\u308c\\u5b57 ?" in done.stdout


def test_the_sandbox_is_tried_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def holds(kind: Walls) -> bool:
        if kind is Walls.BUBBLEWRAP:
            raise FileNotFoundError("bwrap")
        return kind is Walls.LANDLOCK

    async def open_everywhere(_: Walls) -> bool:
        return False

    machine = Machine(Settings(), {}, None, SystemClock())
    monkeypatch.setattr(doctor_sandbox, "holds", holds)
    (line,) = lines_of(doctor_sandbox.sandbox, machine)
    assert (line.state, line.text.partition(":")[0]) == (State.OK, "landlock")
    monkeypatch.setattr(doctor_sandbox, "holds", open_everywhere)
    (line,) = lines_of(doctor_sandbox.sandbox, machine)
    assert (line.state, "bubblewrap" in line.remedy) == (State.NOTE, True)
