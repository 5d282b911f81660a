"""The answer contract: how an answer is fenced, how long it may be, and how it is taken out of its fence.

An answer is `<TAG>text</TAG>` with a nonce in the tag. What ignores the contract (another tag, a Markdown fence, a sentence
of chat around it) is still understood where that is safe. Cuts nothing for its meaning: the stream's own modules do.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable

from kireji.base.types import Shape, Site

_STEM = "code_"
_LINE_TOKENS = 64
_BLOCK_TOKENS = 256

# Characters that no source needs and that chat front ends leave behind. (ZWJ and ZWNJ stay: some scripts need them.)
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u2060\ufeff"))
_FOREIGN = re.compile(r"<(code_\w+|answer|completion|insertion|output|response|result|code_completion)>")
_MAYBE_TAG = re.compile(r"<[A-Za-z]?\w*>?")
_FENCE = re.compile(r"(`{3,})[ \t]*[\w+#.-]*[ \t]*\r?\n")
_MAYBE_FENCE = re.compile(r"(`{1,})[ \t]*[\w+#.-]*[ \t]*\r?")
_CHAT = re.compile(
    r"(?:Sure|Certainly|Of course|Okay|OK|Here(?:'s|’s| is| are)|Below is|The (?:completion|completed|code|missing)|This is)\b"
)
_CHAT_WORDS = re.compile(
    r"\b(?:complet\w+|code|answer|implementation|insert\w*|missing|snippet|function|fix\w*)\b", re.I
)
# How much may be held back while it is not clear whether an answer starts with chat.
_CHAT_LIMIT = 300


def tag_for(nonce: str) -> str:
    """The tag's name for a nonce."""
    return f"{_STEM}{nonce}"


def fresh_nonce(texts: Iterable[str], rng: random.Random) -> str:
    """Eight hexadecimal digits that occur in none of the texts."""
    held = tuple(texts)
    while True:
        nonce = f"{rng.getrandbits(32):08x}"
        if not any(nonce in text for text in held):
            return nonce


def max_tokens(site: Site, chars_per_token: float, ceiling: int) -> int:
    """Room for a line or a block, plus the echoed current line and the two tags."""
    wanted = _LINE_TOKENS if site.shape is Shape.LINE else _BLOCK_TOKENS
    tags = 2 * (len(tag_for("0" * 8)) + 3)
    around = (len(site.before.strip()) + len(site.after.strip()) + tags) / chars_per_token
    return min(ceiling, wanted + round(around * 1.25) + 8)


