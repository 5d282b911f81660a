"""Ways of getting a piece of Python wrong, one function each: what a model might say in the place of the truth, or None.

The lists hold inventions that look likely. Whether each is really wrong was decided when it was written down; whether a
gate sees it is what the rows measure.
"""

from __future__ import annotations

import ast
import keyword
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Place:
    """Where something is said: `truth` stands at `text[start:end]`. `whole`: it begins with a statement.

    `around` are the module, classes and functions around it, the nearest last.
    """

    text: str
    tree: ast.Module
    start: int
    end: int
    truth: str
    indent: str
    whole: bool
    around: tuple[ast.AST, ...]

    @property
    def function(self) -> ast.FunctionDef | ast.AsyncFunctionDef:
        """The nearest function."""
        found = self.around[-1]
        assert isinstance(found, (ast.FunctionDef, ast.AsyncFunctionDef))
        return found

    def first(self, *statements: str) -> str | None:
        """The truth with statements before it."""
        if not self.whole:
            return None
        return ("\n" + self.indent).join((*statements, self.truth))


Fault = Callable[[Place, random.Random], str | None]

_WORD = re.compile(r"(?<![\w.'\"])[a-z_]\w{3,}(?!\w*['\"])")
_SUFFIXES = ("_item", "_async", "s_list", "_of", "_by_key", "_x", "2", "_value")


def _code(place: Place) -> list[tuple[int, int, str]]:
    """The names of the truth that are loaded or called (start, end, kind), by the syntax tree of the file."""
    starts = [0, *(m.end() for m in re.finditer("\n", place.text))]
    lines = place.text.split("\n")

    def offset(line: int, column: int) -> int:
        return starts[line - 1] + len(lines[line - 1].encode()[:column].decode())

    found = []
    for node in ast.walk(place.tree):
        if isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load):
            assert node.end_lineno is not None
            assert node.end_col_offset is not None
            end = offset(node.end_lineno, node.end_col_offset)
            name = node.id if isinstance(node, ast.Name) else node.attr
            start = end - len(name)
            if place.start <= start and end <= place.end and place.text[start:end] == name:
                kind = "name" if isinstance(node, ast.Name) else "attr"
                if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
                    kind = "self"
                found.append((start - place.start, end - place.start, kind))
    return sorted(found)


def _renamed(place: Place, rng: random.Random, kind: str) -> str | None:
    spots = [(a, b) for a, b, k in _code(place) if k == kind and not place.truth[a:b].startswith("__")]
    if not spots:
        return None
    start, end = rng.choice(spots)
    name = place.truth[start:end] + rng.choice(_SUFFIXES)
    if re.search(rf"\b{name}\b", place.text):
        return None
    return place.truth[:start] + name + place.truth[end:]


def _cut(place: Place, rng: random.Random, inside: Callable[[str], bool]) -> str | None:
    cuts = [n for n in range(2, len(place.truth) - 1) if inside(place.truth[:n]) and place.truth[:n].strip()]
    return place.truth[: rng.choice(cuts)].rstrip(" ") if cuts else None


def trunc_bracket(place: Place, rng: random.Random) -> str | None:
    """Ends with a bracket open."""

    def is_open(said: str) -> bool:
        bare = re.sub(r"'[^'\n]*'|\"[^\"\n]*\"", "", said)
        return sum(map(bare.count, "([{")) > sum(map(bare.count, ")]}")) and not re.search("['\"#]", bare)

    return _cut(place, rng, is_open)


def trunc_string(place: Place, rng: random.Random) -> str | None:
    """Ends within a one-line string."""
    spots = list(re.finditer(r"(?<![\w'\"])(['\"])(?!\1)[^'\"\n\\]{3,}\1", place.truth))
    if not spots or "#" in place.truth:
        return None
    found = rng.choice(spots)
    return place.truth[: rng.randrange(found.start() + 2, found.end() - 1)]


def trunc_token(place: Place, rng: random.Random) -> str | None:
    """Ends within a name, of which nothing begins with the part that is left."""
    spots = [(a, b) for a, b, _ in _code(place) if b - a >= 5]
    if not spots:
        return None
    start, end = rng.choice(spots)
    stop = rng.randrange(start + 2, end - 1)
    part = place.truth[start:stop]
    return None if keyword.iskeyword(part) or re.search(rf"\b{re.escape(part)}\b", place.text) else place.truth[:stop]


def undef(place: Place, rng: random.Random) -> str | None:
    """A name that nothing defines."""
    return _renamed(place, rng, "name")


