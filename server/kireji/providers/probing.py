"""Asks a server of one's own what it is: which software, which models, how much it holds. Sends no code and generates nothing.

For people who look for what is wrong; nothing that completes asks this.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kireji.base.endpoint import check_server
from kireji.providers.openai_compatible import ServerLimits, open_http
from kireji.providers.openai_faults import fault_of, refused
from kireji.providers.provider import ProviderError, StreamMeter

if TYPE_CHECKING:
    import httpx2

_MOST_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Found:
    """What a service says of itself. `context` in tokens; `talks`: whether its model has a template for messages. None where
    it does not say. `lifecycle` is the service's own word for how long the model will be there."""

    kind: str
    models: tuple[str, ...] = ()
    context: int | None = None
    talks: bool | None = None
    lifecycle: str = ""


async def probe_server(address: str, key: str | None, model: str, seconds: float) -> Found:
    """What the server at an address says, of itself and of a model. Raises ProviderError."""
    fault: ProviderError
    limits = ServerLimits(connect=seconds, max_bytes=_MOST_BYTES)
    try:
        async with asyncio.timeout(seconds):
            client = await asyncio.to_thread(open_http, check_server(address), key, limits, "application/json")
            async with client:
                return await _asked(client, address, model)
    except Exception as err:  # noqa: BLE001 - the one funnel: everything becomes a ProviderError below
        fault = fault_of(err, StreamMeter())
    raise fault


async def _asked(client: httpx2.AsyncClient, address: str, model: str) -> Found:
    listed = await _told(client, f"{address}/models")
    rows = listed.get("data") if isinstance(listed, Mapping) else None
    models = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
    names = tuple(str(row.get("id", "")) for row in models)
    own = next((row for row in models if row.get("id") == model), models[0] if models else {})
    root = address.removesuffix("/v1")
    if isinstance(props := await _told(client, f"{root}/props"), Mapping):
        settings = props.get("default_generation_settings")
        context = settings.get("n_ctx") if isinstance(settings, Mapping) else None
        return Found("llama.cpp", names, _whole(context), bool(props.get("chat_template")))
    if isinstance(version := await _told(client, f"{root}/api/version"), Mapping):
        return Found(_named("Ollama", version), names)
    if isinstance(info := await _told(client, f"{root}/info"), Mapping):
        return Found(_named("Text Generation Inference", info), names, _whole(info.get("max_total_tokens")))
    version = await _told(client, f"{root}/version")
    context = _whole(own.get("max_model_len"))
    if isinstance(version, Mapping) and (own.get("owned_by") == "vllm" or context):
        return Found(_named("vLLM", version), names, context)
    return Found("an OpenAI-compatible server", names, context)


async def _told(client: httpx2.AsyncClient, url: str) -> Any:
    """The JSON at an address, or None where there is nothing of that kind. Raises ProviderError for a refusal of us."""
    response = await client.get(url)
    if response.status_code in (401, 403) or response.status_code >= 500:
        raise await refused(response)
    if not response.is_success:
        return None
    try:
        return response.json()
    except ValueError:
        return None


def _named(kind: str, told: Mapping[str, Any]) -> str:
    version = told.get("version")
    short = isinstance(version, str) and len(version) <= 30 and version.isprintable()
    return f"{kind} {version}" if short else kind


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
