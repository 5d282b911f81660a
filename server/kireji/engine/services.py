"""What the straight line needs besides a snapshot, as one frozen value. `compose.py` builds it; `pipeline.py` alone uses it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field

from kireji.base.analysis.client import Analysis
from kireji.base.audit import Audit
from kireji.base.clock import Clock
from kireji.base.exclusions import Exclusions
from kireji.base.importable import Importable
from kireji.base.index.client import Index
from kireji.base.ledger import Ledger
from kireji.base.sandbox_walls import Sandbox
from kireji.base.trees import Trees
from kireji.base.types import Snapshot
from kireji.engine.context.project import Projects
from kireji.engine.context.receiver import Receivers
from kireji.engine.context.steady import Steady
from kireji.engine.context.symbols import SymbolReader
from kireji.engine.gates.gate import Gate
from kireji.engine.gates.run import prepare_gates
from kireji.providers.breaker import Away, Breaker
from kireji.providers.calibration import Calibration
from kireji.providers.models import Model
from kireji.providers.provider import Provider

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Resource:
    """Something that takes time to start and must be closed in the end. Both may be called more than once.

    `language` names the one language it is for; one without is for all.
    """

    start: Callable[[], Awaitable[object]]
    close: Callable[[], Awaitable[object]]
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Asking:
    """Who is asked, under which profile, with which nonce in the stable part of the prompt and what stays in it, and how much
    it may think.

    `breaker` knows whether it can be asked now; `instead` is the engine of this machine that answers while it cannot. Both
    are None where the one that is asked is on this machine itself.
    """

    provider: Provider
    model: Model
    nonce: str
    thinking: int = 0
    steady: Steady = field(default_factory=Steady)
    breaker: Breaker | None = None
    instead: Provider | None = None
    calibration: Calibration = field(default_factory=Calibration)

    @property
    def counted(self) -> Model:
        """The model's profile, with as many characters a token as its service has counted so far."""
        return self.calibration.applied(self.model)

    def away(self) -> Away | None:
        """Why nothing is asked now; None when it is."""
        return self.breaker.away() if self.breaker is not None else None


@dataclass(frozen=True, slots=True)
class Roles:
    """Who is asked for what: while someone types, for a code action, and for a plan over several places. Often the same.

    `escalated` may be asked for an action that the gates have refused twice: a stronger model, or the same one with leave
    to think. None where there is no such thing.
    """

    completion: Asking
    action: Asking
    planning: Asking
    escalated: Asking | None = None

    @property
    def providers(self) -> tuple[Provider, ...]:
        """Each provider once."""
        every = (self.completion, self.action, self.planning, *([self.escalated] if self.escalated else []))
        return tuple({id(asking.provider): asking.provider for asking in every}.values())


@dataclass(frozen=True, slots=True)
class Semantics:
    """Who knows what a text says: its tree, definitions by the syntax of files, Python by the analysis worker, where the
    workspace has a name from, what of it a place may need by the index's process, which files no question may hold, what
    exists at the cursor itself, and what is said of the project as a whole."""

    symbols: SymbolReader
    analysis: Analysis
    trees: Trees
    importable: Importable
    index: Index
    exclusions: Exclusions
    receivers: Receivers
    projects: Projects = field(default_factory=Projects)


@dataclass(frozen=True, slots=True)
class Services:
    """What the line needs besides the snapshot. Built by `compose.py`; handed no deeper than this module."""

    roles: Roles
    gates: tuple[Gate, ...]
    semantics: Semantics
    ledger: Ledger
    audit: Audit
    clock: Clock
    sandbox: Sandbox
    resources: tuple[Resource, ...] = ()

    async def warm(self, language: str | None = None) -> None:
        """Starts what is slow to start, so that the first request finds it ready: what a language needs, or what all need."""
        wanted = (resource for resource in self.resources if resource.language == language)
        await asyncio.gather(*(_survived(resource.start(), "start") for resource in wanted))

    async def look_at(self, snapshot: Snapshot) -> None:
        """Lets the gates look at a text that nobody has asked about yet, so that the checkers it needs are up by then."""
        await prepare_gates(self.gates, snapshot, snapshot.document)

    async def expect(self, roots: Iterable[str]) -> None:
        """Has workspaces read, so that the first request finds them known; does not wait until they are."""
        await asyncio.gather(*(_survived(self.semantics.index.open(root), "read a workspace for") for root in roots))

    async def changed(self, roots: Iterable[str], paths: Sequence[str]) -> None:
        """Has files that have changed on the disk read again, by the folder that they lie in."""
        index = self.semantics.index
        await asyncio.gather(*(_survived(index.changed(root, paths), "read changed files of") for root in roots))

    async def close(self) -> None:
        """Closes what was opened, each whatever becomes of the others."""
        await asyncio.gather(*(_survived(resource.close(), "close") for resource in self.resources))


async def _survived(work: Awaitable[object], what: str) -> None:
    """What cannot be started says so again, with a reason, to the request that needs it."""
    try:
        await work
    except Exception as error:  # noqa: BLE001 — one part's trouble must not keep the others from starting or closing
        logger.warning("could not %s a part: %s", what, error)