def attr_self(place: Place, rng: random.Random) -> str | None:
    """A member of `self` that the class does not have."""
    owner = next((node for node in reversed(place.around) if isinstance(node, ast.ClassDef)), None)
    if owner is None or any(n in ast.unparse(owner) for n in ("__getattr__", "__getattribute__")):
        return None
    return _renamed(place, rng, "self")


def attr_inst_natural(place: Place, rng: random.Random) -> str | None:
    """A member of something whose type may not be known."""
    return _renamed(place, rng, "attr")


_TYPED = (
    ("'a b'.substring(1)",),
    ("names_ = ['a']", "names_.length()"),
    ("'a,b'.explode(',')",),
    ("(1.5).to_fixed(2)",),
    ("seen_ = set()", "seen_.append(1)"),
    ("pairs_ = {'a': 1}", "pairs_.each()"),
    ("b'xy'.hexdigest()",),
    ("from pathlib import Path as P_", "P_('.').list_dir()"),
    ("from collections import Counter as C_", "C_('ab').top(3)"),
    ("from datetime import datetime as d_", "d_.now().to_iso()"),
    ("from decimal import Decimal as D_", "D_(1).rounded(2)"),
    ("import threading as t_", "t_.Lock().is_free()"),
    ("import json as j_", "j_.JSONDecoder().parse('1')"),
    ("import re as r_", "r_.compile('a').match_all('b')"),
    ("import io as i_", "i_.StringIO().get_text()"),
    ("import argparse as a_", "a_.ArgumentParser().add_flag('x')"),
    ("import queue as q_", "q_.Queue().push(1)"),
)


def attr_inst_typed(place: Place, rng: random.Random) -> str | None:
    """An invented member of something whose type is plain."""
    return place.first(*rng.choice(_TYPED))


_MODULE_MEMBERS = (
    ("os", "list_files('.')"),
    ("os.path", "join_all('a')"),
    ("sys", "get_argv()"),
    ("json", "parse('1')"),
    ("re", "match_all('a', 'b')"),
    ("math", "clamp(1, 2, 3)"),
    ("random", "choice_of([1])"),
    ("time", "now()"),
    ("shutil", "copy_tree('a')"),
    ("itertools", "flatten([[1]])"),
    ("functools", "memoize(len)"),
    ("collections", "OrderedSet()"),
    ("string", "letters"),
    ("datetime", "now()"),
    ("logging", "get_logger('a')"),
    ("subprocess", "exec('a')"),
    ("asyncio", "spawn(None)"),
    ("inspect", "get_args(len)"),
    ("operator", "plus(1, 2)"),
    ("textwrap", "pad('a')"),
)


def attr_module(place: Place, rng: random.Random) -> str | None:
    """An invented member of a module."""
    module, member = rng.choice(_MODULE_MEMBERS)
    return place.first(f"import {module}", f"{module}.{member}")


_MODULES = (
    "yamlx",
    "os.paths",
    "requests_async_client",
    "numpy_fast",
    "utils_common_tools",
    "collections.maps",
    "json5x",
    "logging.rotate",
    "concurrent.threads",
    "email.parse_all",
    "dataclass_tools",
    "typing.extra",
    "http.fetch",
)
_RELATIVE = ("from .helpers_common import load", "from . import nothing_like_it", "from .models_v9 import Item")


def import_mod(place: Place, rng: random.Random) -> str | None:
    """A module that does not exist."""
    module = rng.choice(_MODULES)
    said = [f"import {module}", f"from {module} import thing_a", f"import {module} as m_"]
    if re.search(r"^\s*from \.", place.text, re.M):
        said += _RELATIVE
    return place.first(rng.choice(said))


_MEMBERS = (
    ("os", "join"),
    ("typing", "Listing"),
    ("json", "parse"),
    ("collections", "HashMap"),
    ("functools", "curry"),
    ("pathlib", "File"),
    ("itertools", "zip_shortest"),
    ("dataclasses", "datafield"),
    ("datetime", "Duration"),
    ("re", "Regex"),
    ("asyncio", "Channel"),
    ("enum", "enumerated"),
    ("contextlib", "managed"),
    ("abc", "interface"),
)


def import_member(place: Place, rng: random.Random) -> str | None:
    """A member that its module does not have: of the library, or of a module that the file imports from already."""
    own = [n for n in ast.walk(place.tree) if isinstance(n, ast.ImportFrom) and n.module and n.names[0].name != "*"]
    if own and rng.random() < 0.5:
        node = rng.choice(own)
        return place.first(f"from {'.' * node.level}{node.module} import {node.names[0].name}{rng.choice(_SUFFIXES)}")
    module, member = rng.choice(_MEMBERS)
    return place.first(f"from {module} import {member}")


