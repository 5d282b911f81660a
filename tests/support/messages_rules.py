"""What the Messages API refuses, and how it counts: the strict half of the stand-in.

Written from the API's documentation, not from the provider's table, so that a mistake there is refused here. Knows no
sockets and plays no model.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

VERSION = "2026-10-21"

Json = Mapping[str, object]


class RefusalError(Exception):
    """An error answer: HTTP status, the envelope's type, and words for a person."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.message = message


@dataclass(frozen=True)
class Rules:
    """What one model accepts. `thinking` lists the accepted types; `thinks` says it does when nothing is sent."""

    output: int
    context: int
    min_cacheable: int
    chars_per_token: float
    thinking: frozenset[str]
    thinks: bool
    effort: bool
    prefill: bool


_OLD = frozenset({"enabled", "disabled"})
_HAIKU_4_5 = Rules(64_000, 200_000, 4_096, 3.5, _OLD, thinks=False, effort=False, prefill=True)
_SONNET_4_5 = Rules(64_000, 200_000, 1_024, 3.5, _OLD, thinks=False, effort=False, prefill=True)
_HAIKU_5_5_THINKING = frozenset({"adaptive", "disabled"})
_SONNET_5_5_THINKING = frozenset({"adaptive", "between_tools"})

MODELS: Mapping[str, Rules] = {
    "claude-haiku-5-5": Rules(
        128_000, 1_000_000, 512, 2.7, _HAIKU_5_5_THINKING, thinks=True, effort=True, prefill=False
    ),
    "claude-sonnet-5-5": Rules(
        128_000, 1_000_000, 512, 2.7, _SONNET_5_5_THINKING, thinks=True, effort=True, prefill=False
    ),
    "claude-haiku-4-5": _HAIKU_4_5,
    "claude-haiku-4-5-20251001": _HAIKU_4_5,
    "claude-sonnet-4-5": _SONNET_4_5,
    "claude-sonnet-4-5-20250929": _SONNET_4_5,
}

_FIELDS = (
    *("max_tokens", "messages", "metadata", "model", "output_config"),
    *("service_tier", "stop_sequences", "stream", "system", "thinking"),
)
_SAMPLING = ("temperature", "top_p", "top_k")
_EFFORTS = ("low", "medium", "high", "xhigh", "max")
_MAX_MARKS = 4


@dataclass(frozen=True)
class Block:
    """One text block in prompt order. `key` is what the cache compares: the text and the turn it stands in."""

    key: str
    text: str
    marked: bool


def check_headers(headers: Mapping[str, str], key: str) -> None:
    """Raises RefusalError unless the request carries the key as a bearer token and names the API version."""
    if headers.get("authorization") != f"Bearer {key}":
        raise RefusalError(401, "authentication_error", "invalid bearer token")
    if "x-api-key" in headers:
        raise RefusalError(401, "authentication_error", "x-api-key: use Authorization: Bearer")
    if headers.get("anthropic-version") != VERSION:
        raise _invalid(f"anthropic-version: {VERSION} is required")
    if headers.get("content-type", "").partition(";")[0] != "application/json":
        raise _invalid("content-type: application/json is required")


def check_body(body: Json) -> tuple[Rules, tuple[Block, ...]]:
    """The model's rules and the prompt's blocks in order. Raises RefusalError for what the API would not take."""
    for name in body:
        if name in _SAMPLING:
            raise _invalid(f"{name}: is no longer supported")
        if name not in _FIELDS:
            raise _invalid(f"{name}: Extra inputs are not permitted")
    model = body.get("model")
    if not isinstance(model, str):
        raise _invalid("model: Field required")
    if model not in MODELS:
        raise RefusalError(404, "not_found_error", f"model: {model}")
    rules = MODELS[model]
    max_tokens = _max_tokens(body, rules)
    blocks = (*_system(body.get("system")), *_messages(body.get("messages"), rules))
    if sum(block.marked for block in blocks) > _MAX_MARKS:
        raise _invalid(f"A maximum of {_MAX_MARKS} blocks with cache_control may be provided")
    if body.get("stream") is not True:
        raise _invalid("stream: only streaming is played here")
    _stop_sequences(body.get("stop_sequences", []))
    effort = _effort(body, rules)
    _thinking(body, rules, effort, max_tokens)
    if tokens(rules, "".join(block.text for block in blocks)) + max_tokens > rules.context:
        raise _invalid("prompt is too long")
    return rules, blocks


def tokens(rules: Rules, text: str) -> int:
    """How many tokens this stand-in takes a text for."""
    return math.ceil(len(text) / rules.chars_per_token)


def thinks(body: Json, rules: Rules) -> bool:
    """Whether the model would think before it answers, and spend max_tokens on it."""
    thinking = body.get("thinking")
    if isinstance(thinking, dict):
        return thinking["type"] in ("enabled", "adaptive")
    return rules.thinks


def prefill(body: Json) -> str:
    """The assistant's turn that the answer continues, or nothing."""
    last = turn_texts(body)[-1]
    return last[1] if last[0] == "assistant" else ""


def turn_texts(body: Json) -> list[tuple[str, str]]:
    """Role and text of every turn of a body that was accepted."""
    messages = body["messages"]
    assert isinstance(messages, list)
    return [(m["role"], "".join(text for text, _ in _content(m["content"], "messages"))) for m in messages]


