"""*Write tests for this*: new tests in the file where the project keeps those of this one, or in a new such file.

Nothing that stands there changes. Runs no test.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from kireji.base import syntax
from kireji.base.languages import canonical, language_of
from kireji.base.protected import contained
from kireji.base.types import Change, ChangeSet, ContextItem, FileEdit, ItemKind, NewFile, Reason, Snapshot, Span
from kireji.engine.actions.action import Action, Example, Form, Made, Plan, Refused, Region, Scene, Target
from kireji.engine.actions.files import file_at, said_path
from kireji.engine.actions.functions import short
from kireji.engine.actions.importing import header_of, imports_change, with_imports
from kireji.engine.actions.rewriting import headed
from kireji.engine.actions.stubs import is_stub
from kireji.engine.actions.testing import LANGUAGES, PlaceOfTests, is_test, place_of_tests, style_sample

# A test by its name; what is named alike twice runs once.
_JS = re.compile(r"\b(?:test|it)(?:\.\w+)?\(\s*(?:'[^'\n]+'|\"[^\"\n]+\"|`[^`]+`)")
_NAMES: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "python": re.compile(r"^(?:async )?(?:def test\w*|class Test\w*|class \w+\([^)]*TestCase\))", re.M),
        "go": re.compile(r"^func (?:Test|Benchmark|Fuzz|Example)\w*", re.M),
        **dict.fromkeys(("javascript", "javascriptreact", "typescript", "typescriptreact"), _JS),
    }
)
_MOST_SAMPLE = 6_000
_MOST_THERE = 24_000


def _find(scene: Scene) -> Target | None:
    """The function whose header the cursor is at, in a file of the workspace that is no test itself."""
    function, document = headed(scene), scene.document
    language = canonical(document.language)
    if function is None or document.path is None or language not in LANGUAGES or is_test(language, document.path):
        return None
    if scene.tree is None or is_stub(function, scene.tree.text, document.path) or scene.snapshot.origin:
        return None
    place = _place(scene.snapshot)
    if place is None:
        return None
    start = Span(function.span.start, function.span.start)
    about = f"The tests are for {function.name}, and go into {place.path}, written with {place.framework}."
    about += "" if place.exists else " That file is not there yet: answer with the whole file."
    return Target(short(function.name), function.span, function.head.start, start, about, creates=not place.exists)


def _place(snapshot: Snapshot) -> PlaceOfTests | None:
    root, path = snapshot.workspace.root, snapshot.document.path
    if root is None or path is None or contained(path, root) is None:
        return None
    place = place_of_tests(canonical(snapshot.document.language), Path(root).resolve(), Path(path).resolve())
    return place if place is not None and contained(place.path, root) is not None else None


def _plan(scene: Scene, _: Target) -> Plan | Refused:
    snapshot, place = scene.snapshot, _place(scene.snapshot)
    root = snapshot.workspace.root
    if place is None or root is None:
        return Refused(Reason.STALE, "nobody can tell where its tests belong")
    if not place.exists:
        path = Path(root).resolve() / place.path
        file = NewFile(path.as_uri(), str(path), language_of(place.path), "")
        sample = style_sample(canonical(snapshot.document.language), Path(root).resolve(), place)
        return Plan(created=file, likely=(_sample(*sample, Path(root).resolve()),) if sample is not None else ())
    there = file_at(snapshot, place.path)
    if there is None or len(there[0].text) > _MOST_THERE:
        return Refused(Reason.TOO_LARGE, "the file with its tests cannot be read, or is too long")
    document, version = there
    end = len(document.text.rstrip())
    tree = syntax.parse(document.language, document.text)
    region = Region(document, (Span(end, len(document.text)),), version, header_of(tree))
    path_said = said_path(snapshot, document)
    whole = ContextItem(ItemKind.RELATED, document.uri, Span(0, len(document.text)), document.text, 1e9, why=path_said)
    return Plan((region,), related=(whole,) if document.text.strip() else ())


def _sample(path: Path, text: str, root: Path) -> ContextItem:
    said = text[:_MOST_SAMPLE]
    return ContextItem(
        ItemKind.RELATED, path.as_uri(), Span(0, len(said)), said, 1e9, why=path.relative_to(root).as_posix()
    )


def _make(scene: Scene, target: Target, plan: Plan, answer: str) -> Made | Refused:
    wanted, rest = with_imports(answer)
    said = rest.replace("\r\n", "\n").strip("\n").rstrip()
    if not said.strip() or _NAMES[canonical(scene.document.language)].search(said) is None:
        return Refused(Reason.NOTHING_TO_ADD, "it holds no test")
    if plan.created is not None:
        return _new_file(plan.created, wanted, said)
    (region,) = plan.regions
    return _added(region, wanted, said)


def _new_file(file: NewFile, wanted: str, said: str) -> Made | Refused:
    text = f"{wanted.strip()}\n\n\n{said}\n" if wanted.strip() else f"{said}\n"
    if syntax.parse(file.language, text).has_error:
        return Refused(Reason.INVALID, "it does not parse")
    created = NewFile(file.uri, file.path, file.language, text)
    return Made(ChangeSet(created=(created,)))


def _added(region: Region, wanted: str, said: str) -> Made | Refused:
    document = region.document
    tree = syntax.parse(document.language, document.text)
    (end,) = region.spans
    gap = "\n\n\n" if document.language == "python" else "\n\n"
    body = (gap if document.text.strip() else "") + said + "\n"
    change = Change(end, body.replace("\n", "\r\n") if "\r\n" in document.text else body)
    added = imports_change(tree, wanted, end.start) if wanted.strip() else ()
    if isinstance(added, Refused):
        return added
    after = syntax.parse(document.language, document.text[: end.start] + body)
    if after.has_error and not tree.has_error:
        return Refused(Reason.INVALID, "it does not parse")
    named = _NAMES[canonical(document.language)]
    if set(named.findall(said)) & set(named.findall(document.text)):
        return Refused(Reason.INVALID, "it says a test again that is there")
    changes = tuple(sorted((*added, change), key=lambda c: c.span))
    return Made(ChangeSet((FileEdit(document, changes, region.version),)))


_EXAMPLES = (
    Example(
        "python",
        "",
        "def clamp(value: float, low: float, high: float) -> float:\n    if low > high:\n        raise ValueError('low > high')\n"
        "    return max(low, min(value, high))\n",
        "<imports>\nimport pytest\n\nfrom gauge.range import clamp\n</imports>\n"
        "@pytest.mark.parametrize(\n    ('value', 'expected'), [(-1, 0), (0, 0), (3, 3), (10, 10), (11, 10)]\n)\n"
        "def test_clamp_keeps_a_value_within_its_range(value: float, expected: float) -> None:\n"
        "    assert clamp(value, 0, 10) == expected\n\n\n"
        "def test_clamp_refuses_a_range_that_is_upside_down() -> None:\n    with pytest.raises(ValueError):\n"
        "        clamp(1, 2, 1)\n",
        about="The tests are for clamp, and go into tests/test_range.py, written with pytest.",
    ),
    Example(
        "typescript",
        "",
        "export function initials(name: string): string {\n  return name.split(' ').map((part) => part[0]).join('')\n}\n",
        "<imports>\nimport { expect, test } from 'vitest'\nimport { initials } from './names'\n</imports>\n"
        "test('takes the first letter of each part', () => {\n  expect(initials('Ada King Lovelace')).toBe('AKL')\n})\n\n"
        "test('takes one letter of a single part', () => {\n  expect(initials('Ada')).toBe('A')\n})\n",
        about="The tests are for initials, and go into src/names.test.ts, written with vitest. That file is not there yet: answer "
        "with the whole file.",
    ),
)  # fmt: skip

TESTS_FOR = Action(
    id="tests",
    kind="refactor.rewrite",
    title="Write tests for {name}",
    form=Form.ADDITION,
    instruction="""\
Write tests for the function in the part. "about" says into which file they go; if that file is there already, you see it \
whole under "related", your tests are added at its end, and its imports are known. Where "related" shows another test file, \
write as that one does. Test what the function promises, not how it gets there: the usual case, the edges (nothing, one, the \
bounds), and the errors that it raises on purpose. Each test has a name that says what holds, stands by itself, needs no network \
and no clock, and would fail if that promise were broken. Take expected values from what the code and its documentation say; \
do not test what neither says. Few good tests are better than many. Import the function as other tests of the project do.""",
    examples=_EXAMPLES,
    context=frozenset({ItemKind.SIGNATURE, ItemKind.OPEN_FILE}),
    proofs=("syntax",),
    max_tokens=4_000,
    find=_find,
    plan=_plan,
    make=_make,
    imports=True,
)
