"""Where a name ends that either exists by now or never will: what is proved while an answer still comes."""

from __future__ import annotations

import time

import pytest

from kireji.engine.gates.watch import provable_end


@pytest.mark.parametrize(
    ("marked", "before"),
    [
        # `|` stands where the last provable name ends; nothing is provable without one.
        ("from os.path| import jo", ""),
        ("from os.path import join|, dirn", ""),
        ("from os.path import join, dirname|\n", ""),
        ("from os.path import (\n    join,\n    dirname|,\n", ""),
        ("from . import sib|\n", ""),
        ("import os", ""),
        ("import os|\n", ""),
        ("import os.path|, js", ""),
        ("value = os.path.join|(a, b", ""),
        ("os.path|.jo", "return "),
        (".join|(a, b)", "return os.path"),
        ("item.na", ""),
        ("self.total = 1\n", ""),
        ("self.total| == 1 or", ""),
        ("self.total: int = 1\n", ""),
        ("self.a, self.b = 1, 2\n", ""),
        ("self.total| + 1", ""),
        ("self.helper()\n\ndef helper(self):\n", ""),
        ("x = 1\n", ""),
    ],
)
def test_where_the_last_name_ends(marked: str, before: str) -> None:
    assert provable_end(before, marked.replace("|", "")) == max(marked.find("|"), 0)


@pytest.mark.parametrize(
    "answer",
    [
        "from a import " + ",  " * 4_000 + "!",
        "from a import " + "b,  " * 4_000 + "!",
        "from a import (" + "b as c,\n\n  " * 2_000 + "!",
        "import " + "a.b,  " * 4_000 + "!",
        "import " + ",  " * 4_000 + "!",
        "x" + ".a" * 8_000,
    ],
    ids=["commas", "names", "aliases", "modules", "nothing", "dots"],
)
def test_a_hostile_answer_costs_no_more_than_a_long_one(answer: str) -> None:
    started = time.monotonic()
    provable_end("", answer)
    assert time.monotonic() - started < 60, "a watchdog: an ambiguous pattern takes for ever"
