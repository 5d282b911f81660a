"""How a project's tests are run: found from its files, as data. Runs nothing.

Every command names its program by an absolute path outside what a model may write, runs offline, and reports case by case
where its runner can.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from kireji.base.files import read_text
from kireji.base.sandbox import TEMPORARY, Shown
from kireji.base.toolbox import find
from kireji.engine.proof import cases
from kireji.engine.proof.cases import Cases

_MOST_BYTES = 400_000
_REPORT = "report"


@dataclass(frozen=True, slots=True)
class Project:
    """A workspace as its tests see it: `root` is where it lies, `at` where the sandbox shows the copy, `out` where reports
    go. `python` is the interpreter that runs it."""

    root: str
    at: str
    out: str
    python: str | None


@dataclass(frozen=True, slots=True)
class TestRun:
    """One run: `read` makes cases of the report and the output. `shown` is what the runner needs to see of this machine."""

    __test__ = False

    name: str
    command: tuple[str, ...]
    read: Callable[[str, str, int], Cases] = field(repr=False)
    shown: tuple[Shown, ...] = ()
    environment: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    report: str = ""


def runs(project: Project, tests: tuple[str, ...], changed: tuple[str, ...]) -> tuple[TestRun, ...]:
    """The runs for test files and changed files, relative to the root; one for each kind of runner that they need. Blocks."""
    by_python = tuple(path for path in tests if path.endswith(".py"))
    by_script = tuple(path for path in tests if re.search(r"\.[cm]?[jt]sx?$", path))
    found = (
        _python(project, by_python) if by_python else None,
        _script(project, by_script, changed) if by_script or any(_is_script(path) for path in changed) else None,
        _go(project, changed),
        _cargo(project, changed),
    )
    return tuple(run for run in found if run is not None)


# ---- Python ------------------------------------------------------------------------------------


def _python(project: Project, tests: tuple[str, ...]) -> TestRun | None:
    python = project.python or find("python3", outside=project.root)
    if python is None or not Path(python).exists():
        return None
    if not (Path(python).parent.parent / "pyvenv.cfg").is_file():
        # A link to an interpreter is not shown, what it leads to is.
        python = os.path.realpath(python)
    shown = python_shown(python)
    # Packages of a source layout are found even where nobody has installed them.
    source = [project.at, *([f"{project.at}/src"] if Path(project.root, "src").is_dir() else [])]
    environment = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": os.pathsep.join(source)}
    if _has(python, "pytest"):
        report = f"{project.out}/{_REPORT}"
        options = ("-q", "-p", "no:cacheprovider", f"--junitxml={report}", "-o", "junit_family=xunit2", "--tb=short")
        command = (python, "-m", "pytest", *options, *(f"{project.at}/{path}" for path in tests))
        return TestRun("pytest", command, cases.junit, shown, environment, _REPORT)
    names = tuple(PurePosixPath(path).with_suffix("").as_posix().replace("/", ".") for path in tests)
    return TestRun("unittest", (python, "-m", "unittest", "-v", *names), cases.unittest, shown, environment)


def python_shown(python: str) -> tuple[Shown, ...]:
    """The folders that an interpreter needs: its environment, and each installation that its links lead through.

    Nothing else around it: a link to an interpreter may lie in a folder that holds half of a person's home.
    """
    shown: dict[str, str] = {}
    path = Path(python)
    home = _home_of(path.parent.parent)
    for _ in range(8):
        shown |= _installation(path.parent.parent)
        if not path.is_symlink():
            break
        path = path.parent / path.readlink()
    if home is not None:
        shown |= _installation(home)
    return tuple(Shown(source, at) for at, source in shown.items())


def _installation(prefix: Path) -> dict[str, str]:
    """The folder, if it is an environment or an installation of Python and the system does not show it anyway."""
    is_one = (prefix / "pyvenv.cfg").is_file() or any(prefix.glob("lib*/python3*/os.py"))
    return {str(prefix): os.path.realpath(prefix)} if is_one and str(prefix) not in ("/", "/usr") else {}


def _home_of(environment: Path) -> Path | None:
    """The installation that an environment was made of."""
    text = read_text(environment / "pyvenv.cfg", environment, _MOST_BYTES) or ""
    said = re.search(r"^\s*home\s*=\s*(\S.*?)\s*$", text, re.M)
    return Path(said[1]).parent if said is not None and Path(said[1]).is_absolute() else None


def _has(python: str, package: str) -> bool:
    """Whether an interpreter's environment holds a package, by its folders: nothing is run for it."""
    prefixes = {Path(python).parent.parent, Path(os.path.realpath(python)).parent.parent, Path("/usr")}
    # Debian's own packages lie elsewhere than those that pip installs.
    patterns = (f"lib/python3*/site-packages/{package}", f"lib/python3/dist-packages/{package}")
    return any(next(iter(prefix.glob(pattern)), None) is not None for prefix in prefixes for pattern in patterns)


# ---- JavaScript and TypeScript -----------------------------------------------------------------


def _is_script(path: str) -> bool:
    return re.search(r"\.[cm]?[jt]sx?$", path) is not None


