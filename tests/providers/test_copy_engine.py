"""The local engine: what it copies, where it stops, when it keeps silent, and how often it is right."""

from __future__ import annotations

import random
import sysconfig
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from bench.calibrate_copy_engine import answer, fit, precision, report, rows_of_texts
from kireji.base.text import make_document
from kireji.base.types import (
    Delta,
    End,
    EndReason,
    Prompt,
    RedactedPack,
    Request,
    Shape,
    Site,
    SiteKind,
    Span,
)
from kireji.providers.copy_confidence import WEIGHTS
from kireji.providers.copy_corpus import Corpus, build_corpus
from kireji.providers.copy_engine import THRESHOLD, CopyEngine, Suggestion, ranked, suggest
from kireji.providers.copy_tokens import NEWLINE, tokenize
from kireji.providers.provider import Provider, StreamMeter

ROOT = Path(__file__).parents[2]

SETTERS = """\
class Point:
    def __init__(self, x, y, z):
        self.x_position = x_position
        self.y_position = y_position
        self.z_position = z_position

    def load(self, path):
        with open(path, encoding="utf-8") as file:
            return json.load(file)

    def save(self, path):
        with open(path, "w", encoding="utf-8") as file:
            json.dump(self, file)
"""

COLOURS = "switch colour {\n" + "\n".join(
    f"        case {name}: return fmt.Sprint({name}, colour, true)" for name in ("red", "green", "blue", "black")
)

HANDLERS = """\
func TestFirst(t *testing.T) {
\tif err != nil {
\t\tt.Fatalf("unexpected error: %v", err)
\t}
}

func TestSecond(t *testing.T) {
\tif err != nil {
\t\tt.Fatalf("unexpected error: %v", err)
\t}
}

func TestThird(t *testing.T) {
\tif err != nil {
\t\tt.Fatalf("unexpected error: %v", err)
\t}
}
"""


def at(marked: str) -> tuple[str, str]:
    """What stands left and right of `$0`."""
    prefix, suffix = marked.split("$0")
    return prefix, suffix


def check_suggest(
    marked: str, expected: str, files: Iterable[tuple[str, str]] = (), own: str | None = None
) -> Suggestion:
    """The text suggested at `$0`, with what is promised of every suggestion. `files` make a corpus."""
    corpus = build_corpus(files)
    found = suggest(*at(marked), corpus if corpus.tokens > 1 else None, own)
    assert found.text == expected
    assert 0.0 <= found.confidence <= 1.0
    assert (found.confidence >= THRESHOLD) == bool(found.text)
    return found


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        pytest.param(f"{HANDLERS}\nfunc TestFourth(t *testing.T) {{\n\tif err$0", " != nil {", id="rest-of-line"),
        pytest.param(f"{HANDLERS}\nfunc TestFourth(t *testing.T) {{\n\tif err $0", "!= nil {", id="blank-typed"),
        pytest.param(
            f"{HANDLERS}\nfunc TestFourth(t *testing.T) {{\n\tif err != nil {{\n\t\t$0\n\t}}\n}}\n",
            't.Fatalf("unexpected error: %v", err)',
            id="whole-line",
        ),
        pytest.param(
            f"{HANDLERS}\nfunc TestFourth(t *testing.T) {{\n\tif err != nil {{\n\t\tt.Fat$0\n",
            'alf("unexpected error: %v", err)',
            id="inside-a-word",
        ),
        pytest.param(f"{HANDLERS}\nfunc TestFourth(t *tes$0", "ting.T) {", id="after-a-new-name"),
        pytest.param(f"{HANDLERS}\nfunc TestFourth$0", "(t *testing.T) {", id="right-after-a-new-name"),
        pytest.param(f"{COLOURS}\n        case pink: return fmt.Sprint$0", "(pink, colour, true)", id="renamed"),
        pytest.param(f"{HANDLERS}\nfunc TestFourth($0)", "", id="what-is-right-does-not-continue-it"),
        pytest.param(f"{HANDLERS}\nfunc TestFourth(t *testing$0) {{\n", ".T", id="stops-where-the-rest-joins"),
        pytest.param(
            f"{HANDLERS}\nfunc TestFourth(t *testing.T) {{\n\tif err != nil {{\n\t\tt.Fatalf($0)\n",
            '"unexpected error: %v", err',
            id="auto-closed-pair",
        ),
        pytest.param(f"{SETTERS}\nzebra = $0", "", id="nothing-like-it"),
        pytest.param("$0", "", id="empty"),
        pytest.param("x$0", "", id="one-letter"),
        pytest.param("\0" + HANDLERS + "\nfunc TestFourth(t *tes$0", "", id="binary"),
        pytest.param(HANDLERS + "\n" + "x " * 600 + "err$0", "", id="long-line"),
    ],
)
def test_suggests(marked: str, expected: str) -> None:
    check_suggest(marked, expected)


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_line_endings_do_not_matter(ending: str) -> None:
    marked = f"{HANDLERS}\nfunc TestFourth(t *testing.T) {{\n\tif err$0\n\n// end\n"
    check_suggest(marked.replace("\n", ending), " != nil {")


