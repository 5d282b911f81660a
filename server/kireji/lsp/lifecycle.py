"""The session: from initialize to exit, the documents, the settings. The only module that changes it.

Everything else sees frozen snapshots, taken here synchronously when a message arrives. Over 300 lines because it is the one
writer.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import time
from collections.abc import Callable, Sequence

from lsprotocol import types
from pygls.capabilities import ServerCapabilitiesBuilder

from kireji import __version__
from kireji.base import config, syntax
from kireji.base.config_schema import Settings
from kireji.base.languages import LANGUAGES, canonical
from kireji.base.limits import refusal
from kireji.base.types import TROUBLES, Document, Outcome, Proposed, Snapshot, Stage, Trigger
from kireji.features.explain import hidden, unjudged
from kireji.lsp import from_proto
from kireji.lsp.abilities import abilities, counted_in
from kireji.lsp.client import Client, Level
from kireji.lsp.documents import DocumentStore, Position
from kireji.lsp.editor_process import gone
from kireji.lsp.positions import Encoding, negotiate
from kireji.lsp.protocol import Phase, Protocol
from kireji.lsp.session import FOREVER, Session, take, view
from kireji.lsp.starting import Starting
from kireji.lsp.told import Said, failed_test, told_problems

logger = logging.getLogger(__name__)

# Whoever got as far as these rooms had an answer from the model.
_ANSWERED = frozenset({Stage.TRIM, Stage.GATES, Stage.DELIVER})


class Lifecycle:
    """Handlers of the notifications and requests that change the session."""

    def __init__(
        self, protocol: Protocol, client: Client, settings: Settings, starting: Starting, commands: Sequence[str] = ()
    ) -> None:
        self._protocol = protocol
        self._client = client
        self._starting = starting
        self._given = settings
        self._commands = commands
        # Several servers write into one store: the number alone would not tell their requests apart.
        self._run = os.urandom(2).hex()
        self._ids = itertools.count(1)
        self._readings = itertools.count(1)
        self._read = 0
        self._session = Session(settings)
        self._when_closed: list[Callable[[str], None]] = []
        self._when_ready: list[Callable[[], None]] = []

    @property
    def session(self) -> Session:
        """What the client has told us, to be read."""
        return self._session

    @property
    def encoding(self) -> Encoding:
        """The unit in which the client counts columns."""
        return self._session.documents.encoding

    def when_closed(self, told: Callable[[str], None]) -> None:
        """Has `told` called with the address of each document that is closed from now on."""
        self._when_closed.append(told)

    def when_ready(self, told: Callable[[], None]) -> None:
        """Has `told` called as soon as there is somebody to ask."""
        self._when_ready.append(told)

    def next_id(self) -> str:
        """A new request's name."""
        return f"{self._run}-{next(self._ids)}"

    def snapshot(self, uri: str, trigger: Trigger) -> Snapshot | None:
        """Everything a request may see, as of now; None when the document is not open. Must be called on arrival."""
        return take(self._session, self.next_id(), uri, trigger)

    def document(self, uri: str) -> Document | None:
        """The text that the engine would read for `uri` now."""
        seen = view(self._session, uri)
        return seen[0] if seen is not None else None

    def offset(self, uri: str, position: Position) -> int:
        """The offset of a position in an open document itself; 0 where it is not open."""
        document = self._session.documents.get(uri)
        return self._session.documents.offset(document, position) if document is not None else 0

    def remember(self, outcome: Outcome | Proposed) -> None:
        """Keeps the last outcome, so that it can be explained, and what it says of the model service's state."""
        self._session.recent.append(outcome)
        self.say(tuple(hidden(outcome.report)))
        said = unjudged(outcome)
        if said is not None:
            self._session.unjudged = said
        trouble = outcome.reason if outcome.reason in TROUBLES else outcome.report.trouble
        # What is served again says nothing about who was asked for it, nor does a request for which nobody was.
        by_somebody = bool(outcome.report.provider) and not outcome.report.reused
        if trouble is not None or (outcome.stage in _ANSWERED and by_somebody):
            self._session.trouble = trouble

    def say(self, problems: tuple[str, ...]) -> None:
        """Tells a person what they should know of their settings and files, each thing once."""
        for problem in problems:
            if problem not in self._session.said:
                self._session.said.add(problem)
                self._client.show(Level.WARNING, f"Kireji: {problem}")

    def pause(self, seconds: float = FOREVER) -> None:
        """No suggestion until `resume`, or for some seconds."""
        self._session.paused_until = time.monotonic() + seconds

    def resume(self) -> None:
        """Suggestions again."""
        self._session.paused_until = 0.0

    # ---- requests ------------------------------------------------------------------------------

    def initialize(self, params: types.InitializeParams) -> types.InitializeResult:
        """Agrees on the encoding, remembers the folders and the options."""
        session = self._session
        session.abilities = abilities(params.capabilities, params.initialization_options)
        offered = params.capabilities.general.position_encodings if params.capabilities.general else None
        known = counted_in(params.initialization_options) or [getattr(e, "value", e) for e in offered or ()]
        encoding = negotiate(known or None)
        session.documents = DocumentStore(encoding)
        session.roots = from_proto.roots(params)
        if params.initialization_options is not None:
            # Until, and unless, the client answers for its configuration itself.
            self._apply(from_proto.settings(params.initialization_options))
        self._protocol.phase = Phase.INITIALIZED
        if params.process_id is not None:
            self._protocol.spawn(self._watch(params.process_id))
        build: Callable[[], types.ServerCapabilities] = ServerCapabilitiesBuilder(
            params.capabilities,
            set(self._protocol.fm.features),
            self._protocol.fm.feature_options,
            list(self._commands),
            types.TextDocumentSyncKind.Incremental,
            _notebooks(),
            encoding.value,
        ).build
        return types.InitializeResult(build(), types.ServerInfo("kireji", __version__))

    def shutdown(self, _params: None) -> None:
        """Refuses further requests from now on; `exit` ends the process."""
        self._protocol.phase = Phase.SHUT_DOWN

    # ---- notifications -------------------------------------------------------------------------

    async def initialized(self, _params: types.InitializedParams) -> None:
        """Starts what is slow to start, asks for the editor's settings, and tells what is wrong with them, once."""
        self._protocol.spawn(self._start())
        able = self._session.abilities
        if able.configuration:
            await self._read_configuration()
        if able.configuration_registration:
            options = types.DidChangeConfigurationRegistrationOptions(section="kireji")
            await self._client.register(types.WORKSPACE_DID_CHANGE_CONFIGURATION, options)
        if able.watches_files:
            await self._client.register(types.WORKSPACE_DID_CHANGE_WATCHED_FILES, _watched())
        self.say(self._session.settings.problems)

    async def did_change_configuration(self, params: types.DidChangeConfigurationParams) -> None:
        """Pulls the settings where the client can answer, else takes what was pushed."""
        if self._session.abilities.configuration:
            await self._read_configuration()
        elif isinstance(params.settings, dict):
            self._apply(params.settings.get("kireji"))
        self.say(self._session.settings.problems)

    def did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        """A document opens."""
        item = params.text_document
        self._open(item, from_proto.path(item.uri))

    def did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        """A document changes."""
        target = params.text_document
        if not self._session.documents.change(target.uri, target.version, from_proto.changes(params.content_changes)):
            logger.warning("ignored a change to a document that is not open")

    def did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        """A document closes."""
        self._close(params.text_document.uri)

    def did_open_notebook(self, params: types.DidOpenNotebookDocumentParams) -> None:
        """A notebook opens, with the texts of its cells."""
        notebook = params.notebook_document
        self._session.notebooks.open(notebook.uri, [cell.document for cell in notebook.cells])
        self._open_cells(notebook.uri, params.cell_text_documents)

    def did_change_notebook(self, params: types.DidChangeNotebookDocumentParams) -> None:
        """Cells of a notebook come, go, move or change."""
        uri, cells = params.notebook_document.uri, params.change.cells
        if cells is None:
            return
        if cells.structure is not None:
            array = cells.structure.array
            addresses = [cell.document for cell in array.cells or ()]
            if not self._session.notebooks.splice(uri, array.start, array.delete_count, addresses):
                logger.warning("ignored a change to a notebook that is not open")
                return
            self._open_cells(uri, cells.structure.did_open or ())
            for closed in cells.structure.did_close or ():
                self._close(closed.uri)
        for content in cells.text_content or ():
            target = content.document
            self._session.documents.change(target.uri, target.version, from_proto.changes(content.changes))

    def did_close_notebook(self, params: types.DidCloseNotebookDocumentParams) -> None:
        """A notebook closes, with its cells."""
        self._session.notebooks.close(params.notebook_document.uri)
        for cell in params.cell_text_documents:
            self._close(cell.uri)

    def saw_problems(self, uri: str, said: Sequence[Said]) -> None:
        """Some of a document's problems, as a client sends them with other questions."""
        self._session.told.some(self._session.documents.get(uri), said)

    def did_tell_problems(self, params: object) -> None:
        """All problems of a document."""
        uri, said = told_problems(params)
        self._session.told.every(self._session.documents.get(uri), said)

    def did_fail_test(self, params: object) -> None:
        """A test has failed, or, without an output, none fails any more."""
        self._session.told.failed(failed_test(params))

    def did_change_folders(self, params: types.DidChangeWorkspaceFoldersParams) -> None:
        """Folders come and go."""
        gone = {from_proto.path(f.uri) for f in params.event.removed}
        fresh = [p for f in params.event.added if (p := from_proto.path(f.uri))]
        self._session.roots = tuple(dict.fromkeys([r for r in self._session.roots if r not in gone] + fresh))

    async def did_change_files(self, params: types.DidChangeWatchedFilesParams) -> None:
        """Files come, go or change on the disk: the index reads them again, and only them."""
        paths = [path for event in params.changes if (path := from_proto.path(event.uri)) is not None]
        services = await self._starting.services()
        await services.changed(self._session.roots, paths)

    # ---- helpers -------------------------------------------------------------------------------

    async def _read_configuration(self) -> None:
        """An answer that comes after that to a newer question is older, and not taken."""
        number = next(self._readings)
        raw = await self._client.configuration("kireji")
        if raw is not None and number > self._read:
            self._read = number
            self._apply(raw)

    def _apply(self, raw: object) -> None:
        """Each answer is whole: it replaces what the editor said before, so that a setting taken out there is out here."""
        if raw is not None:
            self._session.settings = config.with_editor_options(self._given, raw)

    async def _warm(self, language: str, uri: str) -> None:
        """Makes ready what the first request about a language will need, in the surroundings of its first document."""
        await asyncio.to_thread(syntax.load, language)
        services = await self._starting.services()
        await services.warm(language)
        snapshot = take(self._session, "opened", uri, Trigger.AUTOMATIC)
        if snapshot is not None and refusal(snapshot.document, snapshot.options) is None:
            await services.look_at(snapshot)

    async def _start(self) -> None:
        services = await self._starting.services()
        self.say(await self._starting.problems())
        for told in self._when_ready:
            told()
        await services.warm()
        await services.expect(self._session.roots)

    def _open(self, item: types.TextDocumentItem, path: str | None) -> None:
        self._session.documents.open(item.uri, path, item.language_id, item.version, item.text)
        language = canonical(item.language_id)
        if language not in self._session.languages:
            self._session.languages.add(language)
            self._protocol.spawn(self._warm(language, item.uri))

    def _close(self, uri: str) -> None:
        self._session.documents.close(uri)
        self._session.told.close(uri)
        for told in self._when_closed:
            told(uri)

    def _open_cells(self, notebook: str, items: Sequence[types.TextDocumentItem]) -> None:
        """A cell has an address of its own and lies, for trust and for what is never read, where its notebook does."""
        path = from_proto.path(notebook)
        for item in items:
            self._open(item, path)

    async def _watch(self, process_id: int) -> None:
        """Ends the server when the editor's process is gone, for editors that keep the pipe open."""
        if await gone(process_id):
            logger.warning("the editor's process is gone")
            self._protocol.on_exit()


def _watched() -> types.DidChangeWatchedFilesRegistrationOptions:
    """What the index reads, and what says which files it must not read."""
    endings = sorted({ending.removeprefix(".") for language in LANGUAGES.values() for ending in language.extensions})
    patterns = (f"**/*.{{{','.join(endings)}}}", "**/{.gitignore,.kirejiignore,go.mod}")
    return types.DidChangeWatchedFilesRegistrationOptions([types.FileSystemWatcher(glob_pattern=p) for p in patterns])


def _notebooks() -> types.NotebookDocumentSyncOptions:
    """Every notebook, in the cells whose language we know."""
    cells = [types.NotebookCellLanguage(language=language) for language in LANGUAGES]
    return types.NotebookDocumentSyncOptions(
        notebook_selector=[types.NotebookDocumentFilterWithCells(cells=cells, notebook="*")], save=False
    )
