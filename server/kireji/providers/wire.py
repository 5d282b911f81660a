"""The HTTP client under a vendor's SDK: HTTP/1.1, no redirects, no compressed and no endless bodies.

Imports httpx2, which is slow to load: import this module on first use, in a thread. Knows no API and keeps no deadline.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import httpx2


class WireError(Exception):
    """The other end does not speak the protocol. The message is one line of ours, with nothing that was received."""


def open_client(
    endpoint: str, *, connect: float, max_bytes: int, stream_type: str = "text/event-stream"
) -> httpx2.AsyncClient:
    """A client for one checked endpoint. `connect` in seconds; no other time-out is set, as the caller has deadlines. An answer
    of another type than `stream_type` is an error.

    HTTP/2 is off because a cancelled request would not reach the server: the answer would be generated, and billed, to
    its end. A proxy from the environment is used for https only, where it sees nothing; with plain http it would read
    the code. A redirect is an error status like any other: following it would send the code to an
    address that nobody has checked.
    """
    return httpx2.AsyncClient(
        http1=True,
        http2=False,
        follow_redirects=False,
        trust_env=endpoint.startswith("https://"),
        timeout=httpx2.Timeout(None, connect=connect),
        limits=httpx2.Limits(max_connections=8, max_keepalive_connections=2, keepalive_expiry=60.0),
        headers={"accept-encoding": "identity"},
        event_hooks={"response": [_guard(max_bytes, stream_type)]},
    )


def _guard(max_bytes: int, stream_type: str) -> Callable[[httpx2.Response], Awaitable[None]]:
    async def guard(response: httpx2.Response) -> None:
        """Runs before any of the body is read; what it raises closes the connection."""
        if response.headers.get("content-encoding", "identity") != "identity":
            raise WireError("a compressed answer, though none was asked for")
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if response.is_success and kind != stream_type:
            raise WireError("an answer that is not an event stream (a captive portal?)")
        assert isinstance(response.stream, httpx2.AsyncByteStream)  # noqa: S101 - an AsyncClient makes no other
        response.stream = _Capped(response.stream, max_bytes)

    return guard


class _Capped(httpx2.AsyncByteStream):
    """A body that stops at a size: the SDK gathers an event until its end, so an endless one would fill the memory."""

    def __init__(self, inner: httpx2.AsyncByteStream, max_bytes: int) -> None:
        self._inner = inner
        self._left = max_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._inner:
            self._left -= len(chunk)
            if self._left < 0:
                raise WireError("an answer over the size limit")
            yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()
