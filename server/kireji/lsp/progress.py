"""Work-done progress of one piece of work, which the person may stop. Shows nothing to clients that do not know it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable

from lsprotocol import types

from kireji.lsp.client import Client

# How far the work is, in per cent, and what was done.
Report = Callable[[int, str], None]


class Progresses:
    """The pieces of work that are being shown, by token. Used on the event loop only."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._running: dict[str | int, asyncio.Task[object]] = {}
        self._made = 0

    @contextlib.asynccontextmanager
    async def showing(self, title: str, able: bool, token: str | int | None = None) -> AsyncGenerator[Report, None]:
        """Shows `title` while the block runs, under the client's own token or one that it is asked to take. What it is given
        says how far the work is."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 — a coroutine always runs in one
        if token is None and not able:
            yield _nothing
            return
        given, token = token is not None, token if token is not None else self._fresh()
        self._running[token] = task
        # The work does not wait until the client has made room for it.
        begun = asyncio.ensure_future(self._begin(token, title, given))

        def report(percent: int, text: str) -> None:
            if begun.done() and not begun.cancelled() and begun.result():
                self._client.progress(token, types.WorkDoneProgressReport(message=text, percentage=percent))

        try:
            yield report
        finally:
            if self._running.get(token) is task:  # a client may have given its token twice
                del self._running[token]
            if begun.done() and not begun.cancelled() and begun.result():
                self._client.progress(token, types.WorkDoneProgressEnd())
            begun.cancel()

    def stop(self, params: types.WorkDoneProgressCancelParams) -> None:
        """The person has stopped what is shown under a token; an unknown token is too late, and nothing is left to do."""
        task = self._running.get(params.token)
        if task is not None:
            task.cancel()

    async def _begin(self, token: str | int, title: str, given: bool) -> bool:
        if not given and not await self._client.make_progress(token):
            return False
        self._client.progress(token, types.WorkDoneProgressBegin(title=title, cancellable=True))
        return True

    def _fresh(self) -> str:
        self._made += 1
        return f"kireji-{self._made}"


def _nothing(percent: int, text: str) -> None:
    """For clients that show no progress."""
    del percent, text
