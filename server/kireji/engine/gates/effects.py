"""What a piece of Python does to the world outside: deletes, connects, runs programs, or opens a path that comes from outside.

Reads calls by their written names, aliases of the same piece included. Finds what nobody asked for: an effect of which the
text before knows nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from kireji.base.types import Span
from kireji.engine.gates.policy import Rule


@dataclass(frozen=True, slots=True)
class Effect:
    """One call, and the rule that it falls under."""

    rule: str
    message: str
    span: Span


# By rule: whole dotted names, and modules all of whose functions count.
_EFFECTS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        Rule.DELETES: re.compile(
            r"os\.(?:remove|unlink|rmdir|removedirs|truncate)|shutil\.(?:rmtree|move)|.+\.(?:unlink|rmtree|rmdir)"
        ),
        Rule.CONNECTS: re.compile(
            r"socket\.(?:socket|create_connection|create_server)|urllib\.request\.\w+|urlopen|urlretrieve"
            r"|(?:requests|httpx|aiohttp|urllib3|smtplib|ftplib|telnetlib|imaplib|poplib|paramiko|websockets|http\.client)\.\w+"
        ),
        Rule.RUNS: re.compile(
            r"subprocess\.(?:run|Popen|call|check_call|check_output|getoutput|getstatusoutput)"
            r"|os\.(?:system|popen|startfile|exec\w+|spawn\w+|posix_spawn\w*)|pty\.spawn|asyncio\.create_subprocess_\w+"
        ),
    }
)
_MESSAGES = MappingProxyType(
    {
        Rule.DELETES: "deletes or moves files, which the text before does nowhere",
        Rule.CONNECTS: "connects to the network, which the text before does nowhere",
        Rule.RUNS: "runs another program, which the text before does nowhere",
        Rule.PATH: "opens a path that may lead anywhere",
    }
)
_CALL = re.compile(r"(?<![\w.])([^\W\d]\w*(?:\.\w+)*|\)\.\w+)\(")
_ALIAS = re.compile(r"\bimport[ \t]+([\w.]+)[ \t]+as[ \t]+(\w+)|\bfrom[ \t]+([\w.]+)[ \t]+import[ \t]+([^\n#]+)")
_OPENS = re.compile(r"(?:io\.|os\.|codecs\.|gzip\.)?open|(?:pathlib\.)?Path|os\.path\.join|(?:flask\.)?send_file")
_FROM_OUTSIDE = re.compile(
    r"\.(?:args|form|values|GET|POST|query_params|path_params|match_info|files|cookies)\b\s*[\[.]|\binput\s*\(|\bsys\.argv\b"
)
_PIECED = re.compile(r"""\s*(?:[rb]?(["'])[^"'\n]*/\1\s*[+%]|[rb]?f[rb]?["'][^"'\n{]*/\{)""")


def effects(text: str, inserted: Span, before: str) -> Iterator[Effect]:
    """The effects of `text` at `inserted` that `before`, the text without it, does not have."""
    said = text[inserted.start : inserted.end]
    names = _aliases(said)
    for match in _CALL.finditer(said):
        called = _resolved(match[1], names)
        span = Span(inserted.start + match.start(), inserted.start + match.end())
        for rule, pattern in _EFFECTS.items():
            if pattern.fullmatch(called) and not _does(rule, before):
                yield Effect(rule, _MESSAGES[rule], span)
        arguments = said[match.end() : _line_end(said, match.end())]
        if _OPENS.fullmatch(called) and (_FROM_OUTSIDE.search(arguments) or _PIECED.match(arguments)):
            yield Effect(Rule.PATH, _MESSAGES[Rule.PATH], span)


def _does(rule: str, text: str) -> bool:
    names = _aliases(text)
    return any(_EFFECTS[rule].fullmatch(_resolved(match[1], names)) for match in _CALL.finditer(text))


def _aliases(text: str) -> dict[str, str]:
    """What short names stand for, by the imports of the same text."""
    names = {}
    for module, alias, source, members in _ALIAS.findall(text):
        if alias:
            names[alias] = module
        for member in members.strip("() \t").split(",") if source else ():
            name, _, short = member.strip().partition(" as ")
            names[short.strip() or name] = f"{source}.{name}"
    return names


def _resolved(called: str, names: Mapping[str, str]) -> str:
    first, dot, rest = called.partition(".")
    return names.get(first, first) + dot + rest


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return end if end >= 0 else len(text)
