"""What all questions are made of: fenced parts, context from other places, marks for the service's cache, a fingerprint.

Knows no question: `render.py` and `ask_action.py` put these together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from kireji.base.types import Block, ContextItem, ItemKind, Prompt, RedactedPack
from kireji.providers.models import Model

# The API takes no more than this many marks in one request.
MAX_MARKS = 4


def fenced(name: str, text: str, nonce: str) -> str:
    """A named part of a question."""
    return f"<{name}_{nonce}>\n{text}{'' if text.endswith(chr(10)) else chr(10)}</{name}_{nonce}>"


def elsewhere(pack: RedactedPack, nonce: str) -> list[Block]:
    """What stands outside the window and stays while someone types on, the most lasting first."""
    standing = {"project": ItemKind.PROJECT, "rules": ItemKind.RULES}
    kinds = standing | {
        "signatures": ItemKind.SIGNATURE,
        "open": ItemKind.OPEN_FILE,
        "test": ItemKind.TEST,
        "edits": ItemKind.EDIT,
    }
    lasting = {name: [i for i in items_of(pack, kind) if not i.passing] for name, kind in kinds.items()}
    said = {
        name: (_plain if name in ("project", "test") else _listed)(items) for name, items in lasting.items() if items
    }
    return [Block(f"{fenced(name, text, nonce)}\n") for name, text in said.items()]


def likely(pack: RedactedPack, nonce: str) -> list[Block]:
    """What stands outside the window and may not be there at the next key."""
    passing = [item for item in pack.items if item.passing]
    return [Block(f"{fenced('likely', _listed(passing), nonce)}\n")] if passing else []


def items_of(pack: RedactedPack, kind: ItemKind) -> list[ContextItem]:
    """The items of one kind, in the pack's order."""
    return [item for item in pack.items if item.kind is kind]


def with_marks(blocks: list[Block], examples: int, model: Model) -> list[Block]:
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


def marked_text(blocks: list[Block]) -> str:
    """The text up to the last mark."""
    last = max((index for index, block in enumerate(blocks) if block.cache), default=-1)
    return "".join(block.text for block in blocks[: last + 1])


def fingerprinted(prompt: Prompt) -> Prompt:
    """The prompt with the digest of all that will be sent."""
    digest = hashlib.sha256()
    for part in _sent(prompt):
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return replace(prompt, fingerprint=digest.hexdigest())


# ---- inside


def _plain(items: Sequence[ContextItem]) -> str:
    return "\n".join(item.text for item in items)


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


def _sent(prompt: Prompt) -> list[str]:
    blocks = [("system", block) for block in prompt.system]
    blocks += [(message.role, block) for message in prompt.messages for block in message.blocks]
    parts = [prompt.model, str(prompt.max_tokens), str(prompt.thinking), *prompt.stop, prompt.prefill, prompt.schema]
    for role, block in blocks:
        parts += role, block.text, str(block.cache)
    return [*parts, *prompt.hole.texts] if prompt.hole is not None else parts
