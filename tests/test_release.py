"""What is released: the wheel holds the package and nothing else, the sdist makes it again, and it works where nothing else is.

Needs the package index that pip is configured for: the wheel is installed with its real dependencies.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path
from typing import Any

import pytest

from kireji import __version__
from support.environment import clean_environment
from support.lsp_client import Client
from support.popup_client import until_listed

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
# Watchdogs: an index that is far away, on a machine that is busy.
BUILD_SECONDS = 600
INSTALL_SECONDS = 1_200
RUN_SECONDS = 120
# Any moment will do; that of a commit is what `make dist` takes.
EPOCH = "1767225600"
# The local engine is sure of what the file says twice.
TEXT = """def first(items, name):
    if name not in items:
        raise KeyError(f"no such item: {name}")
    return items[name]


def second(items, name):
    if name not in
        raise KeyError(f"no such item: {name}")
    return items[name]
"""
LINE, COLUMN = 7, 18
# Each writes this beside itself, should anybody import, run or obey it.
FIRED = "fired"
TRAP = f"import pathlib; pathlib.Path(__file__).with_name('{FIRED}').touch()\n"
TRAPS = {
    **dict.fromkeys(("json.py", "kireji.py", "jedi.py", "sitecustomize.py", "usercustomize.py", "conftest.py"), TRAP),
    # Obeyed, these would make the checker blind, and its gate would say "unknown".
    "ruff.toml": 'exclude = ["*.py"]\nforce-exclude = true\n[lint]\nignore = ["F"]\n',
    "pyproject.toml": '[tool.ruff]\nexclude = ["*.py"]\nforce-exclude = true\n[tool.ruff.lint]\nignore = ["F"]\n',
    **dict.fromkeys(("ruff", "ty", "git", ".venv/bin/python"), f'#!/bin/sh\n: > "${{0%/*}}/{FIRED}"\n'),
}

pytestmark = pytest.mark.slow


@dataclass(frozen=True, slots=True)
class Built:
    """The two files that a build makes."""

    wheel: Path
    sdist: Path


def outside() -> dict[str, str]:
    """The environment for pip: as it is, with its index, proxy and certificates, but without this checkout."""
    return {k: v for k, v in os.environ.items() if not k.startswith("PYTHON") and k != "VIRTUAL_ENV"}


def run(*command: str | Path, cwd: Path, seconds: float, environment: dict[str, str]) -> str:
    """Standard output of a command that must succeed; its own words when it does not."""
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=seconds, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return done.stdout


def build(tree: Path, out: Path) -> Built:
    """Both files from a tree, each made from the tree itself."""
    command = (sys.executable, "-m", "build", "--sdist", "--wheel", "--outdir", out, tree)
    run(*command, cwd=tree, seconds=BUILD_SECONDS, environment=outside() | {"SOURCE_DATE_EPOCH": EPOCH})
    (wheel,), (sdist,) = out.glob("*.whl"), out.glob("*.tar.gz")
    return Built(wheel, sdist)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The files of this checkout."""
    return build(ROOT, tmp_path_factory.mktemp("dist"))


def test_the_wheel_holds_the_package_and_its_papers(built: Built) -> None:
    assert built.wheel.name == f"kireji-{__version__}-py3-none-any.whl"
    about = f"kireji-{__version__}.dist-info/"
    with zipfile.ZipFile(built.wheel) as wheel:
        names = set(wheel.namelist())
        licences = [wheel.read(f"{about}licenses/{name}") for name in ("LICENSE", "NOTICE")]
        metadata = HeaderParser().parsestr(wheel.read(f"{about}METADATA").decode("utf-8"))
    package = {name for name in names if not name.startswith(about)}
    files = (path for path in (ROOT / "server" / "kireji").rglob("*") if path.is_file())
    expected = {f"kireji/{path.relative_to(ROOT / 'server' / 'kireji').as_posix()}" for path in files}
    assert package == {name for name in expected if "__pycache__" not in name}
    assert {"kireji/py.typed", "kireji/demo_project/inventory.py.txt"} <= package
    papers = {name.removeprefix(about) for name in names - package}
    assert papers == {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE", "licenses/NOTICE"}
    assert licences == [(ROOT / name).read_bytes() for name in ("LICENSE", "NOTICE")]
    assert metadata["Version"] == __version__
    assert metadata["License-Expression"] == PROJECT["license"]
    needed = {
        re.split(r"[^\w-]", wanted)[0] for wanted in metadata.get_all("Requires-Dist", []) if "extra" not in wanted
    }
    assert needed == {re.split(r"[^\w-]", wanted)[0] for wanted in PROJECT["dependencies"]}


# Not every 3.11 knows the filter that newer ones want to be told.
_TRUSTED: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}


