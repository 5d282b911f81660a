"""The stand-in's prompt cache: which part of a prompt was written before, and what that does to the usage figures."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from support.messages_rules import Block, Rules, tokens

LIFETIME = 300.0
LOOK_BACK = 20


@dataclass(frozen=True)
class Counted:
    """A prompt's tokens, as the service would bill them."""

    input: int
    written: int
    read: int


@dataclass
class PromptCache:
    """Prefixes that end at a mark, each with the time until which it is kept."""

    _kept: dict[str, float] = field(default_factory=dict)

    def count(self, model: str, rules: Rules, blocks: Sequence[Block]) -> Counted:
        """Counts a prompt and remembers its marked prefixes; a prefix under the model's least size is not kept.

        A mark also finds an older, shorter prefix that ended up to 20 blocks before it.
        """
        now = time.monotonic()
        sizes, keys = _prefixes(model, rules, blocks)
        marks = [i for i, block in enumerate(blocks) if block.marked and sizes[i] >= rules.min_cacheable]
        reach = {end for mark in marks for end in range(max(0, mark - LOOK_BACK), mark + 1)}
        hit = max((end for end in reach if self._kept.get(keys[end], 0.0) > now), default=None)
        read = 0 if hit is None else sizes[hit]
        written = max(0, sizes[marks[-1]] - read) if marks else 0
        for end in [*marks, *([] if hit is None else [hit])]:
            self._kept[keys[end]] = now + LIFETIME
        return Counted(input=sizes[-1] - read - written, written=written, read=read)


def _prefixes(model: str, rules: Rules, blocks: Sequence[Block]) -> tuple[list[int], list[str]]:
    """For each block, the tokens and the digest of everything up to and including it."""
    sizes: list[int] = []
    keys: list[str] = []
    text, digest = "", sha256(model.encode())
    for block in blocks:
        text += block.text
        digest.update(block.key.encode("utf-8", "surrogatepass") + b"\0")
        sizes.append(tokens(rules, text))
        keys.append(digest.hexdigest())
    return sizes, keys
