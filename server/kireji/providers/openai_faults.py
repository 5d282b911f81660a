"""What goes wrong with an OpenAI-compatible server, as our one kind of error: by types, statuses and the server's own envelope.

Reads no words of theirs and repeats none: they may quote the request.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kireji.base.types import Reason, Usage
from kireji.providers.provider import ProviderError, StreamMeter
from kireji.providers.refusals import refusal

if TYPE_CHECKING:
    import httpx2


async def refused(response: httpx2.Response) -> ProviderError:
    """The error of a status, with what the server's own envelope says of its kind."""
    try:
        told = json.loads(await response.aread())
    except ValueError:
        told = None
    kind, code = _envelope(told)
    headers = response.headers
    return refusal(response.status_code, kind, code, headers.get("x-request-id"), headers.get("retry-after"))


def failed(event: Mapping[str, Any]) -> ProviderError:
    """The error of an event after a 200. Servers give a status in it as its code."""
    kind, code = _envelope(event)
    status = code if isinstance(code, int) and 400 <= code < 600 else 500
    return refusal(status, kind, code, None, None)


def _envelope(told: object) -> tuple[object, object]:
    """Kind and code of an error. vLLM once sent them without an envelope, Text Generation Inference calls the kind otherwise."""
    if not isinstance(told, dict):
        return None, None
    error = told["error"] if isinstance(told.get("error"), dict) else told
    # Any of these is a server of the kind that was looked for, and no portal.
    unnamed = "error" if told.keys() & {"error", "detail", "message"} else None
    return error.get("type") or error.get("error_type") or unnamed, error.get("code")


def fault_of(err: Exception, meter: StreamMeter) -> ProviderError:
    """Every exception that can end a stream as one of ours, by its type. Clears the meter where nothing was generated."""
    if isinstance(err, ProviderError):
        return err
    if isinstance(err, TimeoutError):
        return ProviderError(Reason.TIMEOUT)
    if isinstance(err, ImportError):
        return ProviderError(Reason.INTERNAL, f"{type(err).__name__}: {err.name}")
    import httpx2

    from kireji.providers.wire import WireError

    if isinstance(err, WireError | httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.ProxyError):
        meter.usage = Usage()
    if isinstance(err, WireError):
        return ProviderError(Reason.PROTOCOL, str(err))
    if isinstance(err, httpx2.SSEError):
        # An event over the size limit.
        return ProviderError(Reason.PROTOCOL, type(err).__name__)
    if isinstance(err, httpx2.TransportError | OSError):
        return ProviderError(Reason.UNREACHABLE, type(err).__name__)
    if isinstance(err, ValueError | httpx2.DecodingError):
        return ProviderError(Reason.PROTOCOL, type(err).__name__)
    return ProviderError(Reason.INTERNAL, type(err).__name__)