def test_the_workspace_counts_but_not_the_files_own_path() -> None:
    marked = "import testing\n\nfunc TestFourth(t *testing.T) {\n\tif err != nil {\n\t\tt.Fat$0"
    expected = 'alf("unexpected error: %v", err)'
    others = [("a.go", HANDLERS), ("b.go", HANDLERS)]
    check_suggest(marked, "")
    check_suggest(marked, expected, others)
    check_suggest(marked, expected, others, own="c.go")
    check_suggest(marked, "", [("own.go", HANDLERS * 2)], own="own.go")


def test_every_context_of_a_file_is_found_in_the_corpus() -> None:
    texts = [("a.go", HANDLERS), ("b.py", SETTERS)]
    corpus = build_corpus(texts)
    for path, text in texts:
        tokens = tokenize(text + "\n").text
        for i in range(8, len(tokens), 5):
            windows, places = corpus.near(tokens[:i], "", None)
            assert tokens[i] in [windows.text[p] for p in places], (path, i)
            assert all(windows.text[p - 2 : p] == tokens[i - 2 : i] for p in places)
            started = corpus.near(tokens[:i], tokens[i][:2], None)
            assert all(started[0].text[p].startswith(tokens[i][:2]) for p in started[1])


def test_the_corpus_stays_small() -> None:
    text = (ROOT / "server/kireji/base/types.py").read_text(encoding="utf-8")
    files = [(f"{i}.py", text) for i in range(40)]
    whole = build_corpus(files)
    assert len(whole.paths) == 40
    arrays = whole.ids.itemsize * len(whole.ids) + len(whole.blanks)
    arrays += sum(segment.order.itemsize * len(segment.order) for segment in whole.segments)
    assert arrays <= 9 * whole.tokens
    capped = build_corpus([*files, ("small.py", "x = 1\n")], max_tokens=20_000)
    assert 0 < len(capped.paths) < 40
    assert capped.tokens <= 20_000
    assert capped.paths[-1] == "small.py"
    assert build_corpus([("data.bin", "\0"), ("huge.py", "x = 1\n" * 100_000)]).paths == ()


@pytest.mark.parametrize(
    ("prefix", "suffix"),
    [
        pytest.param(HANDLERS * 2_000 + "\nfunc TestFourth(t", HANDLERS * 500, id="400-kB"),
        pytest.param("x = 1\n" * 60_000 + "x", "\n" + "x = 1\n" * 10_000, id="one-line-for-ever"),
        pytest.param("a, " * 3_300 + "\na", "\n" + "a, " * 3_300, id="10,000-character-lines"),
        pytest.param((" " * 40_000 + "\f\n") * 4 + "x", "\n" + " " * 40_000 + "\f", id="blanks"),
        pytest.param(" \n" * 100_000 + "x", "\r\n" * 100_000, id="empty-lines"),
        pytest.param("(" * 200_000 + "\n(", "\n" + ")" * 200_000, id="brackets"),
        pytest.param("".join(map(chr, range(1, 0xD800))) * 4 + "\nx", "\n\ufffe\U0001f600", id="every-character"),
    ],
)
def test_any_text_takes_bounded_time(prefix: str, suffix: str) -> None:
    """A tenth of this is usual; what the bound catches is work that grows with the square of the text."""
    times = []
    for _ in range(3):
        began = time.thread_time()
        suggest(prefix, suffix, None)
        times.append(time.thread_time() - began)
    assert min(times) < 0.5


@pytest.mark.parametrize(
    "text", [" " * 200_000, "x" + "\t " * 100_000 + "\f", "\n" * 200_000, "\n \r" * 60_000 + " " * 60_000]
)
def test_blanks_are_scanned_once(text: str) -> None:
    began = time.thread_time()
    tokenize(text)
    assert time.thread_time() - began < 1.0


def test_tokens_and_blanks_make_the_text_again() -> None:
    line = '\tfoo_bar(a,  "b c") # é 日本 x²'
    tokens = tokenize(f"{line}\n\n  next\n")
    assert "".join(b + t for b, t in zip(tokens.blanks, tokens.text, strict=True) if t != NEWLINE) == f"{line}  next"
    assert [blank for blank, token in zip(tokens.blanks, tokens.text, strict=True) if token == NEWLINE] == ["\n", ""]


