"""The session: from initialize to exit, the documents, the settings. The only module that changes it.

Everything else sees frozen snapshots, taken here synchronously when a message arrives.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePath

from lsprotocol import types
from pygls.capabilities import ServerCapabilitiesBuilder

from kireji import __version__
from kireji.base import config
from kireji.base.config_schema import Settings
from kireji.base.types import Outcome, Snapshot, Trigger, Workspace
from kireji.lsp import from_proto
from kireji.lsp.client import Client, Level
from kireji.lsp.documents import DocumentStore
from kireji.lsp.positions import negotiate
from kireji.lsp.protocol import Phase, Protocol
from kireji.lsp.starting import Starting

logger = logging.getLogger(__name__)

OPEN_DOCUMENTS_SEEN = 8
_WATCH_SECONDS = 0.5


@dataclass(slots=True)
class Session:
    """What one client has told us. Changed by `Lifecycle` only."""

    settings: Settings
    documents: DocumentStore = field(default_factory=DocumentStore)
    roots: tuple[str, ...] = ()
    capabilities: types.ClientCapabilities = field(default_factory=types.ClientCapabilities)
    said: set[str] = field(default_factory=set)
    last: Outcome | None = None


class Lifecycle:
    """Handlers of the notifications and requests that change the session."""

    def __init__(self, protocol: Protocol, client: Client, settings: Settings, starting: Starting) -> None:
        self._protocol = protocol
        self._client = client
        self._starting = starting
        self._given = settings
        self._ids = itertools.count(1)
        self._session = Session(settings)

    @property
    def documents(self) -> DocumentStore:
        """The open documents."""
        return self._session.documents

    @property
    def roots(self) -> tuple[str, ...]:
        """The workspace folders."""
        return self._session.roots

    def snapshot(self, uri: str, trigger: Trigger) -> Snapshot | None:
        """Everything a request may see, as of now; None when the document is not open. Must be called on arrival."""
        session = self._session
        document = session.documents.get(uri)
        if document is None:
            return None
        others = tuple(d for d in session.documents.recent(OPEN_DOCUMENTS_SEEN) if d.uri != uri)
        return Snapshot(
            id=f"r{next(self._ids)}",
            document=document,
            open_documents=others,
            workspace=self._workspace(document.path),
            options=session.settings.options,
            trigger=trigger,
            taken_at=time.monotonic(),
        )

    def remember(self, outcome: Outcome) -> None:
        """Keeps the last outcome, so that `kireji/explain` can say how it came about."""
        self._session.last = outcome

    def last(self) -> Outcome | None:
        """The last outcome, None before the first."""
        return self._session.last

    # ---- requests ------------------------------------------------------------------------------

    def initialize(self, params: types.InitializeParams) -> types.InitializeResult:
        """Agrees on the encoding, remembers the folders and the options."""
        session = self._session
        session.capabilities = params.capabilities
        offered = params.capabilities.general.position_encodings if params.capabilities.general else None
        encoding = negotiate([getattr(e, "value", e) for e in offered] if offered else None)
        session.documents = DocumentStore(encoding)
        session.roots = from_proto.roots(params)
        if params.initialization_options is not None:
            # Until, and unless, the client answers for its configuration itself.
            self._apply(params.initialization_options)
        self._protocol.phase = Phase.INITIALIZED
        if params.process_id is not None:
            self._protocol.spawn(self._watch(params.process_id))
        build: Callable[[], types.ServerCapabilities] = ServerCapabilitiesBuilder(
            params.capabilities,
            set(self._protocol.fm.features),
            self._protocol.fm.feature_options,
            list(self._protocol.fm.commands),
            types.TextDocumentSyncKind.Incremental,
            None,
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
        workspace = self._session.capabilities.workspace
        if workspace is not None and workspace.configuration:
            await self._read_configuration()
        dynamic = workspace.did_change_configuration if workspace is not None else None
        if dynamic is not None and dynamic.dynamic_registration:
            options = types.DidChangeConfigurationRegistrationOptions(section="kireji")
            await self._client.register(types.WORKSPACE_DID_CHANGE_CONFIGURATION, options)
        self._say(self._session.settings.problems)

    async def did_change_configuration(self, params: types.DidChangeConfigurationParams) -> None:
        """Pulls the settings where the client can answer, else takes what was pushed."""
        workspace = self._session.capabilities.workspace
        if workspace is not None and workspace.configuration:
            await self._read_configuration()
        elif isinstance(params.settings, dict):
            self._apply(params.settings.get("kireji"))
        self._say(self._session.settings.problems)

    def did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        """A document opens."""
        item = params.text_document
        self._session.documents.open(item.uri, from_proto.path(item.uri), item.language_id, item.version, item.text)

    def did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        """A document changes."""
        target = params.text_document
        if not self._session.documents.change(target.uri, target.version, from_proto.changes(params.content_changes)):
            logger.warning("ignored a change to a document that is not open")

    def did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        """A document closes."""
        self._session.documents.close(params.text_document.uri)

    def did_change_folders(self, params: types.DidChangeWorkspaceFoldersParams) -> None:
        """Folders come and go."""
        gone = {from_proto.path(f.uri) for f in params.event.removed}
        fresh = [p for f in params.event.added if (p := from_proto.path(f.uri))]
        self._session.roots = tuple(dict.fromkeys([r for r in self._session.roots if r not in gone] + fresh))

    # ---- helpers -------------------------------------------------------------------------------

    async def _read_configuration(self) -> None:
        self._apply(await self._client.configuration("kireji"))

    def _apply(self, raw: object) -> None:
        """Each answer is whole: it replaces what the editor said before, so that a setting taken out there is out here."""
        if raw is not None:
            self._session.settings = config.with_editor_options(self._given, raw)

    def _say(self, problems: tuple[str, ...]) -> None:
        for problem in problems:
            if problem not in self._session.said:
                self._session.said.add(problem)
                self._client.show(Level.WARNING, f"Kireji: {problem}")

    async def _start(self) -> None:
        services = await self._starting.services()
        self._say(await self._starting.problems())
        await services.warm()

    def _workspace(self, path: str | None) -> Workspace:
        """The innermost folder around the path, with what its trust allows."""
        if path is None:
            return Workspace()
        around = [r for r in self._session.roots if PurePath(path).is_relative_to(r)]
        if not around:
            return Workspace()
        root = max(around, key=len)
        settings = self._session.settings
        return Workspace(root, config.is_trusted(settings, root), config.interpreter_for(settings, root))

    async def _watch(self, process_id: int) -> None:
        """Ends the server when the editor's process is gone, for editors that keep the pipe open."""
        if not _alive(process_id):
            return  # another process namespace: the number means nothing here
        while _alive(process_id):  # noqa: ASYNC110 — a foreign process has no event to wait for
            await asyncio.sleep(_WATCH_SECONDS)
        logger.warning("the editor's process is gone")
        self._protocol.on_exit()


def _alive(process_id: int) -> bool:
    if sys.platform == "win32":  # untested: signal 0 would end the process there
        return True
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
