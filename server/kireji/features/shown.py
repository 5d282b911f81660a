"""What the audit needs to know of a request besides its outcome: which file, which prompt, and the lines that were shown."""

from __future__ import annotations

from kireji import __version__
from kireji.base.trail import Shown
from kireji.base.types import Document, Offered, Withheld
from kireji.features.explain import Told


def shown(told: Told, document: Document) -> Shown:
    """What there is to know. The text is redacted as if it were to be sent, though it only may be written down."""
    from kireji.engine.context.secrets import find_secrets  # with the services, after the client's first answer
    from kireji.engine.prompt.version import VERSION

    prompt = told.report.prompt if isinstance(told, Offered | Withheld) else ""
    path = document.path or document.uri
    version = f"{__version__}+{VERSION}" if prompt else ""
    if not isinstance(told, Offered):
        return Shown(path, prompt, version)
    change = told.candidate.change
    text = change.text
    for hit in reversed(find_secrets(text)):
        text = f"{text[: hit.span.start]}<redacted:{hit.rule}>{text[hit.span.end :]}"
    return Shown(path, prompt, version, tuple(_whole_lines(document.text, told)), text)


def _whole_lines(before: str, offered: Offered) -> list[str]:
    """The lines of the text with the suggestion in it of which the suggestion is a part."""
    change = offered.candidate.change
    start, end = change.span.start, change.span.start + len(change.text)
    after = before[:start] + change.text + before[change.span.end :]
    first = after.rfind("\n", 0, start) + 1
    last = after.find("\n", end)
    return after[first : last if last >= 0 else len(after)].splitlines()