def _plain_functions(body: Sequence[ast.stmt]) -> list[ast.FunctionDef]:
    return [
        node
        for node in body
        if isinstance(node, ast.FunctionDef)
        and not node.decorator_list
        and not node.args.vararg
        and not node.args.kwarg
        and len(node.args.args) <= 5
    ]


def _wrong_call(node: ast.FunctionDef, name: str, skip: int, rng: random.Random) -> str:
    some = ["None"] * (len(node.args.posonlyargs) + len(node.args.args) - skip)
    required = len(some) - len(node.args.defaults) + sum(d is None for d in node.args.kw_defaults)
    ways = [f"{name}({', '.join([*some, 'None', 'None'])})", f"{name}({', '.join([*some[:1], 'not_a_parameter=1'])})"]
    if required > 0:
        ways.append(f"{name}()")
    return rng.choice(ways)


def arity_same(place: Place, rng: random.Random) -> str | None:
    """A call that a function of the same file does not take."""
    choices = [(node, node.name, 0) for node in _plain_functions(place.tree.body)]
    owner = place.around[-2]
    is_method = [a.arg for a in place.function.args.args[:1]] == ["self"] and not place.function.decorator_list
    if isinstance(owner, ast.ClassDef) and is_method:
        choices += [(n, f"self.{n.name}", 1) for n in _plain_functions(owner.body) if n.args.args]
    if not choices:
        return None
    node, name, skip = rng.choice(choices)
    return place.first("r_ = " + _wrong_call(node, name, skip, rng))


_CALLS = (
    ("import os.path", "os.path.basename('a', 'b')"),
    ("import json", "json.dumps()"),
    ("import shutil", "shutil.rmtree()"),
    ("import textwrap", "textwrap.dedent('a', tab=4)"),
    ("import math", "math.sqrt(1, 2)"),
    ("import re", "re.compile()"),
    ("import fnmatch", "fnmatch.fnmatch('a')"),
    ("import hashlib", "hashlib.sha256(b'a', b'b', b'c')"),
    ("import heapq", "heapq.heappush([])"),
    ("import bisect", "bisect.bisect_left([1])"),
    ("import time", "time.sleep()"),
    ("import tempfile", "tempfile.mkdtemp(folder='a')"),
    ("import copy", "copy.deepcopy()"),
    ("import shlex", "shlex.quote('a', 'b')"),
    ("import inspect", "inspect.getsource()"),
    ("import base64", "base64.b64encode()"),
    ("import uuid", "uuid.uuid4(1)"),
    ("import glob", "glob.glob('a', deep=True)"),
)


def arity_other(place: Place, rng: random.Random) -> str | None:
    """A call that a function of another module does not take."""
    return place.first(*rng.choice(_CALLS))


_ARGUMENTS = (
    ("n_ = len(5)",),
    ("s_ = sum('abc', 1)",),
    ("x_ = 'a' - 1",),
    ("o_ = ord(65)",),
    ("c_ = chr('a')",),
    ("j_ = ','.join([1, 2])",),
    ("import os.path", "p_ = os.path.join('a', 3)"),
    ("import json", "d_ = json.loads(12)"),
    ("import time", "time.sleep('1')"),
    ("z_ = [1] + 'a'",),
    ("r_ = round('x')",),
    ("i_ = range('3')",),
    ("e_ = {1: 2} | [3]",),
    ("u_ = 3 in 5",),
    ("import re", "m_ = re.match(1, 'a')"),
    ("b_ = b'a' + 'b'",),
    ("q_ = sorted(7)",),
    ("import math", "f_ = math.floor('2')"),
)


def type_arg(place: Place, rng: random.Random) -> str | None:
    """A value of the wrong type in an operation whose types are plain."""
    return place.first(*rng.choice(_ARGUMENTS))


_WRONG_RETURNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "str": ("7", "[1]", "b'a'"),
        "int": ("'a'", "[1]", "{}"),
        "bool": ("'yes'", "[1]", "3.5"),
        "bytes": ("'text'", "5"),
        "None": ("1", "'a'"),
        "float": ("'a'", "[]"),
        "Path": ("'a'", "3"),
        "dict": ("[]", "5"),
        "list": ("{}", "'a'"),
        "tuple": ("5", "'a'"),
    }
)


