"""How many characters a token of one model has: our estimate, corrected by what its service has counted.

A small running correction within bounds, in coarse steps, so that what is sent does not change for a trifle. Counts no money:
that is the service's own figures alone.
"""

from __future__ import annotations

from dataclasses import replace

from kireji.base.types import Prompt, Usage
from kireji.providers.costs import blocks_of
from kireji.providers.models import Model

_WEIGHT = 0.2
_LEAST, _MOST = 0.6, 1.6
_STEP = 0.05
# Of a shorter text, what stands around it in the protocol would count for too much.
_LEAST_CHARS = 2_000
_AROUND = 16


class Calibration:
    """One model's correction: tokens as counted over tokens as estimated. One server's, on the event loop."""

    def __init__(self) -> None:
        self._factor = 1.0
        self._counted = 0

    def learn(self, model: Model, prompt: Prompt, usage: Usage) -> None:
        """Takes in what a call has told. Where the beginning of the prompt was in the service's cache, the rest is what counts:
        the rules that it begins with are no source code."""
        chars = sum(len(block.text) for block in blocks_of(prompt))
        tokens = usage.input
        if usage.cache_read or usage.cache_write:
            chars -= len(prompt.cacheable_prefix)
        if tokens <= _AROUND or chars < _LEAST_CHARS:
            return
        factor = min(_MOST, max(_LEAST, (tokens - _AROUND) * model.chars_per_token / chars))
        self._counted += 1
        # The first few count for more than one of many: there is nothing else to go by.
        self._factor += max(_WEIGHT, 1 / (1 + self._counted)) * (factor - self._factor)

    def applied(self, model: Model) -> Model:
        """The model with its corrected ratio."""
        factor = round(self._factor / _STEP) * _STEP
        return replace(model, chars_per_token=model.chars_per_token / factor)
