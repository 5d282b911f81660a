"""Renders a redacted pack into a prompt by the answer contract, ordered by how often each part changes.

Everything up to the last cache mark stays byte-equal while someone types. Decides nothing about what goes in: `context`
gathers, fits and redacts.
"""

from __future__ import annotations

from kireji.base.types import Block, ItemKind, Message, Prompt, RedactedPack
from kireji.engine.prompt.contract import max_tokens, tag_for
from kireji.engine.prompt.examples import EXAMPLES, SYSTEM, Example
from kireji.engine.prompt.hole import render_hole
from kireji.engine.prompt.parts import elsewhere, fenced, fingerprinted, items_of, likely, marked_text, with_marks
from kireji.providers.models import Model


def render(pack: RedactedPack, model: Model, process_nonce: str, request_nonce: str) -> Prompt:
    """The prompt for one question. `process_nonce` fences what is stable, `request_nonce` the last turn and the answer."""
    if model.fim is not None:
        return render_hole(pack, model, model.fim.ends)
    system = Block(SYSTEM.format(mark=_mark(process_nonce)))
    turns = [turn for example in EXAMPLES for turn in _turns(example, process_nonce)]
    blocks = with_marks([system, *turns, *_lasting(pack, process_nonce)], len(turns), model)
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
        cacheable_prefix=marked_text(blocks),
    )
    return fingerprinted(prompt)


# ---- the parts


def _turns(example: Example, nonce: str) -> tuple[Block, Block]:
    parts = (
        fenced("below", example.below, nonce),
        fenced("above", example.above, nonce),
        f"mode: {example.mode}\nlanguage: {example.language}",
        _line(example.left, example.right, nonce, nonce),
    )
    tag = tag_for(nonce)
    return Block("\n".join(parts)), Block(f"<{tag}>{example.answer}</{tag}>")


def _lasting(pack: RedactedPack, nonce: str) -> list[Block]:
    """The parts of the last turn that stay as they are while someone types in one line, the most lasting first."""
    below = _split_first_line(_window(pack, ItemKind.WINDOW_AFTER))[1]
    return [*elsewhere(pack, nonce), *([Block(f"{fenced('below', below, nonce)}\n")] if below.strip() else [])]


def _passing(pack: RedactedPack, process_nonce: str, request_nonce: str) -> list[Block]:
    """The parts that change with every line and every key; nothing here is worth remembering."""
    above, left = _split_last_line(_window(pack, ItemKind.WINDOW_BEFORE))
    right = _split_first_line(_window(pack, ItemKind.WINDOW_AFTER))[0]
    head = f"mode: {pack.site.kind.value}\nlanguage: {pack.site.document.language}\n"
    parts = [block.text for block in likely(pack, request_nonce)]
    parts += [fenced("above", above, request_nonce) + "\n"] if above.strip() else []
    here = "\n".join(item.text for item in items_of(pack, ItemKind.HERE))
    if here:
        parts.append(fenced("here", here, request_nonce) + "\n")
    facts = "\n".join(item.text for item in items_of(pack, ItemKind.FACT))
    if facts:
        parts.append(fenced("found", facts, request_nonce) + "\n")
    return [*map(Block, parts), Block(head + _line(left, right, process_nonce, request_nonce))]


def _line(left: str, right: str, mark_nonce: str, tag_nonce: str) -> str:
    return f"{fenced('line', left + _mark(mark_nonce) + right, tag_nonce)}\nAnswer in <{tag_for(tag_nonce)}>."


def _mark(nonce: str) -> str:
    return f"<cursor_{nonce}/>"


def _window(pack: RedactedPack, kind: ItemKind) -> str:
    return "".join(item.text for item in items_of(pack, kind))


def _left(pack: RedactedPack) -> str:
    return _split_last_line(_window(pack, ItemKind.WINDOW_BEFORE))[1]


def _split_last_line(text: str) -> tuple[str, str]:
    at = text.rfind("\n") + 1
    return text[:at], text[at:]


def _split_first_line(text: str) -> tuple[str, str]:
    at = text.find("\n")
    return (text, "") if at < 0 else (text[:at].rstrip("\r"), text[at + 1 :])
