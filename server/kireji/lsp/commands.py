"""The door of `workspace/executeCommand`: each command is one row of the table.

A command that takes time is a task like any other request, so that cancelling it ends what it does.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from types import MappingProxyType
from typing import Any

from lsprotocol import types

from kireji.base.types import Feedback, Offered, Trigger
from kireji.features import lasting
from kireji.features.additions import Missed, additions
from kireji.features.explain import explanation, sentence
from kireji.features.suggestions import Suggestions
from kireji.lsp.client import Level
from kireji.lsp.code_actions import CodeActions
from kireji.lsp.documents import Position
from kireji.lsp.inline import Inline
from kireji.lsp.on_snapshot import Edge, look, offset_of
from kireji.lsp.plans import Plans
from kireji.lsp.protocol import ErrorCode, Refusal
from kireji.lsp.session import view
from kireji.lsp.status import as_json, as_sentence
from kireji.lsp.to_proto import ACCEPT, ACT, EDIT, PLAN, workspace_edit

logger = logging.getLogger(__name__)

SNOOZE_MINUTES = 30
_MOST_MINUTES = 24 * 60

Arguments = Sequence[Any]


def runner(
    edge: Edge, actions: CodeActions, plans: Plans, suggestions: Suggestions, inline: Inline
) -> Callable[[types.ExecuteCommandParams], Any]:
    """The handler of all commands, with what it keeps of them in `runner.names`."""
    table = commands(edge, actions, plans, suggestions, inline)

    def run(params: types.ExecuteCommandParams) -> Any:
        command = table.get(params.command)
        if command is None:
            raise Refusal(ErrorCode.INVALID_PARAMS, f"unknown command {params.command[:80]!r}")
        return command(params.arguments or (), params.work_done_token)

    return run


NAMES = (
    "kireji.pause",
    "kireji.resume",
    "kireji.snooze",
    "kireji.status",
    "kireji.explain",
    "kireji.prompt",
    ACCEPT,
    "kireji.dismiss",
    ACT,
    EDIT,
    PLAN,
)


def commands(
    edge: Edge, actions: CodeActions, plans: Plans, suggestions: Suggestions, inline: Inline
) -> dict[str, Callable[[Arguments, str | int | None], Any]]:
    """Command -> what it does with its arguments and the client's progress token. Raises Refusal for bad arguments."""
    lifecycle = edge.lifecycle

    async def status() -> dict[str, Any]:
        now = await edge.status.status()
        edge.status.changed()
        return as_json(now)

    async def told() -> dict[str, Any]:
        now = await edge.status.status()
        # A client that does not know our status shows at least this.
        if not lifecycle.session.abilities.status:
            edge.client.show(Level.INFO, f"Kireji: {as_sentence(now)}")
        return as_json(now)

    def pause(_: Arguments, __: object) -> Any:
        lifecycle.pause()
        return status()

    def snooze(arguments: Arguments, _: object) -> Any:
        lifecycle.pause(60 * _minutes(arguments))
        return status()

    def resume(_: Arguments, __: object) -> Any:
        lifecycle.resume()
        return status()

    def explain(arguments: Arguments, _: object) -> Any:
        recent = lifecycle.session.recent
        last = recent[-1] if recent else None
        if arguments:
            return [explanation(outcome) for outcome in list(recent)[: -_count(arguments) - 1 : -1]]
        if not lifecycle.session.abilities.status:
            edge.client.show(Level.INFO, f"Kireji: {sentence(last) if last else 'nothing has been asked yet'}")
        return explanation(last) if last else None

    def prompt(arguments: Arguments, _: object) -> Awaitable[str | None]:
        uri, position = _place(arguments)
        here = look(edge, uri, Trigger.EXPLICIT)
        offset = offset_of(edge, here, position) if here is not None else 0

        async def run() -> str | None:
            from kireji.features.question import question  # with the services, after the client's first answer

            return None if here is None else await question(await edge.starting.services(), here.snapshot, offset)

        return run()

    def report(what: Feedback) -> Callable[[Arguments, object], None]:
        def take(arguments: Arguments, _: object) -> None:
            about, kind = _about(arguments, what)
            edge.starting.once_there(lambda services: services.audit.feedback(about, kind))

        return take

    def accept(arguments: Arguments, _: object) -> Any:
        about, kind = _about(arguments, Feedback.ACCEPTED)
        edge.starting.once_there(lambda services: services.audit.feedback(about, kind))
        found = suggestions.find(about)
        return taken(edge, *found, kind, inline) if found is not None else None

    return {
        "kireji.pause": pause,
        "kireji.resume": resume,
        "kireji.snooze": snooze,
        "kireji.status": lambda _, __: told(),
        "kireji.explain": explain,
        "kireji.prompt": prompt,
        ACCEPT: accept,
        "kireji.dismiss": report(Feedback.DISMISSED),
        ACT: lambda arguments, token: actions.act(arguments[0] if arguments else None, token),
        EDIT: lambda arguments, token: actions.edit(arguments[0] if arguments else None, token),
        PLAN: lambda arguments, token: plans.plan(arguments[0] if arguments else None, token),
    }


