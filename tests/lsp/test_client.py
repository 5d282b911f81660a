"""What is asked of the editor, and how long its answer is waited for."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from lsprotocol import types

from kireji.lsp.client import Client
from kireji.lsp.protocol import Protocol
from support.waiting import leap


class Editor:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    async def call(self, method: str, params: object, seconds: float) -> Any:
        async with asyncio.timeout(seconds):
            return await asyncio.shield(self.answer)


async def pending(work: asyncio.Future[bool]) -> bool:
    """Whether it still waits, once all that was due has happened."""
    for _ in range(10):
        await asyncio.sleep(0)
    return not work.done()


async def test_a_person_may_look_at_an_edit_before_it_is_applied() -> None:
    editor = Editor()
    client = Client(cast(Protocol, editor))
    applying = asyncio.ensure_future(client.apply(types.WorkspaceEdit(changes={}), "Kireji"))
    assert await pending(applying)
    leap(120)
    assert await pending(applying), "nobody is told that it was not applied while it is looked at"
    editor.answer.set_result(types.ApplyWorkspaceEditResult(applied=True))
    assert await applying


async def test_an_editor_that_does_not_answer_is_not_waited_for_for_ever() -> None:
    client = Client(cast(Protocol, Editor()))
    applying = asyncio.ensure_future(client.apply(types.WorkspaceEdit(changes={}), "Kireji"))
    showing = asyncio.ensure_future(client.show_document("file:///a"))
    assert await pending(applying) and await pending(showing)
    leap(30)
    assert not await showing
    assert await pending(applying)
    leap(600)
    assert not await applying
