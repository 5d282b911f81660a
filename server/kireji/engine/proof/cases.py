"""What a test program reports, case by case, read from the formats that test programs write. Runs nothing and compares nothing.

What a program wrote may have been written by the code under test: it is read as data, within bounds, and what is not the
format raises ValueError.
"""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

_MOST_CHARS = 8_000_000
_DETAIL_CHARS = 4_000


class CaseState(Enum):
    """What became of one case."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Case:
    """One test by its name; `detail` is what the program says about a failure."""

    name: str
    state: CaseState
    detail: str = field(default="", repr=False)


Cases = tuple[Case, ...]


def junit(report: str, output: str, code: int) -> Cases:
    """The XML that pytest, vitest and node write."""
    del output, code
    if len(report) > _MOST_CHARS or "<!DOCTYPE" in report or "<!ENTITY" in report:
        raise ValueError("not a report")
    try:
        root = ET.fromstring(report)  # noqa: S314 — bounded, and without a document type
    except ET.ParseError as error:
        raise ValueError("not XML") from error
    found = []
    for case in root.iter("testcase"):
        name = "::".join(filter(None, (case.get("classname"), case.get("name"))))
        wrong = [child for child in case if child.tag in ("failure", "error")]
        if wrong:
            said = "\n".join(f"{child.get('message') or ''}\n{child.text or ''}" for child in wrong)
            found.append(Case(name, CaseState.FAILED, said.strip()[:_DETAIL_CHARS]))
        else:
            skipped = case.find("skipped") is not None
            found.append(Case(name, CaseState.SKIPPED if skipped else CaseState.PASSED))
    return tuple(found)


_UNITTEST = re.compile(
    r"^([\w.]+ \([\w.]+\))(?:\n.*?)? \.\.\. (?:.*\n)*?(ok|FAIL|ERROR|skipped|expected failure|unexpected success)\b",
    re.M,
)
_SECTION = re.compile(r"^={70}\n(?:FAIL|ERROR): ([\w.]+ \([\w.]+\)).*?\n-{70}\n(.*?)(?=^={70}\n|^-{70}\n)", re.M | re.S)


def unittest(report: str, output: str, code: int) -> Cases:
    """What `python -m unittest -v` prints."""
    del report, code
    if not re.search(r"^Ran \d+ tests? in ", output, re.M):
        raise ValueError("not a run of unittest")
    details = {match[1]: match[2].strip()[:_DETAIL_CHARS] for match in _SECTION.finditer(output)}
    states = {
        "ok": CaseState.PASSED,
        "expected failure": CaseState.PASSED,
        "skipped": CaseState.SKIPPED,
    }
    found = {match[1]: states.get(match[2], CaseState.FAILED) for match in _UNITTEST.finditer(output)}
    # What fails before a case begins (an import) has a section and no line of its own.
    found |= dict.fromkeys(details, CaseState.FAILED)
    return tuple(Case(name, state, details.get(name, "")) for name, state in found.items())


def jest(report: str, output: str, code: int) -> Cases:
    """The JSON of jest."""
    del output, code
    data = json.loads(report[:_MOST_CHARS])
    found = []
    for suite in _rows(data, "testResults"):
        cases = _rows(suite, "assertionResults")
        if not cases and suite.get("status") == "failed":
            found.append(Case(str(suite.get("name")), CaseState.FAILED, str(suite.get("message"))[:_DETAIL_CHARS]))
        for case in cases:
            state = {"passed": CaseState.PASSED, "failed": CaseState.FAILED}.get(
                str(case.get("status")), CaseState.SKIPPED
            )
            messages = case.get("failureMessages")
            said = "\n".join(map(str, messages)) if isinstance(messages, list) else ""
            found.append(Case(str(case.get("fullName")), state, said[:_DETAIL_CHARS]))
    return tuple(found)


def go(report: str, output: str, code: int) -> Cases:
    """The lines of `go test -json`. A package that fails without a test of it (it does not build) is a case of its own."""
    del report, code
    said: dict[str, list[str]] = {}
    states: dict[str, CaseState] = {}
    broken: list[str] = []
    for line in output.splitlines():
        if not line.startswith("{"):
            continue
        row = json.loads(line)
        if not isinstance(row, dict):
            raise ValueError("not an event")
        package = str(row.get("Package") or row.get("ImportPath"))
        name = f"{package}/{row['Test']}" if "Test" in row else package
        match row.get("Action"):
            case "output" | "build-output":
                said.setdefault(name, []).append(str(row.get("Output", "")))
            case "pass" | "skip" | "fail" if "Test" in row:
                states[name] = _GO[row["Action"]]
            case "fail" | "build-fail":
                broken.append(package)
    if not said and not states and not broken:
        raise ValueError("not a run of go test")
    failed = {name.partition("/")[0] for name, state in states.items() if state is CaseState.FAILED}
    states |= {package: CaseState.FAILED for package in broken if package.partition("/")[0] not in failed}
    return tuple(
        Case(name, state, "".join(said.get(name, ())).strip()[:_DETAIL_CHARS]) for name, state in states.items()
    )


_GO = MappingProxyType({"pass": CaseState.PASSED, "skip": CaseState.SKIPPED, "fail": CaseState.FAILED})


def by_code(report: str, output: str, code: int) -> Cases:
    """A command of which nothing is known but its code is one case."""
    del report
    if code == 0:
        return (Case("all", CaseState.PASSED),)
    return (Case("all", CaseState.FAILED, output.strip()[-_DETAIL_CHARS:]),)


_CARGO = re.compile(r"^test (\S+)(?: - should panic)? \.\.\. (ok|FAILED|ignored)", re.M)
_CARGO_SAID = re.compile(r"^---- (\S+) stdout ----\n(.*?)(?=^---- |^failures:)", re.M | re.S)
_RUSTC = re.compile(r"^error(?:\[E\d+\])?: .*?(?=^\S*\n\n|\Z)", re.M | re.S)


def cargo(report: str, output: str, code: int) -> Cases:
    """What `cargo test` prints. A crate that does not compile is one failed case."""
    del report, code
    details = {match[1]: match[2].strip()[:_DETAIL_CHARS] for match in _CARGO_SAID.finditer(output)}
    states = {"ok": CaseState.PASSED, "ignored": CaseState.SKIPPED}
    found = tuple(
        Case(match[1], states.get(match[2], CaseState.FAILED), details.get(match[1], ""))
        for match in _CARGO.finditer(output)
    )
    if not found and (error := _RUSTC.search(output)) is not None:
        return (Case("compile", CaseState.FAILED, error[0][:_DETAIL_CHARS]),)
    if not found and "test result: ok" not in output:
        raise ValueError("not a run of cargo test")
    return found


def _rows(data: object, key: str) -> list[dict[str, object]]:
    rows = data.get(key) if isinstance(data, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError(f"no {key}")
    return rows
