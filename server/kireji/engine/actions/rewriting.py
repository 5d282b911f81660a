"""What actions share that replace passages: the piece of code around a place, and blocks and imports as changes of it.

Says nothing to the model and knows no single action.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, islice, pairwise

from kireji.base import syntax
from kireji.base.edit import apply
from kireji.base.syntax import Node, Tree
from kireji.base.text import indent_of
from kireji.base.types import Change, ChangeSet, FileEdit, Reason, Span
from kireji.engine.actions.action import Made, Plan, Refused, Region, Scene, Target, changes_at_home
from kireji.engine.actions.blocks import applied, blocks_of
from kireji.engine.actions.functions import Function, function_at
from kireji.engine.actions.importing import header_of, imports_change, with_imports
from kireji.engine.actions.moving import Level, moved, step_of, strings_of
from kireji.engine.actions.replacing import Said

# More than that is not said again passage by passage, and read by nobody.
MOST_CHARS = 24_000
_MOST_AROUND = 200
_TEXTS = frozenset({"string_content", "string_fragment", "string", "template_string", "raw_string_literal"})
# What stands in a file by itself stands below one of these.
_TOPS = frozenset({"module", "program", "source_file", "stream", "document", "stylesheet", "translation_unit", "chunk"})


def lines_around(text: str, span: Span) -> Span:
    """Whole lines, without the last one's end. A selection that ends at a line's start does not take that line in."""
    end = span.end
    if end > span.start and text[end - 1 : end] == "\n":
        end -= 1
    stop = text.find("\n", end)
    stop = stop if stop >= 0 else len(text)
    return Span(text.rfind("\n", 0, span.start) + 1, stop - (stop > end and text[stop - 1] == "\r"))


def piece_around(tree: Tree, span: Span) -> Span | None:
    """The function around a place, else the statement of the file itself; None where that is too much or nothing."""
    function = function_at(tree, span)
    found = function.span if function is not None else _statement(tree, span)
    if found is None or found.end - found.start > MOST_CHARS:
        return None
    return lines_around(tree.text, found)


def headed(scene: Scene) -> Function | None:
    """The function whose header, or what leads it, a person points at, or which they have selected whole."""
    tree, span = scene.tree, scene.intent.span
    function = function_at(tree, span) if tree is not None else None
    if tree is None or function is None or function.node.has_error:
        return None
    first = tree.text.rfind("\n", 0, function.span.start) + 1
    until = tree.text.find("\n", function.inside.start)
    return function if first <= span.start <= (until if until >= 0 else len(tree.text)) else None


def in_code(tree: Tree, at: int) -> bool:
    """Whether a character belongs to code, not to a comment or the text of a string."""
    node = tree.node_at(at, at + 1)
    return "comment" not in node.type and node.type not in _TEXTS


def at_level(language: str, text: str, indent: str, step: str) -> str:
    """Whole lines moved so that the shallowest stands at an indentation; what stands inside a string stays."""
    said = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n").rstrip()
    rows = [row for row in said.split("\n") if row.strip()]
    if not rows:
        return ""
    old = min((indent_of(row) for row in rows), key=lambda lead: len(lead.expandtabs(4)))
    if not rows[0].startswith(old):
        old = ""
    inside = frozenset[int]()
    if syntax.supported(language):
        tree = syntax.parse(language, said)
        inside = strings_of(tree, Span(0, len(said)))
    first = said.split("\n", 1)[0]
    body = moved(said, 0, inside, Level(old, indent, step))
    return indent + first.removeprefix(old) + body[len(first) :]


def with_header(scene: Scene, target: Target) -> Plan:
    """The plan of an action that changes its target's place, and may import what that needs."""
    header = header_of(scene.tree) if scene.tree is not None else None
    return Plan((Region(scene.document, (target.place,), scene.document.version, header),))


def blocks_at_home(scene: Scene, target: Target, plan: Plan, answer: str) -> Made | Refused:
    """The answer's blocks as changes of the document, with the imports that it asks for, or these alone."""
    wanted, rest = with_imports(answer)
    if wanted.strip() and not rest.strip():
        return _imports_alone(scene, target, wanted)
    blocks = blocks_of(rest)
    if isinstance(blocks, Refused):
        return blocks
    edits = applied(blocks, plan.regions, lambda _: None)
    return edits if isinstance(edits, Refused) else joined(scene, edits, wanted)


def joined(scene: Scene, edits: tuple[FileEdit, ...], wanted: str) -> Made | Refused:
    """Changes, and the imports that they need in the document that was asked about."""
    home = next((edit for edit in edits if edit.document.uri == scene.document.uri), None)
    if not wanted.strip():
        return Made(ChangeSet(edits))
    if scene.tree is None or home is None:
        return _NO_IMPORTS
    added = imports_change(scene.tree, wanted, min(change.span.start for change in home.changes))
    if isinstance(added, Refused):
        return added
    whole = replace(home, changes=tuple(sorted((*home.changes, *added), key=lambda c: c.span)))
    return Made(ChangeSet(tuple(whole if edit is home else edit for edit in edits)))


def _imports_alone(scene: Scene, target: Target, wanted: str) -> Made | Refused:
    if scene.tree is None:
        return _NO_IMPORTS
    added = imports_change(scene.tree, wanted, target.place.end)
    if isinstance(added, Refused):
        return added
    return changes_at_home(scene, *added) if added else Refused(Reason.NOTHING_TO_ADD, "it is imported already")


_NO_IMPORTS = Refused(Reason.OUT_OF_SCOPE, "it asks for an import where there are none")


def in_its_place(tree: Tree, target: Target, said: Said) -> Change:
    """A function that was said again as a change of the whole function, at the level where it stands."""
    text = said.text
    if tree.language != "python":
        lead = tree.text[tree.text.rfind("\n", 0, target.head) + 1 : target.head]
        last = text.rsplit("\n", 1)[-1]
        if not lead.strip() and "\n" in text:
            whole = syntax.parse(tree.language, text)
            inside = strings_of(whole, Span(0, len(text)))
            text = moved(text, 0, inside, Level(indent_of(last), lead, step_of(tree.text)))
    where = Span(target.head, target.span.end)
    return Change(where, text.replace("\n", "\r\n") if "\r\n" in tree.text else text)


def changed_with(scene: Scene, wanted: str, *changes: Change) -> Made | Refused:
    """Changes of the document that was asked about, with the imports that they need."""
    made = changes_at_home(scene, *changes)
    return joined(scene, made.changes.edits, wanted)


def text_after(scene: Scene, *changes: Change) -> str:
    """The document's text with these changes."""
    return apply(scene.document.text, changes)


def _statement(tree: Tree, span: Span) -> Span | None:
    """The statement around a place that stands in the file itself, or in one of its classes."""
    node = tree.node_at(span.start, max(span.start, span.end - 1))
    around = list(chain((node,), islice(node.ancestors(), _MOST_AROUND)))
    below = [inner for inner, outer in pairwise(around) if outer.type in _TOPS or _is_body(outer)]
    return below[0].span if below else None


def _is_body(node: Node) -> bool:
    parent = node.parent
    return parent is not None and parent.type in ("class_definition", "class_declaration", "impl_item")
