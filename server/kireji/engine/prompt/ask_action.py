"""How an action is asked for: one part of a file and what is wanted of it, in the fence of the answer contract.

Renders redacted text only, and only whole: a part that was cut or masked is not asked about. Decides nothing about edits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from kireji.base.types import Block, ContextItem, ItemKind, Message, Prompt, Reason, RedactedPack, Span
from kireji.engine.actions.action import Action, Example, Target
from kireji.engine.prompt.action_rules import system_text
from kireji.engine.prompt.contract import tag_for
from kireji.engine.prompt.parts import elsewhere, fenced, fingerprinted, items_of, likely, marked_text, with_marks
from kireji.providers.models import Model

# A reason is one sentence; a person reads it in a small window.
_LONGEST_REASON = 200
_DECLINE = re.compile(r"\s*<(decline|ask)>(.*?)(?:</\1>\s*)?", re.DOTALL)
_INNER = re.compile(r"<(/?)(old|new|file|imports|text)>")


def render_action(
    pack: RedactedPack, action: Action, target: Target, model: Model, process_nonce: str, request_nonce: str
) -> Prompt:
    """The question. `process_nonce` fences what is stable, `request_nonce` the part and the answer.

    The pack must hold the target whole: ask `holds` first.
    """
    system = Block(system_text(action))
    turns = [turn for example in action.examples for turn in _turns(example, process_nonce)]
    above, part, below = _split(pack, target.span)
    related = [Block(f"{_related(item, process_nonce)}\n") for item in items_of(pack, ItemKind.RELATED)]
    lasting = [*elsewhere(pack, process_nonce), *related, *_part("below", below, process_nonce)]
    blocks = with_marks([system, *turns, *lasting], len(turns), model)
    turns, lasting = blocks[1 : 1 + len(turns)], blocks[1 + len(turns) :]
    messages = [Message("user" if index % 2 == 0 else "assistant", (block,)) for index, block in enumerate(turns)]
    told = [
        *_part("about", _said(pack, ItemKind.FACT), request_nonce),
        *_part("wish", _said(pack, ItemKind.WISH), request_nonce),
        *(block for item in items_of(pack, ItemKind.LESSON) for block in _part("lesson", item.text, request_nonce)),
    ]
    asked = Block(_asked(pack.site.document.language, part, request_nonce))
    passing = (*likely(pack, request_nonce), *_part("above", above, request_nonce))
    tag = tag_for(request_nonce)
    prompt = Prompt(
        model=model.id,
        system=(blocks[0],),
        messages=(*messages, Message("user", (*lasting, *passing, *told, asked))),
        tag=tag,
        stop=(f"</{tag}>",),
        max_tokens=min(action.max_tokens, model.max_output),
        prefill=f"<{tag}>" if model.prefill else "",
        cacheable_prefix=marked_text(blocks),
    )
    return fingerprinted(prompt)


def holds(pack: RedactedPack, span: Span) -> bool:
    """Whether the window holds a span whole."""
    before, after = items_of(pack, ItemKind.WINDOW_BEFORE), items_of(pack, ItemKind.WINDOW_AFTER)
    return bool(before and after) and before[0].span.start <= span.start and span.end <= after[0].span.end


def masked(pack: RedactedPack, span: Span) -> bool:
    """Whether a secret was taken out of a span: nobody could say it again as it stood."""
    uri = pack.site.document.uri
    return any(r.uri == uri and r.span.start < span.end and span.start < r.span.end for r in pack.redactions)


def declined(text: str) -> tuple[Reason, str] | None:
    """That the model would rather not, or asks back, and its words in one line; None where it has answered."""
    said = _DECLINE.fullmatch(text)
    if said is None:
        return None
    words = "".join(c for c in " ".join(said[2].split()) if c.isprintable())
    words = words if len(words) <= _LONGEST_REASON else f"{words[: _LONGEST_REASON - 1]}…"
    return (Reason.ASKED if said[1] == "ask" else Reason.DECLINED), words


def seen_whole(pack: RedactedPack, items: Iterable[ContextItem]) -> bool:
    """Whether the pack holds each of these as they were, nothing masked and nothing cut."""
    held = {(item.uri, item.span, item.text) for item in pack.items if item.kind is ItemKind.RELATED}
    return all((item.uri, item.span, item.text) in held for item in items)


def _split(pack: RedactedPack, span: Span) -> tuple[str, str, str]:
    """The window as what stands above the part, the part from the start of its line, and what stands below.

    The part's own text is as long as in the document, as no secret was in it; at the far ends lengths may differ.
    """
    (before,) = items_of(pack, ItemKind.WINDOW_BEFORE)
    (after,) = items_of(pack, ItemKind.WINDOW_AFTER)
    head, tail = pack.site.offset - span.start, span.end - pack.site.offset
    above, part = before.text[: len(before.text) - head], before.text[len(before.text) - head :] + after.text[:tail]
    line = above.rfind("\n") + 1
    if not above[line:].strip():
        above, part = above[:line], above[line:] + part
    return above, part, after.text[tail:].lstrip("\r\n")


def _turns(example: Example, nonce: str) -> tuple[Block, Block]:
    tag = tag_for(nonce)
    told = [("above", example.above), ("about", example.about), ("wish", example.wish)]
    question = "".join(f"{fenced(name, text, nonce)}\n" for name, text in told if text)
    question += _asked(example.language, example.part, nonce)
    answer = _INNER.sub(rf"<\1\2_{nonce}>", example.answer.rstrip())
    return Block(question), Block(f"<{tag}>\n{answer}\n</{tag}>")


def _related(item: ContextItem, nonce: str) -> str:
    return fenced("related", f"file: {item.why}\n{item.text}", nonce)


def _said(pack: RedactedPack, kind: ItemKind) -> str:
    return "\n".join(item.text for item in items_of(pack, kind))


def _part(name: str, text: str, nonce: str) -> list[Block]:
    return [Block(f"{fenced(name, text, nonce)}\n")] if text.strip() else []


def _asked(language: str, part: str, nonce: str) -> str:
    return f"language: {language}\n{fenced('part', part, nonce)}\nAnswer in <{tag_for(nonce)}>."
