"""Java by the compiler of a JDK, kept warm by a small program of ours: how it is run, and what its words are worth.

It runs no annotation processor and no build tool, so what they would add is not known: names prove nothing where a class
that the file needs was not found before.
"""

from __future__ import annotations

import re
from pathlib import Path
from types import MappingProxyType

from kireji.base.child_judge import PROGRAM
from kireji.base.child_protocol import ChildSpec, Dialect
from kireji.base.text import line_at
from kireji.base.toolbox import find
from kireji.base.types import Document
from kireji.engine.gates.policy import Action
from kireji.engine.gates.tool import Doubt, Ground, Raised, Rules, Tool, words

_RULES = Rules(
    listed=MappingProxyType(
        dict.fromkeys(
            words(
                # True of most code that is being written; the last ones depend on how the compiler is told to work.
                "missing.ret.stmt does.not.override.abstract initializer.must.be.able.to.complete.normally broken "
                "class.public.should.be.in.file duplicate.class cant.access package.not.visible "
                "not.def.access.class.intf.cant.access var.might.not.have.been.initialized "
                "var.not.initialized.in.default.constructor"
            ),
            Action.IGNORE,
        )
    ),
)
_NAMES = re.compile(
    r"cant\.resolve|doesnt\.exist|static\.imp\.only|cant\.apply|incompatible|method\.does\.not\.override|not\.def\.public"
)
_MISSING = re.compile(r"cant\.resolve|doesnt\.exist|cant\.access|static\.imp\.only")
_NEWER = re.compile(r"feature\.not\.supported|preview\.feature|restricted\.type")
_PROCESSORS = re.compile(r"lombok|annotationProcessor|mapstruct|immutables|autovalue|auto\.value|jooq|querydsl")
_BUILD_FILES = ("pom.xml", "build.gradle", "build.gradle.kts")


def java_tool(command: tuple[str, ...] | None = None) -> Tool:
    """The compiler of the JDK whose `javac` is found on this machine; `command` begins with another's `java`."""

    def program(ground: Ground) -> ChildSpec | None:
        compiler = find("javac", outside=None if ground.trusted else str(ground.root))
        beside = Path(compiler).resolve().parent if compiler is not None else None
        java = command[0] if command is not None else str(beside / _java(compiler)) if beside is not None else None
        if java is None or not Path(java).is_file():
            return None
        told = [
            "-Xshare:auto",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xss4m",
            "-Xmx768m",
            "-Dfile.encoding=UTF-8",
        ]
        return ChildSpec(
            "javac",
            (java, *told, str(PROGRAM), str(ground.root) if ground.trusted else ""),
            str(ground.root),
            memory_bytes=3 * 2**30,
            dialect=Dialect.JUDGE,
        )

    return Tool(
        "javac",
        frozenset({"java"}),
        program,
        rules=MappingProxyType({"": _RULES}),
        second_thought=_second_thought,
        blinding=frozenset({"syntax", "broken"}),
        suffixes=frozenset({".java"}),
        manifests=frozenset(_BUILD_FILES),
    )


def _java(compiler: str | None) -> str:
    return "java.exe" if compiler is not None and compiler.endswith(".exe") else "java"  # Windows, untested


def _second_thought(raised: Raised) -> Doubt | None:
    code = raised.diagnostic.code
    if _NEWER.search(code):
        return Doubt("the project may be compiled by a newer Java")
    if code == "syntax" or not _NAMES.search(code):
        return None
    if raised.root is None:
        return Doubt("other files are not looked at outside a trusted workspace")
    if _lacks_classes(raised):
        return Doubt("not all classes are found")
    if _MISSING.search(code) and _has_processors(raised, raised.root):
        return Doubt("annotation processors are not run")
    return None


def _lacks_classes(raised: Raised) -> bool:
    """Whether something is missing that the insertion has no part in: an import, or, unless it is one itself, any name."""
    after = raised.trial.after
    missing = [d for d in raised.before if _MISSING.search(d.code)]
    if _is_import(after, raised.diagnostic.span.start):
        return any(_is_import(raised.trial.baseline, d.span.start) for d in missing)
    return bool(missing)


def _is_import(document: Document, at: int) -> bool:
    return document.text[document.lines[line_at(document.lines, at)] :].lstrip().startswith("import ")


def _has_processors(raised: Raised, root: Path) -> bool:
    """Whether something adds members to classes while they are compiled."""
    path = raised.trial.before.path
    for folder in Path(path).parents if path is not None else ():
        for name in _BUILD_FILES:
            try:
                if _PROCESSORS.search((folder / name).read_text("utf-8", "replace")):
                    return True
            except OSError:
                continue
        if folder == root:
            break
    return False