def _script(project: Project, tests: tuple[str, ...], changed: tuple[str, ...]) -> TestRun | None:
    found = find("node", outside=project.root)
    package = _json(project.root, "package.json")
    if found is None or package is None:
        return None
    # One file is the whole program; what lies around it is nobody's business.
    node = os.path.realpath(found)
    shown, report = (Shown(node, node),), f"{project.out}/{_REPORT}"
    sources = tuple(f"{project.at}/{path}" for path in dict.fromkeys((*changed, *tests)) if _is_script(path))
    modules = f"{project.at}/node_modules"
    installed = Path(project.root, "node_modules")
    if (installed / "vitest" / "vitest.mjs").is_file():
        command = (node, f"{modules}/vitest/vitest.mjs", "related", *sources, "--run", "--reporter=junit")
        return TestRun("vitest", (*command, f"--outputFile={report}"), cases.junit, shown, {}, _REPORT)
    if (installed / "jest" / "bin" / "jest.js").is_file():
        command = (
            node,
            f"{modules}/jest/bin/jest.js",
            "--ci",
            "--json",
            f"--outputFile={report}",
            "--findRelatedTests",
        )
        return TestRun("jest", (*command, *sources), cases.jest, shown, {}, _REPORT)
    scripts = package.get("scripts")
    said = scripts.get("test") if isinstance(scripts, dict) else None
    if not isinstance(said, str) or not tests:
        return None
    if re.match(r"node\b.*--test\b", said):
        options = ("--test", "--test-reporter=junit", f"--test-reporter-destination={report}")
        return TestRun(
            "node", (node, *options, *(f"{project.at}/{path}" for path in tests)), cases.junit, shown, {}, _REPORT
        )
    path = f"{modules}/.bin:{Path(node).parent}:/usr/local/bin:/usr/bin:/bin"
    return TestRun("npm test", ("/bin/sh", "-c", said), cases.by_code, shown, {"PATH": path})


# ---- Go and Rust -------------------------------------------------------------------------------


def _go(project: Project, changed: tuple[str, ...]) -> TestRun | None:
    packages = sorted({str(PurePosixPath(path).parent) for path in changed if path.endswith(".go")})
    program = find("go", outside=project.root)
    if not packages or program is None or not Path(project.root, "go.mod").is_file():
        return None
    real = os.path.realpath(program)
    root = Path(real).parent.parent
    if not (root / "VERSION").is_file():
        return None
    modules = os.environ.get("GOMODCACHE") or _at_home("go/pkg/mod")
    shown: tuple[Shown, ...] = (Shown(str(root), str(root)), Shown(modules, modules))
    # The person's own cache, read only: to compile the standard library anew takes longer than most tests.
    cache = os.environ.get("GOCACHE") or _at_home(".cache/go-build")
    if Path(cache, "00").is_dir():
        shown += (Shown(cache, cache),)
    else:
        cache = f"{TEMPORARY}/go-build"
    environment = {
        "GOROOT": str(root),
        "GOMODCACHE": modules,
        "GOPATH": f"{TEMPORARY}/go",
        "GOCACHE": cache,
        "GOPROXY": "off",
        "GOFLAGS": "-mod=readonly",
        "GOTOOLCHAIN": "local",
        "CGO_ENABLED": "0",
    }
    command = (real, "test", "-json", *(f"./{package}" for package in packages))
    return TestRun("go test", command, cases.go, shown, environment)


def _cargo(project: Project, changed: tuple[str, ...]) -> TestRun | None:
    cargo = find("cargo", outside=project.root)
    manifest = _nearest(project.root, (path for path in changed if path.endswith(".rs")), "Cargo.toml")
    if cargo is None or manifest is None:
        return None
    home = os.environ.get("CARGO_HOME") or _at_home(".cargo")
    tools = os.environ.get("RUSTUP_HOME") or _at_home(".rustup")
    environment = {
        "CARGO_HOME": home,
        "RUSTUP_HOME": tools,
        "CARGO_TARGET_DIR": f"{TEMPORARY}/target",
        "CARGO_NET_OFFLINE": "true",
        "PATH": f"{Path(cargo).parent}:/usr/local/bin:/usr/bin:/bin",
    }
    # The home holds a person's key for the registry beside what is needed of it.
    shown = tuple(Shown(path, path) for path in (*(f"{home}/{part}" for part in ("registry", "git", "bin")), tools))
    command = (cargo, "test", "--offline", "--no-fail-fast", "--manifest-path", f"{project.at}/{manifest}")
    return TestRun("cargo test", command, cases.cargo, shown, environment)


# ---- files -------------------------------------------------------------------------------------


def _at_home(folder: str) -> str:
    """A folder below the person's home, where tools keep what they have downloaded."""
    return str(Path(os.path.expanduser("~"), folder))  # noqa: PTH111 — without a home it stays as it is, and nothing is there


def _json(root: str, name: str) -> dict[str, object] | None:
    try:
        data = json.loads(read_text(Path(root, name), Path(root), _MOST_BYTES) or "")
    except ValueError:
        return None
    return data if isinstance(data, dict) else None


def _nearest(root: str, paths: Iterable[str], name: str) -> str | None:
    """The nearest file of that name above the first of the paths, relative to the root."""
    for path in paths:
        for folder in PurePosixPath(path).parents:
            if Path(root, folder, name).is_file():
                return (folder / name).as_posix()
    return None
