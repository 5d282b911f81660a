"""The doctor's self-tests: every gate must pass a sound answer and refuse a broken one, and the engines must know a little.

A gate without a row in `SAMPLES` is itself a finding, so that none can be blind unnoticed. The gates are the server's own,
from `compose.py`. A tool of another language need not be there: that is worth a note.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from kireji.base.config_schema import ProviderChoice
from kireji.cli.health import REINSTALL, Line, Machine, note, ok, wrong

if TYPE_CHECKING:
    from kireji.base.analysis.client import Analysis
    from kireji.base.types import GateResult
    from kireji.engine.gates.gate import Gate

# A busy machine is no broken one; what does not start gives up sooner by itself.
_SECONDS = 40.0
_PYTHON = "def area(width, height):\n    return $0\n"
_SCRIPT = "function area(width, height) {\n  return $0\n}\n"
_REPEATING = """\
def first(items, name):
    if name not in items:
        raise KeyError(name)


def second(items, name):
    if name not in$0
        raise KeyError(name)
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """Two answers at the `$0` of a text: one that a gate has to pass and one that it has to refuse."""

    gate: str
    language: str
    text: str
    sound: str
    broken: str


SAMPLES: tuple[Sample, ...] = (
    Sample("text", "python", _PYTHON, "width * height", "return width * height"),
    Sample("shape", "python", _PYTHON, "width * height", "width * height\n\n\ndef volume():\n    return 1"),
    Sample("syntax", "python", _PYTHON, "width * height", "width * (height"),
    Sample("syntax", "javascript", _SCRIPT, "width * height;", "width * (height;"),
    Sample("ruff", "python", _PYTHON, "width * height", "width * heigth"),
    Sample("security", "python", _PYTHON, "'width'", "'width\u202e'"),
    Sample("types", "python", _PYTHON, "len(width)", "len(width, height)"),
    Sample("data", "json", '{"width": $0}', "1", "1,"),
    Sample("data", "toml", "width = $0\n", "1", "one"),
    Sample("data", "yaml", "width: &width 1\nheight: $0\n", "*width", "*heigth"),
    # Each of these stands alone in its file, as a text outside a trusted workspace does.
    Sample("typescript", "typescript", "const width: number = $0\n", "1 * 2;", "1 * [];"),
    Sample("gopls", "go", "package a\n\nfunc area(width int) int {\n\treturn $0\n}\n", "width * 2", '"width"'),
    Sample("clangd", "c", "int area(int width) {\n  return $0\n}\n", "width * 2;", "area(width, width);"),
    Sample("javac", "java", "class A {\n  int area(int width) {\n    return $0\n  }\n}\n", "width * 2;", '"width";'),
    Sample("shellcheck", "shellscript", '#!/bin/sh\nwidth=1\necho "$0"\n', "$width", "$height"),
    Sample("rust-analyzer", "rust", "fn area(width: i32) -> i32 {\n    $0\n}\n", "width * 2", '"width"'),
)
# What follows where a tool of the machine cannot be heard.
_SYNTAX_ALONE = "Nothing, if you do not write {language}: without it, that is checked by its syntax alone."
# The gates that ask a program, and the setting that names it.
_PROGRAMS = MappingProxyType({"ruff": "ruff", "types": "ty"})


def services(machine: Machine) -> Iterator[Line]:
    """Each gate of the server, on its samples, and the worker that knows names; they are started together."""

    async def lines() -> list[Line]:
        return [line async for line in _service_lines(machine)]

    yield from asyncio.run(lines())


def local_engine(_machine: Machine) -> Iterator[Line]:
    """The local engine says what the file says elsewhere, and is silent where it says nothing."""
    from kireji.providers.copy_engine import suggest

    before, _, after = _REPEATING.partition("$0")
    copied, invented = suggest(before, after, None).text, suggest("x = 1\n", "", None).text
    if copied.strip() == "items:" and not invented:
        yield ok("local engine", "copies what is sure, and is silent where nothing is")
    else:
        text = f"said {copied!r} for 'items:', and {invented!r} where there is nothing to say"
        yield wrong("local engine", text, REINSTALL)