def test_the_sdist_makes_the_same_files_again(built: Built, tmp_path: Path) -> None:
    with tarfile.open(built.sdist) as sdist:
        names = [name.partition("/")[2] for name in sdist.getnames()]
        sdist.extractall(tmp_path, **_TRUSTED)
    wanted = "pyproject.toml README.md CHANGELOG.md SECURITY.md PRIVACY.md LICENSE NOTICE Makefile .ci/run PKG-INFO"
    wanted += " tests/test_release.py editors/neovim/README.md .github/workflows/ci.yml server/kireji/py.typed"
    assert set(wanted.split()) <= set(names)
    assert [name for name in names if name.endswith((".pyc", ".sqlite3")) or "cache" in name.split("/")[0]] == []
    (tree,) = tmp_path.iterdir()
    # Times of files on the disk must not count.
    for path in tree.rglob("*"):
        os.utime(path, (1, 1))
    again = build(tree, tmp_path / "again")
    assert again.wheel.read_bytes() == built.wheel.read_bytes()
    assert again.sdist.read_bytes() == built.sdist.read_bytes()


async def test_the_wheel_works_where_nothing_else_is(built: Built, tmp_path: Path) -> None:
    """It serves from within a workspace that is full of traps, and none of them fires."""
    aside, home, project = tmp_path / "aside", tmp_path / "home", tmp_path / "project"
    for folder in (aside, home):
        folder.mkdir()
    before = await asyncio.to_thread(lay_traps, project)
    scripts = await asyncio.to_thread(install, built.wheel, tmp_path / "venv", aside)
    # Only what the system itself needs is on the PATH: tools that happen to be installed elsewhere do not help.
    environment = clean_environment(home, PATH=os.pathsep.join((str(scripts), os.defpath)))
    for name in ("PYTHONPATH", "VIRTUAL_ENV"):
        environment.pop(name, None)
    kireji = scripts / ("kireji.exe" if sys.platform == "win32" else "kireji")
    said = await asyncio.to_thread(run, kireji, "--version", cwd=project, seconds=RUN_SECONDS, environment=environment)
    assert said == f"kireji, version {__version__}\n"
    where = (scripts / "python", "-c", "import kireji; print(kireji.__file__)")
    place = await asyncio.to_thread(run, *where, cwd=aside, seconds=RUN_SECONDS, environment=environment)
    assert Path(place.strip()).is_relative_to(tmp_path / "venv"), "another Kireji is tested"
    assert await suggestion(kireji, project, environment) == [" items:"]
    # All that is needed came with the wheel, and each gate can tell sound from broken.
    await asyncio.to_thread(run, kireji, "doctor", cwd=project, seconds=RUN_SECONDS, environment=environment)
    assert sorted(project.rglob("*")) == before, "something of the workspace was run"


def lay_traps(project: Path) -> list[Path]:
    """Writes a workspace that would like to be executed; returns all that is in it."""
    for name, text in TRAPS.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text, encoding="utf-8")
        (project / name).chmod(0o755)
    return sorted(project.rglob("*"))


def install(wheel: Path, venv: Path, aside: Path) -> Path:
    """The folder of commands of a new virtual environment with the wheel, and what it needs, in it."""
    run(sys.executable, "-m", "venv", venv, cwd=aside, seconds=INSTALL_SECONDS, environment=outside())
    scripts = venv / ("Scripts" if sys.platform == "win32" else "bin")
    pip = (scripts / "python", "-m", "pip")
    run(*pip, "install", "--quiet", wheel, cwd=aside, seconds=INSTALL_SECONDS, environment=outside())
    run(*pip, "check", cwd=aside, seconds=INSTALL_SECONDS, environment=outside())
    return scripts


async def suggestion(kireji: Path, project: Path, environment: dict[str, str]) -> list[str]:
    """A whole conversation with the installed server: what it suggests, after it has left with exit code 0."""
    process = await asyncio.create_subprocess_exec(
        kireji,
        "serve",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=project,
        env=environment | {"KIREJI_REQUEST_MS": "60000", "KIREJI_GATES_EXPLICIT_MS": "60000"},
    )
    assert process.stdout is not None
    assert process.stdin is not None
    client = Client(process.stdout, process.stdin)
    try:
        result = await client.initialize(workspaceFolders=[{"uri": project.as_uri(), "name": "project"}])
        assert result["serverInfo"] == {"name": "kireji", "version": __version__}
        uri = (project / "shop.py").as_uri()
        client.open(uri, TEXT)
        answer = await client.ask(uri, LINE, COLUMN, automatic=1)
        explained = await client.request("kireji/explain", {})
        assert explained["provider"] == "local"
        # The checkers came with the wheel: a missing one would be "unknown" here.
        assert {gate["gate"]: gate["state"] for gate in explained["gates"]}["ruff"] == "pass"
        # The analysis reads the traps that are modules, in a process of its own.
        other = (project / "other.py").as_uri()
        client.open(other, "import conftest\nconftest.pa")
        await until_listed(client, other, 1, 11, "pathlib")
        await client.shutdown()
        assert await asyncio.wait_for(process.wait(), RUN_SECONDS) == 0
        assert client.foreign == []
    finally:
        await client.stop()
        if process.returncode is None:
            process.kill()
            await process.wait()
    return [item["insertText"] for item in answer["items"]]