def ask(marked: str, language: str = "go") -> Request:
    prefix, suffix = at(marked)
    document = make_document("file:///w/a.go", "/w/a.go", language, 1, prefix + suffix)
    before, after = prefix.rsplit("\n", 1)[-1], suffix.split("\n", 1)[0]
    scope = Span(0, len(document.text))
    site = Site(document, len(prefix), SiteKind.CODE, Shape.LINE, scope, "", before, after)
    return Request(Prompt("copy-engine", (), (), "t1", ("</t1>",), 64), RedactedPack(site, ()), deadline=0.0)


@pytest.mark.parametrize(
    ("marked", "said"),
    [
        (f"{HANDLERS}\nfunc TestFourth(t *testing.T) {{\n\tif err$0\n", "<t1>if err != nil {"),
        (f"{HANDLERS}\nfunc TestFourth(t *testing$0) {{\n", "<t1>func TestFourth(t *testing.T) {"),
        ("\tzebra($0)  // why\n", "<t1>zebra()  // why"),
        ("\t$0  }\n", "<t1>}"),
        ("$0", "<t1>"),
    ],
)
async def test_answers_in_the_contract(marked: str, said: str) -> None:
    """Below the threshold the line is said again as it is: nothing to add."""

    async def nothing(_root: str | None) -> Corpus | None:
        return None

    engine: Provider = CopyEngine(nothing)
    *deltas, end = [event async for event in engine.stream(ask(marked), StreamMeter())]
    assert "".join(d.text for d in deltas if isinstance(d, Delta)) == said
    assert isinstance(end, End)
    assert end.reason is EndReason.COMPLETE
    assert end.confidence is not None
    assert (end.confidence >= THRESHOLD) == ("Fourth" in marked)


async def test_the_corpus_is_asked_for_at_each_request() -> None:
    corpora: list[Corpus] = []

    async def newest(_root: str | None) -> Corpus | None:
        return corpora[-1] if corpora else None

    engine = CopyEngine(newest)
    request = ask("import testing\n\nfunc TestFourth(t *testing.T) {\n\tif err != nil {\n\t\tt.Fat$0")
    answers = []
    for files in ([], [("/w/b.go", HANDLERS * 2)], [("/w/a.go", HANDLERS * 2)]):
        corpora.append(build_corpus(files))
        answers.append("".join([e.text async for e in engine.stream(request, StreamMeter()) if isinstance(e, Delta)]))
    silent, said = "<t1>t.Fat", '<t1>t.Fatalf("unexpected error: %v", err)'
    assert answers == [silent, said, silent], "the document's own path must not count"
    await engine.warm()
    await engine.close()
    assert not engine.info.remote
    assert engine.estimate(request.prompt) == 0


def own_sources() -> dict[str, str]:
    return {
        str(p): p.read_text(encoding="utf-8") for d in ("server", "tests") for p in sorted((ROOT / d).rglob("*.py"))
    }


def standard_library() -> dict[str, str]:
    paths = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
    return {path.name: path.read_text(encoding="utf-8", errors="replace") for path in paths}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("texts", "workspace", "coverage", "right"),
    [
        pytest.param(own_sources, own_sources, 0.01, 0.6, id="own-sources-with-the-workspace"),
        pytest.param(standard_library, dict, 0.03, 0.7, id="standard-library-buffer-alone"),
    ],
)
def test_it_is_right_as_often_as_it_says(
    texts: Callable[[], dict[str, str]], workspace: Callable[[], dict[str, str]], coverage: float, right: float
) -> None:
    """Runs of lines are taken out of files and asked for; `-s` shows the table.

    Own sources repeat little: some 30 answers, hence the wider bounds.
    """
    rows = rows_of_texts(texts(), 400, random.Random(7))
    answers = answer(rows, build_corpus(workspace().items()))
    report("rows", answers)
    said, exact, _, _ = precision(answers, THRESHOLD)
    assert said >= coverage * len(answers)
    assert exact >= right


def test_fitting_finds_the_weights_that_made_the_answers() -> None:
    texts = {"a.go": HANDLERS * 3, "b.py": SETTERS * 3}
    answers = answer(rows_of_texts(texts, 40, random.Random(3)), None)
    weights = fit(answers)
    assert weights.keys() == WEIGHTS.keys()
    right, wrong = (
        [
            sum(weights[name] * value for name, value in idea.features.items())
            for a in answers
            for idea in a.ideas
            if (idea.text == a.row.truth.rstrip()) is truth
        ]
        for truth in (True, False)
    )
    assert sum(right) / len(right) > 0 > sum(wrong) / len(wrong)


def test_every_feature_has_a_weight() -> None:
    ideas = ranked(*at(f"{HANDLERS}\nfunc TestFourth($0"), None)
    assert ideas
    assert all(idea.features.keys() == WEIGHTS.keys() for idea in ideas)
