"""JSON-RPC on top of the framework's bookkeeping: every valid request id is answered exactly once, whatever arrives.

The framework's dispatch is replaced, not its types, converter, outgoing calls or capability builder: it answers no request
with invalid parameters, starts handlers late, and puts tracebacks into replies. A handler here is a plain function; its
synchronous part runs on arrival, and an awaitable that it returns is run as a task that `$/cancelRequest` can end.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable
from enum import Enum, IntEnum
from functools import lru_cache
from typing import Any
from uuid import uuid4

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.protocol import JsonRPCProtocol

from kireji.lsp.framing import Frame, FrameFault, encode

logger = logging.getLogger(__name__)

Handler = Callable[[Any], Any]
MessageId = str | int


class ErrorCode(IntEnum):
    """The codes this server answers with (JSON-RPC and LSP)."""

    PARSE = -32700
    INVALID_REQUEST = -32600
    METHOD_NOT_FOUND = -32601
    INVALID_PARAMS = -32602
    INTERNAL = -32603
    NOT_INITIALIZED = -32002
    CANCELLED = -32800


class Phase(Enum):
    """Where the session stands. Requests before INITIALIZED and after SHUT_DOWN are refused."""

    NEW = "new"
    INITIALIZED = "initialized"
    SHUT_DOWN = "shut down"
    EXITED = "exited"


class Refusal(Exception):  # noqa: N818 — it is an answer, not a fault
    """Raised by a handler to answer with an error: one line, without source text."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code


