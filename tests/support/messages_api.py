"""A strict stand-in of the Messages API on a loopback socket: it plays the model, and refuses what the API refuses.

    async with MessagesApi(script("x = 1")) as api:
        provider = AnthropicProvider(Account(Direct(api.url, api.key)), model)

Or as a process: `python -m support.messages_api --answers FILE` prints its address. It judges no answer's quality, and
no figure taken against it says anything about the real service. Standard library only.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import ssl
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from support.messages_cache import Counted, PromptCache
from support.messages_http import Connection, GoneError, HttpRequest
from support.messages_play import AT_ONCE, Fault, FaultKind, Pace, Play, perform, send_error, write_whole
from support.messages_rules import MODELS, RefusalError, check_body, check_headers, prefill, turn_texts

__all__ = ["Answer", "Asked", "Fault", "FaultKind", "MessagesApi", "Pace", "Play", "When", "script", "tagged"]


@dataclass
class Asked:
    """One request as it was received and what became of it. `sent` counts characters of the answer's text.

    `counted` and `output` are the tokens that were billed so far: nothing before the answer has begun.

    `done` is set when nothing more will be sent, `closed` when the connection is; `cancelled` says that the client
    closed it before the answer was over.
    """

    connection: int
    path: str
    headers: dict[str, str]
    size: int
    raw: bytes = field(repr=False)
    closed: asyncio.Event = field(repr=False)
    body: dict[str, object] = field(default_factory=dict, repr=False)
    status: int = 0
    error: str = ""
    sent: int = 0
    counted: Counted | None = None
    output: int = 0
    cancelled: bool = False
    done: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    @property
    def model(self) -> str:
        """The model asked for."""
        return str(self.body["model"])

    @property
    def tag(self) -> str:
        """The answer tag, from the first stop sequence of the form `</TAG>`; empty when there is none."""
        stops = self.body.get("stop_sequences")
        found = (stop for stop in stops if stop.startswith("</")) if isinstance(stops, list) else iter(())
        return next(found, "</>")[2:-1]

    @property
    def question(self) -> str:
        """The text of the last user turn."""
        return next(text for role, text in reversed(turn_texts(self.body)) if role == "user")

    @property
    def prefill(self) -> str:
        """The start of the answer that the client has written itself."""
        return prefill(self.body)


Answer = Callable[[Asked], Play | str]


@dataclass(frozen=True)
class When:
    """An answer for the questions that contain `needle`."""

    needle: str
    text: str


def script(*answers: str | Play | When, pace: Pace = AT_ONCE, until: asyncio.Event | None = None) -> Answer:
    """Plays answers: a When for the first question it fits, the others in order, the last of them again and again.

    A text that does not name the request's tag is put between its tags.
    """
    rules = [answer for answer in answers if isinstance(answer, When)]
    rest = [answer for answer in answers if not isinstance(answer, When)]

    def answer(asked: Asked) -> Play:
        rule = next((rule for rule in rules if rule.needle in asked.question), None)
        chosen: str | Play = ""
        if rule is not None:
            chosen = rule.text
        elif rest:
            chosen = rest.pop(0) if len(rest) > 1 else rest[0]
        return chosen if isinstance(chosen, Play) else Play(tagged(asked, chosen), pace=pace, until=until)

    return answer


def tagged(asked: Asked, text: str) -> str:
    """`text` between the request's tags, unless it has the opening one already."""
    tag = asked.tag
    return text if not tag or f"<{tag}>" in text else f"<{tag}>{text}</{tag}>"


