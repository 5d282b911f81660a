"""Prints, after every run, what tests have measured, and how long the event loops of all servers were busy at a stretch."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections import Counter
from pathlib import Path

import pytest

from support.figures import reported
from support.loop_gaps import WATCH_DIR, quantile, read_gaps

# The figure to reach is a tenth of a second; a run fails only when it is far off, since the machine may be busy.
FAR_OFF_MS = 1_000

# Projects that are worked on, not tests of this one.
collect_ignore = ["projects"]


def pytest_configure(config: pytest.Config) -> None:
    """One folder for all processes of the run; and Ctrl+C reaches what tests start, also where a shell runs them in the
    background, which has it ignored by all that begin there."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if not hasattr(config, "workerinput"):
        os.environ[WATCH_DIR] = tempfile.mkdtemp(prefix="kireji-watch-")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The line that says it, and the figures that tests have measured."""
    folder = Path(os.environ[WATCH_DIR])
    gaps = read_gaps(folder)
    for line in [*reported(folder), *([_line(gaps)] if gaps else [])]:
        terminalreporter.write_line(line)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A loop that was kept busy far too long fails the run."""
    if hasattr(session.config, "workerinput"):
        return
    gaps = read_gaps(Path(os.environ[WATCH_DIR]))
    if gaps and quantile(gaps, 0.999) > FAR_OFF_MS:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_unconfigure(config: pytest.Config) -> None:
    """The folder goes with the run."""
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop(WATCH_DIR), ignore_errors=True)


def _line(gaps: Counter[int]) -> str:
    parts = ", ".join(f"{name} {quantile(gaps, q)} ms" for name, q in (("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)))
    return f"event loops: late by {parts}, at most {max(gaps)} ms ({gaps.total()} looks)"
