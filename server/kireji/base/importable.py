"""What an import line says, and who may be asked in how many ways a name is brought into a file. Looks nothing up itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from kireji.base.types import Snapshot


@dataclass(frozen=True, slots=True, order=True)
class ImportLine:
    """`from module import name as alias`, or `import module as alias` where `name` is empty.

    `level` counts the leading dots; `alias` is empty where the name stays what it is.
    """

    module: str
    name: str = ""
    alias: str = ""
    level: int = 0

    @property
    def text(self) -> str:
        """The statement, without a line ending."""
        said = f" as {self.alias}" if self.alias else ""
        if not self.name:
            return f"import {self.module}{said}"
        return f"from {'.' * self.level}{self.module} import {self.name}{said}"


class Importable(Protocol):
    """Who knows what can be imported."""

    def ways(self, snapshot: Snapshot, name: str) -> tuple[ImportLine, ...]:
        """All different ways in which the workspace would bring `name` into the snapshot's document; usually none or one.

        Answers from what is at hand: it must not block the event loop.
        """
        ...
