"""How soon a stream is closed once a module or a member that cannot exist has come: rows of `validate_rows`, replayed as
streams of 80 tokens a second. `python -m bench.proofs [SEED [SPANS]]`, or `-` to read rows of the lab from standard input.

The proof is where the first line that differs from the truth names what does not exist. Nothing is asserted.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench.validate import share
from bench.validate_rows import PYTHON, Row, rows, workspace
from kireji.base.clock import SystemClock
from kireji.base.config_schema import Options, Protected, ProviderChoice, Settings
from kireji.base.text import make_document
from kireji.base.types import Delta, End, EndReason, Prompt, Request, Snapshot, Trigger, Usage, Workspace
from kireji.compose import build_services
from kireji.engine import pipeline
from kireji.engine.services import Services
from kireji.providers.provider import ProviderInfo, StreamMeter
from support.figures import percentile

MODES = frozenset(("import_mod", "import_member", "attr_module", "attr_inst_typed", "attr_self"))
NEAR = 20
FIRST_TOKEN, PER_TOKEN, PIECE = 0.4, 1 / 80, 4


@dataclass
class Paced:
    """A model that says one answer at the pace of a real one. `sent` counts what was taken of the insertion."""

    answer: str
    sent: int = 0
    asked: int = 0
    info: ProviderInfo = field(
        default_factory=lambda: ProviderInfo("paced", "paced", remote=False, follows_instructions=True)
    )

    async def stream(self, request: Request, meter: StreamMeter) -> AsyncGenerator[Delta | End, None]:
        """The tag and the echo at once, then four characters a token; a second question is answered with nothing."""
        self.asked += 1
        await asyncio.sleep(FIRST_TOKEN)
        yield Delta(f"<{request.prompt.tag}>{request.pack.site.before.lstrip()}")
        if self.asked > 1:
            yield End(EndReason.COMPLETE)
            return
        for at in range(0, len(self.answer), PIECE):
            await asyncio.sleep(PER_TOKEN)
            self.sent = min(at + PIECE, len(self.answer))
            yield Delta(self.answer[at : at + PIECE])
        yield End(EndReason.COMPLETE)

    def estimate(self, prompt: Prompt) -> int:
        """Nothing."""
        return 0

    def cost(self, usage: Usage) -> int:
        """Nothing."""
        return 0

    async def warm(self) -> None:
        """Nothing to load."""

    async def close(self) -> None:
        """Nothing to close."""


def proof(truth: str, wrong: str) -> int:
    """Where in `wrong` the line ends that names what does not exist: the last before the truth, or the first that differs."""
    if wrong.endswith(truth):
        return len(wrong[: -len(truth)].rstrip())
    meant = [*truth.split("\n"), *[""] * wrong.count("\n")]
    at = 0
    for said, wanted in zip(wrong.split("\n"), meant, strict=False):
        at += len(said) + 1
        if said != wanted:
            break
    return at - 1


async def replay(services: Services, row: Row, root: Path) -> Paced:
    """The row as a question, answered by the paced model."""
    path = root / row.path
    document = make_document(path.as_uri(), str(path), "python", 1, row.prefix + row.suffix)
    options = replace(Options(), gates_automatic_ms=5000)
    place = Workspace(str(root), True, PYTHON)
    snapshot = Snapshot(row.id, document, workspace=place, options=options, trigger=Trigger.EXPLICIT)
    model = Paced(row.insert)
    completion = replace(services.roles.completion, provider=model)
    roles = replace(services.roles, completion=completion)
    await pipeline.complete(replace(services, roles=roles), snapshot, len(row.prefix))
    return model


async def measure(asked: Sequence[tuple[Row, str]], root: Path, home: Path) -> list[str]:
    """The figures, one line for each kind: rows whose stream ended within `NEAR` characters of the proof."""
    protected = replace(Protected(), provider=ProviderChoice.LOCAL, state_dir=str(home))
    services = build_services(Settings(protected=protected), SystemClock())
    near: dict[str, list[bool]] = defaultdict(list)
    over = []
    try:
        await asyncio.gather(services.warm(), services.warm("python"))
        for row, truth in asked:
            end = proof(truth, row.insert)
            model = await replay(services, row, root)
            # An answer that is over by then has ended by itself, and proves nothing.
            if len(row.insert) > end + NEAR:
                near[row.mode].append(model.sent <= end + NEAR)
                over.append(model.sent - end)
    finally:
        await services.close()
    every = [hit for hits in near.values() for hit in hits]
    return [
        f"ended within {NEAR} characters of the proof: {share(every)}",
        f"characters behind it: p50 {percentile(over, 0.5):.0f}, p95 {percentile(over, 0.95):.0f}",
        *(f"{mode:18} {share(hits)}" for mode, hits in sorted(near.items())),
    ]


def given() -> tuple[list[tuple[Row, str]], Path]:
    """Rows of the lab on standard input, with their truths."""
    read = [json.loads(line) for line in sys.stdin]
    kind = {r["id"]: r["id"].rsplit("|", 1) for r in read}
    truths = {kind[r["id"]][0]: r["insert"] for r in read if kind[r["id"]][1] == "truth"}
    made = [
        (Row(r["id"], kind[r["id"]][1].split(":")[0], r["path"], r["prefix"], r["insert"], r["suffix"]), truth)
        for r in read
        if (truth := truths.get(kind[r["id"]][0])) is not None
    ]
    return [(row, truth) for row, truth in made if row.mode in MODES], Path(read[0]["root"])


def main(*arguments: str) -> None:
    """Prints the figures."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        if arguments == ("-",):
            asked, root = given()
        else:
            root = Path(folder, "workspace").resolve()
            made = list(
                rows(
                    root,
                    workspace(root),
                    int(arguments[1]) if arguments[1:] else 60,
                    int(arguments[0]) if arguments else 1,
                )
            )
            truths = {row.id.rsplit("|", 1)[0]: row.insert for row in made if row.mode == "truth"}
            asked = [(row, truths[row.id.rsplit("|", 1)[0]]) for row in made if row.mode in MODES]
        print(f"{len(asked)} rows", flush=True)
        for line in asyncio.run(measure(asked, root, home)):
            print("  " + line, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
