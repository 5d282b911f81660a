"""A strict stand-in of an OpenAI-compatible server on a loopback socket: it plays the model, and refuses what they refuse.

    async with ChatApi(script("x = 1"), kind=ServerKind.VLLM) as api:
        provider = OpenAiCompatible(Server(address=f"{api.url}/v1", key=api.key), model)

It plays the same answers and faults as the stand-in of the Messages API, whose parts it shares.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from support.chat_rules import (
    ChatRefusalError,
    Served,
    ServerKind,
    check_body,
    check_headers,
    prompt_text,
    tokens,
)
from support.messages_api import Answer, Asked, MessagesApi, script
from support.messages_http import Connection, HttpRequest
from support.messages_play import Fault, FaultKind, Play, break_off, instead, paced, write_whole

__all__ = ["AskedChat", "ChatApi", "Served", "ServerKind", "script"]

MODEL = "Qwen/Qwen2.5-Coder-7B"


@dataclass
class AskedChat(Asked):
    """One request as it was received. A prompt for filling in has no tag."""

    @property
    def tag(self) -> str:
        """The answer tag, from the first stop of the form `</TAG>`; empty when there is none."""
        stops = self.body.get("stop")
        found = (stop for stop in stops if re.fullmatch(r"</code_\w+>", stop)) if isinstance(stops, list) else iter(())
        return next(found, "</>")[2:-1]

    @property
    def question(self) -> str:
        """The last user turn, or the text that is to be filled in."""
        messages = self.body.get("messages")
        return str(messages[-1]["content"]) if isinstance(messages, list) else prompt_text(self.body)

    @property
    def prefill(self) -> str:
        """There is no such thing here."""
        return ""


class ChatApi(MessagesApi):
    """The server. Empty `key`: it wants none."""

    asked_type = AskedChat

    def __init__(
        self,
        answer: Answer | None = None,
        *,
        kind: ServerKind = ServerKind.VLLM,
        served: Served | None = None,
        key: str = "",
        port: int = 0,
    ) -> None:
        super().__init__(answer, key=key, port=port)
        self.kind = kind
        self.served = served if served is not None else Served(MODEL)

    @property
    def address(self) -> str:
        """What is written into the settings."""
        return f"{self.url}/v1"

    @property
    def environment(self) -> dict[str, str]:
        """What leads a server here."""
        keys = {"KIREJI_SERVER_KEY": self.key} if self.key else {}
        names = {"KIREJI_PROVIDER": "openai-compatible", "KIREJI_MODEL": self.served.id}
        return names | keys | {"KIREJI_SERVER_URL": self.address}

    async def _respond(self, connection: Connection, request: HttpRequest, asked: Asked) -> None:
        if request.method == "GET":
            await self._told(connection, request, asked)
            return
        try:
            try:
                check_headers(request.headers, self.key, self.kind)
                asked.body = _parsed(request.body)
                check_body(request.path, asked.body, self.kind, self.served)
            finally:
                await self._arrive(asked)
        except ChatRefusalError as refusal:
            asked.status, asked.error = refusal.status, refusal.message
            await _send_error(connection, self.kind, refusal.status, refusal.kind, refusal.message)
            return
        found = self._answer(asked)
        play = found if isinstance(found, Play) else Play(found)
        asked.status = 200
        await self._perform(connection, asked, play)

    async def _told(self, connection: Connection, request: HttpRequest, asked: Asked) -> None:
        """What a server says of itself."""
        await self._arrive(asked)
        answers = described(self.kind, self.served)
        if self.key and request.headers.get("authorization") != f"Bearer {self.key}":
            asked.status = 401
            await _send_error(connection, self.kind, 401, "", "Unauthorized")
            return
        asked.status = 200 if request.path in answers else 404
        body = json.dumps(answers.get(request.path, {"detail": "Not Found"})).encode()
        headers = {"content-type": "application/json", "content-length": str(len(body))}
        await connection.write_head(asked.status, headers)
        await connection.write(body)

    async def _perform(self, connection: Connection, asked: Asked, play: Play) -> None:
        if play.fault is not None and play.fault.kind is FaultKind.STATUS:
            asked.status = play.fault.status
            await _send_error(connection, self.kind, play.fault.status, play.fault.error, "played", play.fault)
            return
        if play.fault is not None and await instead(connection, asked, play.fault):
            return
        await connection.pause(play.pace.first_token)
        head = {"content-type": "text/event-stream; charset=utf-8", "transfer-encoding": "chunked"}
        await connection.write_head(200, {**head, **play.headers})
        text, reason = _limited(play, asked.body)
        chat = "messages" in asked.body
        if chat:
            await _event(connection, _chunk(asked, {"delta": {"role": "assistant", "content": ""}}, None))
        async for piece in paced(connection, play, text, 3.0):
            said = {"delta": {"content": piece}} if chat else {"text": piece}
            await _event(connection, _chunk(asked, said, None))
            asked.sent += len(piece)
        if play.fault is not None:
            await self._break_off(connection, play.fault)
            return
        await _event(connection, _chunk(asked, {"delta": {}} if chat else {"text": ""}, play.stop_reason or reason))
        if "stream_options" in asked.body:
            counted, spent = tokens(prompt_text(asked.body)), tokens(text)
            usage = {"prompt_tokens": counted, "completion_tokens": spent, "total_tokens": counted + spent}
            await _event(connection, _chunk(asked, None, None) | {"usage": usage})
        await connection.write_chunk(b"data: [DONE]\n\n")
        await connection.write_chunk(b"")

    async def _break_off(self, connection: Connection, fault: Fault) -> None:
        match fault.kind:
            case FaultKind.ERROR_EVENT:
                error = {"message": "played", "type": "InternalServerError", "code": fault.status}
                await _event(connection, {"error": error})
                await connection.write_chunk(b"")
            case FaultKind.PINGS:
                while True:
                    await connection.write_chunk(b": ping\n\n")
                    await connection.pause(0.02)
            case FaultKind.GARBAGE:
                await connection.write_chunk(b'data: {"choices": [{"te\n\n')
                await connection.write_chunk(b"")
            case _:
                await break_off(connection, fault)


def described(kind: ServerKind, served: Served) -> Mapping[str, object]:
    """What a server answers to those who ask what it is, by path."""
    owner = {"vllm": "vllm", "llama.cpp": "llamacpp", "ollama": "library", "tgi": "text-generation-inference"}[
        kind.value
    ]
    row: dict[str, object] = {"id": served.id, "object": "model", "created": 1, "owned_by": owner}
    models = {"object": "list", "data": [row]}
    match kind:
        case ServerKind.VLLM:
            row["max_model_len"] = served.context
            return {"/v1/models": models, "/version": {"version": "0.11.0"}}
        case ServerKind.LLAMA_CPP:
            row["meta"] = {"n_ctx_train": served.context}
            props = {
                "default_generation_settings": {"n_ctx": served.context},
                "chat_template": "x" if served.chat else "",
            }
            return {"/v1/models": models, "/props": props}
        case ServerKind.OLLAMA:
            return {"/v1/models": models, "/api/version": {"version": "0.12.0"}}
        case ServerKind.TGI:
            info = {"model_id": served.id, "max_input_tokens": served.context - 1, "max_total_tokens": served.context}
            return {"/v1/models": models, "/info": info}


def _parsed(raw: bytes) -> dict[str, object]:
    body = json.loads(raw)
    assert isinstance(body, dict)
    return body


def _limited(play: Play, body: Mapping[str, object]) -> tuple[str, str]:
    """The text up to what ends it, and why it ended: a stop and the model's own end look alike here."""
    text, reason = play.text, "stop"
    stops = body.get("stop")
    found = [at for stop in stops if (at := text.find(stop)) >= 0] if isinstance(stops, list) else []
    text = text[: min(found)] if found else text
    most = body["max_tokens"]
    assert isinstance(most, int)
    if tokens(text) > most:
        text, reason = text[: most * 3], "length"
    return text, reason


