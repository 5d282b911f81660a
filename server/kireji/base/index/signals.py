"""What speaks for a definition at a place, as named numbers, most of them 0 to 1. Weighs nothing: `rank.py` does.

They come in four parts, because most definitions share three of them with others: the word, the file, the owner, the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from math import log, log1p, sqrt
from types import MappingProxyType
from typing import TypeAlias

from kireji.base.index.place import Place, is_own
from kireji.base.index.reach import Reach, bases, distance
from kireji.base.index.table import File, Known, Table
from kireji.base.index.votes import FileVotes, PlaceVotes
from kireji.base.index.words import parts
from kireji.base.outline_tables import DefinitionKind

Part: TypeAlias = list[tuple[str, float]]

_GROUPS = MappingProxyType(
    {"javascript": "js", "javascriptreact": "js", "typescript": "js", "typescriptreact": "js", "cpp": "c"}
    | {"html": "web", "css": "web"}
)
_CLASSES = (DefinitionKind.CLASS, DefinitionKind.TYPE)
_CALLED = (DefinitionKind.FUNCTION, DefinitionKind.METHOD)
_EXPORTED = ("export", "pub", "public")
_FAULTS = ("Error", "Exception", "Warning")
# How many characters away a definition of the same file is half as near.
_NEAR_CHARS = 2_000.0
_NEAR_LINES = 8
# A name that so many define says nothing of any of their files.
_MAX_DEFINED = 60


def group(language: str) -> str:
    """Languages whose files use each other's names count as one."""
    return _GROUPS.get(language, language)


