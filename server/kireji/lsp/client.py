"""The narrow port to the editor: what the server may say unasked. Every call that waits for an answer has a time-out."""

from __future__ import annotations

import logging
from enum import Enum
from typing import Any

from lsprotocol import types

from kireji.lsp.protocol import Protocol

logger = logging.getLogger(__name__)

_ANSWER_SECONDS = 5.0
# A person reads before they choose.
_PERSON_SECONDS = 300.0
_NO = "Cancel"
# Told apart from an answer that is null.
_FAILED = object()


class Level(Enum):
    """How loud a message is."""

    ERROR = types.MessageType.Error
    WARNING = types.MessageType.Warning
    INFO = types.MessageType.Info


class Client:
    """The editor, as far as features need it."""

    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol

    def log(self, level: Level, text: str) -> None:
        """A line in the editor's log."""
        self._protocol.notify(types.WINDOW_LOG_MESSAGE, types.LogMessageParams(type=level.value, message=text))

    def show(self, level: Level, text: str) -> None:
        """A message that a person sees. For what they must act on."""
        self._protocol.notify(types.WINDOW_SHOW_MESSAGE, types.ShowMessageParams(type=level.value, message=text))

    def notify(self, method: str, params: object) -> None:
        """A notification of our own."""
        self._protocol.notify(method, params)

    def progress(self, token: str | int, value: object) -> None:
        """One step of work that is being shown."""
        self._protocol.notify(types.PROGRESS, types.ProgressParams(token=token, value=value))

    async def make_progress(self, token: str | int) -> bool:
        """Asks the client to show progress under a token; whether it will."""
        params = types.WorkDoneProgressCreateParams(token=token)
        return await self._call(types.WINDOW_WORK_DONE_PROGRESS_CREATE, params) is not _FAILED

    async def apply(self, edit: types.WorkspaceEdit, label: str) -> bool:
        """Asks the client to apply an edit; whether it did. What wants to be confirmed a client may show to a person first."""
        params = types.ApplyWorkspaceEditParams(edit=edit, label=label)
        answer = await self._call(types.WORKSPACE_APPLY_EDIT, params, _PERSON_SECONDS)
        return isinstance(answer, types.ApplyWorkspaceEditResult) and answer.applied

    async def confirm(self, level: Level, text: str, yes: str) -> bool:
        """Asks a person to choose; whether they chose `yes`. Waits for them, within limits."""
        params = types.ShowMessageRequestParams(
            type=level.value, message=text, actions=[types.MessageActionItem(title=yes), types.MessageActionItem(_NO)]
        )
        answer = await self._call(types.WINDOW_SHOW_MESSAGE_REQUEST, params, _PERSON_SECONDS)
        return isinstance(answer, types.MessageActionItem) and answer.title == yes

    async def show_document(self, uri: str) -> bool:
        """Asks the client to open a document before a person; whether it did."""
        params = types.ShowDocumentParams(uri=uri, take_focus=True)
        answer = await self._call(types.WINDOW_SHOW_DOCUMENT, params)
        return isinstance(answer, types.ShowDocumentResult) and answer.success

    async def configuration(self, section: str) -> object:
        """The editor's settings below `section`; None when it does not answer in time."""
        params = types.ConfigurationParams(items=[types.ConfigurationItem(section=section)])
        answer = await self._call(types.WORKSPACE_CONFIGURATION, params)
        # The converter makes tuples of some lists.
        return answer[0] if isinstance(answer, list | tuple) and answer else None

    async def register(self, method: str, options: object = None) -> None:
        """Asks the editor to send us a method it does not send unasked."""
        registration = types.Registration(id=f"kireji:{method}", method=method, register_options=options)
        await self._call(types.CLIENT_REGISTER_CAPABILITY, types.RegistrationParams(registrations=[registration]))

    async def _call(self, method: str, params: object, seconds: float = _ANSWER_SECONDS) -> Any:
        try:
            return await self._protocol.call(method, params, seconds)
        except TimeoutError:
            logger.warning("the editor did not answer %s", method)
        except Exception as error:  # noqa: BLE001 — a refusing editor is not a reason to stop
            logger.info("the editor refused %s: %s", method, type(error).__name__)
        return _FAILED
