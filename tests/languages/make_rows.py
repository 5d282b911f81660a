"""Makes the rows of a language: `python -m languages.make_rows LANGUAGE PROJECT SEED PER_MODE > rows/LANGUAGE.jsonl`.

Real code is cut and broken by `mutations.py`; a compiler, asked about the project and not through Kireji, says what is
broken indeed. Run by hand when the rows are to be made anew; the tests only read them.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from kireji.base.text import make_document
from kireji.base.types import Site, Snapshot
from kireji.engine.site import classify
from languages.mutations import DIALECTS, Place, rows

# How a file, or the project, is compiled, and which of its files are cut. One parser each for data, other than ours.
COMPILERS = {
    "typescript": ("node_modules/.bin/tsc --noEmit -p .", "src/**/*.ts"),
    "javascript": ("node --check {file}", "node_modules/express/lib/**/*.js"),
    "go": ("go vet -composites=false .", "*.go"),
    "c": ("gcc -fsyntax-only -std=c99 -I. {file}", "*.c"),
    "cpp": ("g++ -fsyntax-only -std=c++11 -I. -Iinclude -DLEVELDB_PLATFORM_POSIX=1 {file}", "util/*.cc"),
    "rust": ("cargo check --offline --quiet", "*/src/**/*.rs"),
    "java": ("javac -proc:none -d out -sourcepath src/main/java {file}", "src/main/java/**/*.java"),
    "shellscript": ("bash -n {file}", "*.*sh"),
    "json": ("node -e JSON.parse(require('fs').readFileSync('{file}','utf8'))", "*.json"),
    "toml": ("node -e require('smol-toml').parse(require('fs').readFileSync('{file}','utf8'))", "*.toml"),
    "yaml": ("node -e require('yaml').parse(require('fs').readFileSync('{file}','utf8'),{{strict:true}})", "*.y*ml"),
}
# Broken by what it is: no compiler minds a line that is said twice; and some languages have none.
BROKEN_ANYWAY = {
    "javascript": {"name", "member", "module", "truncated"},
    "shellscript": {"name"},
}


def main() -> None:
    language, given, seed, per_mode = sys.argv[1], Path(sys.argv[2]).resolve(), int(sys.argv[3]), int(sys.argv[4])
    with tempfile.TemporaryDirectory() as scratch:  # the project itself stays as it is, whatever happens here
        project = Path(shutil.copytree(given, Path(scratch) / "project", symlinks=True))
        _make(language, project, random.Random(seed), per_mode)


def _make(language: str, project: Path, chosen: random.Random, per_mode: int) -> None:
    pattern = COMPILERS[language][1]
    files = sorted(p for p in project.glob(pattern) if 700 < p.stat().st_size < 110_000 and "_test" not in p.name)
    chosen.shuffle(files)
    count: Counter[str] = Counter()
    by_file = "{file}" in COMPILERS[language][0]
    whole = 0 if by_file else _complaints(language, files[0], project)
    clean = {path: _complaints(language, path, project) if by_file else whole for path in files}
    dialect = DIALECTS[language]
    wanted = {"valid": per_mode * 6, **dict.fromkeys(dialect.modes.split(), per_mode)}
    for _ in range(12):
        for path in files:
            text = path.read_bytes().decode()
            for mode, place, insert in rows(dialect, text, chosen, 3):
                if count[mode] >= wanted[mode] or not _is_asked_for(path, language, place):
                    continue
                if mode != "valid" and not _is_broken(language, mode, path, project, place, insert, clean[path]):
                    continue
                count[mode] += 1
                row = {
                    "mode": mode,
                    "file": path.relative_to(project).as_posix(),
                    "sha": hashlib.sha256(text.encode()).hexdigest()[:12],
                    "start": place.start,
                    "end": place.end,
                    "insert": insert,
                }
                sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
                sys.stdout.flush()
            if all(count[mode] >= n for mode, n in wanted.items()):
                return
    sys.stderr.write(f"too few: {count}\n")


def _is_asked_for(path: Path, language: str, place: Place) -> bool:
    text = place.text[: place.start] + place.text[place.end :]
    document = make_document(path.as_uri(), str(path), language, 1, text)
    return isinstance(classify(Snapshot("t", document), place.start), Site)


def _is_broken(language: str, mode: str, path: Path, project: Path, place: Place, insert: str, clean: int) -> bool:
    if mode == "suffix" or mode in BROKEN_ANYWAY.get(language, ()):
        return True
    kept = path.read_bytes()
    try:
        path.write_bytes((place.text[: place.start] + insert + place.text[place.end :]).encode())
        return _complaints(language, path, project) > clean
    finally:
        path.write_bytes(kept)


def _complaints(language: str, path: Path, project: Path) -> int:
    """How many lines a compiler has to say."""
    words = [word.format(file=path) for word in COMPILERS[language][0].split()]
    env = {**os.environ, "RUSTFLAGS": "-Awarnings"}
    done = subprocess.run(words, cwd=project, capture_output=True, timeout=300, env=env, check=False)
    return len((done.stdout + done.stderr).splitlines())


if __name__ == "__main__":
    main()