def _chunk(asked: Asked, said: Mapping[str, object] | None, reason: str | None) -> dict[str, object]:
    chat = "messages" in asked.body
    choices = [] if said is None else [{"index": 0, **said, "finish_reason": reason}]
    kind = "chat.completion.chunk" if chat else "text_completion"
    return {"id": "cmpl-stand-in", "object": kind, "created": 1, "model": asked.body["model"], "choices": choices}


async def _event(connection: Connection, event: Mapping[str, object]) -> None:
    await connection.write_chunk(f"data: {json.dumps(event, ensure_ascii=False)}\n\n".encode())


async def _send_error(
    connection: Connection, kind: ServerKind, status: int, error: str, message: str, fault: Fault | None = None
) -> None:
    """An error in the server's own envelope."""
    told: dict[str, object] = {"message": message, "type": error, "code": status}
    match kind:
        case ServerKind.TGI:
            body: dict[str, object] = {"error": message, "error_type": error}
        case ServerKind.OLLAMA:
            body = {"error": told | {"param": None, "code": None}}
        case ServerKind.LLAMA_CPP:
            body = {"error": told}
        case ServerKind.VLLM:
            body = {"error": told | {"param": None}} if status != 401 else {"error": "Unauthorized"}
    headers = {"content-type": "application/json"}
    if fault is not None and fault.retry_after:
        headers["retry-after"] = fault.retry_after
    await write_whole(connection, status, headers, json.dumps(body).encode())