def _count(arguments: Arguments) -> int:
    count = arguments[0]
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise Refusal(ErrorCode.INVALID_PARAMS, "say how many answers to explain: a whole number, 1 or more")
    return count


def _place(arguments: Arguments) -> tuple[str, Position]:
    """The document and the position in `[{"uri", "position"}]`, as the protocol writes them."""
    match arguments:
        case [{"uri": str(uri), "position": {"line": int(line), "character": int(character)}}]:
            return uri, Position(line, character)
        case _:
            raise Refusal(ErrorCode.INVALID_PARAMS, "say where: a document's uri and a position in it")


async def taken(edge: Edge, uri: str, offered: Offered, kind: Feedback, inline: Inline) -> None:
    """What follows from accepting: changes elsewhere, a look whether it lasts, and the question of what comes next."""
    await add_further(edge, uri, offered, kind)
    if kind is not Feedback.ACCEPTED:
        return
    identity = offered.candidate.id

    def tell(what: Feedback) -> None:
        edge.starting.once_there(lambda services: services.audit.feedback(identity, what))

    edge.spawn(lasting.watch(offered.candidate.change.text, lambda: edge.lifecycle.document(uri), tell))
    inline.prefetch(uri, offered)


async def add_further(edge: Edge, uri: str, offered: Offered, kind: Feedback) -> None:
    """Has the client make the changes above an accepted suggestion, which ghost text cannot carry itself."""
    session = edge.lifecycle.session
    seen = view(session, uri)
    if seen is None:
        return
    document, origin = seen
    rest = additions(offered, document, kind)
    if isinstance(rest, Missed):
        logger.warning("%s: the import was not added: %s", offered.candidate.id, rest.value)
    elif rest is not None:
        edit = workspace_edit(uri, rest, origin, session.abilities, edge.lifecycle.encoding)
        if not await edge.client.apply(edit, "Kireji: import"):
            logger.warning("%s: the import was not added: the editor did not apply it", offered.candidate.id)


def _minutes(arguments: Arguments) -> float:
    minutes = arguments[0] if arguments else SNOOZE_MINUTES
    if isinstance(minutes, bool) or not isinstance(minutes, int | float) or not 0 < minutes <= _MOST_MINUTES:
        raise Refusal(ErrorCode.INVALID_PARAMS, f"snooze takes minutes, more than 0 and at most {_MOST_MINUTES}")
    return minutes


_PARTS = MappingProxyType({"word": Feedback.ACCEPTED_WORD, "line": Feedback.ACCEPTED_LINE, "all": Feedback.ACCEPTED})


def _about(arguments: Arguments, what: Feedback) -> tuple[str, Feedback]:
    """The suggestion that is meant, and what became of it: `[id]`, or `[id, "word"]` for a part."""
    if not arguments or not isinstance(arguments[0], str):
        raise Refusal(ErrorCode.INVALID_PARAMS, "name the suggestion by the id that came with it")
    part = arguments[1] if len(arguments) > 1 else "all"
    if what is Feedback.DISMISSED:
        return arguments[0], what
    if part not in _PARTS:
        raise Refusal(ErrorCode.INVALID_PARAMS, f"what was accepted is one of {', '.join(_PARTS)}")
    return arguments[0], _PARTS[part]
