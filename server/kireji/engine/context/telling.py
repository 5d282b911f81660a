"""Literals that a name gives away: `password = "…"`, `"apiKey": "…"`, `Authorization: Bearer …`. Knows no vendor.

A literal counts when it looks random, or like a chosen password; a placeholder, a template or a look-up does not.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator

# Searched in the lower-cased text one after another: fixed strings are found far faster than an alternation.
_WORDS = (
    "password", "passwd", "passphrase", "passcode", "_pwd", "pwd", "secret", "token", "api_key", "apikey", "api-key",
    "access_key", "accesskey", "access-key", "private_key", "privatekey", "encryption_key", "signing_key", "master_key",
    "account_key", "auth_key", "authkey", "consumer_key", "client_key", "license_key",
    "credential", "webhook_key", "salt",
)  # fmt: skip
_PASSWORD_WORDS = frozenset({"password", "passwd", "passphrase", "passcode", "_pwd", "pwd"})

# The rest of the name, a closing quote or bracket, a type, then an assignment of any language, then a quoted
# literal. Quotes may be escaped (a notebook is JSON); every repetition is bounded, so that a hostile line costs no more
# than a long one.
_QUOTED = re.compile(
    r"[\w.\-]{0,40}+\\?['\"]?\]?[ \t]*+(?::[ \t]*[A-Za-z_][\w.\[\]|&<>? ]{0,60}?)?"
    r"(?:(?:=>|:=|={1,3}|!==?|:|\()\s{0,40}+\(?\s{0,40}+|,[ \t]*+)"
    r"(?:\w\()?[rbufRBUF@$]{0,2}\\{0,2}(['\"`])([^\s'\"`]{8,400}?)\\{0,2}\1"
)
# Without quotes, as in environment files, YAML and shells: to the end of the line, and only where it looks random.
_BARE = re.compile(
    r"[\w.\-]{0,40}+[ \t]*[=:][ \t]*([A-Za-z0-9+/_=.~@!#%^&*-]{8,400})[ \t]*(?:#[^\n]*)?(?:\\[nr]|[\"',])*$", re.M
)
# Within a connection string: `…;Password=…;…`.
_PART = re.compile(r"\w{0,20}=([^\s;'\"&(){}<>,]{8,200})(?=[;'\"&])")
_HEADER = re.compile(r"(?:Bearer|Basic|Token|token|bearer|basic) +([A-Za-z0-9+/=_.~-]{16,})")

_PLACEHOLDER = re.compile(
    r"(?i)change.?me|change.?it|example|placeholder|dummy|redacted|your[_-]|my[_-]|sample|default|insert|replace|"
    r"foobar|xxxx|\*\*\*|\.\.\.|todo|fixme|undefined|localhost|not.?a.?real|fake|"
    r"getenv|environ|process\.env|config\.|settings\.|secrets\.|vault|lorem"
)
_TEMPLATE = re.compile(r"\$\{|\{\{|\{[\w.!:]*\}|%\(|%[sdr]|<[\w -]+>|\$\(|^\$\w+$|://")
# Words, alone or joined by marks, with a number or two: what source code is full of beside such names.
_ORDINARY = re.compile(
    r"(?:(?:[A-Z]?[a-z]{2,}+|[A-Z]++(?![a-z])|[A-Za-z](?=[_\-./:])|[_\-./:\\ ,;#@]++)\d{0,2}+)++|[\d.:,/_-]++|[\W_]++"
)


def telling_literals(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of each literal that a telling name is given, without its quotes."""
    lowered = text.lower()
    if len(lowered) != len(text):  # a few characters grow when lower-cased; offsets must hold
        lowered = text
    for word in _WORDS:
        judge = _chosen if word in _PASSWORD_WORDS else _random
        at = lowered.find(word)
        while at >= 0:
            after = at + len(word)
            if match := _QUOTED.match(text, after):
                if judge(match[2]):
                    yield match.span(2)
            elif match := _BARE.match(text, after):
                if _random(match[1]) and "." not in match[1]:
                    yield match.span(1)
            elif judge is _chosen and (match := _PART.match(text, after)) and _chosen(match[1]):
                yield match.span(1)
            at = lowered.find(word, after)
    if "authorization" in lowered:
        for match in _HEADER.finditer(text):
            if _random(match[1]):
                yield match.span(1)


def _random(value: str) -> bool:
    """A key: long, of several kinds of characters, and about as surprising as random text of its length."""
    if len(value) < 16 or _TEMPLATE.search(value) or _ORDINARY.fullmatch(value):
        return False
    surprise, digits = _entropy(value), _digits(value)
    if len(value) >= 32 and surprise >= 4.0 and digits and value.lower() != value:
        return True  # so random that a word found inside it is chance
    return digits >= 2 and surprise >= (3.0 if len(value) < 24 else 3.3) and not _PLACEHOLDER.search(value)


def _chosen(value: str) -> bool:
    """A password: shorter, but no plain word."""
    if _PLACEHOLDER.search(value) or _TEMPLATE.search(value) or _ORDINARY.fullmatch(value):
        return False
    kinds = sum(any(test(c) for c in value) for test in (str.islower, str.isupper, str.isdigit, _symbol))
    return kinds >= 3 or (kinds == 2 and _digits(value) >= 2 and _entropy(value) >= 2.5)


def _symbol(character: str) -> bool:
    return not character.isalnum() and character not in "_-."


def _digits(value: str) -> int:
    return sum(c.isdigit() for c in value)


def _entropy(value: str) -> float:
    """Shannon entropy in bits a character."""
    counts = Counter(value).values()
    return -sum(n / len(value) * math.log2(n / len(value)) for n in counts)
