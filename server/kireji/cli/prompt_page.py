"""What `kireji prompt` prints: a question part by part, on one screen, as text or as JSON. Gathers and asks nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from typing import Any

from rich.console import Console
from rich.text import Text

from kireji.base.types import WINDOW, Block, ContextItem, ItemKind, Prompt, RedactedPack, Snapshot, Span
from kireji.cli.place import line_of, relative
from kireji.cli.plain import one_line
from kireji.providers.costs import likely_input, likely_tokens
from kireji.providers.fim import around, rendered
from kireji.providers.models import Model

_NANO = 1_000_000_000
# What is left out is counted; so many are also named.
_NAMED = 4
# Tokens, kind and place stand in columns; on a narrow screen, what is said and why share the rest.
_HEAD, _LEAST_SAID, _LEAST_WHY = 21, 16, 30
_LEAST_WHERE, _MOST_WHERE = 12, 32
_STYLES = MappingProxyType(
    {ItemKind.SIGNATURE: "cyan", ItemKind.OPEN_FILE: "cyan", ItemKind.EDIT: "magenta", ItemKind.FACT: "yellow"}
)


@dataclass(frozen=True, slots=True)
class Question:
    """A question that would be asked. `key` says whether there is one with which it could be."""

    snapshot: Snapshot
    pack: RedactedPack
    prompt: Prompt
    model: Model
    key: bool


@dataclass(frozen=True, slots=True)
class _Row:
    tokens: int
    what: str
    where: str
    says: str
    why: str
    style: str = "green"


def print_page(question: Question) -> None:
    """The question on a screen: a row for each part, in the order in which they are sent."""
    console = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
    width = console.width if console.is_terminal else None
    for row in _page(question, width):
        console.print(row)


def whole(question: Question) -> str:
    """Every word of the question, under a heading for each turn, or as the text that a model fills in."""
    prompt = question.prompt
    if prompt.hole is not None:
        parts = [f"===== {name}\n{text}" for name, text in _filled(question)]
        return "\n".join((*parts, f"===== at most {prompt.max_tokens} tokens, up to {' '.join(prompt.stop)}"))
    turns = [("system", prompt.system), *((message.role, message.blocks) for message in prompt.messages)]
    said = [f"===== {role}\n{''.join(_shown(block) for block in blocks)}" for role, blocks in turns]
    prefill = [f"===== assistant (begun)\n{prompt.prefill}"] if prompt.prefill else []
    return "\n".join((*said, *prefill, f"===== at most {prompt.max_tokens} tokens, up to {' '.join(prompt.stop)}"))


def as_object(question: Question) -> dict[str, Any]:
    """All of it as a JSON object. Lines count from 1."""
    pack, prompt = question.pack, question.prompt
    document, root = pack.site.document, question.snapshot.workspace.root
    return {
        "file": relative(document.uri, root),
        "language": document.language,
        "mode": pack.site.kind.value,
        "shape": pack.site.shape.value,
        "model": prompt.model,
        "tokens": {
            "context": pack.tokens,
            "budget": question.snapshot.options.context_tokens,
            "question": likely_input(question.model, prompt),
            "remembered": _remembered(question),
        },
        "items": [
            {"kind": i.kind.value, "path": relative(i.uri, root), "line": _line(question, i.uri, i.span)}
            | {"tokens": i.tokens, "why": i.why, "remembered": _is_remembered(question, i), "text": i.text}
            for i in pack.items
        ],
        "dropped": [
            {
                "kind": d.item.kind.value,
                "path": relative(d.item.uri, root),
                "line": _line(question, d.item.uri, d.item.span),
            }
            | {"why": d.why}
            for d in pack.dropped
        ],
        "redactions": [
            {"rule": r.rule, "path": relative(r.uri, root), "line": _line(question, r.uri, r.span)}
            for r in pack.redactions
        ],
        "prompt": {
            "system": [_as_object(block) for block in prompt.system],
            "messages": [{"role": m.role, "blocks": [_as_object(b) for b in m.blocks]} for m in prompt.messages],
            "prefill": prompt.prefill,
            "fills": dict(_filled(question)),
            "stop": list(prompt.stop),
            "max_tokens": prompt.max_tokens,
        },
    }


def _filled(question: Question) -> Iterator[tuple[str, str]]:
    """The texts that a model which fills in is sent, by their names in the request; none for any other."""
    fim, hole = question.model.fim, question.prompt.hole
    if fim is not None and hole is not None:
        texts = (rendered(fim, hole),) if fim.template else around(fim, hole)
        yield from zip(("prompt", "suffix"), texts, strict=False)


# ---- the page


def _page(question: Question, width: int | None) -> Iterator[Text]:
    site = question.pack.site
    place = _where(question, site.document.uri, Span(site.offset, site.offset))
    asked = "the rest of a line" if site.shape.value == "line" else "a block"
    yield Text.assemble((one_line(place), "bold"), f"  {site.document.language}, {site.kind.value}, {asked}")
    yield Text("")
    rows = list(_rows(question))
    wide = min(_MOST_WHERE, max(_LEAST_WHERE, *(len(row.where) for row in rows)))
    remembered, before = True, ""
    for row, lasts in zip(rows, _lasting(question), strict=True):
        if remembered and not lasts and question.prompt.cacheable_prefix:
            yield Text(f"{'':8}──── remembered by the service up to here while you type on", style="dim")
        remembered = remembered and lasts
        yield _cut(_told(row, before, wide, width), width)
        before = row.where.rpartition(":")[0]
    yield from _left_out(question, width)
    yield Text("")
    yield from _sums(question)


def _rows(question: Question) -> Iterator[_Row]:
    """The parts in the order in which they are sent."""
    prompt = question.prompt
    turns = len(prompt.messages) // 2
    fixed = sum(len(b.text) for b in (*prompt.system, *(b for m in prompt.messages[:-1] for b in m.blocks)))
    says = f"how to answer, and {turns} examples" if prompt.hole is None else "none: this model fills in"
    yield _Row(likely_tokens(question.model, fixed), "contract", "", says, "", "blue")
    for item in question.pack.items:
        line, where = _line(question, item.uri, item.span), _where(question, item.uri, item.span)
        lines = item.text.count("\n") + bool(item.text.rpartition("\n")[2])
        if item.kind in WINDOW:
            where += f"-{line + lines - 1}" if lines > 1 else ""
            yield _Row(item.tokens, item.kind.value, where, f"{lines} {'line' if lines == 1 else 'lines'}", item.why)
            continue
        said = [part for part in item.text.splitlines() if part.strip("@ \t")]
        says = "; ".join(said) if item.kind is ItemKind.PROJECT else next(iter(said), "")
        yield _Row(item.tokens, item.kind.value, where, says, item.why, _STYLES.get(item.kind, "green"))


def _lasting(question: Question) -> Iterator[bool]:
    yield bool(question.prompt.cacheable_prefix)
    yield from (_is_remembered(question, item) for item in question.pack.items)


def _told(row: _Row, before: str, wide: int, width: int | None) -> Text:
    """A row; a file that the row before has named is not named again. What it says makes room for why it is there."""
    path, _, line = row.where.rpartition(":")
    where = f"{'':{len(path)}}:{line}" if path and path == before else row.where
    if len(where) > wide:
        where = f"{' ' if where[0] == ' ' else '…'}{where[1 - wide :]}"
    head = f"{row.tokens:>6}  "
    why = f"  {row.why}" if row.why else ""
    says = one_line(row.says)
    if width is not None:
        room = max(_LEAST_SAID, width - _HEAD - wide - min(len(why), _LEAST_WHY))
        says = says if len(says) <= room else f"{says[: room - 1]}…"
    return Text.assemble(head, (f"{row.what:<10}", row.style), f" {where:<{wide}}  {says}", (why, "dim"))


def _left_out(question: Question, width: int | None) -> Iterator[Text]:
    dropped = [d for d in question.pack.dropped if d.item.kind not in WINDOW]
    if dropped:
        yield Text("")
        yield Text("Left out", style="bold")
    for why, group in groupby(sorted(dropped, key=lambda d: d.why), key=lambda d: d.why):
        found = list(group)
        names = [_short(d.item.text) or relative(d.item.uri, question.snapshot.workspace.root) for d in found[:_NAMED]]
        more = ", …" if len(found) > _NAMED else ""
        yield _cut(Text.assemble(f"{len(found):>6}  ", (why, "yellow"), f": {', '.join(names)}{more}"), width)
    if question.pack.redactions:
        yield Text("")
        yield Text("Taken out", style="bold")
    for redaction in question.pack.redactions:
        where = _where(question, redaction.uri, redaction.span)
        yield Text.assemble(f"{1:>6}  ", (redaction.rule, "red"), f"  {one_line(where)}")


def _sums(question: Question) -> Iterator[Text]:
    model, budget = question.model, question.snapshot.options.context_tokens
    tokens, kept = likely_input(model, question.prompt), _remembered(question)
    first = tokens * model.prices.input + kept * (model.prices.cache_write - model.prices.input)
    later = (tokens - kept) * model.prices.input + kept * model.prices.cache_read
    yield Text(f"{tokens:>6}  tokens to {model.id}, {question.pack.tokens} of them yours (at most {budget})")
    cost = f"about ${first / _NANO:.6f}, and ${later / _NANO:.6f} at the next key"
    yield Text(f"{'':8}{cost}; besides, at most {question.prompt.max_tokens} tokens of answer")
    if not question.key:
        yield Text(f"{'':8}No key is set: nothing is sent, the local engine answers.", style="yellow")


# ---- helpers


def _shown(block: Block) -> str:
    ends = "" if block.text.endswith("\n") else "\n"
    return f"{block.text}{ends}{'----- remembered up to here' + chr(10) if block.cache else ''}"


def _as_object(block: Block) -> dict[str, Any]:
    return {"text": block.text, "cache": block.cache}


def _remembered(question: Question) -> int:
    return likely_tokens(question.model, len(question.prompt.cacheable_prefix))


def _is_remembered(question: Question, item: ContextItem) -> bool:
    """Whether an item stands before the last mark; of the text after the cursor, what stands below its line."""
    if item.passing or item.kind in (ItemKind.WINDOW_BEFORE, ItemKind.FACT):
        return False
    text = item.text.partition("\n")[2] if item.kind is ItemKind.WINDOW_AFTER else item.text
    return bool(text.strip()) and text.rstrip("\n") in question.prompt.cacheable_prefix


def _where(question: Question, uri: str, span: Span) -> str:
    return f"{one_line(relative(uri, question.snapshot.workspace.root))}:{_line(question, uri, span)}"


def _line(question: Question, uri: str, span: Span) -> int:
    document, snapshot = question.pack.site.document, question.snapshot
    return line_of(document, uri, span, snapshot.workspace.root, snapshot.options)


def _short(text: str) -> str:
    """What a definition is called, as far as its first line says so."""
    lines: Iterable[str] = (line.strip() for line in text.splitlines())
    first = one_line(next((line for line in lines if line.strip("@ ")), ""))
    return first.partition("(")[0].partition(":")[0].partition(" = ")[0][:40].strip()


def _cut(row: Text, width: int | None) -> Text:
    """A row that fits on a line of the terminal."""
    if width is not None:
        row.truncate(width, overflow="ellipsis")
    return row
