"""Plays recorded answers, for the demonstration: what a model said is read from a file, everything after it is real.

Asks nobody and costs nothing. Every place that shows it says that it is scripted.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path

from kireji.base.types import Delta, End, EndReason, Prompt, Reason, Request, Usage
from kireji.providers.provider import ProviderError, ProviderInfo, StreamMeter


class Scripted:
    """`answers` maps the text left of the cursor on its line, stripped, to what the model says there."""

    def __init__(self, answers: Mapping[str, str]) -> None:
        self._answers = dict(answers)

    @property
    def info(self) -> ProviderInfo:
        """Never remote; what was recorded answers no instruction."""
        return ProviderInfo("scripted", "recorded answers", remote=False, follows_instructions=False)

    async def stream(self, request: Request, meter: StreamMeter) -> AsyncGenerator[Delta | End, None]:
        """The recorded answer in the answer contract: the line said again, then what follows."""
        site = request.pack.site
        line = site.before.strip()
        if line not in self._answers:
            raise ProviderError(Reason.NOTHING_TO_ADD, "the script has no answer for this line")
        tag = request.prompt.tag
        yield Delta(f"<{tag}>{site.before.lstrip()}{self._answers[line]}{site.after}</{tag}>")
        yield End(EndReason.COMPLETE)

    def estimate(self, prompt: Prompt) -> int:
        """Nothing."""
        return 0

    def cost(self, usage: Usage) -> int:
        """Nothing."""
        return 0

    async def warm(self) -> None:
        """Nothing to load."""

    async def close(self) -> None:
        """Nothing to close."""


def read_script(path: Path) -> Scripted:
    """A script from a JSON object of answers. Raises ValueError with one line when it is not one."""
    try:
        answers = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"cannot read the script {path}: {error}") from None
    if not isinstance(answers, dict) or not all(isinstance(v, str) for v in answers.values()):
        raise ValueError(f"the script {path} is not a JSON object of strings")
    return Scripted(answers)
