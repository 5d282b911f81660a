"""What OpenAI-compatible servers refuse, each in its own way: the strict half of their stand-in.

Written from the servers' own documentation and sources: vLLM and llama.cpp say no to what they cannot do, Ollama puts a
prompt into the model's template, Text Generation Inference takes four stops. Knows no sockets and plays no model.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

Json = Mapping[str, object]

CHARS_PER_TOKEN = 3.0


class ServerKind(Enum):
    """The server that is played."""

    VLLM = "vllm"
    LLAMA_CPP = "llama.cpp"
    OLLAMA = "ollama"
    TGI = "tgi"


class ChatRefusalError(Exception):
    """An error answer: HTTP status, the kind that the server gives it, and words for a person."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.message = message


@dataclass(frozen=True)
class Served:
    """The one model of a server. `chat` says that it has a template for messages, `suffix` that it fills in by itself."""

    id: str
    context: int = 32_768
    chat: bool = True
    suffix: bool = False


_COMMON = frozenset({"model", "max_tokens", "temperature", "stop", "stream", "stream_options", "top_p", "seed", "n"})
_FIELDS = {
    "/v1/completions": _COMMON | {"prompt", "suffix", "echo", "best_of", "logprobs"},
    "/v1/chat/completions": _COMMON | {"messages", "tools", "response_format", "logprobs"},
}
_BAD = {
    ServerKind.VLLM: "BadRequestError",
    ServerKind.LLAMA_CPP: "invalid_request_error",
    ServerKind.OLLAMA: "invalid_request_error",
    ServerKind.TGI: "validation",
}


def check_headers(headers: Mapping[str, str], key: str, kind: ServerKind) -> None:
    """Raises ChatRefusalError unless the request carries the key, where there is one, and nothing that is meant for others."""
    if key and headers.get("authorization") != f"Bearer {key}":
        raise ChatRefusalError(401, "authentication_error" if kind is ServerKind.LLAMA_CPP else "", "Unauthorized")
    assert "x-api-key" not in headers and "anthropic-version" not in headers, "a header for another service"
    if headers.get("content-type", "").partition(";")[0] != "application/json":
        raise ChatRefusalError(415, _BAD[kind], "content-type: application/json is required")


def check_body(path: str, body: Json, kind: ServerKind, served: Served) -> None:
    """Raises ChatRefusalError for what this server would not take; AssertionError for what none of them knows."""
    fields = _FIELDS.get(path)
    if fields is None:
        raise ChatRefusalError(404, "NotFoundError", f"no such path: {path}")
    assert set(body) <= fields, f"unknown fields: {set(body) - fields}"
    if body.get("model") != served.id and kind in (ServerKind.VLLM, ServerKind.OLLAMA):
        raise ChatRefusalError(404, "NotFoundError", f"The model `{body.get('model')}` does not exist.")
    _numbers(body, kind)
    _stops(body.get("stop"), kind)
    options = body.get("stream_options")
    if options is not None and (options != {"include_usage": True} or body.get("stream") is not True):
        raise ChatRefusalError(400, _BAD[kind], "stream_options: only when stream is true")
    if path == "/v1/completions":
        _completion(body, kind, served)
    else:
        _messages(body.get("messages"), kind, served)
    room = served.context - tokens(prompt_text(body))
    most = body["max_tokens"]
    assert isinstance(most, int)
    if most > room:
        raise ChatRefusalError(400, _BAD[kind], "the prompt and max_tokens are over the model's maximum context length")


def tokens(text: str) -> int:
    """How many tokens this stand-in takes a text for."""
    return math.ceil(len(text) / CHARS_PER_TOKEN)


def prompt_text(body: Json) -> str:
    """All text of a body that was accepted."""
    messages = body.get("messages")
    if isinstance(messages, list):
        return "".join(message["content"] for message in messages)
    return f"{body['prompt']}{body.get('suffix', '')}"


def _numbers(body: Json, kind: ServerKind) -> None:
    most = body.get("max_tokens")
    if not isinstance(most, int) or isinstance(most, bool) or most < 1:
        raise ChatRefusalError(400, _BAD[kind], "max_tokens: a positive integer is required")
    heat = body.get("temperature", 1.0)
    if not isinstance(heat, int | float) or not 0 <= heat <= 2:
        raise ChatRefusalError(400, _BAD[kind], "temperature: from 0 to 2")
    assert body.get("stream") is True, "only streaming is played here"


def _stops(value: object, kind: ServerKind) -> None:
    if value is None:
        return
    if not isinstance(value, list) or not all(isinstance(stop, str) and stop for stop in value):
        raise ChatRefusalError(400, _BAD[kind], "stop: a list of texts that are not empty is required")
    if kind is ServerKind.TGI and len(value) > 4:
        raise ChatRefusalError(422, "validation", "`stop_sequences` supports up to 4 sequences")


def _completion(body: Json, kind: ServerKind, served: Served) -> None:
    if not isinstance(body.get("prompt"), str) or not body["prompt"]:
        raise ChatRefusalError(400, _BAD[kind], "prompt: a text is required")
    if body.get("suffix") is None:
        return
    if kind is ServerKind.VLLM:
        raise ChatRefusalError(400, _BAD[kind], "suffix is not currently supported")
    if kind is ServerKind.OLLAMA and not served.suffix:
        raise ChatRefusalError(400, _BAD[kind], f"{served.id} does not support insert")
    if not isinstance(body["suffix"], str):
        raise ChatRefusalError(400, _BAD[kind], "suffix: a text is required")


def _messages(value: object, kind: ServerKind, served: Served) -> None:
    if not served.chat:
        raise ChatRefusalError(400, _BAD[kind], "the model has no chat template")
    if not isinstance(value, list) or not value:
        raise ChatRefusalError(400, _BAD[kind], "messages: at least one is required")
    turns = value[1:] if value[0].get("role") == "system" else value
    for index, message in enumerate(turns):
        assert set(message) == {"role", "content"} and isinstance(message["content"], str) and message["content"]
        if message["role"] != ("user", "assistant")[index % 2]:
            raise ChatRefusalError(
                400, _BAD[kind], "Conversation roles must alternate user/assistant/user/assistant/..."
            )
    if len(turns) % 2 == 0:
        raise ChatRefusalError(400, _BAD[kind], "the last message must be the user's")