class Protocol(JsonRPCProtocol):
    """One client's conversation. Owned by the event loop."""

    def __init__(self, server: Any, converter: Any) -> None:
        super().__init__(server, converter)
        self.phase = Phase.NEW
        self.on_exit: Callable[[], None] = lambda: None
        self._pending: set[MessageId] = set()
        self._tasks: dict[MessageId, asyncio.Future[Any]] = {}
        self._background: set[asyncio.Future[Any]] = set()

    # ---- incoming ------------------------------------------------------------------------------

    def receive(self, item: Frame | FrameFault) -> None:
        """Takes one frame. Never raises: what cannot be handled is answered or logged."""
        if isinstance(item, FrameFault):
            logger.warning("ignored a message: %s", item.value)
            code = ErrorCode.PARSE if item is FrameFault.BAD_JSON else ErrorCode.INVALID_REQUEST
            self._send({"jsonrpc": "2.0", "id": None, "error": {"code": code, "message": item.value}})
            return
        message = item.body
        if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
            self._refuse_shape(message)
            return
        method = message.get("method")
        if method is None and "id" in message:
            self._receive_response(message)
        elif not isinstance(method, str):
            self._refuse_shape(message)
        elif "id" in message:
            self._receive_request(message, method)
        else:
            self._receive_notification(message, method)

    def _receive_request(self, message: dict[str, Any], method: str) -> None:
        msg_id = message["id"]
        if isinstance(msg_id, bool) or not isinstance(msg_id, str | int):
            self._refuse_shape(message)
            return
        if msg_id in self._pending:
            logger.warning("ignored a request whose id is still in flight")
            return
        self._pending.add(msg_id)
        try:
            self._check_phase(method)
            handler = self.fm.features.get(method)
            if handler is None:
                raise Refusal(ErrorCode.METHOD_NOT_FOUND, f"unknown method {method[:80]!r}")
            result = handler(self._params(message, method))
        except Exception as error:  # noqa: BLE001 — the seam: whatever a handler raises becomes one reply
            self._reply_error(msg_id, error)
            return
        if not inspect.isawaitable(result):
            self._reply(msg_id, result)
            return
        task = asyncio.ensure_future(self._answered(msg_id, result))
        self._tasks[msg_id] = task
        task.add_done_callback(lambda ended: self._forget(msg_id, ended))

    def _receive_notification(self, message: dict[str, Any], method: str) -> None:
        if method == types.EXIT:
            self.phase = Phase.EXITED if self.phase is Phase.SHUT_DOWN else self.phase
            self.on_exit()
            return
        if self.phase is not Phase.INITIALIZED:
            return
        if method == types.CANCEL_REQUEST:
            params = message.get("params")
            self._cancel(params.get("id") if isinstance(params, dict) else None)
            return
        handler = self.fm.features.get(method)
        if handler is None:
            return
        try:
            result = handler(self._params(message, method))
        except Refusal as error:
            logger.warning("ignored %s: %s", method, error)
        except Exception:
            logger.exception("a bug: %s failed", method)
        else:
            if inspect.isawaitable(result):
                self.spawn(result)

    def _receive_response(self, message: dict[str, Any]) -> None:
        """Resolves an outgoing call; a malformed answer fails it rather than leaving it open."""
        msg_id = message["id"]
        future = self._request_futures.pop(msg_id, None) if isinstance(msg_id, str | int) else None
        result_type = self._result_types.pop(msg_id, None) if isinstance(msg_id, str | int) else None
        if future is None or future.done():
            return
        error = message.get("error")
        if error is not None:
            text = str(error.get("message", "")) if isinstance(error, dict) else ""
            future.set_exception(JsonRpcException(message=text[:200]))
            return
        try:
            structured = (
                self._converter.structure(message, result_type).result if result_type else message.get("result")
            )
        except Exception:  # noqa: BLE001 — cattrs raises many kinds; each means: not the promised shape
            future.set_exception(JsonRpcException(message="the client's answer has the wrong shape"))
            return
        future.set_result(structured)

    def _check_phase(self, method: str) -> None:
        if method == types.INITIALIZE:
            if self.phase is not Phase.NEW:
                raise Refusal(ErrorCode.INVALID_REQUEST, "the server is initialized already")
        elif self.phase is Phase.NEW:
            raise Refusal(ErrorCode.NOT_INITIALIZED, "the server is not initialized yet")
        elif self.phase is not Phase.INITIALIZED:
            raise Refusal(ErrorCode.INVALID_REQUEST, "the server is shutting down")

    def _params(self, message: dict[str, Any], method: str) -> Any:
        """The typed parameters, or the raw ones where the protocol has no type for the method."""
        message_type = _message_type(method)
        if message_type is None:
            return message.get("params")
        try:
            return self._converter.structure(message, message_type).params
        except Exception as error:
            raise Refusal(ErrorCode.INVALID_PARAMS, f"the parameters do not fit {method}") from error

    def _refuse_shape(self, message: object) -> None:
        msg_id = message.get("id") if isinstance(message, dict) else None
        if isinstance(msg_id, bool) or not isinstance(msg_id, str | int):
            msg_id = None
        if msg_id is not None and msg_id in self._pending:
            return
        error = {"code": ErrorCode.INVALID_REQUEST, "message": "this is not a JSON-RPC 2.0 message"}
        self._send({"jsonrpc": "2.0", "id": msg_id, "error": error})

    # ---- calls of the client ---------------------------------------------------------------------

    async def call(self, method: str, params: object, seconds: float) -> Any:
        """The client's answer to a request of ours. Raises TimeoutError when it is late, JsonRpcException when it refuses."""
        msg_id = str(uuid4())
        try:
            # Before Python 3.12, `wait_for` loses a cancellation that comes together with the answer.
            async with asyncio.timeout(seconds):
                return await self.send_request_async(method, params, msg_id)
        finally:
            # The framework forgets a call with its answer alone, and a client may never answer.
            self._request_futures.pop(msg_id, None)
            self._result_types.pop(msg_id, None)

    # ---- tasks ---------------------------------------------------------------------------------

    def spawn(self, work: Awaitable[Any]) -> asyncio.Future[Any]:
        """Runs work that answers nobody; its failure is logged, and shutdown cancels it."""
        task = asyncio.ensure_future(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        task.add_done_callback(_log_failure)
        return task

    async def drain(self, seconds: float) -> None:
        """Cancels everything that runs and waits for it, at most `seconds`."""
        await asyncio.sleep(0)  # what has just arrived takes its first step, for the same reason as in `_cancel`
        running = {*self._tasks.values(), *self._background}
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running, timeout=seconds)

    def _cancel(self, msg_id: object) -> None:
        task = self._tasks.get(msg_id) if isinstance(msg_id, str | int) else None
        if task is not None:
            # After its first step: a task that never began would leave no outcome behind.
            asyncio.get_running_loop().call_soon(task.cancel)

    # ---- outgoing ------------------------------------------------------------------------------

    async def _answered(self, msg_id: MessageId, work: Awaitable[Any]) -> None:
        """Replies in the very step in which the work ends: no message can be handled in between and make the reply old."""
        try:
            result = await work
        except asyncio.CancelledError:
            self._reply_error(msg_id, Refusal(ErrorCode.CANCELLED, "cancelled"))
            raise
        except Exception as error:  # noqa: BLE001 — the seam: whatever a handler raises becomes one reply
            self._reply_error(msg_id, error)
        else:
            self._reply(msg_id, result)

    def _forget(self, msg_id: MessageId, ended: asyncio.Future[Any]) -> None:
        if self._tasks[msg_id] is not ended:  # it was answered, and its id is a newer request's by now
            return
        del self._tasks[msg_id]
        if msg_id in self._pending:  # it was ended before its first step
            self._reply_error(msg_id, Refusal(ErrorCode.CANCELLED, "cancelled"))

    def _reply(self, msg_id: MessageId, result: Any) -> None:
        try:
            body = {"jsonrpc": "2.0", "id": msg_id, "result": self._converter.unstructure(result)}
        except Exception as error:  # noqa: BLE001 — a result that cannot be written is a bug, and still one reply
            self._reply_error(msg_id, error)
            return
        self._pending.discard(msg_id)
        self._send(body)

    def _reply_error(self, msg_id: MessageId, error: BaseException) -> None:
        """One line and a code; the traceback goes to the log, never to the client."""
        self._pending.discard(msg_id)
        if isinstance(error, Refusal):
            code, text = error.code, str(error)
        else:
            logger.error("a bug: a request failed", exc_info=error)
            code, text = (
                ErrorCode.INTERNAL,
                f"internal error ({type(error).__name__}); the server's log has the details",
            )
        self._send({"jsonrpc": "2.0", "id": msg_id, "error": {"code": code, "message": text}})

    def _send_data(self, data: Any) -> None:
        # The framework's own version logs every body, which is the user's source.
        self._send(self._converter.unstructure(data))

    def _send(self, value: object) -> None:
        if self.writer is not None:
            self.writer.write(encode(value))

    def get_message_type(self, method: str) -> type[Any] | None:
        """The lsprotocol type of a message, for the framework's outgoing calls."""
        return _message_type(method)

    def get_result_type(self, method: str) -> type[Any] | None:
        """The lsprotocol type of an answer."""
        return types.METHOD_TO_TYPES.get(method, (None, None))[1]


@lru_cache
def _message_type(method: str) -> type[Any] | None:
    return types.METHOD_TO_TYPES.get(method, (None,))[0]


def _log_failure(done: asyncio.Future[Any]) -> None:
    if not done.cancelled() and (error := done.exception()) is not None:
        logger.error("a bug: background work failed", exc_info=error)
