"""The SDK's clients for each way to Claude: Anthropic itself, a company's gateway, Amazon Bedrock, Google Vertex.

Beside `anthropic.py` the only importer of the SDK, and like it on first use, in a thread. Each client obeys nothing but what it
is given, with one exception that people expect: where no token is given, Bedrock and Vertex look for credentials as all of their
cloud's tools do.
"""

from __future__ import annotations

import importlib.util
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kireji.base.endpoint import check_endpoint
from kireji.base.garbage import no_collection
from kireji.base.types import Reason

if TYPE_CHECKING:
    import httpx2
    from anthropic import AsyncAnthropic, AsyncAnthropicBedrock, AsyncAnthropicVertex

    Client = AsyncAnthropic | AsyncAnthropicBedrock | AsyncAnthropicVertex


@dataclass(frozen=True, slots=True)
class Direct:
    """A key at one address, sent as a bearer token; with a `header` in that one instead, as gateways may want it."""

    endpoint: str
    key: str = field(repr=False)
    header: str = ""
    name: str = "anthropic"


@dataclass(frozen=True, slots=True)
class Bedrock:
    """Amazon Bedrock. Without a token, requests are signed with what AWS's own tools would use."""

    endpoint: str
    region: str
    token: str | None = field(default=None, repr=False)
    name: str = "bedrock"


@dataclass(frozen=True, slots=True)
class Vertex:
    """Google Vertex. Without a token, one is asked for with the application's default credentials."""

    endpoint: str
    region: str
    project: str
    token: str | None = field(default=None, repr=False)
    name: str = "vertex"


Access = Direct | Bedrock | Vertex

_EVENTS = "text/event-stream"
_AWS_EVENTS = "application/vnd.amazon.eventstream"


def missing_library(access: Access) -> str | None:
    """The extra to install for a way whose library is not there, or None."""
    match access:
        case Bedrock():
            return None if _there("boto3") else "bedrock"
        case Vertex() if access.token is None:
            return None if _there("google.auth") else "vertex"
        case _:
            return None


def cloud_fault(access: Access, err: Exception) -> Reason | None:
    """What an exception of a cloud's own library means; None for any other. Its parsers know only frames, the rest credentials."""
    if isinstance(access, Direct):
        return None
    module = type(err).__module__
    if module.startswith(("botocore.eventstream", "botocore.parsers")):
        return Reason.PROTOCOL
    # The SDK itself raises no more than a RuntimeError where there is nothing to sign with.
    return (
        Reason.MISCONFIGURED if type(err) is RuntimeError or module.startswith(("botocore.", "google.auth.")) else None
    )


def checked(access: Access) -> Access:
    """The way, where its address may receive the key and the code. Raises EndpointError."""
    check_endpoint(access.endpoint)
    return access


def open_client(access: Access, connect: float, max_bytes: int, answers: str = "") -> Client:
    """Imports the SDK and makes a client, which reads a stream unless `answers` names another type. Blocks for most of a second."""
    with no_collection():
        import anthropic

        from kireji.providers import wire

        if isinstance(access, Bedrock):
            # The SDK loads them with the first request, on the event loop.
            import botocore.eventstream
            import botocore.parsers  # noqa: F401
    kind = answers or (_AWS_EVENTS if isinstance(access, Bedrock) else _EVENTS)
    http = wire.open_client(access.endpoint, connect=connect, max_bytes=max_bytes, stream_type=kind)
    client = _client(access, http)
    # ANTHROPIC_CUSTOM_HEADERS is read whatever is passed, and could replace the key's header or name another host.
    client._custom_headers = {}
    if isinstance(access, Direct) and access.header:
        client._custom_headers = {"Authorization": anthropic.omit, access.header: access.key}  # type: ignore[dict-item]
    for name in ("anthropic", "httpx2", "httpcore2", "botocore", "boto3", "google", "urllib3"):
        # ANTHROPIC_LOG=debug would have them write whole requests, which are people's source text.
        logging.getLogger(name).setLevel(logging.WARNING)
    _ = client.messages  # Loads the request and event types, the larger half of the import.
    return client


def _client(access: Access, http: httpx2.AsyncClient) -> Client:
    import anthropic

    match access:
        case Direct():
            return anthropic.AsyncAnthropic(
                api_key=access.key, base_url=access.endpoint, max_retries=0, open_telemetry=False, http_client=http
            )
        case Bedrock():
            return anthropic.AsyncAnthropicBedrock(
                api_key=access.token,
                aws_region=access.region,
                base_url=access.endpoint,
                max_retries=0,
                open_telemetry=False,
                http_client=http,
            )
        case Vertex():
            return anthropic.AsyncAnthropicVertex(
                access_token=access.token,
                region=access.region,
                project_id=access.project,
                base_url=access.endpoint,
                max_retries=0,
                open_telemetry=False,
                http_client=http,
            )


def _there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # of the package above it
        return False
