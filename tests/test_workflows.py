"""The workflows are YAML, test what pyproject.toml promises, and hold no more rights than they need; versions agree."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from kireji import __version__
from kireji.base.syntax import parse

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
_NUMBER = r"(?:0|[1-9]\d*)"
_SEMVER = re.compile(rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-[0-9A-Za-z.-]+)?")
_HEADING = re.compile(r"^## (.+)$", re.M)


def read(name: str) -> str:
    """A file of the repository."""
    return (ROOT / name).read_text(encoding="utf-8")


def listed(workflow: str, key: str) -> list[str]:
    """The values of a list that stands on one line."""
    (found,) = re.findall(rf"^ +{key}: \[(.*)\]$", workflow, re.M)
    return [value.strip(' "') for value in found.split(",")]


def jobs(workflow: str) -> dict[str, str]:
    """The text of each job by its name."""
    parts = re.split(r"^  ([\w-]+):\n", workflow.partition("\njobs:\n")[2], flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_there_are_workflows() -> None:
    assert [path.name for path in WORKFLOWS] == ["ci.yml", "release.yml"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_each_is_yaml_with_few_rights_and_named_actions(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert parse("yaml", text).problems() == ()
    assert "\npermissions:\n  contents: read\n\n" in text, "every job may read the code, and no more"
    assert "secrets." not in text
    used = re.findall(r"^ +(?:- )?uses: (.*)$", text, re.M)
    assert used
    for action in used:
        assert re.fullmatch(r"\./\.github/workflows/[\w.]+|[\w-]+/[\w-]+@(?:v\d+|release/v\d+|[0-9a-f]{40})", action)
    for name, job in jobs(text).items():
        assert "uses: ./" in job or "timeout-minutes: " in job, f"{name} could run for hours"
        assert job.count("actions/checkout@") == job.count("persist-credentials: false"), name


def test_what_is_promised_is_tested() -> None:
    promised = [c.rpartition(" ")[2] for c in PROJECT["classifiers"] if re.search(r"Python :: 3\.\d+$", c)]
    test = jobs(read(".github/workflows/ci.yml"))["test"]
    assert listed(test, "python") == promised
    assert listed(test, "os") == ["ubuntu-latest", "macos-latest", "windows-latest"]
    first, last = (tuple(map(int, version.split("."))) for version in (promised[0], promised[-1]))
    assert PROJECT["requires-python"] == f">={first[0]}.{first[1]},<{last[0]}.{last[1] + 1}"
    assert promised == [f"3.{minor}" for minor in range(first[1], last[1] + 1)]
    assert f'python_version = "{promised[0]}"' in read("pyproject.toml"), "types are checked for the oldest"


def test_ci_does_what_make_does() -> None:
    """The steps of `make test`, which Windows cannot run, are the same tools with the same arguments."""
    made = re.findall(r"^\t@\$\(BIN\)/((?:ruff|mypy|pytest).*)$", read("Makefile").partition("soak:")[0], re.M)
    steps = re.findall(r"^ +- run: python -m (.*)$", jobs(read(".github/workflows/ci.yml"))["test"], re.M)
    assert [step.replace(" --platform linux", "") for step in steps if not step.startswith("pip ")] == made


def test_only_the_job_that_publishes_may_speak_for_the_project() -> None:
    rights = {
        (path.name, name) for path in WORKFLOWS for name, job in jobs(path.read_text()).items() if "id-token" in job
    }
    assert rights == {("release.yml", "publish")}
    release = jobs(read(".github/workflows/release.yml"))
    assert "    environment: pypi\n    permissions:\n      id-token: write\n    steps:\n" in release["publish"]
    assert "    needs: ci\n" in release["publish"] and "    needs: version\n" in release["ci"]
    assert "checkout" not in release["publish"], "what is published has been built, and tested, before"


def test_the_version_is_told_once_and_the_changelog_follows_it() -> None:
    assert _SEMVER.fullmatch(__version__)
    assert "version" not in PROJECT and PROJECT["dynamic"] == ["version"]
    unreleased, *released = _HEADING.findall(read("CHANGELOG.md"))
    assert unreleased == "[Unreleased]"
    versions = []
    for heading in released:
        found = re.fullmatch(r"\[([^]]+)\] - \d{4}-\d{2}-\d{2}", heading)
        assert found and _SEMVER.fullmatch(found[1]), heading
        versions.append(tuple(map(int, found[1].partition("-")[0].split("."))))
    assert versions == sorted(versions, reverse=True)
    if versions:
        assert tuple(map(int, __version__.partition("-")[0].split("."))) >= versions[0]
    kinds = set(re.findall(r"^### (.+)$", read("CHANGELOG.md"), re.M))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_all_that_counts_is_counted_at_full_size_by_make_soak() -> None:
    asked = {
        name for path in (ROOT / "tests").rglob("*.py") for name in re.findall(r'"(SOAK_\w+)"', path.read_text("utf-8"))
    }
    assert asked == set(re.findall(r"(SOAK_\w+)=", (ROOT / "Makefile").read_text("utf-8")))