async def gate_line(gate: Gate, machine: Machine) -> Line:
    """Whether a gate passes what is sound and refuses what is broken, on each of its samples."""
    from kireji.base.types import GateState
    from kireji.engine.gates.delegate import DelegateGate

    subject = f"{gate.name} gate"
    samples = [sample for sample in SAMPLES if sample.gate == gate.name]
    if not samples and isinstance(gate, DelegateGate):
        return note(subject, "has no self-test: tools.servers names it", "Nothing, if it works for you.")
    if not samples:
        return wrong(subject, "has no self-test, so nobody knows whether it sees anything", "Report this line.")
    codes, slowest = [], 0.0
    for sample in samples:
        try:
            passed, refused = await _judged(gate, sample, sample.sound), await _judged(gate, sample, sample.broken)
        except ImportError:
            if not isinstance(gate, DelegateGate):
                raise
            return note(subject, f"cannot be heard: the grammar of {sample.language} is missing", REINSTALL)
        if isinstance(gate, DelegateGate) and GateState.UNKNOWN in (passed.state, refused.state):
            text = f"cannot be heard: {passed.note or refused.note}"
            return note(subject, text, _SYNTAX_ALONE.format(language=sample.language))
        if passed.state is not GateState.PASS:
            return wrong(
                subject, f"does not pass sound {sample.language}: {_said(passed)}", _remedy(gate.name, machine)
            )
        if refused.state is not GateState.FAIL or not refused.findings:
            text = f"is blind: it does not refuse broken {sample.language} ({_said(refused)})"
            return wrong(subject, text, _remedy(gate.name, machine))
        codes += [finding.code for finding in refused.findings]
        slowest = max(slowest, passed.elapsed, refused.elapsed)
    found = ", ".join(dict.fromkeys(codes))
    return ok(subject, f"passes the sound and refuses the broken ({found}), {slowest * 1000:.1f} ms")


async def analysis_line(analysis: Analysis) -> Line:
    """Whether the analysis worker names a member that every Python has."""
    from kireji.base.child_protocol import ChildUnavailable
    from kireji.base.text import make_document
    from kireji.base.types import Workspace

    text = "import os\nos.getcw"
    document = make_document("file:///kireji/self-test.py", None, "python", 1, text)
    started = time.monotonic()
    try:
        deadline = asyncio.get_running_loop().time() + _SECONDS
        names = await analysis.complete(document, len(text), Workspace(), 10, deadline)
    except ChildUnavailable as error:
        return wrong("analysis", f"does not answer: {error}", REINSTALL)
    if "getcwd" not in {name.text for name in names}:
        return wrong("analysis", "does not know os.getcwd, so no names of Python are offered", REINSTALL)
    return ok("analysis", f"knows the names of Python, {(time.monotonic() - started) * 1000:.1f} ms")


async def _service_lines(machine: Machine) -> AsyncIterator[Line]:
    from kireji.compose import build_services
    from kireji.providers.models import DEFAULT_MODEL

    # Neither the provider nor the model has a part in this, and without a remote one nothing can reach for a network.
    protected = replace(machine.settings.protected, provider=ProviderChoice.LOCAL, model=DEFAULT_MODEL)
    services = build_services(replace(machine.settings, protected=protected), machine.clock)
    try:
        # As in a server, where the checkers are up before anyone asks: their start is not the gate's time.
        languages = dict.fromkeys(sample.language for sample in SAMPLES)
        await asyncio.gather(services.warm(), *(services.warm(language) for language in languages))
        for gate in services.gates:
            yield await gate_line(gate, machine)
        yield await analysis_line(services.semantics.analysis)
    finally:
        await services.close()


async def _judged(gate: Gate, sample: Sample, answer: str) -> GateResult:
    """The gate's word on an answer, applied and compared as a model's would be."""
    from kireji.base.languages import LANGUAGES
    from kireji.base.text import make_document
    from kireji.base.types import Candidate, Change, Edit, RawCompletion, Skip, Snapshot, Span, Trigger
    from kireji.engine.gates.baseline import trial
    from kireji.engine.gates.run import run_gates
    from kireji.engine.site import classify

    before, _, after = sample.text.partition("$0")
    name = f"/kireji/self-test{LANGUAGES[sample.language].extensions[0]}"
    document = make_document(f"file://{name}", name, sample.language, 1, before + after)
    snapshot = Snapshot("doctor", document, trigger=Trigger.EXPLICIT)
    site = classify(snapshot, len(before))
    assert not isinstance(site, Skip)  # noqa: S101 — our own samples are places where a question is asked
    edit = Edit(document.uri, document.version, (Change(Span(len(before), len(before)), answer),))
    raw = RawCompletion(answer, "given", True, None, 0.0, 0.0, len(answer))
    verdict = await run_gates((gate,), trial(snapshot, Candidate("doctor", site, edit, raw)), _SECONDS)
    return verdict.results[0]


def _said(result: GateResult) -> str:
    findings = "; ".join(f"{finding.code} {finding.message}" for finding in result.findings)
    return f"{result.state.value}{f': {findings or result.note}' if findings or result.note else ''}"


def _remedy(gate: str, machine: Machine) -> str:
    """What to do about a gate that does not work: it may ask a program that a setting has replaced."""
    program = _PROGRAMS.get(gate)
    if program is None or getattr(machine.settings.protected, program) is None:
        return REINSTALL
    return f"Correct or remove {machine.sources[program]}: without it, the {program} that came with Kireji is run."
