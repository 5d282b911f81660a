"""Writes the tables of settings into a Markdown page, between its markers.

Run as `python -m kireji.base.config_docs README.md`; it changes nothing outside the markers.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from enum import Enum
from pathlib import Path

from kireji.base.config_schema import OPTIONS, PROTECTED
from kireji.base.config_values import expected
from kireji.base.setting import Kind, Setting

START, END = "<!-- settings:start -->", "<!-- settings:end -->"


def filled(page: str) -> str:
    """The page with the table between the markers made anew. Raises ValueError if it lacks them."""
    before, start, rest = page.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise ValueError(f"the page has no {START} … {END}")
    return f"{before}{START}\n{table()}\n{END}{after}"


def table() -> str:
    """All settings as Markdown."""
    return "\n".join(
        (
            "Protected settings. The editor's settings and files of a workspace have no effect on them:",
            "",
            *_rows(PROTECTED),
            "",
            "Options. The editor may set them too, under the same names (in VS Code they are spelled `completion.contextTokens`):",
            "",
            *_rows(OPTIONS),
        )
    )


def _rows(settings: tuple[Setting, ...]) -> Iterator[str]:
    yield "| in the file | in the environment | default | what it is |"
    yield "|---|---|---|---|"
    for setting in settings:
        key = f"`{setting.key}`" if setting.key else "–"
        env = f"`{setting.env}`" if setting.env else "–"
        then = f" If the value cannot be used, {setting.then}." if setting.then else ""
        yield f"| {key} | {env} | {_default(setting.default)} | {setting.doc} Takes {_takes(setting)}.{then} |"


def _takes(setting: Setting) -> str:
    what = expected(setting)
    return what if setting.kind not in (Kind.ENDPOINT, Kind.SERVER) else f"{what} without user name, query or fragment"


def _default(value: object) -> str:
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, Enum):
        return f"`{value.value}`"
    return f"`{value}`" if value not in (None, (), "") else "none"


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.write_text(filled(target.read_text(encoding="utf-8")), encoding="utf-8")
