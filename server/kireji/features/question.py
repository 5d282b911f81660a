"""What would be asked about a cursor, as Markdown for a person: each part and why it is there, what is left out, every word.

It is made by the functions that serve an editor, after redaction. Asks nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from kireji.base.types import Block, Prompt, RedactedPack, Skip, Snapshot
from kireji.engine import pipeline

if TYPE_CHECKING:
    from kireji.engine.services import Services
    from kireji.providers.provider import ProviderInfo

_TICKS = re.compile("`+")


async def question(services: Services, snapshot: Snapshot, offset: int) -> str:
    """The page about one place."""
    site = await pipeline.look(services, snapshot, offset)
    if isinstance(site, Skip):
        return f"# Nothing would be asked here\n\n{site.reason.value}\n"
    pack = await pipeline.gather_pack(services, snapshot, site)
    prompt = pipeline.render_pack(services, pack)
    return "\n".join(_page(pack, prompt, services.roles.completion.provider.info))


def _page(pack: RedactedPack, prompt: Prompt, who: ProviderInfo) -> Iterator[str]:
    yield "# What is sent about this place"
    yield ""
    yield (
        f"- model: {prompt.model}"
        if who.remote
        else "- Nothing leaves this machine: the local engine answers from the same parts."
    )
    yield f"- context: {pack.tokens} tokens; an answer of at most {prompt.max_tokens}"
    yield ""
    yield "## Parts of your code"
    yield ""
    yield from (
        f"- {item.kind.value}, {_name(item.uri)}, {item.tokens} tokens{_because(item.why)}" for item in pack.items
    )
    if pack.dropped:
        yield from ("", "## Left out", "")
    for why, group in groupby(sorted(pack.dropped, key=lambda d: d.why), key=lambda d: d.why):
        files = sorted({_name(dropped.item.uri) for dropped in group})
        yield f"- {why}: {', '.join(files)}"
    if pack.redactions:
        yield from ("", "## Taken out, because it may be secret", "")
    yield from (f"- {redaction.rule}, {_name(redaction.uri)}" for redaction in pack.redactions)
    yield from ("", "## Every word", "")
    for role, blocks in (("system", prompt.system), *((message.role, message.blocks) for message in prompt.messages)):
        yield f"### {role}"
        yield _fenced(blocks)
    if prompt.prefill:
        yield "### assistant, begun"
        yield _fenced((Block(prompt.prefill),))
    yield ""


def _because(why: str) -> str:
    return f": {why}" if why else ""


def _name(uri: str) -> str:
    return uri.rpartition("/")[2] or uri


def _fenced(blocks: tuple[Block, ...]) -> str:
    """The blocks' text, in a fence that no line of it can close."""
    text = "".join(block.text for block in blocks)
    ticks = "`" * max(3, 1 + max((len(run) for run in _TICKS.findall(text)), default=0))
    return f"{ticks}text\n{text.removesuffix(chr(10))}\n{ticks}"
