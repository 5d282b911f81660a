"""What is compiled instead of a whole file: the definition around the cursor, and the top-level statements around it."""

from __future__ import annotations

import pytest

from kireji.base.types import GateState, Span
from kireji.engine.gates.python import compilable, compile_fault, region_compiles, regions
from kireji.engine.gates.syntax import check_python
from support.gating import trial_of

SHOP = '''\
class Shop:
    """Example:

        def not_code(
    """

    def first(
        self,
        number: int,
    ) -> int:
        total = 0
$0
        return total

    @property
    def second(self) -> int:
        return 2


x = 1
'''


def test_a_definition_is_looked_at_before_the_top_level() -> None:
    text = SHOP.replace("$0", "        total += number")
    at = text.index("total +=")
    inner, outer = (text[area.start : area.end] for area in regions(text, Span(at, at + 15)))
    assert inner.startswith("    def first(") and inner.endswith("return total\n\n")
    assert outer.startswith("class Shop") and outer.endswith("return 2\n\n\n")
    assert all(compile_fault(compilable(text, area)) is None for area in regions(text, Span(at, at + 15)))


@pytest.mark.parametrize(
    "answer",
    [
        "        total += 1\n\nx = 2",  # the methods below would hang in the air
        "        total += (",
        "        total += 1\n      total += 2",
        "    total += 1\n    def other(self): pass",
        '        """\n        def odd(self) -> None:',
    ],
)
def test_what_breaks_the_file_is_not_hidden_by_the_definition(answer: str) -> None:
    tried = trial_of(SHOP, answer)
    assert compile_fault(tried.after.text) is not None, "the case says nothing"
    assert not region_compiles(tried.after.text, tried.inserted)
    assert check_python(tried).state is GateState.FAIL


@pytest.mark.parametrize(
    "text",
    [
        "def f():\n\treturn 1\n",
        "class A:\n    async  def f(self):\n        await x\n",
        "x = (\n    1,\n)\n",
        "if a:\n    def f():\n        pass\nelse:\n    pass\n",
        "\n\n",
        "",
    ],
)
def test_every_place_of_a_sound_text_is_sound(text: str) -> None:
    for at in range(len(text) + 1):
        for area in regions(text, Span(at, at)):
            assert 0 <= area.start <= at <= area.end <= len(text)
        if compile_fault(compilable(text, list(regions(text, Span(at, at)))[-1])) is None:
            assert region_compiles(text, Span(at, at))
