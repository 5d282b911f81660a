"""Words of source text and their parts. Knows no language: a keyword is a word that stands everywhere, and so says little."""

from __future__ import annotations

import re
from functools import lru_cache

WORD = re.compile(r"[A-Za-z_$][\w$]*")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# A longer word is data in disguise; a file with more is not written by people.
_MAX_WORD = 60
_KEPT = 8_192


def words(text: str) -> list[str]:
    """All words in order, repeats included."""
    return [word for word in WORD.findall(text) if 1 < len(word) <= _MAX_WORD]


@lru_cache(maxsize=_KEPT)
def parts(word: str) -> tuple[str, ...]:
    """`parseHTTPHeaders` → ("parse", "http", "header"): lower case, and without the s of a plural."""
    return tuple(_singular(part.lower()) for part in _PART.findall(word))


def _singular(part: str) -> str:
    return part[:-1] if len(part) > 3 and part.endswith("s") and not part.endswith("ss") else part
