"""Code that a person would want to see made safe, told by how it is written: one row for each kind, with its one-step cure.

Patterns only: a row says where it is worth asking, not that it is a fault. The security gate judges what an answer brings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kireji.base.syntax import Tree
from kireji.base.types import Span
from kireji.engine.actions.rewriting import in_code

_PYTHON = frozenset({"python"})
_JS = frozenset({"javascript", "javascriptreact", "typescript", "typescriptreact"})
_GO = frozenset({"go"})
_JAVA = frozenset({"java"})


@dataclass(frozen=True, slots=True)
class Danger:
    """One kind. `title` completes an offer, `cure` tells the model what to do, `code` is the linters' name for it."""

    title: str
    cure: str
    code: str
    languages: frozenset[str]
    pattern: re.Pattern[str]


def _row(title: str, cure: str, code: str, languages: frozenset[str], pattern: str) -> Danger:
    return Danger(title, cure, code, languages, re.compile(pattern, re.DOTALL))


_SQL = r"(?i:select|insert|update|delete|replace|merge|create|drop|alter|with)\b"
_PARAMETERS = (
    "Pass every value of the query as a parameter, with the placeholders of the library in use. Names of tables and columns "
    "cannot be parameters: where they come from outside, look them up in a fixed set of names."
)
DANGERS: tuple[Danger, ...] = (
    _row("Pass the query's values as parameters", _PARAMETERS, "S608", _PYTHON,
         rf"\.(?:execute|executemany|executescript|raw|text)\(\s*(?:[fF][rR]?|[rR][fF])(\"\"\"|'''|\"|')\s*{_SQL}(?:(?!\1).){{0,2000}}\{{"
         rf"|\.(?:execute|executemany|raw)\(\s*[rR]?(\"\"\"|'''|\"|')\s*{_SQL}(?:(?!\2).){{0,2000}}\2\s*(?:%(?!s)|\+|\.format\()"),
    _row("Pass the query's values as parameters", _PARAMETERS, "sql", _JS,
         rf"\.(?:query|execute|raw|run|all|get)\(\s*(?:`\s*{_SQL}[^`]{{0,2000}}\$\{{|(['\"])\s*{_SQL}(?:(?!\1).){{0,2000}}\1\s*\+)"),
    _row("Pass the query's values as parameters", _PARAMETERS, "sql", _GO,
         rf"\.(?:Query|QueryRow|Exec)(?:Context)?\((?:\w+,\s*)?(?:fmt\.Sprintf\(\s*)?[\"`]\s*{_SQL}[^\"`]*(?:%[svdq]|[\"`]\s*\+)"),
    _row("Pass the query's values as parameters", _PARAMETERS, "sql", _JAVA,
         rf"\.(?:executeQuery|executeUpdate|execute|createQuery)\(\s*\"\s*{_SQL}[^\"]*\"\s*\+"),
    _row("Load the YAML safely", "Use the safe loader.", "S506", _PYTHON, r"\byaml\.(?:load|load_all)\((?![^)]*Safe)"),
    _row("Run the command without a shell", "Pass the command as a list and leave the shell out.", "S602", _PYTHON,
         r"\bsubprocess\.\w+\((?:[^()]|\([^()]{0,400}\)){0,400}\bshell\s*=\s*True|\bos\.(?:system|popen)\("),
    _row("Run the command without a shell", "Use execFile or spawn with the arguments in an array.", "shell", _JS,
         r"\b(?:exec|execSync)\(\s*(?:`[^`]{0,2000}\$\{|(['\"])(?:(?!\1).){0,2000}\1\s*\+)"),
    _row("Check the certificate", "Take out what turns the check of certificates off.", "S501", _PYTHON, r"\bverify\s*=\s*False"),
    _row("Check the certificate", "Take out what turns the check of certificates off.", "tls", _JS,
         r"\brejectUnauthorized\s*:\s*false"),
    _row("Wait no longer than a time-out", "Add a timeout of a few seconds.", "S113", _PYTHON,
         r"\brequests\.(?:get|post|put|patch|delete|head|request)\((?!(?:[^()]|\([^()]{0,400}\)){0,400}timeout)"),
    _row("Make the secret unguessable", "Use the secrets module.", "S311", _PYTHON,
         r"(?i:token|secret|passw\w*|nonce|salt|otp|session_?id|key)\w*\s*=[^\n]*\brandom\.\w+\("),
    _row("Make the secret unguessable", "Use crypto.randomBytes or crypto.getRandomValues.", "random", _JS,
         r"(?i:token|secret|passw\w*|nonce|salt|otp|session_?id)\w*\s*=[^\n]*\bMath\.random\("),
    _row("Use a hash that is not broken", "Use SHA-256; for passwords a function that is made for them.", "S324", _PYTHON,
         r"\bhashlib\.(?:md5|sha1)\((?![^)]*usedforsecurity\s*=\s*False)"),
    _row("Use a hash that is not broken", "Use sha256; for passwords a function that is made for them.", "hash", _JS,
         r"\bcreateHash\(\s*['\"](?:md5|sha1)['\"]"),
    _row("Make the file safely", "Use NamedTemporaryFile or mkstemp.", "S306", _PYTHON, r"\btempfile\.mktemp\("),
    _row("Evaluate no code", "Use ast.literal_eval where only data is meant.", "S307", _PYTHON, r"(?<![\w.])eval\("),
    _row("Set text, not HTML", "Use textContent, or build nodes.", "xss", _JS, r"\.(?:innerHTML|outerHTML)\s*\+?=(?!=)"),
)  # fmt: skip


def dangers_in(tree: Tree, span: Span) -> Iterator[tuple[Danger, Span]]:
    """The dangers that begin in a span or reach into it. Looks at that part of the text alone."""
    for danger in DANGERS:
        if tree.language not in danger.languages:
            continue
        for match in danger.pattern.finditer(tree.text, span.start, span.end):
            if in_code(tree, match.start()):
                yield danger, Span(*match.span())