class View:
    """One place seen against the table: what is the same for all definitions that may be needed there."""

    def __init__(
        self, table: Table, place: Place, offset: int, reach: Reach, here: File, voted: FileVotes, near: PlaceVotes
    ) -> None:
        self.table, self.place, self.offset, self.reach, self.here = table, place, offset, reach, here
        self.voted, self.near = voted, near
        self.number = table.numbers[here.path]
        self.group = group(here.language)
        self.owners = place.owners
        self.bases = bases(table, place.headers, place.owners, reach, here)
        self.types = [name for name in dict.fromkeys(place.types.values()) if name in table.members]
        self.receiver_type = place.types.get(place.receiver, "")
        self.receiver_files = reach.modules.get(place.receiver, frozenset()) if place.receiver else frozenset()
        self._weights: dict[str, float] = {}
        self.near_parts = self._parts(word for word, lines in place.near.items() if lines <= _NEAR_LINES)
        self.scope_parts = self._parts(place.scope)
        self._families = frozenset((*self.owners, *self.bases))
        self._votes = (
            ("similar functions", near.units),
            ("nearest function", near.nearest),
            ("together", near.together),
            ("similar files", voted.files),
            ("folder", voted.folder),
        )
        self._folders = here.folder.split("/")
        self._shared: dict[int, float] = {}
        self._nearness: dict[int, tuple[int, float] | None] = {}
        self._receiver = place.receiver.replace("_", "").lower()
        self._own = is_own(place.receiver)
        self.said = {name for name, count in place.counts.items() if count > place.imported.get(name, 0)}
        self._used = self._files_used()

    def _files_used(self) -> Counter[int]:
        """How many names of each file this one says."""
        used: Counter[int] = Counter()
        for name in self.said:
            word = self.table.number(name)
            defined = self.table.definitions.get(word, ()) if word is not None else ()
            if len(defined) <= _MAX_DEFINED:
                used.update({known.file for known in defined})
        return used

    def is_member(self, known: Known) -> bool:
        """Whether a definition belongs to a class around the place, or to one of its bases."""
        return bool(known.container) and owner_of(known) in self._families

    def nearness(self, number: int) -> tuple[int, float] | None:
        """How far a file is, the nearest least; None for this one, and for those in other languages."""
        if number not in self._nearness:
            file = self.table.files[number]
            if file is None or file is self.here or group(file.language) != self.group:
                self._nearness[number] = None
            else:
                self._nearness[number] = (distance(self.table, number, self.reach, self.here), -self.shared(number))
        return self._nearness[number]

    def shared(self, number: int) -> float:
        """How much of their path two files share, 0 to 1."""
        value = self._shared.get(number)
        if value is None:
            file = self.table.files[number]
            folders = file.folder.split("/") if file is not None else []
            count = 0
            for one, other in zip(folders, self._folders, strict=False):
                if one != other:
                    break
                count += 1
            value = self._shared[number] = count / max(len(folders), len(self._folders), 1)
        return value

    # -- the parts

    def of_word(self, word: int, name: str) -> Part:
        """What the name alone says."""
        place = self.place
        made: Part = [("popularity", log1p(len(self.table.uses[word])))]
        count, imported = place.counts.get(name, 0), place.imported.get(name, 0)
        if count > imported:
            made.append(("said", log1p(count - imported)))
            lines = place.near.get(name)
            if lines is not None:
                made.append(("near", 1.0))
                made.append(("how near", 3.0 / (3.0 + lines)))
            if name in place.scope:
                made.append(("in scope", 1.0))
        if imported:
            made.append(("imported", 1.0) if count > imported else ("imported, not used", 1.0))
        for signal, votes in self._votes:
            share = votes.get(word)
            if share is not None:
                made.append((signal, sqrt(share)))
        pieces = parts(name)
        if overlap := self._overlap(pieces, self.near_parts):
            made.append(("parts near", overlap))
        if overlap := self._overlap(pieces, self.scope_parts):
            made.append(("parts in scope", overlap))
        if place.begun and name.startswith(place.begun):
            made.append(("begun", 1.0))
        if name[0] == "_":
            made.append(("private", 1.0))
            if name.startswith("__"):
                made.append(("dunder", 1.0))
        if place.raising and name.endswith(_FAULTS):
            made.append(("raised", 1.0))
        return made

    def of_file(self, number: int) -> Part:
        """What the file says in which the definition stands."""
        file = self.table.files[number]
        if file is None or number == self.number:
            return []
        made: Part = [("path", self.shared(number))]
        if number in self.reach.direct:
            made.append(("direct import", 1.0))
        elif number in self.reach.second:
            made.append(("second import", 1.0))
        if file.folder == self.here.folder:
            made.append(("same folder", 1.0))
        if similar := self.voted.similar.get(number, 0.0):
            made.append(("similar file", similar))
        if overlap := self._overlap(parts(file.path.rpartition("/")[2].partition(".")[0]), self.near_parts):
            made.append(("file's name near", overlap))
        if used := self._used[number]:
            made.append(("used from there", log1p(used)))
        return made

    def of_owner(self, owner: str) -> Part:
        """What the class says that the definition is a member of; "" for none."""
        if not owner:
            return [("top level", 1.0), ("no dot, top level" if not self.place.dotted else "dot, top level", 1.0)]
        made: Part = [("dot, member", 1.0)] if self.place.dotted else []
        if owner in self.owners:
            made.append(("own member", 1.0))
            if self._own:
                made.append(("own member of self", 1.0))
        elif owner in self.bases:
            made.append(("base member", 1.0))
            if self._own:
                made.append(("base member of self", 1.0))
            if self.place.line_start:
                made.append(("base member, line start", 1.0))
        if owner == self.receiver_type:
            made.append(("receiver's type", 1.0))
        elif self._receiver and not self._own and owner.lower() == self._receiver:
            made.append(("receiver alike", 1.0))
        if owner in self.types:
            made.append(("near type's member", 1.0))
        if owner in self.place.near:
            made.append(("owner near", 1.0))
        elif owner in self.place.counts:
            made.append(("owner in file", 1.0))
        if overlap := self._overlap(parts(owner), self.near_parts):
            made.append(("owner's parts near", overlap))
        return made

    def of_rest(self, known: Known, alike: int) -> Part:
        """What only this definition says; `alike` is its place among those of the same name."""
        kind, place = known.kind, self.place
        made: Part = [(kind.value, 1.0)]
        if alike:
            made.append(("further alike", alike / 2))
        if known.signature.startswith(_EXPORTED) or (self.group == "go" and known.name[0].isupper()):
            made.append(("exported", 1.0))
        if not known.container and known.file in self.receiver_files:
            made.append(("receiver's module", 1.0))
        if known.name in place.imported and (known.file in self.reach.direct or known.file in self.reach.second):
            made.append(("imported from there", 1.0))
        if place.typing and kind in _CLASSES:
            made.append(("type wanted", 1.0))
        if place.line_start and kind in _CALLED:
            made.append(("line start, called", 1.0))
        if known.file == self.number:
            made.append(("distance", 1.0 / (1.0 + abs(known.start - self.offset) / _NEAR_CHARS)))
            if known.start > self.offset:
                made.append(("further down", 1.0))
        return made

    def _parts(self, words: Iterable[str]) -> dict[str, float]:
        found: dict[str, float] = {}
        for word in words:
            for part in parts(word):
                if part not in found:
                    found[part] = self._weight(part)
        return found

    def _weight(self, part: str) -> float:
        weight = self._weights.get(part)
        if weight is None:
            named = len(self.table.named_with.get(part, ()))
            weight = self._weights[part] = log((2 + len(self.table.definitions)) / (1 + named))
        return weight

    def _overlap(self, pieces: Sequence[str], around: dict[str, float]) -> float:
        """Which share of a name's parts, by weight, stands around the place."""
        if around.keys().isdisjoint(pieces):
            return 0.0
        total = shared = 0.0
        for piece in pieces:
            weight = around.get(piece)
            if weight is None:
                total += self._weight(piece)
            else:
                total += weight
                shared += weight
        return shared / total if total else 0.0


def owner_of(known: Known) -> str:
    """The innermost class that a definition is a member of, "" for none."""
    return known.container.rpartition(".")[2]
