"""The answer contract: how an answer is fenced, how long it may be, and how it is taken out of its fence.

An answer is `<TAG>text</TAG>` with a nonce in the tag. What ignores the contract (another tag, a Markdown fence, a sentence
of chat before it) is still understood where that is safe. Cuts nothing for its meaning: `engine.stream` does.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable

from kireji.base.types import Shape, Site

_STEM = "code_"
_LINE_TOKENS = 64
_BLOCK_TOKENS = 256


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
    tags = 2 * (len(tag_for("0" * 8)) + 3)
    around = (len(site.before.strip()) + len(site.after.strip()) + tags) / chars_per_token
    # A tokenizer's ratio is a mean: names and indentation cost more.
    return min(ceiling, answer_tokens(site) + round(around * 1.25) + 8)


def answer_tokens(site: Site) -> int:
    """Room for a line or a block and nothing else."""
    return _LINE_TOKENS if site.shape is Shape.LINE else _BLOCK_TOKENS


class Unwrapper:
    """Takes an answer out of its wrapping while it streams. `closed` turns true at the end of the wrapping.

    Text is held back only while it may still turn out to be wrapping, so that any way to split the stream gives the same.
    """

    def __init__(self, tag: str) -> None:
        self._open, self._close = f"<{tag}>", f"</{tag}>"
        self._fenced = False
        self._in_head = True
        self._held = ""
        self._given = ""
        self.closed = False

    def feed(self, piece: str) -> str:
        """The part of the answer that this piece completes."""
        if self.closed:
            return ""
        self._held += piece.translate(_INVISIBLE)
        if self._in_head:
            start = self._after_wrapping(self._held)
            if start is None:
                return ""
            self._held, self._in_head = self._held[start:], False
        return self._body()

    def finish(self) -> str:
        """What was still held back when the stream ended."""
        if self.closed:
            return ""
        if self._in_head:
            self._held = self._held[self._after_wrapping(self._held + _NOTHING) or 0 :]
        fence = self._fence_at_end(_LAST_FENCE)
        rest, self._held = self._held[:fence], ""
        return rest

    # ---- before the answer

    def _after_wrapping(self, text: str) -> int | None:
        """Where the answer starts; None while that cannot be said. Sets what will end it."""
        at, self._fenced = 0, False
        while not self._fenced:
            after = self._after_layer(text, at)
            if after is None or after == at:
                return after
            at = after
        if _is_start(self._open, text[at:]):
            return None
        if not text.startswith(self._open, at):
            return at
        # The tag in a fence: it is the tag that ends the answer.
        self._fenced = False
        return _past_newline(text, at + len(self._open))

    def _after_layer(self, text: str, at: int) -> int | None:
        """Past one tag, fence or sentence that starts at `at` (blanks before it do not count); `at` where there is none."""
        start = len(text) - len(text[at:].lstrip())
        rest = text[start:]
        if not rest or _is_start(self._open, rest):
            return None
        if rest.startswith(self._open):
            return _past_newline(text, start + len(self._open))
        if foreign := _FOREIGN.match(rest):
            self._close = f"</{foreign.group(1)}>"
            return _past_newline(text, start + foreign.end())
        if _MAYBE_FOREIGN.fullmatch(rest):
            return None
        if fence := _FENCE.match(rest):
            self._fenced = True
            return start + fence.end()
        if _MAYBE_FENCE.fullmatch(rest):
            return None
        return self._after_chat(text, start) if at == 0 else at

    def _after_chat(self, text: str, start: int) -> int | None:
        """Past a leading sentence, if a wrapping follows it or it plainly announces code; 0 where there is none."""
        rest = text[start:]
        if len(rest) < _LONGEST_OPENER and any(_is_start(opener, rest) for opener in _CHAT_OPENERS):
            return None
        if not rest.startswith(_CHAT_OPENERS):
            return 0
        end = rest.find("\n")
        if end < 0:
            return None if len(rest) < _CHAT_LIMIT and not rest.endswith(_NOTHING) else 0
        line, following = rest[:end].rstrip(), rest[end:].lstrip()
        if not following or _is_start("```", following) or _is_start(self._open, following):
            return None
        if following.startswith(("```", self._open)):
            return len(text) - len(following)
        if line.endswith(":") and _CHAT_WORDS.search(line):
            # The answer may start with indentation: keep it.
            return text.rfind("\n", 0, len(text) - len(following)) + 1
        return 0

    # ---- the answer and its end

    def _body(self) -> str:
        end = self._end()
        if end is not None:
            self.closed = True
            out, self._held = self._held[:end], ""
            return out
        safe = len(self._held) - self._unsure()
        out, self._held = self._held[:safe], self._held[safe:]
        self._given += out
        return out

    def _end(self) -> int | None:
        """Where the wrapping closes in what is held."""
        ends = [at] if (at := self._held.find(self._close)) >= 0 else []
        if self._fenced and "`" in self._held:
            text = self._given + self._held
            inner = 0
            for found in _FENCE_LINE.finditer(text):
                # A fence inside a string belongs to the answer, and so does one inside, which says its language.
                if _in_long_string(text[: found.start()]):
                    continue
                inner += 1 if found.group(1) else -1
                if inner < 0:
                    ends.append(max(0, found.start() - len(self._given)))
                    break
        return min(ends, default=None)

    def _unsure(self) -> int:
        """How many of the last characters held may belong to the closing."""
        unsure = next((n for n in range(len(self._close) - 1, 0, -1) if self._held.endswith(self._close[:n])), 0)
        fence = self._fence_at_end(_MAYBE_CLOSING_FENCE)
        return unsure if fence is None else max(unsure, len(self._held) - fence)

    def _fence_at_end(self, pattern: re.Pattern[str]) -> int | None:
        """Where in what is held a closing fence (or the start of one) ends it. A fence stands on a line of its own, of which
        the beginning may have been given already."""
        if not self._fenced:
            return None
        line = self._given[max(0, self._given.rfind("\n")) :]
        found = pattern.search(line + self._held)
        return max(0, found.start() - len(line)) if found else None


# Characters that no source needs and that chat front ends leave behind. (ZWJ and ZWNJ stay: some scripts need them.)
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u2060\ufeff"))
# Stands for the end of the stream: no wrapping starts with it.
_NOTHING = "\0"

_FOREIGN_NAMES = ("answer", "completion", "insertion", "output", "response", "result")
_FOREIGN = re.compile(rf"<({_STEM}\w+|{'|'.join(_FOREIGN_NAMES)})>")
_MAYBE_FOREIGN = re.compile(
    "<(?:"
    + "|".join("(?:".join(name) + ")?" * (len(name) - 1) for name in (*_FOREIGN_NAMES, _STEM))
    + rf"|{_STEM}\w*)?"
)
_FENCE = re.compile(r"`{3,}[ \t]*[\w+#.-]*[ \t]*\r?\n")
_MAYBE_FENCE = re.compile(r"`{1,2}|`{3,}[ \t]*[\w+#.-]*[ \t]*\r?")
_FENCE_LINE = re.compile(r"(?:^|\r?\n)[ \t]*`{3,}[ \t]*([\w+#.-]*)[ \t]*(?=\r?\n)")
_MAYBE_CLOSING_FENCE = re.compile(r"(?:^|\r?\n|\r)[ \t]*`*[ \t]*\r?\Z")
_LAST_FENCE = re.compile(r"(?:^|\n)[ \t]*`+[ \t]*\r?\Z")

_CHAT_OPENERS = (
    "Sure", "Certainly", "Of course", "Okay", "Here's", "Here’s", "Here is", "Here are", "Below is", "The completion",
    "The completed", "The code", "The missing", "This is",
)  # fmt: skip
_LONGEST_OPENER = max(map(len, _CHAT_OPENERS))
_CHAT_WORDS = re.compile(r"\b(?:complet\w+|code|answer|implementation|insert\w*|missing|snippet|function)\b", re.I)
# How much may be held back while it is not clear whether an answer starts with chat.
_CHAT_LIMIT = 300


def _is_start(whole: str, part: str) -> bool:
    """A proper beginning: more is needed to tell."""
    return len(part) < len(whole) and whole.startswith(part)


def _past_newline(text: str, at: int) -> int | None:
    """Past one line ending at `at`; None while it cannot be said whether there is one."""
    if at >= len(text) or text[at:] == "\r":
        return None
    if text.startswith("\r\n", at):
        return at + 2
    return at + 1 if text[at] == "\n" else at


def _in_long_string(text: str) -> bool:
    return text.count('"""') % 2 == 1 or text.count("'''") % 2 == 1
