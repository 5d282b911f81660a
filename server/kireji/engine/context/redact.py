"""The door out: takes secrets out of gathered context and makes the only type that a prompt can be rendered from.

No other module constructs a RedactedPack (`fit.py` derives smaller ones from it). Never keeps or logs what it took out.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import replace
from types import MappingProxyType
from urllib.parse import unquote, urlsplit

from kireji.base.characters import HIDDEN, INVISIBLE, MIXED, MIXED_SCRIPTS
from kireji.base.files import never_read
from kireji.base.types import ContextItem, ContextPack, Dropped, ItemKind, RedactedPack, Redaction, Site, Span
from kireji.engine.context.secrets import Hit, find_secrets, private_keys

# Between two items stands what no format can match across, so that one pass serves them all.
_WALL = "\n\0\n"
_NOTEBOOK = ".ipynb"
# How far around the cursor a secret is looked for; private keys, which are longer, are looked for in the whole text.
_REACH = 4_000


def redact(pack: ContextPack, excluded: Container[str]) -> RedactedPack:
    """The pack without secrets, and without items from files that are never read or whose address is `excluded`. Lines keep
    their number and order.

    Rules are to be followed, so they may not say something other than they show: what does not show is taken out of them.
    The two halves of the window are read as one text, so that a secret with the cursor inside is seen whole.
    """
    unread = {uri for uri in {item.uri for item in pack.items} if uri in excluded or never_read(path_of(uri))}
    kept = [item for item in pack.items if item.uri not in unread]
    refused = [Dropped(replace(item, text=""), "never read") for item in pack.items if item.uri in unread]
    dropped = [Dropped(replace(d.item, text=""), d.why) for d in pack.dropped]
    document = pack.site.document
    kept, redactions = _shown(kept)
    keys = [Hit("private-key", span) for span in private_keys(document.text)]
    joined, starts = _join(kept)
    hits = find_secrets(joined)
    items: list[ContextItem] = []
    for item, start in zip(kept, starts, strict=True):
        local = _within(hits, start, start + len(item.text)) if hits else []
        if keys and item.uri == document.uri and document.text.startswith(item.text, item.span.start):
            local = _union([*local, *_within(keys, item.span.start, item.span.start + len(item.text))])
        items.append(replace(item, text=_mask(item.text, local)) if local else item)
        at = item.span.start
        redactions += (Redaction(hit.rule, item.uri, Span(at + hit.span.start, at + hit.span.end)) for hit in local)
    return RedactedPack(pack.site, tuple(items), (*dropped, *refused), tuple(redactions))


def _shown(items: Sequence[ContextItem]) -> tuple[list[ContextItem], list[Redaction]]:
    """The items, rules without what does not show and without words of mixed scripts; and what was taken out."""
    shown: list[ContextItem] = []
    redactions: list[Redaction] = []
    for item in items:
        text = item.text
        for rule, pattern in ((HIDDEN, INVISIBLE), (MIXED_SCRIPTS, MIXED)) if item.kind is ItemKind.RULES else ():
            redactions += (Redaction(rule, item.uri, Span(*found.span())) for found in pattern.finditer(text))
            text = pattern.sub("", text)
        shown.append(replace(item, text=text) if text != item.text else item)
    return shown, redactions


def site_is_secret(site: Site) -> bool:
    """True when the cursor's line holds (a part of) a secret: then nothing is asked, not even with it taken out."""
    text, offset = site.document.text, site.offset
    line = Span(offset - len(site.before), offset + len(site.after))
    start = text.rfind("\n", 0, max(0, line.start - _REACH)) + 1
    end = text.find("\n", line.end + _REACH)
    region = text[start : end if end >= 0 else len(text)]
    near = (Span(hit.span.start + start, hit.span.end + start) for hit in find_secrets(region))
    return any(span.start <= line.end and span.end > line.start for span in (*private_keys(text), *near))


def _join(items: Sequence[ContextItem]) -> tuple[str, list[int]]:
    """All texts as one, and where each starts; the window's halves touch wherever they stand in the pack."""
    order = sorted(range(len(items)), key=lambda i: _HALVES.get(items[i].kind, 0))
    parts: list[str] = []
    starts = [0] * len(items)
    at = 0
    previous: ContextItem | None = None
    for i in order:
        item = items[i]
        halves = previous is not None and previous.kind is ItemKind.WINDOW_BEFORE and item.kind is ItemKind.WINDOW_AFTER
        if parts and not halves:
            parts.append(_WALL)
            at += len(_WALL)
        starts[i] = at
        parts.append(item.text)
        at += len(item.text)
        previous = item
    return "".join(parts), starts


_HALVES = MappingProxyType({ItemKind.WINDOW_BEFORE: 1, ItemKind.WINDOW_AFTER: 2})


def _within(hits: Iterable[Hit], start: int, end: int) -> list[Hit]:
    """The parts of hits in `[start, end)`, relative to `start`."""
    return [
        Hit(hit.rule, Span(max(hit.span.start, start) - start, min(hit.span.end, end) - start))
        for hit in hits
        if hit.span.start < end and hit.span.end > start
    ]


def _union(hits: list[Hit]) -> list[Hit]:
    joined: list[Hit] = []
    for hit in sorted(hits, key=lambda h: h.span):
        if joined and hit.span.start < joined[-1].span.end:
            last = joined[-1]
            joined[-1] = Hit(last.rule, Span(last.span.start, max(last.span.end, hit.span.end)))
        else:
            joined.append(hit)
    return joined


def _mask(text: str, hits: Sequence[Hit]) -> str:
    """`<redacted:NAME>` for each hit, then the line ends it had."""
    parts: list[str] = []
    at = 0
    for hit in hits:
        secret = text[hit.span.start : hit.span.end]
        ends = "".join(c for c in secret if c in "\r\n")
        parts += text[at : hit.span.start], f"<redacted:{hit.rule}>", ends
        at = hit.span.end
    return "".join((*parts, text[at:]))


def path_of(uri: str) -> str:
    """The path in an address. Of a notebook's cells, alone or as one text, it is the notebook's."""
    path = unquote(urlsplit(uri).path) or uri
    book = path.find(_NOTEBOOK + ".")
    return path if book < 0 else path[: book + len(_NOTEBOOK)]
