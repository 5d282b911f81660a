"""Literals that a name gives away: `password = "…"`, `"apiKey": "…"`, `Authorization: Bearer …`. Knows no vendor.

A literal counts when it looks random, or like a chosen password; a placeholder, a template or a look-up does not.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

# Searched in the lower-cased text one after another: fixed strings are found far faster than an alternation.
WORDS = (
    "password", "passwd", "passphrase", "passcode", "pwd", "secret", "token", "api_key", "apikey", "api-key",
    "access_key", "accesskey", "access-key", "private_key", "privatekey", "encryption_key", "signing_key", "master_key",
    "account_key", "auth_key", "authkey", "consumer_key", "client_key", "license_key",
    "credential", "webhook_key", "salt",
)  # fmt: skip
_PASSWORD_WORDS = frozenset({"password", "passwd", "passphrase", "passcode", "pwd"})

# The rest of the name, in which the same word may stand again.
_REST = re.compile(r"[\w.\-]*+")
# With what the expressions below may begin.
_AFTER_NAME = frozenset("\\'\"] \t:=!(,")
# After the name: a closing quote or bracket, a type, then an assignment of any language, then a quoted literal. Quotes may
# be escaped (a notebook is JSON); every repetition is bounded, so that a hostile line costs no more than a long one.
_QUOTED = re.compile(
    r"\\?['\"]?\]?[ \t]*+(?::[ \t]*[A-Za-z_][\w.\[\]|&<>? ]{0,60}?)?"
    r"(?:(?:=>|:=|={1,3}|!==?|:|\()\s{0,40}+\(?\s{0,40}+|,[ \t]*+)"
    r"(?:\w\()?[rbufRBUF@$]{0,2}\\{0,2}(['\"`])([^\s'\"`]{8,400}?)\\{0,2}\1"
)
# Without quotes, as in environment files, YAML and shells: to the end of the line, and only where it looks random.
_BARE = re.compile(r"[ \t]*[=:][ \t]*([A-Za-z0-9+/_=.~@!#%^&*-]{8,4000}+)")
_BARE_END = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\\[nr]|[\"',])*$", re.M)
# Within a connection string: `…;Password=…;…`.
_PART = re.compile(r"=([^\s;'\"&(){}<>,]{8,400}+)(?=[;'\"&])")
_HEADER = re.compile(r"(?:Bearer|Basic|Token|token|bearer|basic) +([A-Za-z0-9+/=_.~-]{16,})")

# Asked of the lower-cased value: an expression that ignores case is twenty times slower.
_PLACEHOLDER = re.compile(
    r"change.?me|change.?it|example|placeholder|dummy|redacted|your[_-]|my[_-]|sample|default|insert|replace|"
    r"foobar|xxxx|\*\*\*|\.\.\.|todo|fixme|undefined|localhost|not.?a.?real|fake|"
    r"getenv|environ|process\.env|config\.|settings\.|secrets\.|vault|lorem"
)
# Every template has one of these; one class of characters is looked for far faster than all templates.
_MARK = re.compile(r"[${%<:]")
_TEMPLATE = re.compile(r"\$\{|\{\{|\{[\w.!:]*\}|%\(|%[sdr]|<[\w -]+>|\$\(|^\$\w+$|://|^arn:[\w-]+:")
# An alphabet to draw from, what documentation says in place of a key, the address of an account or a contract, and a short
# number in hexadecimal digits, which is a checksum far more often than a key.
_PUBLIC = re.compile(r"abcdefghijkl|ABCDEFGHIJKL|EXAMPLE|^0x[0-9A-Fa-f]{40}$|^[0-9a-f]{1,19}$")
# Words, alone or joined by marks, with a number or two: what source code is full of beside such names.
_ORDINARY = re.compile(
    r"(?:(?:[A-Z]?[a-z]{2,}+|[A-Z]++(?![a-z])|[A-Za-z](?=[_\-./:])|[_\-./:\\ ,;#@]++)\d{0,2}+)++|[\d.:,/_-]++|[\W_]++"
)
# A place in other data: names behind dots, and a number in brackets among them.
_PLACE = re.compile(r"[A-Za-z_][\w.]*+\[-?\d{1,6}\][\w.\[\]-]*+")
_DIGIT = re.compile(r"\d")
_SYMBOL = re.compile(r"[^\w.-]")


def telling_literals(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of each literal that a telling name is given, without its quotes."""
    lowered = text.lower()
    if len(lowered) != len(text):  # a few characters grow when lower-cased; offsets must hold
        lowered = text
    for word in WORDS:
        judge = _chosen if word in _PASSWORD_WORDS else _random
        at = lowered.find(word)
        # A name inside a value that was judged says nothing new; without this, a value of names would be judged at each.
        judged = 0
        while at >= 0:
            rest = _REST.match(text, at + len(word))
            assert rest is not None  # noqa: S101 — it matches anything, if only nothing
            after = rest.end()
            at = lowered.find(word, after)
            if text[after : after + 1] not in _AFTER_NAME:
                continue
            if match := _QUOTED.match(text, after):
                if judge(match[2]):
                    yield match.span(2)
            elif after >= judged:
                if match := _BARE.match(text, after):
                    judged = match.end()
                    if _BARE_END.match(text, judged) and "." not in match[1] and _random(match[1]):
                        yield match.span(1)
                if judge is _chosen and (match := _PART.match(text, after)):
                    judged = max(judged, match.end())
                    if _chosen(match[1]):
                        yield match.span(1)
    if "authorization" in lowered:
        for match in _HEADER.finditer(text):
            if _random(match[1]):
                yield match.span(1)


def _random(value: str) -> bool:
    """A key: long, of several kinds of characters, and about as surprising as random text of its length."""
    # The cheapest questions first: a text may hold thousands.
    digits = _digits(value)
    if len(value) < 16 or digits < (2 if len(value) < 32 else 1):
        return False
    surprise = _entropy(value)
    if len(value) >= 32 and surprise >= 4.0 and value.lower() != value:
        placeholder = False  # so random that a word found inside it is chance
    elif digits >= 2 and surprise >= (3.0 if len(value) < 24 else 3.3):
        placeholder = _PLACEHOLDER.search(value.lower()) is not None
    else:
        return False
    return not (placeholder or _is_said(value))


def _chosen(value: str) -> bool:
    """A password: shorter, but no plain word."""
    kinds = (value != value.upper()) + (value != value.lower()) + (_DIGIT.search(value) is not None)
    kinds += _SYMBOL.search(value) is not None
    if kinds < 2 or (kinds == 2 and (_digits(value) < 2 or _entropy(value) < 2.5)):
        return False
    return not (_PLACEHOLDER.search(value.lower()) or _is_said(value))


def _is_said(value: str) -> bool:
    """Whether a value is worked out elsewhere, is public, or is made of words."""
    if (_MARK.search(value) and _TEMPLATE.search(value)) or _PUBLIC.search(value):
        return True
    return _ORDINARY.fullmatch(value) is not None or _PLACE.fullmatch(value) is not None


def _digits(value: str) -> int:
    return len(_DIGIT.findall(value))


def _entropy(value: str) -> float:
    """Shannon entropy in bits a character."""
    counts = map(value.count, dict.fromkeys(value))
    return math.log2(len(value)) - sum(n * math.log2(n) for n in counts) / len(value)