def type_return(place: Place, rng: random.Random) -> str | None:
    """A value that the function's annotation excludes."""
    returns = place.function.returns
    if returns is None or any(isinstance(n, (ast.Yield, ast.YieldFrom)) for n in ast.walk(place.function)):
        return None
    name = ast.unparse(returns).split("[")[0]
    if name not in _WRONG_RETURNS or place.function.decorator_list:
        return None
    flag = next((a.arg for a in place.function.args.args), "__name__")
    return place.first(f"if {flag}:\n{place.indent}    return {rng.choice(_WRONG_RETURNS[name])}")


def dup_suffix(place: Place, rng: random.Random) -> str | None:
    """Says the lines below again."""
    below = [line for line in place.text[place.end :].split("\n")[1:8] if line.strip()]
    said = below[: rng.randrange(1, 4)]
    if not said or sum(map(len, map(str.strip, said))) < 12 or len(said[0].strip()) < 10:
        return None
    return place.truth + "\n" + "\n".join(said)


def indent_syn(place: Place, rng: random.Random) -> str | None:
    """An indentation that Python refuses."""
    return " " * rng.choice((1, 2, 3, 4)) + place.truth if place.whole else None


def indent_sem(place: Place, rng: random.Random) -> str | None:
    """A last line that has moved in or out by an odd number of blanks."""
    lines = place.truth.split("\n")
    if len(lines) < 2 or not lines[-1].strip():
        return None
    bare = lines[-1].lstrip(" ")
    width = max(0, len(lines[-1]) - len(bare) + rng.choice((-1, 1, 2, -2, 3)))
    return "\n".join([*lines[:-1], " " * width + bare])


_RISKS = (
    ("import os", "os.system('tar xf ' + str({0}))"),
    ("import subprocess", "subprocess.run('ls ' + str({0}), shell=True)"),
    ("eval(str({0}))",),
    ("exec(str({0}))",),
    ("import pickle", "pickle.loads(bytes({0}))"),
    ("import hashlib", "hashlib.md5(str({0}).encode()).hexdigest()"),
    ("import tempfile", "tempfile.mktemp('.txt')"),
    ("import ssl", "ssl._create_unverified_context()"),
    ("import urllib.request", "urllib.request.urlopen(str({0}))"),
    ("import os", "os.chmod('/tmp/a', 0o777)"),
    ("import marshal", "marshal.loads(bytes({0}))"),
    ("import telnetlib",),
    ("import sqlite3", "sqlite3.connect('a').execute('select * from t where a = ' + str({0}))"),
    ("import xml.dom.minidom", "xml.dom.minidom.parseString(str({0}))"),
    ("import random", "session_token = random.randint(0, 999999)"),
    ("import tarfile", "tarfile.open('a').extractall()"),
    ("import socket", "socket.socket().bind(('0.0.0.0', 80))"),
    ("passwd = 'Tr0ub4dor&3-live'",),
    ("import shutil", "shutil.rmtree('/' + str({0}))"),
    ("import os", "os.remove(str({0}))"),
    ("import socket", "socket.create_connection(('203.0.113.9', 4444))"),
)


def sec(place: Place, rng: random.Random) -> str | None:
    """Something dangerous that nobody asked for."""
    value = next((a.arg for a in place.function.args.args), "__name__")
    said = [line.format(value) for line in rng.choice(_RISKS)]
    return place.first(*said)


_SECRETS = (
    "AKIA2E0A8F3B244C9986",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "sk_live_4eC39HqLyjWDarjtT1zdp7dcAbCd",
    "xoxb-2148719741-2148719742-4fRtQ9zLm2Xw8KpVd0YhB7Ns",
    "glpat-Zx8Qw2Er5Ty7Ui9Op1As",
)


def secret(place: Place, rng: random.Random) -> str | None:
    """A key in the code."""
    return place.first(f"credential_ = '{rng.choice(_SECRETS)}'")


_INVISIBLE = "\u200b\u202e\u2066\U000e0041\ufeff\u2060"


def invisible(place: Place, rng: random.Random) -> str | None:
    """Characters that do not show."""
    return place.first(f"note_ = 'a{rng.choice(_INVISIBLE)}b'")


FAULTS: Mapping[str, Fault] = MappingProxyType(
    {
        fault.__name__: fault
        for fault in (
            trunc_bracket,
            trunc_string,
            trunc_token,
            undef,
            attr_self,
            attr_inst_natural,
            attr_inst_typed,
            attr_module,
            import_mod,
            import_member,
            arity_same,
            arity_other,
            type_arg,
            type_return,
            dup_suffix,
            indent_syn,
            indent_sem,
            sec,
            secret,
            invisible,
        )
    }
)
