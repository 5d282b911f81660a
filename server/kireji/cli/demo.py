"""`kireji demo`: a real server, a real client, a small project, and what an editor would show of it, gate by gate.

Nothing is staged but one thing, and it says so: the broken suggestion comes from a script, because no engine breaks on cue.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from kireji import __version__
from kireji.base.config_schema import Settings
from kireji.base.languages import language_of
from kireji.cli.main import CommandError
from kireji.cli.settings import load_settings, settings_options
from kireji.lsp.framing import Decoder, Frame, encode

_MARK = "$0"
_ANSWER_SECONDS = 30.0
# What a model might well say: right in shape, and wrong about a name.
_BROKEN = MappingProxyType({"inventory =": "Inventory(items=load_default_items())"})
# Stages that are quicker are not worth a reader's time.
_WORTH_NAMING_MS = 1.0
# So many fit into 80 columns.
_GATES_A_ROW = 3
_STATES = MappingProxyType({"pass": "green", "fail": "red", "unknown": "yellow"})


@dataclass(frozen=True, slots=True)
class _Place:
    """A file of the project and where in it a question is asked."""

    name: str
    text: str
    line: int
    column: int


@click.command("demo")
@settings_options
def command(**overrides: object) -> None:
    """Show suggestions in a small bundled project, gate by gate, with times and cost."""
    settings = load_settings(overrides)
    remote = _check(settings)
    console = Console(highlight=False, soft_wrap=True)
    with tempfile.TemporaryDirectory(prefix="kireji-demo-") as folder:
        root = Path(folder)
        places = _lay_out(root)
        arguments = [f"--{k}={v}" for k, v in overrides.items() if v is not None and k != "trust_all"]
        asyncio.run(_show(console, root, places, arguments, remote))


def _check(settings: Settings) -> bool:
    """A server starts whatever its settings say, and another engine answers then: not what was asked for here.

    Whether a remote model answers.
    """
    from kireji.base.clock import SystemClock
    from kireji.compose import ConfigurationError, build_services

    try:
        services = build_services(settings, SystemClock())
    except ConfigurationError as error:
        causes = f" ({'; '.join(settings.problems)})" if settings.problems else ""
        raise CommandError(f"{error}{causes}") from None
    for problem in settings.problems:
        sys.stderr.write(f"kireji: {problem}\n")
    return services.roles.completion.provider.info.remote


async def _show(console: Console, root: Path, places: list[_Place], arguments: list[str], remote: bool) -> None:
    console.print(f"[bold]Kireji {__version__}[/]: the real server, asked at {len(places)} places of a small project.")
    if not remote:
        console.print("[dim]No ANTHROPIC_API_KEY is set: the local engine answers, offline and free.[/]")
    failures = await _ask_everywhere(console, root, places, arguments)
    broken = next(place for place in places if _before(place).strip() in _BROKEN)
    answer = _BROKEN[_before(broken).strip()]
    console.print("\n[bold]And one that is withheld.[/] Its answer is [bold]scripted[/]; the checks are real.")
    console.print(Text(f"  answer  {_before(broken).strip()} {answer}", style="dim"))
    script = root / "script.json"
    script.write_text(json.dumps(dict(_BROKEN)), encoding="utf-8")
    withheld = await _ask_everywhere(console, root, [broken], [f"--script={script}"])
    if withheld != 1:
        raise CommandError("a broken answer was shown: this is a bug; KIREJI_LOG=debug kireji demo says more")
    # A remote model may well have nothing to add at some place; the local engine is known to be sure of all of them.
    if failures and not remote:
        raise CommandError("a suggestion is missing: this is a bug; KIREJI_LOG=debug kireji demo says more")


async def _ask_everywhere(console: Console, root: Path, places: list[_Place], arguments: list[str]) -> int:
    """Asks at every place and prints what came; returns how many were withheld."""
    withheld = 0
    async with _server(root, arguments) as call:
        for place in places:
            uri = (root / place.name).as_uri()
            item = {"uri": uri, "languageId": language_of(place.name), "version": 1, "text": place.text}
            await call("textDocument/didOpen", {"textDocument": item}, notification=True)
            answer = await call(
                "textDocument/inlineCompletion",
                {
                    "textDocument": {"uri": uri},
                    "position": {"line": place.line, "character": place.column},
                    "context": {"triggerKind": 1},
                },
            )
            explained = await call("kireji/explain", {})
            _print_place(console, place, answer["items"], explained)
            withheld += not answer["items"]
    return withheld


def _print_place(console: Console, place: _Place, items: list[Any], explained: Mapping[str, Any]) -> None:
    """The line with the suggestion in it, as ghost text would stand there, and how it got there."""
    console.print()
    head = Text(f"{place.name}:{place.line + 1}", style="bold cyan")
    console.print(head.append(f"  {explained['provider']} · {explained['model']}", style="not bold dim"))
    before, after = _before(place), place.text.split("\n")[place.line][place.column :]
    if items:
        first, *rest = items[0]["insertText"].split("\n")
        line = Text(f"  │ {before}").append(first, style="bold green on grey11").append("" if rest else after)
        console.print(line)
        for more in rest:
            console.print(Text("  │ ").append(more, style="bold green on grey11"))
    else:
        console.print(Text(f"  │ {before}").append("▏", style="red").append(after))
    console.print(_verdict(bool(items), explained))
    if explained["trouble"]:
        console.print(_instead(explained))
    for finding in explained["findings"]:
        console.print(Text(f"          {finding['gate']} {finding['code']}: {finding['message']}", style="red"))
    for index in range(0, len(explained["gates"]), _GATES_A_ROW):
        console.print(_gates(explained["gates"][index : index + _GATES_A_ROW], "  gates   " if not index else " " * 10))
    slow = [stage for stage in explained["stages"] if stage["elapsed_ms"] >= _WORTH_NAMING_MS]
    stages = ", ".join(f"{stage['stage']} {stage['elapsed_ms']:.0f}" for stage in slow)
    total = sum(stage["elapsed_ms"] for stage in explained["stages"])
    console.print(Text(f"  time    {total:.0f} ms{f' ({stages})' if stages else ''}", style="dim"))
    console.print(Text(f"  cost    ${explained['cost_usd']:.6f}", style="dim"))


def _gates(gates: list[Any], head: str) -> Text:
    text = Text(head, style="dim")
    for index, gate in enumerate(gates):
        text.append(", " if index else "", style="dim").append(f"{gate['gate']} ", style="dim")
        text.append(gate["state"], style=_STATES[gate["state"]]).append(f" {gate['elapsed_ms']:.1f} ms", style="dim")
    return text


def _verdict(shown: bool, explained: Mapping[str, Any]) -> Text:
    if not shown:
        detail = f" ({explained['detail']})" if explained["detail"] else ""
        return Text(f"  withheld: {explained['reason']}{detail}", style="bold red")
    repairs = f", repaired: {', '.join(explained['repairs'])}" if explained["repairs"] else ""
    return Text(f"  shown{repairs}", style="bold green")


def _instead(explained: Mapping[str, Any]) -> Text:
    """Why it is not the model that has answered."""
    return Text(f"  the local engine answers: {explained['trouble']}", style="yellow")


def _lay_out(root: Path) -> list[_Place]:
    """Writes the bundled project without its marks; returns where the marks stood."""
    places = []
    for source in sorted(resources.files("kireji").joinpath("demo_project").iterdir(), key=lambda r: r.name):
        if not source.name.endswith(".txt"):
            continue
        marked = source.read_text(encoding="utf-8")
        name = source.name.removesuffix(".txt")
        before, _, after = marked.partition(_MARK)
        (root / name).write_text(before + after, encoding="utf-8")
        places.append(_Place(name, before + after, before.count("\n"), len(before) - before.rfind("\n") - 1))
    return places


def _before(place: _Place) -> str:
    return place.text.split("\n")[place.line][: place.column]


@contextlib.asynccontextmanager
async def _server(root: Path, arguments: list[str]) -> AsyncIterator[Any]:
    """A running server, initialized; yields a function that calls it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "kireji",
        "serve",
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        # The server's log would stand between the answers.
        env={"KIREJI_LOG": "warning"} | os.environ,
    )
    assert process.stdin is not None  # noqa: S101 — both are pipes: asked for one line above
    assert process.stdout is not None  # noqa: S101
    reader, writer = process.stdout, process.stdin
    decoder = Decoder()
    waiting: list[Any] = []
    next_id = 0

    async def call(method: str, params: object, *, notification: bool = False) -> Any:
        nonlocal next_id
        message: dict[str, object] = {"jsonrpc": "2.0", "method": method, "params": params}
        if notification:
            writer.write(encode(message))
            return None
        next_id += 1
        writer.write(encode(message | {"id": next_id}))
        async with asyncio.timeout(_ANSWER_SECONDS):
            while True:
                for body in waiting:
                    if body.get("id") == next_id and "method" not in body:
                        waiting.remove(body)
                        if "error" in body:
                            raise CommandError(f"the server refused {method}: {body['error']['message']}")
                        return body["result"]
                data = await reader.read(65536)
                if not data:
                    raise CommandError(f"the server ended during {method}; run with KIREJI_LOG=debug to see why")
                waiting.extend(item.body for item in decoder.feed(data) if isinstance(item, Frame))

    try:
        capabilities = {"general": {"positionEncodings": ["utf-32"]}}
        folder = {"uri": root.as_uri(), "name": root.name}
        await call(
            "initialize",
            {"processId": os.getpid(), "capabilities": capabilities, "rootUri": None, "workspaceFolders": [folder]},
        )
        await call("initialized", {}, notification=True)
        yield call
        await call("shutdown", None)
        await call("exit", None, notification=True)
        async with asyncio.timeout(_ANSWER_SECONDS):
            await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
