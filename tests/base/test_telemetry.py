"""What reaches the log: our own messages, of everyone else's only the place. Never a key, never source."""

from __future__ import annotations

import ast
import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator

import pytest

from kireji.base.config_schema import LogFormat, LogLevel
from kireji.base.store import StoreError
from kireji.base.telemetry import conceal, during, set_up

SOURCE = "def hunter2(password): return 'swordfish'"
KEY = "sk-ant-api03-abcdefghijklmnop_qrstuv"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before = (root.handlers[:], root.level, {n: logging.getLogger(n).level for n in ("pygls", "anthropic", "asyncio")})
    stream = io.StringIO()
    set_up(LogLevel.DEBUG, secrets=("a-plain-secret",), stream=stream)
    yield stream
    root.handlers[:], levels = before[0], before[2]
    root.setLevel(before[1])
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def check_clean(log: io.StringIO, *present: str) -> None:
    """One line, with what should be there, and nothing of the source or the keys."""
    text = log.getvalue()
    assert text.count("\n") == 1 and text.endswith("\n"), text
    assert all(word in text for word in present), text
    assert not any(word in text for word in ("hunter2", "swordfish", "sk-ant", "a-plain-secret", "abcdefghij")), text


def test_our_own_messages_are_whole(log: io.StringIO) -> None:
    logging.getLogger("kireji.lsp.app").debug("started in %d ms", 12)
    check_clean(log, "DEBUG", "kireji.lsp.app", "started in 12 ms")


@pytest.mark.parametrize(
    "text",
    [f"key {KEY}", f"Authorization: Bearer {KEY}", f'"x-api-key": "{KEY}"', "it is a-plain-secret", f"\n{KEY}\r\n"],
)
def test_keys_are_blotted_out_even_of_ours(log: io.StringIO, text: str) -> None:
    logging.getLogger("kireji").error("%s", text)
    check_clean(log, "[key]")


def test_libraries_are_quiet_below_warning(log: io.StringIO) -> None:
    for name in ("pygls", "pygls.protocol.json_rpc", "anthropic._base_client", "httpx2", "asyncio"):
        logging.getLogger(name).info("Sending data: %s", SOURCE)
    assert log.getvalue() == ""


@pytest.mark.parametrize("args", [(SOURCE,), ({"text": SOURCE},), ()], ids=["text", "mapping", "none"])
def test_libraries_are_reduced_to_their_place(log: io.StringIO, args: tuple[object, ...]) -> None:
    logging.getLogger("pygls.protocol").error("Unknown message %s" if args else f"Unknown message {SOURCE}", *args)
    check_clean(log, "ERROR", "test_telemetry.py:")


def parse_failure() -> None:
    ast.parse(f"{SOURCE} (")


def value_failure() -> None:
    raise ValueError(SOURCE)


def chained_failure() -> None:
    try:
        parse_failure()
    except SyntaxError:
        raise StoreError("the disk is full") from OSError(28, "No space left", SOURCE)


@pytest.mark.parametrize("name", ["pygls.protocol", "kireji.lsp"])
@pytest.mark.parametrize(
    ("fail", "words"),
    [
        (parse_failure, ("SyntaxError", "ast.py:")),
        (value_failure, ("ValueError", "test_telemetry.py:")),
        (chained_failure, ("StoreError (the disk is full)", "OSError (No space left)")),
    ],
)
def test_exceptions_keep_class_and_place(log: io.StringIO, name: str, fail: object, words: tuple[str, ...]) -> None:
    assert callable(fail)
    try:
        fail()
    except Exception:
        logging.getLogger(name).exception("failed")
    check_clean(log, *words)


def test_levels(log: io.StringIO) -> None:
    set_up(LogLevel.ERROR, stream=log)
    logging.getLogger("kireji").warning("no")
    logging.getLogger("pygls").warning("no")
    assert log.getvalue() == ""
    set_up(LogLevel.INFO, stream=log)
    logging.getLogger("kireji").info("yes")
    check_clean(log, "yes")


def test_standard_output_stays_clean() -> None:
    code = (
        "import logging, sys; from kireji.base.telemetry import set_up; from kireji.base.config_schema import LogLevel;"
        "logging.basicConfig(stream=sys.stdout); set_up(LogLevel.DEBUG); logging.getLogger('kireji').info('hello')"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "" and "hello" in ran.stderr


def test_an_entry_for_programs_names_its_request_and_is_as_discreet(log: io.StringIO) -> None:
    set_up(LogLevel.INFO, form=LogFormat.JSON, secrets=("a-plain-secret",), stream=log)
    logger = logging.getLogger("kireji.test")
    logger.info("before\nwith a-plain-secret")
    with during("r-1"):
        logger.warning('in "it"')
        logging.getLogger("anthropic").warning("source %s", "text")
    logger.info("after")
    said = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [(entry["request"], entry["level"]) for entry in said] == [
        *((None, "info"), ("r-1", "warning"), ("r-1", "warning"), (None, "info"))
    ]
    assert [said[0]["message"], said[1]["message"]] == ["before with [key]", 'in "it"']
    assert "text" not in said[2]["message"] and said[2]["logger"] == "anthropic"


@pytest.mark.parametrize("form", list(LogFormat))
def test_a_key_that_is_found_later_is_blotted_out_too(log: io.StringIO, form: LogFormat) -> None:
    set_up(LogLevel.INFO, form=form, stream=log)
    logging.getLogger("kireji.test").info("a-kept-secret at first")
    for secret in ("a-kept-secret", "", "another-one"):
        conceal(secret)
    logging.getLogger("kireji.test").info("a-kept-secret and another-one")
    first, second = log.getvalue().splitlines()
    assert "a-kept-secret" in first and "[key] and [key]" in second