class MessagesApi:
    """The server. `asked` holds every request in order; `received` counts bytes, whether they were HTTP or not."""

    asked_type = Asked

    def __init__(self, answer: Answer | None = None, *, key: str = "sk-ant-stand-in", port: int = 0) -> None:
        self.key = key
        self.tls: ssl.SSLContext | None = None
        self.asked: list[Asked] = []
        self._answer = answer if answer is not None else script("")
        self._port = port
        self._cache = PromptCache()
        self._connections: list[Connection] = []
        self._arrived = asyncio.Condition()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """The address to pass as the endpoint; still known after the server has gone."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self._port}"

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._port

    @property
    def environment(self) -> dict[str, str]:
        """What leads a server here."""
        return {"ANTHROPIC_API_KEY": self.key, "ANTHROPIC_BASE_URL": self.url}

    @property
    def connections(self) -> int:
        """How many connections were ever made."""
        return len(self._connections)

    @property
    def received(self) -> int:
        """How many bytes ever came in."""
        return sum(connection.received for connection in self._connections)

    async def request(self, number: int = 0) -> Asked:
        """The request with that number, once it has arrived."""
        async with self._arrived:
            await self._arrived.wait_for(lambda: len(self.asked) > number)
        return self.asked[number]

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._connect, "127.0.0.1", self._port, ssl=self.tls)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for connection in self._connections:
            await connection.stop()
        await self._server.wait_closed()

    async def _arrive(self, asked: Asked) -> None:
        async with self._arrived:
            self.asked.append(asked)
            self._arrived.notify_all()

    def _connect(self) -> Connection:
        self._connections.append(Connection(len(self._connections), self._serve))
        return self._connections[-1]

    async def _serve(self, connection: Connection, request: HttpRequest) -> None:
        asked = self.asked_type(
            connection.number, request.path, dict(request.headers), request.size, request.body, connection.gone
        )
        try:
            await self._respond(connection, request, asked)
        except RefusalError as error:
            asked.status, asked.error = error.status, error.message
            await self._refuse(connection, error)
        except GoneError:
            asked.cancelled = True
            raise
        finally:
            asked.done.set()

    async def _respond(self, connection: Connection, request: HttpRequest, asked: Asked) -> None:
        if request.method == "GET":
            await self._describe(connection, request, asked)
            return
        try:
            self._admit(request, asked)
            rules, blocks = check_body(asked.body)
        finally:
            await self._arrive(asked)
        counted = self._cache.count(asked.model, rules, blocks)
        play = self._answer(asked)
        asked.status = 200
        await perform(self._wire(connection), asked, rules, counted, play if isinstance(play, Play) else Play(play))

    async def _describe(self, connection: Connection, request: HttpRequest, asked: Asked) -> None:
        """What the service says of a model."""
        await self._arrive(asked)
        check_headers({**request.headers, "content-type": "application/json"}, self.key)
        name = request.path.removeprefix("/v1/models/")
        if name not in MODELS:
            raise RefusalError(404, "not_found_error", f"model: {name}")
        told = {"id": name, "type": "model", "display_name": name.title(), "created_at": "2026-10-07T00:00:00Z"}
        body = json.dumps(told | {"lifecycle": "active", "max_input_tokens": MODELS[name].context}).encode()
        asked.status = 200
        await write_whole(connection, 200, {"content-type": "application/json"}, body)

    def _admit(self, request: HttpRequest, asked: Asked) -> None:
        """Reads the body of a request that is one. Raises RefusalError."""
        check_headers(request.headers, self.key)
        if request.method != "POST" or request.path.partition("?")[0] != "/v1/messages":
            raise RefusalError(404, "not_found_error", f"{request.method} {request.path}")
        asked.body = parsed(request.body)

    async def _refuse(self, connection: Connection, error: RefusalError) -> None:
        """Says no in this service's envelope."""
        await send_error(connection, error.status, error.kind, error.message)

    def _wire(self, connection: Connection) -> Connection:
        """What the events of an answer are written to."""
        return connection


def parsed(raw: bytes) -> dict[str, object]:
    try:
        body = json.loads(raw)
    except ValueError:
        raise RefusalError(400, "invalid_request_error", "the body is not JSON") from None
    if not isinstance(body, dict):
        raise RefusalError(400, "invalid_request_error", "the body is not an object")
    return body


def _read_answers(path: Path) -> list[str | When]:
    """A JSON list of texts and of `{"when": …, "text": …}`."""
    rows = json.loads(path.read_text(encoding="utf-8"))
    return [row if isinstance(row, str) else When(row["when"], row["text"]) for row in rows]


async def _run(api: MessagesApi) -> None:
    async with api:
        sys.stdout.write(f"{api.url}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


def main() -> None:
    """Serves until it is killed; the first line on standard output is the address."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--key", default="sk-ant-stand-in", help="the only key that is accepted")
    parser.add_argument("--answers", type=Path, help='JSON list of texts and {"when": …, "text": …}')
    parser.add_argument("--first-token-ms", type=float, default=0.0)
    parser.add_argument("--tokens-per-second", type=float, default=0.0, help="0 is as fast as the socket")
    parser.add_argument("--piece", type=int, default=4, help="characters in one event")
    options = parser.parse_args()
    pace = Pace(options.first_token_ms / 1000, options.tokens_per_second, options.piece)
    answers = _read_answers(options.answers) if options.answers else []
    asyncio.run(_run(MessagesApi(script(*answers, pace=pace), key=options.key, port=options.port)))


if __name__ == "__main__":
    main()
