"""What the cut and the trim both ask about lines: repeated suffix lines, brackets and strings, indentation.

A scanner, not a parser: it is right about brackets in strings and comments for the common languages, and decides nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType

from kireji.base.languages import LANGUAGES, BlockStyle, canonical
from kireji.base.syntax import supported
from kireji.base.types import Site, SiteKind

_PAIRS = MappingProxyType({")": "(", "]": "[", "}": "{"})
_OPENING = frozenset(_PAIRS.values())
_BLOCK_WORDS = ("else", "try", "finally")
_END_WORDS = (*_BLOCK_WORDS, "end", "fi", "done", "esac", "begin")
_TRIVIAL = re.compile(r"[\s)\]};,]*(?:end|fi|done|esac|else:?|try:?|finally:?|begin)?[\s)\]};,{(]*")
# A comment with a quote in it is more likely the end of a string.
_COMMENTS_AT_END = MappingProxyType({mark: re.compile(rf"\s+{mark}[^\"]*$") for mark in ("#", "//")})
_LETTER = re.compile(r"\w")
_COMMON = re.compile(r"\s*(?:break|continue|pass|(?:return|raise|throw|yield)(?:\s+(?:\w+|'\w*'|\"\w*\"))?);?\s*")


@dataclass(frozen=True, slots=True)
class Scan:
    """Where a text leaves the scanner: brackets it opened, closers it could not match, the string or comment it is in.

    `columns` says where in its line each open bracket stands, -1 where nothing follows it there; `surplus` is the offset, in
    the text just scanned, of the first closer that nothing in it or before it opened, -1 where there is none.
    """

    opened: tuple[str, ...] = ()
    unmatched: tuple[str, ...] = ()
    within: str = ""
    columns: tuple[int, ...] = ()
    surplus: int = -1


def scan(language: str, text: str, start: Scan | None = None) -> Scan:
    """Runs over `text`, from the state `start`."""
    start = start or Scan()
    language = canonical(language)
    row = LANGUAGES.get(language)
    comment = row.line_comment if row else ""
    python = language == "python"
    stack, unmatched, within = list(start.opened), list(start.unmatched), start.within
    columns = list(start.columns)
    at, size, surplus = 0, len(text), -1
    while at < size:
        if within:
            at, within = _leave(text, at, within)
            continue
        c = text[at]
        if c in _OPENING:
            stack.append(c)
            followed = text[at + 1 : at + 2].strip() and text[at + 1 : at + 2] != "#"
            columns.append(at - text.rfind("\n", 0, at) - 1 if followed else -1)
        elif c in _PAIRS:
            if stack and stack[-1] == _PAIRS[c]:
                stack.pop()
                columns.pop()
            elif not stack:
                unmatched.append(c)
                surplus = at if surplus < 0 else surplus
            # A closer of another kind is left alone: the text is broken, and counting it would spread the damage.
        elif c in "\"'`":
            within = _opened_string(text, at, python, language)
            at += len(within) or 1
            continue
        elif comment and text.startswith(comment, at):
            within = "\n"
        elif text.startswith("/*", at) and comment == "//":
            within = "*/"
            at += 2
            continue
        at += 1
    if within in ("\n",):
        within = ""
    return Scan(tuple(stack), tuple(unmatched), within, tuple(columns), surplus)


def _opened_string(text: str, at: int, python: bool, language: str) -> str:
    quote = text[at]
    if python and text.startswith(quote * 3, at):
        return quote * 3
    if quote == "`":
        return "`" if language in ("javascript", "javascriptreact", "typescript", "typescriptreact", "go") else ""
    # A lifetime in Rust, an apostrophe in prose: a quote without a partner on its line opens nothing.
    if (
        quote == "'"
        and language in ("rust", "plaintext", "markdown", "html")
        and not re.match(r"'(?:\\.[^']*|[^'\\])'", text[at:])
    ):
        return ""
    return quote


def _leave(text: str, at: int, within: str) -> tuple[int, str]:
    """One step inside a string or comment."""
    if within == "\n":
        end = text.find("\n", at)
        return (len(text), "\n") if end < 0 else (end + 1, "")
    if text.startswith(within, at):
        return at + len(within), ""
    if text[at] == "\\" and within != "*/":
        return at + 2, within
    if text[at] == "\n" and within in ("'", '"'):
        # These do not span lines: an unfinished one ends with its line.
        return at + 1, ""
    return at + 1, within


def width(line: str) -> int:
    """The indentation's width, a tab reaching the next multiple of four."""
    n = 0
    for c in line:
        if c == " ":
            n += 1
        elif c == "\t":
            n += 4 - n % 4
        else:
            break
    return n


