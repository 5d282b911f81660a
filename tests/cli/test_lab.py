"""`kireji lab` as a process: rows in order, one answer each as it comes, and what each kind of row is answered."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from support.environment import clean_environment
from support.waiting import WATCHDOG

Row = dict[str, Any]
CUT = {"language": "python", "prefix": "x = ", "suffix": "\n", "raw": "1\n"}


class Lab:
    """A running `kireji lab`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def answer(self, line: Row | str) -> Row:
        """The answer to one row, which is not told that another one will follow."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        text = line if isinstance(line, str) else json.dumps(line)
        self._process.stdin.write(text.encode("utf-8", "surrogateescape") + b"\n")
        await self._process.stdin.drain()
        answered = json.loads(await asyncio.wait_for(self._process.stdout.readline(), 60))
        assert isinstance(answered, dict)
        return answered

    async def end(self) -> tuple[int, bytes, bytes]:
        """The end of the input: exit code and what else was printed."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        out, err = await asyncio.wait_for(self._process.communicate(), 60)
        assert self._process.returncode is not None
        return self._process.returncode, out, err


@contextlib.asynccontextmanager
async def lab(home: Path, what: str, **environment: str) -> AsyncIterator[Lab]:
    """A lab with an empty home; it must end well unless the test has ended it."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "kireji", "lab", what),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=clean_environment(home, **environment),
        limit=2**22,
    )
    try:
        running = Lab(process)
        yield running
        if process.returncode is None:
            assert await running.end() == (0, b"", b"")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


# ---- the run


@pytest.mark.parametrize("row_id", [1, "a", None, 1.5, True, [1, "b"], {"c": {}}, "\ud800", 2**80])
async def test_answers_come_one_by_one_with_the_id_of_their_row(tmp_path: Path, row_id: object) -> None:
    async with lab(tmp_path, "cut") as running:
        for _ in range(2):
            answer = await running.answer(CUT | {"id": row_id})
            assert answer == {"id": row_id, "text": "1", "cut_by": answer["cut_by"], "chars_read": answer["chars_read"]}


async def test_a_bad_row_is_answered_and_the_run_goes_on(tmp_path: Path) -> None:
    bad: list[tuple[str | Row, object, str]] = [
        ("{", None, "JSONDecodeError"),
        ("\udcff", None, "UnicodeDecodeError"),
        ("[" * 100_000, None, "RecursionError"),
        ("[1]", None, "a row is a JSON object"),
        ("3", None, "a row is a JSON object"),
        ('"cut"', None, "a row is a JSON object"),
        ("null", None, "a row is a JSON object"),
        ({}, None, "the row has no `prefix`"),
        ({key: value for key, value in CUT.items() if key != "raw"} | {"id": 1}, 1, "the row has no `raw`"),
        (CUT | {"id": 2, "raw": None}, 2, "`raw` must be a string"),
        (CUT | {"id": 3, "prefix": ["x"]}, 3, "`prefix` must be a string"),
        (CUT | {"id": 4, "suffix": 4}, 4, "`suffix` must be a string"),
        (CUT | {"id": 5, "language": {}}, 5, "`language` must be a string"),
        (CUT | {"id": 6, "root": 1, "path": "x.py"}, 6, "`root` must be a string"),
        (CUT | {"id": 7, "root": "/no/such/folder", "path": "x.py"}, 7, "`root` is no folder"),
        (CUT | {"id": 8, "root": "/"}, 8, "the row has no `path`"),
        (CUT | {"id": 9, "prefix": "\0"}, 9, "the file is not text"),
    ]
    async with lab(tmp_path, "cut") as running:
        for number, (row, row_id, says) in enumerate(bad):
            answer = await running.answer(row)
            assert answer.keys() == {"id", "error"}, row
            assert answer["id"] == row_id
            assert says in answer["error"]
            assert "\n" not in answer["error"]
            assert (await running.answer(CUT | {"id": number}))["text"] == "1"


@pytest.mark.parametrize(
    ("what", "row", "says"),
    [
        ("context", {"language": "python", "prefix": "", "suffix": "", "budget": "9"}, "`budget` must be"),
        ("context", {"language": "python", "prefix": "", "suffix": "", "budget": True}, "`budget` must be"),
        ("context", {"language": "python", "prefix": "", "suffix": "", "budget": 0}, "`budget` must be"),
        ("context", {"language": "python", "prefix": "", "suffix": ""}, "`budget` must be"),
        ("validate", {"language": "python", "prefix": "", "suffix": ""}, "the row has no `insert`"),
        ("validate", {"language": "python", "prefix": "", "suffix": "", "insert": "", "python": 3}, "`python` must be"),
        ("local", {"prefix": "", "suffix": ""}, "the row has no `language`"),
        ("local", {"language": "python", "suffix": ""}, "the row has no `prefix`"),
    ],
)
async def test_what_a_row_lacks(tmp_path: Path, what: str, row: Row, says: str) -> None:
    async with lab(tmp_path, what) as running:
        answer = await running.answer(row | {"id": 1})
        assert answer.keys() == {"id", "error"}
        assert says in answer["error"]


async def test_blank_lines_and_a_missing_last_line_end(tmp_path: Path) -> None:
    async with lab(tmp_path, "cut") as running:
        answer = await running.answer(f"\n  \t\n\r\n{json.dumps(CUT | {'id': 1})}")
        assert answer["id"] == 1
        assert running._process.stdin is not None
        running._process.stdin.write(json.dumps(CUT | {"id": 2}).encode())
        code, out, err = await running.end()
        assert (code, json.loads(out)["id"], err) == (0, 2, b"")


async def test_a_reader_that_leaves_ends_the_run(tmp_path: Path) -> None:
    async with lab(tmp_path, "cut") as running:
        await running.answer(CUT)
        # Closes our end of the answers, as `head -1` does.
        running._process._transport.get_pipe_transport(1).close()  # type: ignore[attr-defined]
        assert running._process.stdin is not None
        assert running._process.stderr is not None
        async with asyncio.timeout(WATCHDOG):
            # The rows go on until nobody reads them: it hears that nobody reads its answers with the next one.
            with contextlib.suppress(ConnectionError):
                while True:
                    running._process.stdin.write(json.dumps(CUT).encode() + b"\n")
                    await running._process.stdin.drain()
                    await asyncio.sleep(0)
            assert await running._process.stderr.read() == b""
            await running._process.wait()


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
async def test_ctrl_c_ends_it_although_the_input_goes_on(tmp_path: Path) -> None:
    async with lab(tmp_path, "cut") as running:
        await running.answer(CUT)
        running._process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(running._process.wait(), 60) == 130
        assert running._process.stderr is not None
        assert (await running._process.stderr.read()).strip() == b""


async def test_no_key_and_no_model_can_make_it_ask_anyone(tmp_path: Path) -> None:
    environment = {"ANTHROPIC_API_KEY": "k", "ANTHROPIC_BASE_URL": "http://127.0.0.1:1"}
    async with lab(tmp_path, "validate", **environment) as running:
        row = {"id": 1, "language": "python", "prefix": "x = ", "suffix": "\n", "insert": "1"}
        assert (await running.answer(row))["decision"] == "offer"


# ---- context

SHAPES = "class Shape:\n    def area(self, scale: float = 1.0,   *, unit: str) -> float:\n        return scale\n"
USE = "from shapes import Shape\n\n\ndef total(shapes: list[Shape]) -> float:\n    return sum(shape."


def workspace(folder: Path) -> Path:
    """A project whose file on the disk is not the one that is open."""
    root = folder / "project"
    root.mkdir()
    (root / "shapes.py").write_text(SHAPES, encoding="utf-8")
    (root / "use.py").write_text("def only_on_the_disk() -> None: ...\n", encoding="utf-8")
    return root


async def test_context_holds_signatures_as_they_stand_and_the_open_buffer(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    row = {"id": 1, "root": str(root), "path": "use.py", "language": "python", "budget": 2000}
    async with lab(tmp_path, "context") as running:
        answer = await running.answer(row | {"prefix": USE, "suffix": ")\n"})
    assert "def area(self, scale: float = 1.0,   *, unit: str) -> float:" in answer["context"]
    assert USE in answer["context"]
    assert "only_on_the_disk" not in answer["context"]
    assert answer.keys() == {"id", "context", "tokens", "items", "dropped", "elapsed_ms"}
    area = next(item for item in answer["items"] if item["path"] == "shapes.py" and item["line"] == 2)
    assert area == {"kind": "signature", "path": "shapes.py", "line": 2, "tokens": area["tokens"]}
    assert answer["tokens"] == sum(item["tokens"] for item in answer["items"])


async def test_the_open_buffer_wins_over_the_disk_where_another_file_leads_back_to_it(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    (root / "shapes.py").write_text("from use import *\n" + SHAPES, encoding="utf-8")
    row = {"id": 1, "root": str(root), "path": "use.py", "language": "python", "budget": 2000}
    async with lab(tmp_path, "context") as running:
        answer = await running.answer(row | {"prefix": USE.replace("Shape\n", "*\n", 1), "suffix": ")\n"})
    assert "only_on_the_disk" not in answer["context"]


async def test_line_numbers_are_those_of_the_file_whatever_its_line_ends(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    (root / "shapes.py").write_bytes(b"\xef\xbb\xbf# one\r\n# two\r\n" + SHAPES.replace("\n", "\r\n").encode())
    row = {"id": 1, "root": str(root), "path": "use.py", "language": "python", "budget": 2000}
    async with lab(tmp_path, "context") as running:
        answer = await running.answer(row | {"prefix": USE, "suffix": ")\n"})
    assert {item["line"] for item in answer["items"] if item["path"] == "shapes.py"} == {3, 4}


@pytest.mark.slow
@pytest.mark.parametrize("line", ["value_{n} = compute(value_{n}, {n})\n", "x\n", "{n} " * 200 + "\n", "{n}" * 2000])
async def test_context_is_never_over_the_budget(tmp_path: Path, line: str) -> None:
    root = workspace(tmp_path)
    many = "".join(f"def shape_{n}(value: int, other: str) -> float:\n    return value\n\n" for n in range(300))
    (root / "shapes.py").write_text(SHAPES + many, encoding="utf-8")
    filler = "".join(line.replace("{n}", str(n)) for n in range(3))
    while len(filler) < 12_000:
        filler += filler
    async with lab(tmp_path, "context", KIREJI_MAX_LINE_CHARS="100000") as running:
        for budget in (1, 64, 100, 256, 511, 1000, 2048, 4096):
            for imported in ("", "from shapes import *\n"):
                for suffix in ("", ")", ")\n" + filler):
                    prefix = imported + filler + "x = (shape_7(1, "
                    row = {"id": 1, "root": str(root), "path": "use.py", "language": "python", "budget": budget}
                    answer = await running.answer(row | {"prefix": prefix, "suffix": suffix})
                    assert len(answer["context"]) <= 4 * budget
                    assert len(answer["context"]) > budget


# ---- cut, validate, local


@pytest.mark.parametrize(
    ("language", "prefix", "suffix", "raw", "text"),
    [
        ("python", "def f(a):\n    return ", "\n", "a + 1\n\ndef g(b):\n    return b\n", "a + 1"),
        ("python", "def f(a):\n    return ", "\n", "```python\na + 1\n```\nThis adds one.", "a + 1"),
        ("python", "def f(a):\n    return ", "\n", "    return a + 1", "a + 1"),
        ("python", "print(", ")\n", "a)", "a"),
        ("python", "x = 1\n", "", "", ""),
        ("typescript", "const x = f(", ");\n", "a, b);", "a, b"),
    ],
)
async def test_cut(tmp_path: Path, language: str, prefix: str, suffix: str, raw: str, text: str) -> None:
    async with lab(tmp_path, "cut") as running:
        row = {"id": 1, "language": language, "prefix": prefix, "suffix": suffix, "raw": raw}
        answer = await running.answer(row)
        assert answer["text"] == text
        assert answer.keys() == {"id", "text", "cut_by", "chars_read"}
        assert 0 <= answer["chars_read"] <= len(raw)


async def test_cut_stops_reading_where_the_end_is_proved(tmp_path: Path) -> None:
    raw = "a + 1\n" + "\ndef more(b):\n    return b\n" * 100
    async with lab(tmp_path, "cut") as running:
        answer = await running.answer(
            {"id": 1, "language": "python", "prefix": "def f(a):\n    return ", "suffix": "\n", "raw": raw}
        )
        assert answer["chars_read"] < 40


@pytest.mark.parametrize(
    ("insert", "decision", "text", "codes"),
    [
        ("width * height", "offer", "width * height", set()),
        ("width * depth_xyz", "withhold", "width * depth_xyz", {"F821"}),
        ("width * (height", "repair", "width * (height)", set()),
    ],
)
async def test_validate(tmp_path: Path, insert: str, decision: str, text: str, codes: set[str]) -> None:
    root = workspace(tmp_path)
    row = {"id": 1, "root": str(root), "path": "use.py", "language": "python", "python": sys.executable}
    row |= {"prefix": "def area(width, height):\n    return ", "insert": insert, "suffix": "\n"}
    # The deadline of an automatic request is a matter of the machine's load here.
    async with lab(tmp_path, "validate", KIREJI_GATES_AUTOMATIC_MS="10000") as running:
        answer = await running.answer(row)
    assert answer.keys() == {"id", "decision", "text", "findings", "elapsed_ms"}
    assert (answer["decision"], answer["text"]) == (decision, text)
    assert {finding["code"] for finding in answer["findings"]} == codes
    assert all(finding.keys() == {"gate", "code", "severity", "message"} for finding in answer["findings"])


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX program that does nothing")
async def test_a_checker_that_cannot_run_is_unverified(tmp_path: Path) -> None:
    row = {"id": 1, "language": "python", "prefix": "x = ", "suffix": "\n", "insert": "1"}
    async with lab(tmp_path, "validate", KIREJI_RUFF=shutil.which("false") or "") as running:
        assert (await running.answer(row))["decision"] == "unverified"
        code, _, log = await running.end()
        assert code == 0
        assert len(log.splitlines()) == 1


async def test_local_sees_the_buffer_or_the_workspace_without_the_rows_file(tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    said = "def load(path):\n    with open(path, encoding='utf-8') as handle:\n        return handle.read()\n"
    (root / "one.py").write_text(said, encoding="utf-8")
    row = {"id": 1, "language": "python", "prefix": "def load(path):\n    with open(path, enc", "suffix": "\n"}
    async with lab(tmp_path, "local") as running:
        alone = await running.answer(row)
        assert alone.keys() == {"id", "text", "confidence", "elapsed_ms"}
        assert alone["text"] == ""
        inside = await running.answer(row | {"root": str(root), "path": "other.py"})
        assert inside["text"] == "oding='utf-8') as handle:"
        assert inside["confidence"] >= 0.7
        assert (await running.answer(row | {"root": str(root), "path": "one.py"}))["text"] == ""
