"""What the audit needs to know of a request besides its outcome: which file, which prompt, and the lines that were shown."""

from __future__ import annotations

from collections.abc import Iterator

from kireji import __version__
from kireji.base.trail import Shown
from kireji.base.types import Change, Document, Offered, Proposed, Span, Withheld
from kireji.features.explain import Told


def shown(told: Told, document: Document) -> Shown:
    """What there is to know. The text is redacted as if it were to be sent, though it only may be written down."""
    from kireji.engine.prompt.version import VERSION  # with the services, after the client's first answer

    prompt = told.report.prompt if isinstance(told, Offered | Proposed | Withheld) else ""
    path = document.path or document.uri
    version = f"{__version__}+{VERSION}" if prompt else ""
    lines: list[str] = []
    texts: list[str] = []
    for before, changes in _changes(told, document):
        texts += [change.text for change in changes]
        lines += _whole_lines(before, changes)
    return Shown(path, prompt, version, tuple(lines), _redacted("\n".join(texts)))


def _changes(told: Told, document: Document) -> Iterator[tuple[str, tuple[Change, ...]]]:
    """Each text before, with what was to be changed in it."""
    if isinstance(told, Offered):
        yield document.text, (told.candidate.change,)
    elif isinstance(told, Proposed):
        yield from ((edit.document.text, edit.changes) for edit in told.changes.edits)
        yield from (("", (Change(Span(0, 0), file.text),)) for file in told.changes.created)


def _whole_lines(before: str, changes: tuple[Change, ...]) -> list[str]:
    """The lines of the text with the changes in it of which a change is a part."""
    lines: list[str] = []
    for change in changes:
        # Other changes of the same line are left out: it is not known again then, which is no more than a miss.
        start, end = change.span.start, change.span.start + len(change.text)
        after = before[:start] + change.text + before[change.span.end :]
        first = after.rfind("\n", 0, start) + 1
        last = after.find("\n", end)
        lines += after[first : last if last >= 0 else len(after)].splitlines()
    return lines


def _redacted(text: str) -> str:
    from kireji.engine.context.secrets import find_secrets

    for hit in reversed(find_secrets(text)):
        text = f"{text[: hit.span.start]}<redacted:{hit.rule}>{text[hit.span.end :]}"
    return text
