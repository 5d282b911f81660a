"""How each kind of manifest says what a project depends on, for which version it is written and how it is formatted.

Each reader takes a file's text, and may raise ValueError, TypeError, AttributeError or configparser.Error where it is not what
it should be. Which file is read is for `manifests.py`; to add a kind, add a reader and its line in the table.
"""

from __future__ import annotations

import configparser
import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class Said:
    """What one file says; anything in it may be nonsense."""

    dependencies: tuple[str, ...] = ()
    version: str = ""
    style: str = ""


def _keys(*tables: object) -> Iterator[str]:
    for table in tables:
        if isinstance(table, dict):
            yield from map(str, table)


def _within(data: object, *keys: str) -> Any:
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def _width(value: object, tool: str) -> str:
    whole = isinstance(value, int) and not isinstance(value, bool) and 20 <= value <= 500
    return f"{tool}, {value} characters a line" if whole else tool


# ---- Python

_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*(?:[<>=!~;@#].*)?\Z")


def _requirements(lines: Iterable[object]) -> Iterator[str]:
    for line in lines:
        found = _REQUIREMENT.match(line.strip()) if isinstance(line, str) else None
        if found is not None:
            yield found[1]


def _pyproject(text: str) -> Said:
    data = tomllib.loads(text)
    names: list[str] = list(_requirements(_within(data, "project", "dependencies") or ()))
    groups = [
        *(_within(data, "project", "optional-dependencies") or {}).values(),
        *(data.get("dependency-groups") or {}).values(),
        *(_within(data, "tool", "pdm", "dev-dependencies") or {}).values(),
        _within(data, "tool", "uv", "dev-dependencies") or (),
    ]
    for group in groups:
        names += _requirements(group)
    poetry = _within(data, "tool", "poetry") or {}
    tables = [poetry.get("dependencies"), poetry.get("dev-dependencies")]
    tables += [_within(group, "dependencies") for group in (poetry.get("group") or {}).values()]
    names += (name for name in _keys(*tables) if name != "python")
    return Said(tuple(names), style=_python_style(data.get("tool") or {}))


def _python_style(tool: Mapping[str, Any]) -> str:
    if "ruff" in tool:
        return _width(_within(tool, "ruff", "line-length"), "ruff")
    if "black" in tool:
        return _width(_within(tool, "black", "line-length"), "black")
    return _width(_within(tool, "yapf", "column_limit"), "yapf") if "yapf" in tool else ""


def _ruff_toml(text: str) -> Said:
    return Said(style=_width(tomllib.loads(text).get("line-length"), "ruff"))


def _setup_cfg(text: str) -> Said:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.read_string(text)
    lists = [parser.get("options", "install_requires", fallback="")]
    if parser.has_section("options.extras_require"):
        lists += [value for _, value in parser.items("options.extras_require")]
    length = parser.get("flake8", "max-line-length", fallback="")
    style = _width(int(length), "flake8") if length.isdigit() else ""
    return Said(tuple(_requirements(line for some in lists for line in some.splitlines())), style=style)


def _requirements_txt(text: str) -> Said:
    return Said(tuple(_requirements(line.partition(" #")[0] for line in text.splitlines())))


def _pipfile(text: str) -> Said:
    data = tomllib.loads(text)
    return Said(tuple(_keys(data.get("packages"), data.get("dev-packages"))))


# ---- JavaScript and TypeScript

_DEPENDENCIES = ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies")


def _package_json(text: str) -> Said:
    data = json.loads(text)
    node = _within(data, "engines", "node")
    module = "ES modules" if data.get("type") == "module" else ""
    version = ", ".join(part for part in (f"Node {node}" if isinstance(node, str) else "", module) if part)
    style = _width(_within(data, "prettier", "printWidth"), "prettier") if "prettier" in data else ""
    return Said(tuple(_keys(*(data.get(key) for key in _DEPENDENCIES))), version, style)


def _prettierrc(text: str) -> Said:
    try:
        width = json.loads(text).get("printWidth")
    except ValueError:
        found = re.search(r"^printWidth:\s*(\d+)", text, re.MULTILINE)
        width = int(found[1]) if found else None
    return Said(style=_width(width, "prettier"))


def _biome(text: str) -> Said:
    return Said(style=_width(_within(json.loads(text), "formatter", "lineWidth"), "biome"))


# ---- Go, Rust, Java

_REQUIRE = re.compile(r"^\s*(?:require\s+)?([\w.-]+\.[\w-]+/[\w./-]+)\s+v[\w.+-]+", re.MULTILINE)
_GO = re.compile(r"^go\s+([\d.]+)", re.MULTILINE)
_ARTIFACT = re.compile(r"<dependency>(.*?)</dependency>", re.DOTALL)
_POM_VERSION = re.compile(r"<(?:maven\.compiler\.(?:release|source)|java\.version|release)>\s*([\d.]+)\s*<")
_GRADLE = re.compile(r"""["']([\w.-]+):([\w.-]+)(?::[^"']*)?["']""")
_GRADLE_VERSION = re.compile(r"(?:JavaLanguageVersion\.of\(|sourceCompatibility\s*=\s*\D{0,24})([\d.]+)")


def _go_mod(text: str) -> Said:
    version = _GO.search(text)
    return Said(tuple(_REQUIRE.findall(text)), f"Go {version[1]}" if version else "", "gofmt")


def _cargo(text: str) -> Said:
    data = tomllib.loads(text)
    kinds = ("dependencies", "dev-dependencies", "build-dependencies")
    tables = [data.get(kind) for kind in kinds] + [_within(data, "workspace", "dependencies")]
    tables += [_within(target, kind) for target in (data.get("target") or {}).values() for kind in kinds]
    package = _within(data, "package") or _within(data, "workspace", "package") or {}
    edition, rust = package.get("edition"), package.get("rust-version")
    parts = [f"Rust {rust}" if isinstance(rust, str) else "", f"edition {edition}" if isinstance(edition, str) else ""]
    return Said(tuple(_keys(*tables)), ", ".join(part for part in parts if part))


def _rustfmt(text: str) -> Said:
    return Said(style=_width(tomllib.loads(text).get("max_width"), "rustfmt"))


def _pom(text: str) -> Said:
    names = []
    for block in _ARTIFACT.findall(text):
        group, artifact = (re.search(rf"<{tag}>\s*([^<\s]+)\s*<", block) for tag in ("groupId", "artifactId"))
        names += [f"{group[1]}/{artifact[1]}"] if group and artifact else []
    version = _POM_VERSION.search(text)
    return Said(tuple(names), f"Java {version[1]}" if version else "")


def _gradle(text: str) -> Said:
    version = _GRADLE_VERSION.search(text)
    names = tuple(f"{group}/{artifact}" for group, artifact in _GRADLE.findall(text) if "." in group)
    return Said(names, f"Java {version[1]}" if version else "")


# The first that says something of a matter counts, but dependencies, which add up.
_PYTHON = (
    ("pyproject.toml", _pyproject),
    ("ruff.toml", _ruff_toml),
    (".ruff.toml", _ruff_toml),
    ("setup.cfg", _setup_cfg),
    ("requirements.txt", _requirements_txt),
    ("requirements-dev.txt", _requirements_txt),
    ("dev-requirements.txt", _requirements_txt),
    ("requirements/base.txt", _requirements_txt),
    ("requirements/dev.txt", _requirements_txt),
    ("Pipfile", _pipfile),
)
_NODE = (
    ("package.json", _package_json),
    (".prettierrc", _prettierrc),
    (".prettierrc.json", _prettierrc),
    ("biome.json", _biome),
)
_JVM = (("pom.xml", _pom), ("build.gradle", _gradle), ("build.gradle.kts", _gradle))
_RUST = (("Cargo.toml", _cargo), ("rustfmt.toml", _rustfmt), (".rustfmt.toml", _rustfmt))
KINDS: Mapping[str, tuple[tuple[str, Callable[[str], Said]], ...]] = MappingProxyType(
    {"python": _PYTHON, "node": _NODE, "go": (("go.mod", _go_mod),), "rust": _RUST, "jvm": _JVM}
)
_NODE_LANGUAGES = ("javascript", "javascriptreact", "typescript", "typescriptreact", "vue", "svelte")
FAMILIES: Mapping[str, str] = MappingProxyType(
    {"python": "python", "go": "go", "rust": "rust", "java": "jvm", "kotlin": "jvm"}
    | dict.fromkeys(_NODE_LANGUAGES, "node")
)
