"""How many tokens the service has counted in what prompts begin with, so that less of a prompt has to be bounded by its bytes.

While someone types, most of each prompt is what the one before began with. Keeps those beginnings in memory, a few of them;
knows no price.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace

from kireji.base.types import Prompt, Usage
from kireji.providers import costs
from kireji.providers.costs import Size

_KEPT = 16


class KnownPrefixes:
    """One model's counts."""

    def __init__(self) -> None:
        self._tokens: OrderedDict[str, int] = OrderedDict()

    def learn(self, prompt: Prompt, usage: Usage) -> None:
        """Takes in what a call has told: all up to the last mark was either read from the service's cache or written to it."""
        tokens = usage.cache_read + usage.cache_write
        blocks = list(costs.blocks_of(prompt))
        last = max((number for number, block in enumerate(blocks, 1) if block.cache), default=0)
        if tokens and last:
            text = "".join(block.text for block in blocks[:last])
            self._tokens[text] = tokens
            self._tokens.move_to_end(text)
            while len(self._tokens) > _KEPT:
                self._tokens.popitem(last=False)

    def most(self, prompt: Prompt) -> Size:
        """The most tokens a prompt can be: as counted where it is known, one for each byte where it is not."""
        most, text, length, spared = costs.most(prompt), "", 0, 0
        for block in costs.blocks_of(prompt):
            text += block.text
            length += len(block.text.encode("utf-8", "surrogatepass"))
            # A count may be used only where a block ends: inside of one, the tokens of both sides need not add up. The
            # turn marks around what was counted were counted with it; they are left in, so this is no less than it is.
            if (known := self._tokens.get(text)) is not None:
                spared = max(spared, length - known)
        return replace(most, marked=most.marked - min(spared, most.marked))
