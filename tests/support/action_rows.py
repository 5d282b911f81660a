"""Answers to actions, good and faulty, with the text afterwards, and places where an action cannot work. `$0` is the cursor,
two of them a selection. Over 300 lines would be two tables: it is one to look things up in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kireji.base.types import Reason


@dataclass(frozen=True)
class Row:
    """One answer to one action, and the text afterwards, or why there is none."""

    action: str
    language: str
    text: str
    answer: str
    expected: str | Reason
    problem: tuple[str, str, str] = ("", "", "")  # the words it is about, source, code
    wish: str = ""


def block(old: str, new: str) -> str:
    return f"<old_9>\n{old}\n</old_9>\n<new_9>\n{new}\n</new_9>"


AREA = "import math\n\n\ndef area(r, scale=1):$0\n    return math.pi * r**2 * scale\n"
TS_AREA = "export function area(r, scale = 1) {$0\n  return Math.PI * r ** 2 * scale\n}\n"
LOOP = "def keep(rows):\n    found = []\n    for row in rows:$0\n        if row:\n            found.append(row)\n    return found\n"
WAIT = "import time\n\n\ndef poll(check):\n    while not check():\n        time.sleep(1)$0\n    return True\n"
SQL = (
    "def find(db, name):\n    query = db.cursor()\n"
    "    return query.execute(f\"SELECT id FROM users WHERE name = '{name}'\")$0\n"
)
TS_SQL = "export function find(db: Db, name: string) {\n  return db.query(`SELECT id FROM users WHERE name = '${name}'`)$0\n}\n"
REPORT = (
    "def report(orders):\n$0    total = 0\n    for order in orders:\n        total += order.price\n$0    print(total)\n\n\n"
    "def other():\n    return 1\n"
)
REPORT_DONE = (
    "def turnover(orders):\n    total = 0\n    for order in orders:\n        total += order.price\n    return total\n\n\n"
    "def report(orders):\n    total = turnover(orders)\n    print(total)"
)
TODO = "def twice(a: int) -> int:\n    # TODO: twice a$0\n    pass\n"
NONES = "x = y = None\nif x == None:$0\n    pass\nif y == 0:\n    pass\n"
METHOD = "class Shop {\n  save(form: Form): void {\n$0"
METHOD += "    const name = form.name.trim()\n    check(name)\n$0    store(name)\n  }\n}\n"

GOOD = [
    Row("docstring", "python", AREA, '"""The area of a circle."""',
        AREA.replace("$0", "").replace("    return", '    """The area of a circle."""\n    return')),
    Row("docstring", "python", AREA, '    """The area.\n\n    Args:\n        r: the radius\n    """',
        AREA.replace("$0", "").replace(
            "    return", '    """The area.\n\n    Args:\n        r: the radius\n    """\n    return')),
    Row("docstring", "python", AREA, "The area of a circle.",
        AREA.replace("$0", "").replace("    return", '    """The area of a circle."""\n    return')),
    Row("docstring", "typescript", TS_AREA, "/**\n * The area.\n *\n * @param r the radius\n */",
        "/**\n * The area.\n *\n * @param r the radius\n */\n" + TS_AREA.replace("$0", "")),
    Row("docstring", "typescript", "class A {\n  size(): number {$0\n    return 1\n  }\n}\n", "// Its size.",
        "class A {\n  /** Its size. */\n  size(): number {\n    return 1\n  }\n}\n"),
    Row("docstring", "go", "package p\n\nfunc Twice(a int) int {$0\n\treturn 2 * a\n}\n", "// Twice doubles a.",
        "package p\n\n// Twice doubles a.\nfunc Twice(a int) int {\n\treturn 2 * a\n}\n"),
    Row("docstring", "rust", "#[inline]\nfn twice(a: i32) -> i32 {$0\n    2 * a\n}\n", "Doubles `a`.",
        "/// Doubles `a`.\n#[inline]\nfn twice(a: i32) -> i32 {\n    2 * a\n}\n"),
    Row("docstring", "java", "class A {\n  int twice(int a) {$0 return 2 * a; }\n}\n", "/** Doubles. */",
        "class A {\n  /** Doubles. */\n  int twice(int a) { return 2 * a; }\n}\n"),
    Row("type-hints", "python", AREA, "def area(r: float, scale: float = 1) -> float:",
        AREA.replace("$0", "").replace("def area(r, scale=1):", "def area(r: float, scale: float = 1) -> float:")),
    Row("type-hints", "python", AREA,
        "<imports_9>\nfrom numbers import Real\n</imports_9>\ndef area(r: Real, scale: Real = 1) -> Real:\n    return 0",
        AREA.replace("$0", "").replace("def area(r, scale=1):", "def area(r: Real, scale: Real = 1) -> Real:").replace(
            "import math\n", "import math\nfrom numbers import Real\n")),
    Row("type-hints", "typescript", TS_AREA, "export function area(r: number, scale: number = 1): number {",
        TS_AREA.replace("$0", "").replace("(r, scale = 1)", "(r: number, scale: number = 1): number")),
    Row("simplify", "python", LOOP, "def keep(rows):\n    return [row for row in rows if row]\n",
        "def keep(rows):\n    return [row for row in rows if row]\n"),
    Row("simplify", "typescript",
        "function label(n: number): string {\n  let t = ''$0\n  if (n === 0) {\n    t = 'none'\n  }\n  return t\n}\n",
        "function label(n: number): string {\n  return n === 0 ? 'none' : ''\n}\n",
        "function label(n: number): string {\n  return n === 0 ? 'none' : ''\n}\n"),
    Row("to-async", "python", WAIT,
        "<imports>\nimport asyncio\n</imports>\nasync def poll(check):\n    while not check():\n        await asyncio.sleep(1)\n"
        "    return True\n",
        "import asyncio\nimport time\n\n\nasync def poll(check):\n    while not check():\n        await asyncio.sleep(1)\n"
        "    return True\n"),
    Row("to-async", "typescript",
        "class A {\n  load(id: string): Promise<User> {\n    return fetch(id).then((a) => a.json())$0\n  }\n}\n",
        "async load(id: string): Promise<User> {\n  const a = await fetch(id)\n  return a.json()\n}",
        "class A {\n  async load(id: string): Promise<User> {\n    const a = await fetch(id)\n    return a.json()\n  }\n}\n"),
    Row("secure", "python", SQL, block(
        "    return query.execute(f\"SELECT id FROM users WHERE name = '{name}'\")",
        '    return query.execute("SELECT id FROM users WHERE name = ?", (name,))'),
        SQL.replace("$0", "").replace(
            "f\"SELECT id FROM users WHERE name = '{name}'\"", '"SELECT id FROM users WHERE name = ?", (name,)')),
    Row("secure", "typescript", TS_SQL, block(
        "  return db.query(`SELECT id FROM users WHERE name = '${name}'`)",
        "  return db.query('SELECT id FROM users WHERE name = $1', [name])"),
        TS_SQL.replace("$0", "").replace(
            "`SELECT id FROM users WHERE name = '${name}'`", "'SELECT id FROM users WHERE name = $1', [name]")),
    Row("secure", "python", "import yaml\n\n\ndef load(text):\n    return yaml.load(text, yaml.Loader)$0\n",
        block("    return yaml.load(text, yaml.Loader)", "    return yaml.safe_load(text)"),
        "import yaml\n\n\ndef load(text):\n    return yaml.safe_load(text)\n"),
    Row("replace-deprecated", "python",
        "from datetime import datetime\n\n\ndef stamp():\n    return datetime.utcnow()$0\n",
        "<imports_9>\nfrom datetime import UTC\n</imports_9>\n"
        + block("    return datetime.utcnow()", "    return datetime.now(UTC).replace(tzinfo=None)"),
        "from datetime import datetime\nfrom datetime import UTC\n\n\ndef stamp():\n"
        "    return datetime.now(UTC).replace(tzinfo=None)\n"),
    Row("replace-deprecated", "javascript", "function head(text) {\n  return text.substr(1, 3)$0\n}\n",
        block("  return text.substr(1, 3)", "  return text.slice(1, 4)"), "function head(text) {\n  return text.slice(1, 4)\n}\n"),
    Row("replace-deprecated", "typescript", "function f() {\n  return old()$0\n}\n",
        block("  return old()", "  return fresh()"), "function f() {\n  return fresh()\n}\n", ("old()", "ts", "6385")),
    Row("fix", "python", "def f(text):\n    return txt$0\n", block("    return txt", "    return text"),
        "def f(text):\n    return text\n", ("txt", "Ruff", "F821")),
    Row("fix", "python", "def f(text):\n    return json.loads(text)$0\n", "<imports_9>\nimport json\n</imports_9>\n",
        "import json\n\n\ndef f(text):\n    return json.loads(text)\n", ("json", "Ruff", "F821")),
    Row("fix", "typescript", "export function f(a: number): string {\n  return a$0\n}\n",
        block("  return a", "  return String(a)"), "export function f(a: number): string {\n  return String(a)\n}\n",
        ("return a", "ts", "2322")),
    Row("fix", "plaintext", "a teh b$0\n", block("a teh b", "a the b"), "a the b\n", ("teh", "spell", "")),
    Row("fix-all", "python", "import os\nx = None\nif x == None:$0\n    pass\nif os == None:\n    pass\n",
        block("if x == None:", "if x is None:") + block("if os == None:", "if os is None:"),
        "import os\nx = None\nif x is None:\n    pass\nif os is None:\n    pass\n", ("x == None", "Ruff", "E711")),
    Row("fix-all", "typescript", "let a = b == c$0\nlet d = b == a\n",
        block("let a = b == c", "let a = b === c") + block("let d = b == a", "let d = b === a"),
        "let a = b === c\nlet d = b === a\n", ("b == c", "eslint", "eqeqeq")),
    Row("from-comment", "python", "def f(text):\n    # count the words of the text$0\n\n\nx = 1\n",
        "    # count the words of the text\n    return len(text.split())",
        "def f(text):\n    # count the words of the text\n    return len(text.split())\n\n\nx = 1\n"),
    Row("from-comment", "python", "def f(text):\n    n = 1\n    # TODO: count the words of the text$0\n    return n\n",
        "n = len(text.split())", "def f(text):\n    n = 1\n    # TODO: count the words of the text\n    n = len(text.split())\n"
        "    return n\n"),
    Row("from-comment", "typescript", "// sum of all the prices$0\n\nexport {}\n",
        "const sum = prices.reduce((a, b) => a + b, 0)\n",
        "// sum of all the prices\nconst sum = prices.reduce((a, b) => a + b, 0)\n\nexport {}\n"),
    Row("from-comment", "sql", "-- the ten newest orders of all$0\n",
        "-- Newest first.\nSELECT * FROM orders ORDER BY placed DESC LIMIT 10;",
        "-- the ten newest orders of all\n-- Newest first.\nSELECT * FROM orders ORDER BY placed DESC LIMIT 10;\n"),
    Row("extract-function", "python", REPORT, REPORT_DONE,
        f"{REPORT_DONE}\n\n\ndef other():\n    return 1\n"),
    Row("extract-function", "typescript", METHOD,
        "save(form: Form): void {\n  const name = this.checked(form)\n  store(name)\n}\n\n"
        "checked(form: Form): string {\n  const name = form.name.trim()\n  check(name)\n  return name\n}",
        "class Shop {\n  save(form: Form): void {\n    const name = this.checked(form)\n    store(name)\n  }\n\n"
        "  checked(form: Form): string {\n    const name = form.name.trim()\n    check(name)\n    return name\n  }\n}\n"),
    Row("edit", "python", "def f(a):\n    return a$0\n", block("    return a", "    return a + 1"),
        "def f(a):\n    return a + 1\n", wish="add one"),
    Row("edit", "css", "$0a { color: red }\n$0b { color: red }\n", block("a { color: red }", "a { color: blue }"),
        "a { color: blue }\nb { color: red }\n", wish="blue"),
    Row("implement", "python", "def f(a: int) -> int:\n    # TODO: twice a$0\n    pass\n",
        "def f(a: int) -> int:\n    return 2 * a\n", "def f(a: int) -> int:\n    return 2 * a\n"),
    Row("simplify", "go",
        "package p\n\nfunc f(a int) bool {$0\n\tif a > 1 {\n\t\treturn true\n\t}\n\treturn false\n}\n",
        "func f(a int) bool {\n\treturn a > 1\n}\n", "package p\n\nfunc f(a int) bool {\n\treturn a > 1\n}\n"),
    Row("simplify", "rust",
        "fn f(a: i32) -> bool {$0\n    if a > 1 {\n        return true;\n    }\n    false\n}\n",
        "fn f(a: i32) -> bool {\n    a > 1\n}\n", "fn f(a: i32) -> bool {\n    a > 1\n}\n"),
    Row("simplify", "java",
        "class A {\n  boolean f(int a) {$0\n    if (a > 1) {\n      return true;\n    }\n    return false;\n  }\n}\n",
        "boolean f(int a) {\n  return a > 1;\n}\n", "class A {\n  boolean f(int a) {\n    return a > 1;\n  }\n}\n"),
    Row("from-comment", "go", "package p\n\n// counts how often each word occurs$0\n",
        "func Count(words []string) map[string]int {\n\tfound := map[string]int{}\n\tfor _, w := range words {\n\t\tfound[w]++\n"
        "\t}\n\treturn found\n}\n",
        "package p\n\n// counts how often each word occurs\nfunc Count(words []string) map[string]int {\n"
        "\tfound := map[string]int{}\n\tfor _, w := range words {\n\t\tfound[w]++\n\t}\n\treturn found\n}\n"),
    Row("secure", "go",
        "package p\n\nfunc f(db *sql.DB, n string) {\n\tdb.Query(\"SELECT id FROM t WHERE n = '\" + n + \"'\")$0\n}\n",
        block("\tdb.Query(\"SELECT id FROM t WHERE n = '\" + n + \"'\")", '\tdb.Query("SELECT id FROM t WHERE n = $1", n)'),
        'package p\n\nfunc f(db *sql.DB, n string) {\n\tdb.Query("SELECT id FROM t WHERE n = $1", n)\n}\n'),
    Row("secure", "java",
        "class A {\n  void f(Statement s, String n) {\n    s.executeQuery(\"SELECT id FROM t WHERE n = \" + n);$0\n  }\n}\n",
        block("    s.executeQuery(\"SELECT id FROM t WHERE n = \" + n);", "    s.find(n);"),
        "class A {\n  void f(Statement s, String n) {\n    s.find(n);\n  }\n}\n"),
    Row("secure", "javascript", "function f(el, text) {\n  el.innerHTML = text$0\n}\n",
        block("  el.innerHTML = text", "  el.textContent = text"), "function f(el, text) {\n  el.textContent = text\n}\n"),
    Row("extract-function", "go",
        "package p\n\nfunc f(a int) int {\n$0\tb := a + 1\n\tb *= 2\n$0\treturn b\n}\n",
        "func f(a int) int {\n\tb := twice(a)\n\treturn b\n}\n\nfunc twice(a int) int {\n\tb := a + 1\n\tb *= 2\n\treturn b\n}\n",
        "package p\n\nfunc f(a int) int {\n\tb := twice(a)\n\treturn b\n}\n\nfunc twice(a int) int {\n\tb := a + 1\n\tb *= 2\n"
        "\treturn b\n}\n"),
    Row("extract-function", "rust",
        "fn f(a: i32) -> i32 {\n$0    let b = a + 1;\n    let c = b * 2;\n$0    c\n}\n",
        "fn f(a: i32) -> i32 {\n    twice(a)\n}\n\nfn twice(a: i32) -> i32 {\n    let b = a + 1;\n    b * 2\n}\n",
        "fn f(a: i32) -> i32 {\n    twice(a)\n}\n\nfn twice(a: i32) -> i32 {\n    let b = a + 1;\n    b * 2\n}\n"),
    Row("replace-deprecated", "go", "package p\n\nfunc f(s string) string {\n\treturn strings.Title(s)$0\n}\n",
        block("\treturn strings.Title(s)", "\treturn upper(s)"), "package p\n\nfunc f(s string) string {\n\treturn upper(s)\n}\n"),
    Row("fix", "rust", "fn f(a: i32) -> i64 {\n    a$0\n}\n", block("    a\n}", "    i64::from(a)\n}"),
        "fn f(a: i32) -> i64 {\n    i64::from(a)\n}\n", ("    a", "rustc", "E0308")),
    Row("to-async", "javascript", "const load = function (id) {\n  return fetch(id).then((a) => a.json())$0\n}\n",
        "const load = async function (id) {\n  const a = await fetch(id)\n  return a.json()\n}",
        "const load = async function (id) {\n  const a = await fetch(id)\n  return a.json()\n}\n"),
]  # fmt: skip

FAULTY = [
    Row("implement", "python", TODO, "def twice(a: int, more: int) -> int:\n    return 2 * a\n", Reason.OUT_OF_SCOPE),
    Row("implement", "python", TODO, "def twice(a: int) -> int:\n    return 2 * a\n\n\ntwice(4)\n", Reason.OUT_OF_SCOPE),
    Row("fix-all", "python", NONES, block("if z == None:", "if z is None:"), Reason.OUT_OF_SCOPE, ("x == None", "Ruff", "E711")),
    Row("docstring", "python", AREA, 'def area(r, scale=1):\n    """Doc."""\n    return 0', Reason.OUT_OF_SCOPE),
    Row("docstring", "python", AREA, '"""Doc."""\nimport os\nos.remove("x")\n"""Doc."""', Reason.OUT_OF_SCOPE),
    Row("docstring", "python", AREA, "", Reason.NOTHING_TO_ADD),
    Row("docstring", "typescript", TS_AREA, "/** Doc */ evil() /** Doc */", Reason.OUT_OF_SCOPE),
    Row("type-hints", "python", AREA, "def area(r: float, scale: float = 2) -> float:", Reason.OUT_OF_SCOPE),
    Row("type-hints", "python", AREA, "def area(r: float, scale: float = 1, evil=print()) -> float:", Reason.OUT_OF_SCOPE),
    Row("type-hints", "python", AREA, "def area(r, scale=1):", Reason.NOTHING_TO_ADD),
    Row("type-hints", "python", AREA.replace("(r,", "(r: int,"), "def area(r: float, scale: float = 1) -> float:",
        Reason.OUT_OF_SCOPE),
    Row("type-hints", "python", AREA, "x = 1", Reason.OUT_OF_SCOPE),
    Row("type-hints", "typescript", TS_AREA, "export function volume(r: number, scale: number = 1): number",
        Reason.OUT_OF_SCOPE),
    Row("simplify", "python", LOOP, LOOP.replace("$0", ""), Reason.NOTHING_TO_ADD),
    Row("simplify", "python", LOOP, "def keep(rows, more=1):\n    return rows\n", Reason.OUT_OF_SCOPE),
    Row("to-async", "python", WAIT, "def poll(check):\n    return True\n", Reason.NOTHING_TO_ADD),
    Row("to-async", "python", WAIT, "async def poll(check, seconds):\n    return True\n", Reason.OUT_OF_SCOPE),
    Row("to-async", "python", WAIT, "async def poll(check):\n    return True\n\n\nasyncio.run(poll(print))\n", Reason.OUT_OF_SCOPE),
    Row("secure", "python", SQL, block("    query = db.cursor()", "    query = db.cursor()  # safe"), Reason.INVALID),
    Row("replace-deprecated", "javascript", "function head(text) {\n  return text.substr(1, 3)$0\n}\n",
        block("  return text.substr(1, 3)", "  return text.substr(1, 4)"), Reason.INVALID),
    Row("fix", "python", "def f(text):\n    return txt$0\n\n\ndef g(a):\n    return b\n", block("    return b", "    return a"),
        Reason.OUT_OF_SCOPE, ("txt", "Ruff", "F821")),
    Row("fix", "python", "def f(text):\n    return txt$0\n", "import os", Reason.OUT_OF_SCOPE, ("txt", "Ruff", "F821")),
    Row("from-comment", "python", "# count the words of it$0\n", "# count the words of it", Reason.NOTHING_TO_ADD),
    Row("from-comment", "python", "# count the words of it$0\n", "x = (", Reason.INVALID),
    Row("from-comment", "sql", "-- the ten newest orders$0\n", "rm -rf /", Reason.OUT_OF_SCOPE),
    Row("extract-function", "python", REPORT, REPORT_DONE.replace("def report(orders)", "def report(orders, x)"),
        Reason.OUT_OF_SCOPE),
    Row("extract-function", "python", REPORT, "def report(orders):\n    print(0)\n", Reason.OUT_OF_SCOPE),
    Row("extract-function", "python", REPORT, f"def turnover():\n    pass\n\n\n{REPORT.replace('$0', '')[:90]}",
        Reason.NOTHING_TO_ADD),
    Row("edit", "python", "def f(a):\n    return a$0\n\n\ndef g():\n    return 2\n", block("    return 2", "    return 3"),
        Reason.OUT_OF_SCOPE, wish="three"),
]  # fmt: skip

NOWHERE: Mapping[str, list[tuple[str, str]]] = {
    "implement": [("python", "def f():\n    return 1$0\n"), ("typescript", "const a = 1$0\n")],
    "fix": [("python", "def f(text):\n    return txt$0\n"), ("typescript", "$0\n")],
    "fix-all": [("python", "x = 1$0\n"), ("go", "package p\n$0\n")],
    "secure": [("python", 'db.execute("SELECT 1")$0\n'), ("typescript", "db.query('SELECT 1', [a])$0\n"),
               ("python", "# db.execute(f\"SELECT {a}\")$0\nx = 1\n"), ("css", "a { b: c }$0\n")],
    "replace-deprecated": [("python", "x = now()$0\n"), ("javascript", "// new Buffer(1)$0\nlet x = 1\n")],
    "trace": [("plaintext", "Traceback (most recent call last):$0\n"), ("python", "$0x = 1\ny = 2$0\n")],
    "from-comment": [("python", "# noqa: the whole file here$0\n"), ("python", "# explains the line below\nx = 1$0\n"),
                     ("python", "# explains this line well$0\nx = 1\n"), ("css", "/* a b c d */$0\n"),
                     ("python", 'x = """\n# no comment at all$0\n\n"""\n')],
    "extract-function": [("python", "def f():\n    a = 1$0\n    b = 2\n"), ("python", "def f():\n$0    a = 1\n    b = 2$0\n"),
                         ("typescript", "$0let a = 1$0\nlet b = 2\n"),
                         ("python", "def f(a):\n$0    if a:\n        b = 1$0\n        c = 2\n    return b\n")],
    "docstring": [("python", 'def f():$0\n    """Doc."""\n'), ("python", "def f():\n    return 1$0\n"),
                  ("typescript", "/** Doc. */\nfunction f() {$0\n}\n"), ("python", "def f(): return 1$0\n")],
    "type-hints": [("python", "def f(a: int) -> int:$0\n    return a\n"), ("javascript", "function f(a) {$0\n}\n"),
                   ("python", "class A:\n    def f(self) -> None:$0\n        pass\n"),
                   ("typescript", "function f(a: number): number {$0\n  return a\n}\n")],
    "simplify": [("python", "def f(a):\n    return a$0\n"), ("typescript", "let a = 1$0\n")],
    "to-async": [("python", "async def f():\n    time.sleep(1)$0\n"),
                 ("python", "def f(a):\n    # time.sleep(1)\n    return a$0\n"),
                 ("typescript", "function f() {\n  return 1$0\n}\n"), ("go", "package p\n\nfunc f() {\n\ttime.Sleep(1)$0\n}\n")],
    "tests": [("python", "def f(a):$0\n    return a\n"), ("typescript", "let a = 1$0\n")],
    "explain": [("python", "x = 1$0\n"), ("plaintext", "some words$0\n")],
    "edit": [("python", "def f():\n    return 1$0\n"), ("css", "a { b: c }$0\n")],
}  # fmt: skip