class Unwrapper:
    """Takes an answer out of its wrapping while it streams. `closed` turns true at the end of the wrapping.

    Text is held back only while it may still turn out to be wrapping.
    """

    def __init__(self, tag: str) -> None:
        self._open = f"<{tag}>"
        self._close = f"</{tag}>"
        self._fence = ""
        self._held = ""
        self._in_head = True
        self._seen = ""
        self.closed = False

    def feed(self, piece: str) -> str:
        """The part of the answer that this piece completes."""
        if self.closed:
            return ""
        self._held += piece.translate(_INVISIBLE)
        if self._in_head:
            start = self._head(self._held)
            if start is None:
                return ""
            self._held = self._held[start:]
            self._in_head = False
        return self._body()

    def finish(self) -> str:
        """What was still held back when the stream ended."""
        if self.closed:
            return ""
        if self._in_head:
            self._in_head = False
            self._held = self._held[self._head(self._held + "\n") or 0 :]
        rest = self._body() + ("" if self.closed else self._held)
        self._held = ""
        if self._fence:
            rest = re.sub(r"\n?`{1,}\s*$", "", rest)
        return rest

    def _head(self, text: str) -> int | None:
        """Where the answer starts; None while it cannot be said. Sets what will end it."""
        at = 0
        while True:
            start = at + len(text[at:]) - len(text[at:].lstrip())
            rest = text[start:]
            if self._open.startswith(rest):
                return None
            if rest.startswith(self._open) or (foreign := _FOREIGN.match(rest)):
                if not rest.startswith(self._open):
                    assert foreign is not None  # noqa: S101 — the other branch of the condition above
                    self._close = f"</{foreign.group(1)}>"
                    at = start + foreign.end()
                else:
                    at = start + len(self._open)
                newline = _one_newline(text, at)
                if newline is None:
                    return None
                if newline > at or text[at] != "<":
                    inner = text[newline:].lstrip()
                    if not _could_open(inner, self._open):
                        return newline
                at = newline
                continue
            if rest.startswith("<") and _MAYBE_TAG.fullmatch(rest) and _could_be_foreign(rest):
                return None
            if rest[:1] == "`":
                fence = _FENCE.match(rest)
                if fence:
                    self._fence = fence.group(1)
                    return start + fence.end()
                return None if _MAYBE_FENCE.fullmatch(rest) else at
            chat = self._after_chat(text, start) if at == 0 else at
            if chat is None or chat == at:
                return chat
            at = chat

    def _after_chat(self, text: str, start: int) -> int | None:
        """Where the text after a leading sentence starts; 0 when there is none; None while it cannot be said."""
        rest = text[start:]
        head = rest[:12]
        if len(rest) < 12 and any(opener.startswith(rest) for opener in _OPENERS) and rest:
            return None
        if not _CHAT.match(head + rest[12:40]) or (line_end := rest.find("\n")) > _CHAT_LIMIT:
            return 0
        if line_end < 0:
            return None if len(rest) < _CHAT_LIMIT else 0
        line, following = rest[:line_end].rstrip(), rest[line_end:].lstrip()
        if not following:
            return None
        fenced = following.startswith(("```", self._open))
        if fenced or (line.endswith(":") and _CHAT_WORDS.search(line)):
            skipped = len(rest) - len(following)
            if fenced:
                return start + skipped
            # Without a fence the answer may start with indentation: keep it.
            last = rest.rfind("\n", 0, skipped)
            return start + last + 1
        partly = any(mark.startswith(following) for mark in ("```", self._open))
        return None if partly else 0

    def _body(self) -> str:
        end, skip = self._find_end()
        if end is not None:
            self.closed = True
            out, self._held = self._held[:end], ""
            return out
        out, self._held = self._held[:skip], self._held[skip:]
        self._seen += out
        return out

    def _find_end(self) -> tuple[int | None, int]:
        """The end of the answer in what is held, or how much of it is certainly not the end."""
        held = self._held
        at = held.find(self._close)
        if at >= 0:
            return at, at
        keep = _partial(held, self._close)
        if not self._fence:
            return None, len(held) - keep
        for match in re.finditer(r"(?:^|\n)[ \t]*(`{3,})[ \t]*(\r?\n|$)", held):
            if match.start() == 0 and not held.startswith("\n") and self._seen and not self._seen.endswith("\n"):
                continue
            if not match.group(1).startswith(self._fence) or _in_triple_quotes(self._seen + held[: match.start()]):
                continue
            if match.group(2) or match.end() == len(held):
                return match.start(), match.start()
        # The newline before a closing fence belongs to the fence: hold it until the next line shows what it is.
        last = held.rfind("\n")
        tail = held[last + 1 :]
        if last >= 0 and re.fullmatch(r"[ \t]*`{0,3}[ \t]*", tail):
            keep = max(keep, len(held) - last)
        elif last < 0 and re.fullmatch(r"[ \t]*`{1,3}[ \t]*", held) and (not self._seen or self._seen.endswith("\n")):
            keep = len(held)
        return None, len(held) - keep


_OPENERS = (
    "Sure", "Certainly", "Of course", "Okay", "OK", "Here's", "Here’s", "Here is", "Here are", "Below is", "The completion",
    "The completed", "The code", "The missing", "This is",
)  # fmt: skip


def _one_newline(text: str, at: int) -> int | None:
    """Past one line ending at `at`; None while it cannot be said whether there is one."""
    if at >= len(text) or text[at:] == "\r":
        return None
    if text.startswith("\r\n", at):
        return at + 2
    return at + 1 if text[at] == "\n" else at


def _could_open(inner: str, opening: str) -> bool:
    """The opening tag, or a fence, said again inside."""
    return bool(inner) and (opening.startswith(inner[: len(opening)]) or inner.startswith("```"))


def _could_be_foreign(rest: str) -> bool:
    name = rest[1:].rstrip(">")
    names = ("answer", "completion", "insertion", "output", "response", "result", "code_completion", _STEM)
    return any(n.startswith(name) for n in names) or name.startswith(_STEM)


def _partial(text: str, mark: str) -> int:
    """Length of the longest end of `text` that may be the start of `mark`."""
    for size in range(min(len(mark) - 1, len(text)), 0, -1):
        if text.endswith(mark[:size]):
            return size
    return 0


def _in_triple_quotes(text: str) -> bool:
    return text.count('"""') % 2 == 1 or text.count("'''") % 2 == 1
