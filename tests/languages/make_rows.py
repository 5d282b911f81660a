"""Makes the rows of a language: `python -m languages.make_rows LANGUAGE PROJECT SEED PER_MODE > rows/LANGUAGE.jsonl`.

Real code is cut and broken by `mutations.py`; a compiler, asked about the whole project and not through Kireji, says what is
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
from languages.mutations import DIALECTS, MODES, Place, rows

# How a project is compiled, and which of its files are cut.
COMPILERS = {
    "typescript": (("node_modules/.bin/tsc", "--noEmit", "-p", "."), "src/**/*.ts"),
    "javascript": (("node", "--check", "{file}"), "node_modules/express/lib/**/*.js"),
    "go": (("go", "vet", "-composites=false", "."), "*.go"),
}
# Broken by what it is: no compiler minds a line that is said twice; and JavaScript has no compiler.
BROKEN_ANYWAY = {"javascript": set(MODES) - {"arity", "type"}}


def main() -> None:
    language, given, seed, per_mode = sys.argv[1], Path(sys.argv[2]).resolve(), int(sys.argv[3]), int(sys.argv[4])
    with tempfile.TemporaryDirectory() as scratch:  # the project itself stays as it is, whatever happens here
        project = Path(shutil.copytree(given, Path(scratch) / "project", symlinks=True))
        _make(language, project, seed, per_mode)


def _make(language: str, project: Path, seed: int, per_mode: int) -> None:
    chosen = random.Random(seed)
    command, pattern = COMPILERS[language]
    files = sorted(p for p in project.glob(pattern) if 1_500 < p.stat().st_size < 60_000 and "_test" not in p.name)
    chosen.shuffle(files)
    count: Counter[str] = Counter()
    clean = _complaints([word.format(file=files[0]) for word in command], project)
    wanted = {"valid": per_mode * 6, **dict.fromkeys(MODES, per_mode)}
    for _ in range(12):
        for path in files:
            text = path.read_bytes().decode()
            for mode, place, insert in rows(DIALECTS[language], text, chosen, 3):
                if count[mode] >= wanted[mode] or not _is_asked_for(path, language, place):
                    continue
                if mode != "valid" and not _is_broken(language, mode, command, path, project, place, insert, clean):
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


def _is_broken(
    language: str, mode: str, command: tuple[str, ...], path: Path, project: Path, place: Place, insert: str, clean: int
) -> bool:
    if mode == "suffix" or mode in BROKEN_ANYWAY.get(language, ()):
        return True
    kept = path.read_bytes()
    try:
        path.write_bytes((place.text[: place.start] + insert + place.text[place.end :]).encode())
        words = [word.format(file=path) for word in command]
        return _complaints(words, project) > clean
    finally:
        path.write_bytes(kept)


def _complaints(words: list[str], project: Path) -> int:
    """How many lines a compiler has to say."""
    done = subprocess.run(words, cwd=project, capture_output=True, text=True, timeout=300, env=os.environ, check=False)
    return len((done.stdout + done.stderr).splitlines())


if __name__ == "__main__":
    main()