def is_trivial(line: str) -> bool:
    """A line of closers and block words, or of marks alone: it repeats all the time, so that equality proves nothing."""
    return _TRIVIAL.fullmatch(line) is not None or _is_mark(line)


def may_be_trivial(line: str, language: str) -> bool:
    """An unfinished line that may still become one of closers and block words."""
    word = line.strip(" \t)]};,")
    row = LANGUAGES.get(canonical(language))
    words = _BLOCK_WORDS if row and row.blocks in (BlockStyle.INDENT, BlockStyle.BRACES) else _END_WORDS
    return any(whole.startswith(word) for whole in words)


def _is_mark(line: str) -> bool:
    """The marks of a comment or a string, without a word of it."""
    return not _LETTER.search(line) and _TRIVIAL.fullmatch(line) is None


def is_telling(line: str) -> bool:
    """A line that hardly stands twice in one function: neither closers alone nor a bare `return False`."""
    return not is_trivial(line) and _COMMON.fullmatch(line) is None


def code_of(line: str, language: str) -> str:
    """The line without blanks around it and without a comment at its end; of a comment alone, its mark."""
    text = line.strip()
    row = LANGUAGES.get(canonical(language))
    marks = (row.line_comment,) if row and row.line_comment in _COMMENTS_AT_END else tuple(_COMMENTS_AT_END)
    if text.startswith(marks):
        return text[0]
    for mark in marks:
        text = _COMMENTS_AT_END[mark].sub("", text)
    return text


def opens_block(line: str, language: str) -> bool:
    """True when the next line is to be indented further."""
    return code_of(line, language).endswith((":", "{", "(", "["))


def state_at(site: Site) -> Scan:
    """The string or comment that the cursor stands in; brackets left of it are not the answer's."""
    if site.kind is SiteKind.CODE:
        return Scan(within=_unfinished_docstring(site) or _unfinished_comment(site))
    within = scan(site.document.language, site.before).within
    if within:
        return Scan(within=within)
    text = site.document.text
    if site.kind is SiteKind.COMMENT:
        last = text.rfind("/*", 0, site.offset)
        return Scan(within="*/" if last > text.rfind("*/", 0, site.offset) else "")
    marks = ('"""', "'''") if canonical(site.document.language) == "python" else ("`",)
    at = {mark: text.rfind(mark, 0, site.offset) for mark in marks}
    mark = max(marks, key=lambda m: at[m])
    return Scan(within=mark if at[mark] >= 0 and supported(site.document.language) else "")


_DEFINES = re.compile(r"\s*(?:(?:async\s+)?def|class|\))")


def _unfinished_docstring(site: Site) -> str:
    """The mark of a docstring that was opened below the cursor's definition and not closed yet: no parser sees it as one."""
    text = site.document.text
    at = max(text.rfind('"""', 0, site.offset), text.rfind("'''", 0, site.offset))
    if at < 0 or canonical(site.document.language) != "python":
        return ""
    above = text[:at].rstrip("rRuUbBfF \t")
    header = above.rstrip().rsplit("\n", 1)[-1]
    opens = above.endswith("\n") and header.endswith(":") and _DEFINES.match(header)
    return text[at : at + 3] if opens else ""


