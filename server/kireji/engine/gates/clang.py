"""C and C++ by `clangd`: how it is run, and what its words are worth. Runs nothing itself, and clangd runs nothing either.

How a file is compiled is for a compile_commands.json or compile_flags.txt to say; without one, much is uncertain.
"""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

from kireji.base.child_protocol import ChildSpec
from kireji.base.languages import canonical
from kireji.base.toolbox import find
from kireji.base.types import Document
from kireji.engine.gates.policy import Action
from kireji.engine.gates.tool import Doubt, Ground, Raised, Rules, Tool, words

_NO_FILE = "pp_file_not_found"
_NAMES = words(
    "undeclared_var_use undeclared_var_use_suggest undeclared_use undeclared_use_suggest unknown_typename "
    "unknown_typename_suggest unknown_type_or_class_name_suggest -Wimplicit-function-declaration no_member no_member_suggest "
    "incomplete_type typecheck_incomplete_tag typecheck_decl_incomplete_type"
)
_RULES = Rules(
    listed=MappingProxyType(
        {
            # C compilers of today refuse these; clang called them warnings before its version 16.
            "-Wimplicit-function-declaration": Action.REJECT,
            "-Wint-conversion": Action.REJECT,
            # True of most code that is being written.
            "-Wreturn-type": Action.IGNORE,
        }
    ),
    elsewhere=_NAMES | {_NO_FILE},
)
_HOW = ("compile_commands.json", "build/compile_commands.json", "compile_flags.txt")
_HEADERS = (".h", ".hh", ".hpp", ".hxx", ".inc", ".ipp", ".tpp")


def clang_tool(command: tuple[str, ...] | None = None) -> Tool:
    """clangd: the given command line, else the one on this machine."""

    def program(ground: Ground) -> ChildSpec | None:
        outside = None if ground.trusted else str(ground.root)
        found = find("clangd", *(f"clangd-{version}" for version in range(22, 12, -1)), outside=outside)
        if command is None and found is None:
            return None
        told = (
            "-j=2 --background-index=false --clang-tidy=false --header-insertion=never --pch-storage=memory --log=error"
        )
        config = "--enable-config" if ground.trusted else "--enable-config=false"
        line = command or (str(found), *told.split(), config)
        # It pushes what it finds, with the version of the text that it is about.
        return ChildSpec(
            "clangd", line, str(ground.root), requires=frozenset(), memory_bytes=3 * 2**30, recycle_bytes=800 * 2**20
        )

    return Tool(
        "clangd",
        frozenset({"c", "cpp"}),
        program,
        rules=MappingProxyType({"": _RULES}),
        second_thought=_second_thought,
        suffixes=words(".c .h .cc .hh .cpp .hpp .cxx .hxx .inc"),
        manifests=frozenset({"compile_commands.json", "compile_flags.txt", ".clangd"}),
    )


def _second_thought(raised: Raised) -> Doubt | None:
    code, document = raised.diagnostic.code, raised.trial.after
    if code.startswith("-W") and code not in _RULES.listed:
        return Doubt()  # a project may call any warning an error
    if any(d.code == _NO_FILE for d in raised.before):
        return Doubt("not all headers are found")
    known = raised.root is not None and _says_how(document, raised.root)
    if code == _NO_FILE:
        return None if known else Doubt("nothing says where headers are")
    if canonical(document.language) == "cpp" and not known:
        return Doubt("nothing says how it is compiled")
    if code in _NAMES and _leans_on_others(raised, document):
        return Doubt("it leans on the files that include it")
    return None


def _leans_on_others(raised: Raised, document: Document) -> bool:
    """Whether names were missing before: a header, or a part of a file, that finds them where it is included."""
    is_header = document.path is not None and document.path.endswith(_HEADERS)
    return is_header and any(d.severity == 1 and d.code in _NAMES for d in raised.before)


def _says_how(document: Document, root: Path) -> bool:
    if document.path is None:
        return False
    for folder in Path(document.path).parents:
        if any((folder / name).is_file() for name in _HOW):
            return True
        if folder == root:
            return False
    return False
