"""Renders a redacted pack into a prompt by the answer contract, ordered by how often each part changes.

Everything up to the last cache mark stays byte-equal while someone types. Decides nothing about what goes in: `context`
gathers, fits and redacts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from kireji.base.types import Block, ContextItem, ItemKind, Message, Prompt, RedactedPack
from kireji.engine.prompt.contract import max_tokens, tag_for
from kireji.engine.prompt.examples import EXAMPLES, SYSTEM, Example
from kireji.providers.models import Model

# The API takes no more than this many marks in one request.
MAX_MARKS = 4


def render(pack: RedactedPack, model: Model, process_nonce: str, request_nonce: str) -> Prompt:
    """The prompt for one question. `process_nonce` fences what is stable, `request_nonce` the last turn and the answer."""
    system = Block(SYSTEM.format(mark=_mark(process_nonce)))
    turns = [turn for example in EXAMPLES for turn in _turns(example, process_nonce)]
    blocks = _with_marks([system, *turns, *_lasting(pack, process_nonce)], len(turns), model)
    turns, lasting = blocks[1 : 1 + len(turns)], blocks[1 + len(turns) :]
    messages = [Message("user" if index % 2 == 0 else "assistant", (block,)) for index, block in enumerate(turns)]
    question = Message("user", (*lasting, *_passing(pack, process_nonce, request_nonce)))
    tag = tag_for(request_nonce)
    prefill = f"<{tag}>{_left(pack).lstrip()}".rstrip() if model.prefill else ""
    prompt = Prompt(
        model=model.id,
        system=(blocks[0],),
        messages=(*messages, question),
        tag=tag,
        stop=(f"</{tag}>",),
        max_tokens=max_tokens(pack.site, model.chars_per_token, model.max_output),
        prefill=prefill,
        cacheable_prefix=_marked_text(blocks),
    )
    return _fingerprinted(prompt)


# ---- the parts


def _turns(example: Example, nonce: str) -> tuple[Block, Block]:
    parts = (
        _fenced("below", example.below, nonce),
        _fenced("above", example.above, nonce),
        f"mode: {example.mode}\nlanguage: {example.language}",
        _line(example.left, example.right, nonce, nonce),
    )
    tag = tag_for(nonce)
    return Block("\n".join(parts)), Block(f"<{tag}>{example.answer}</{tag}>")


def _lasting(pack: RedactedPack, nonce: str) -> list[Block]:
    """The parts of the last turn that stay as they are while someone types in one line, the most lasting first."""
    signatures, open_files = _of(pack, ItemKind.SIGNATURE), _of(pack, ItemKind.OPEN_FILE)
    below = _split_first_line(_window(pack, ItemKind.WINDOW_AFTER))[1]
    parts = (
        _fenced("signatures", _listed(signatures), nonce) if signatures else "",
        _fenced("open", _listed(open_files), nonce) if open_files else "",
        _fenced("below", below, nonce) if below.strip() else "",
    )
    return [Block(f"{part}\n") for part in parts if part]


def _passing(pack: RedactedPack, process_nonce: str, request_nonce: str) -> list[Block]:
    """The parts that change with every line and every key; nothing here is worth remembering."""
    above, left = _split_last_line(_window(pack, ItemKind.WINDOW_BEFORE))
    right = _split_first_line(_window(pack, ItemKind.WINDOW_AFTER))[0]
    head = f"mode: {pack.site.kind.value}\nlanguage: {pack.site.document.language}\n"
    parts = [_fenced("above", above, request_nonce) + "\n"] if above.strip() else []
    return [*map(Block, parts), Block(head + _line(left, right, process_nonce, request_nonce))]


def _line(left: str, right: str, mark_nonce: str, tag_nonce: str) -> str:
    return f"{_fenced('line', left + _mark(mark_nonce) + right, tag_nonce)}\nAnswer in <{tag_for(tag_nonce)}>."


def _fenced(name: str, text: str, nonce: str) -> str:
    return f"<{name}_{nonce}>\n{text}{'' if text.endswith(chr(10)) else chr(10)}</{name}_{nonce}>"


def _mark(nonce: str) -> str:
    return f"<cursor_{nonce}/>"


def _of(pack: RedactedPack, kind: ItemKind) -> list[ContextItem]:
    return [item for item in pack.items if item.kind is kind]


def _listed(items: Sequence[ContextItem]) -> str:
    """Items under the name of their file, in the pack's order."""
    parts: list[str] = []
    last = None
    for item in items:
        if item.uri != last:
            parts.append(f"file: {item.uri.rsplit('/', 1)[-1]}")
            last = item.uri
        parts.append(item.text.rstrip("\n"))
    return "\n".join(parts) + "\n"


def _window(pack: RedactedPack, kind: ItemKind) -> str:
    return "".join(item.text for item in _of(pack, kind))


def _left(pack: RedactedPack) -> str:
    return _split_last_line(_window(pack, ItemKind.WINDOW_BEFORE))[1]


def _split_last_line(text: str) -> tuple[str, str]:
    at = text.rfind("\n") + 1
    return text[:at], text[at:]


def _split_first_line(text: str) -> tuple[str, str]:
    at = text.find("\n")
    return (text, "") if at < 0 else (text[:at].rstrip("\r"), text[at + 1 :])


# ---- the cache


def _with_marks(blocks: list[Block], examples: int, model: Model) -> list[Block]:
    """Marks the last example and each part after it, where enough text stands before for the service to remember it."""
    least = model.min_cacheable_tokens * model.chars_per_token
    length, found = 0, []
    for index, block in enumerate(blocks):
        length += len(block.text)
        if index >= examples and length >= least:
            found.append(index)
    # The last marks win: one also covers all that stands before it, and the first entry stays alive by being read.
    chosen = set(found[:1] + found[1:][-(MAX_MARKS - 1) :])
    return [Block(block.text, index in chosen) for index, block in enumerate(blocks)]


def _marked_text(blocks: list[Block]) -> str:
    """The text up to the last mark."""
    last = max((index for index, block in enumerate(blocks) if block.cache), default=-1)
    return "".join(block.text for block in blocks[: last + 1])


def _fingerprinted(prompt: Prompt) -> Prompt:
    digest = hashlib.sha256()
    for part in _sent(prompt):
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return replace(prompt, fingerprint=digest.hexdigest())


def _sent(prompt: Prompt) -> list[str]:
    blocks = [("system", block) for block in prompt.system]
    blocks += [(message.role, block) for message in prompt.messages for block in message.blocks]
    parts = [prompt.model, str(prompt.max_tokens), *prompt.stop, prompt.prefill]
    for role, block in blocks:
        parts += role, block.text, str(block.cache)
    return parts