def _unfinished_comment(site: Site) -> str:
    """The mark that ends a block comment, where one was opened above, goes on line by line and was not closed yet."""
    row = LANGUAGES.get(canonical(site.document.language))
    text = site.document.text
    at = text.rfind("/*", 0, site.offset)
    if not row or row.line_comment != "//" or at < 0 or text.find("*/", at, site.offset) >= 0:
        return ""
    start = text.rfind("\n", 0, at) + 1
    lines = text[start : site.offset - len(site.before)].split("\n")[1:-1]
    goes_on = all(line.lstrip().startswith("*") for line in lines) and len(site.before) < site.offset - start
    return "*/" if goes_on and not text[start:at].strip() else ""


_FAR = 1_000
_LONG_STRING = re.compile(r'("""|\'\'\')(.*?)(?:\1)', re.S)


def lines_above(site: Site) -> list[str]:
    """The lines above the cursor's, those that start inside a finished long string left blank: they indent nothing."""
    text = site.document.text[: site.offset]
    start = 0
    if canonical(site.document.language) == "python":
        if (
            site.kind is SiteKind.CODE
            and not _unfinished_docstring(site)
            and sum(text.count(mark) for mark in ('"""', "'''")) % 2
        ):
            # The text starts inside a string: the first mark ends it.
            start = min(at for mark in ('"""', "'''") if (at := text.find(mark)) >= 0) + 3
        text = text[:start] + _LONG_STRING.sub(_emptied, text[start:])
    return text.split("\n")[:-1]


def _emptied(found: re.Match[str]) -> str:
    lines = found.group(2).count("\n")
    # What follows the string on its last line is pushed so far right that it counts for no level.
    return found.group(1) + ("\n" * lines + " " * _FAR if lines else "") + found.group(1)


def text_after(site: Site) -> list[str]:
    """The lines below the cursor's, without their endings; first the rest of the cursor's own where that stands alone."""
    below = site.document.text[site.offset :].split("\n")
    first = site.before + below[0].rstrip("\r")
    rest = [line.rstrip() for line in below[1:]]
    return [first.rstrip(), *rest] if not site.before.strip() and below[0].strip() else rest


# So much of a line of prose is not said again by chance.
_MUCH = 12


def in_place(site: Site, said: list[str]) -> bool:
    """Whether the last of the lines, which start as those below do, is its like, perhaps cut off. Prose repeats its
    beginnings."""
    line = said[-1]
    wanted = [below for below in text_after(site) if below]
    whole = len(said) <= len(wanted) and line.rstrip() == wanted[len(said) - 1]
    # A string that ends with its line is followed by code.
    within = state_at(site).within
    code = within in ("'", '"') or (site.kind is SiteKind.CODE and not within)
    return whole or len(line.strip()) >= _MUCH or (code and not _goes_on(line))


def _goes_on(line: str) -> bool:
    """A mark that stands alone inside a comment or ends a string; one that opens a block comment never stands alone."""
    text = line.strip()
    return _is_mark(line) and (text in ("//", "#", "--") or not text.startswith(("/", "#", "<")))


def repeated_from(lines: list[str], suffix: list[str], first: int) -> int | None:
    """The first index from `first` on at which the lines, to their end, say the suffix's first lines again.

    Blank lines are passed over on both sides; the last line may be cut off. None where they do not.
    """
    wanted = [line for line in suffix if line]
    if not wanted:
        return None
    said = [(i, line.rstrip()) for i, line in enumerate(lines) if i >= first and line.strip()]
    for at in range(max(0, len(said) - len(wanted)), len(said)):
        rest = len(said) - at
        if rest > 1 and said[at][1] != wanted[0]:
            continue
        whole = all(said[at + n][1] == wanted[n] for n in range(rest - 1))
        if whole and wanted[rest - 1].startswith(said[-1][1]):
            return said[at][0]
    return None