def _invalid(message: str) -> RefusalError:
    return RefusalError(400, "invalid_request_error", message)


def _max_tokens(body: Json, rules: Rules) -> int:
    value = body.get("max_tokens")
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise _invalid("max_tokens: a positive integer is required")
    if value > rules.output:
        raise _invalid(f"max_tokens: {value} > {rules.output}")
    return value


def _system(value: object) -> Sequence[Block]:
    if value is None:
        return ()
    return [Block(f"system\0{text}", text, marked) for text, marked in _content(value, "system")]


def _messages(value: object, rules: Rules) -> Sequence[Block]:
    if not isinstance(value, list) or not value:
        raise _invalid("messages: at least one message is required")
    blocks: list[Block] = []
    for index, message in enumerate(value):
        if not isinstance(message, dict) or set(message) != {"role", "content"}:
            raise _invalid(f"messages.{index}: role and content, and nothing else")
        if message["role"] != ("user", "assistant")[index % 2]:
            raise _invalid("messages: roles must alternate, beginning with user")
        where = f"messages.{index}.content"
        content = _content(message["content"], where)
        blocks += [Block(f"{index} {message['role']}\0{text}", text, marked) for text, marked in content]
    if len(value) % 2 == 0:
        if not rules.prefill:
            raise _invalid("This model does not support assistant message prefill")
        if blocks[-1].text != blocks[-1].text.rstrip():
            raise _invalid("messages: final assistant content cannot end with trailing whitespace")
    return blocks


def _content(value: object, where: str) -> list[tuple[str, bool]]:
    """Texts of one turn, and whether each is marked for the cache."""
    if isinstance(value, str):
        value = [{"type": "text", "text": value}]
    if not isinstance(value, list) or not value:
        raise _invalid(f"{where}: a text or a list of blocks is required")
    found: list[tuple[str, bool]] = []
    for block in value:
        if not isinstance(block, dict) or block.get("type") != "text" or set(block) - {"type", "text", "cache_control"}:
            raise _invalid(f"{where}: only plain text blocks are played here")
        text, mark = block.get("text"), block.get("cache_control")
        if not isinstance(text, str) or not text.strip():
            raise _invalid(f"{where}: text content blocks must contain non-whitespace text")
        if mark is not None and mark not in ({"type": "ephemeral"}, {"type": "ephemeral", "ttl": "5m"}):
            raise _invalid(f"{where}: cache_control: only the five-minute kind is played here")
        found.append((text, mark is not None))
    return found


def _stop_sequences(value: object) -> None:
    if not isinstance(value, list) or not all(isinstance(stop, str) for stop in value):
        raise _invalid("stop_sequences: a list of texts is required")
    if any(not stop.strip() for stop in value):
        raise _invalid("stop_sequences: each stop sequence must contain non-whitespace")


def _effort(body: Json, rules: Rules) -> str | None:
    config = body.get("output_config")
    if config is None:
        return None
    if not isinstance(config, dict) or set(config) - {"effort", "format"}:
        raise _invalid("output_config: only effort and format are played here")
    if "format" in config:
        _format(config["format"], rules)
    effort = config.get("effort")
    if effort is None and "format" in config:
        return None
    if not rules.effort:
        raise _invalid("This model does not support the effort parameter")
    if effort not in _EFFORTS:
        raise _invalid(f"output_config.effort: one of {', '.join(_EFFORTS)}")
    return str(effort)


def _format(value: object, rules: Rules) -> None:
    """A schema must close each of its objects."""
    if not rules.effort:
        raise _invalid("output_config.format: This model does not support structured outputs")
    if not isinstance(value, dict) or set(value) != {"type", "schema"} or value["type"] != "json_schema":
        raise _invalid("output_config.format: type json_schema, and a schema")
    pending = [value["schema"]]
    while pending:
        schema = pending.pop()
        if not isinstance(schema, dict) or "type" not in schema:
            raise _invalid("output_config.format.schema: not a schema")
        if schema["type"] == "object":
            properties = schema.get("properties")
            if schema.get("additionalProperties") is not False or not isinstance(properties, dict):
                raise _invalid("output_config.format.schema: additionalProperties must be false")
            pending += properties.values()
        elif schema["type"] == "array":
            pending.append(schema.get("items"))


def _thinking(body: Json, rules: Rules, effort: str | None, max_tokens: int) -> None:
    value = body.get("thinking")
    if value is None:
        return
    kind = value.get("type") if isinstance(value, dict) else None
    if not isinstance(value, dict) or kind not in rules.thinking:
        raise _invalid(f"thinking.type: one of {', '.join(sorted(rules.thinking))} for this model")
    if set(value) - {"type", *(("budget_tokens",) if kind == "enabled" else ())}:
        raise _invalid("thinking: Extra inputs are not permitted")
    if kind in ("disabled", "between_tools") and effort in ("xhigh", "max"):
        raise _invalid(f"thinking: {kind} is not possible at effort {effort}")
    if kind == "enabled":
        budget = value.get("budget_tokens")
        if not isinstance(budget, int) or not 1_024 <= budget < max_tokens:
            raise _invalid("thinking.budget_tokens: at least 1024 and less than max_tokens")
        if prefill(body):
            raise _invalid("thinking: an assistant prefill is not possible with thinking on")
