"""What the index costs: a tenth of `make bench-context`, and less. A loaded machine takes its time, so what counts is how long
the process had a processor."""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median

import pytest

from bench.index import checkout, first

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what another process has cost")
FILES = 200
CHECKOUT = 500
# Of a fresh process, the grammar and its first tables weigh what they do for 2,000 files, too.
ALLOWANCE_MB = 12
MB_PER_FILE = 60 / 2_000
SECONDS_PER_FILE = 10 / 2_000


async def test_a_first_reading_is_quick_and_light(tmp_path: Path) -> None:
    found = await first(tmp_path, FILES)
    assert found.files == FILES
    assert found.megabytes <= ALLOWANCE_MB + FILES * MB_PER_FILE
    assert found.worked <= 1 + FILES * SECONDS_PER_FILE
    assert found.worked_again < found.worked


async def test_many_files_that_change_at_once_do_not_slow_an_answer(tmp_path: Path) -> None:
    found = await checkout(tmp_path, CHECKOUT, CHECKOUT)
    assert found.files == CHECKOUT
    # `make bench-context` measures how long that takes. Here no answer may have waited for the files, all of which are a second's
    # work and more.
    assert median(found.meanwhile.worked) <= 4 * median(found.before.worked) + 100, str(found)
