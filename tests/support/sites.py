"""Sites from a text with `$0` at the cursor, for tables of the stream's stages."""

from __future__ import annotations

from kireji.base.text import make_document
from kireji.base.types import Change, Site, Skip, Snapshot, Trigger
from kireji.engine.site import classify

CURSOR = "$0"


def snapshot_of(text: str, language: str = "python", trigger: Trigger = Trigger.EXPLICIT) -> tuple[Snapshot, int]:
    """The snapshot of a text and the offset at which `$0` stood in it."""
    offset = text.index(CURSOR)
    document = make_document("file:///w/main", None, language, 1, text.replace(CURSOR, "", 1))
    return Snapshot("s", document, trigger=trigger), offset


def site_of(text: str, language: str = "python") -> Site:
    """The site at `$0`."""
    site = classify(*snapshot_of(text, language))
    assert not isinstance(site, Skip), site
    return site


def applied(site: Site, change: Change | None) -> str:
    """The document with the change, and the whole document where there is none."""
    if change is None:
        return site.document.text
    return site.document.text[: change.span.start] + change.text + site.document.text[change.span.end :]
