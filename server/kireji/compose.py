"""Where the parts are chosen: settings in, services out. The command line and the server share it; nothing else may.

Starts nothing: connections, children and databases open at first use, so that `initialize` is answered at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from kireji.base import keys, telemetry
from kireji.base.analysis.client import Analysis
from kireji.base.audit import Audit, OutcomeRow
from kireji.base.caps import Caps, nano_dollars
from kireji.base.children import Child
from kireji.base.clock import Clock
from kireji.base.config_schema import Protected, ProviderChoice, Settings
from kireji.base.exclusions import Exclusions
from kireji.base.figures_file import FiguresFile
from kireji.base.index.client import Index
from kireji.base.ledger import SqliteLedger
from kireji.base.sandbox_walls import Sandbox
from kireji.base.store import Store
from kireji.base.tracing import Tracing
from kireji.base.trail import TrailOptions
from kireji.base.trees import Trees
from kireji.base.types import Span
from kireji.engine.context.importing import WorkspaceImports
from kireji.engine.context.receiver import Receivers
from kireji.engine.context.secrets import find_secrets
from kireji.engine.context.symbols import SymbolReader
from kireji.engine.gates.checkers import Checkers
from kireji.engine.gates.data import DataGate
from kireji.engine.gates.grounds import pyrefly_spec, ty_spec
from kireji.engine.gates.ruff import RuffGate, ruff_spec
from kireji.engine.gates.security import SecurityGate
from kireji.engine.gates.shape import ShapeGate
from kireji.engine.gates.syntax import SyntaxGate
from kireji.engine.gates.text import TextGate
from kireji.engine.gates.tools import delegates
from kireji.engine.gates.types import TypesGate, rules
from kireji.engine.services import Resource, Semantics, Services
from kireji.places import claude_access as claude_access
from kireji.providers import models
from kireji.routing import ConfigurationError as ConfigurationError
from kireji.routing import choose_roles

if TYPE_CHECKING:
    from kireji.base.store import Connection


def build_services(settings: Settings, clock: Clock, script: Path | None = None) -> Services:
    """All parts of the straight line. Raises ConfigurationError."""
    protected = with_kept_key(settings.protected)
    store = Store(protected.state_dir)
    roles = choose_roles(protected, clock, script)
    spec = ruff_spec(protected.ruff)
    ruff = Child(spec) if spec is not None else None
    names = RuffGate(ruff)
    types = TypesGate(Checkers(ty_spec(protected.ty, rules())), Checkers(pyrefly_spec()))
    others = delegates(protected.servers)
    # Of texts that are tried: those of the open documents are kept apart.
    trees = Trees(keep=2)
    analysis = Analysis()
    receivers = Receivers(analysis)
    symbols = SymbolReader()
    index = Index(Path(protected.state_dir) if protected.state_dir else None)
    sandbox = Sandbox()
    listeners: list[Callable[[Connection, OutcomeRow], None]] = []
    if protected.prometheus_file:
        figures = FiguresFile(Path(protected.prometheus_file))
        listeners.append(lambda connection, row: figures.recorded(connection, row.at))
    tracing = Tracing(protected.otlp_endpoint) if protected.otlp_endpoint else None
    if tracing is not None:
        listeners.append(lambda _, row: tracing.record(row))
    return Services(
        roles=roles,
        gates=(
            TextGate(trees),
            ShapeGate(trees),
            SyntaxGate(trees),
            names,
            SecurityGate(names, secret_spans),
            types,
            DataGate(),
            *others,
        ),
        semantics=Semantics(symbols, analysis, Trees(), WorkspaceImports(symbols), index, Exclusions(), receivers),
        ledger=SqliteLedger(store, clock, caps(protected)),
        audit=Audit(store, clock, _trail(protected), listeners),
        clock=clock,
        sandbox=sandbox,
        resources=(
            *(Resource(provider.warm, provider.close) for provider in roles.providers),
            *([Resource(ruff.start, ruff.close, "python")] if ruff is not None else []),
            Resource(_nothing, names.close),
            # It starts with the first look at a text: before that, nobody knows the workspace.
            Resource(_nothing, types.close),
            Resource(_nothing, receivers.close),
            # Whoever lists no names starts it when something else asks.
            Resource(analysis.start if settings.options.deterministic else _nothing, analysis.close, "python"),
            # It starts with the first folder that it is to read.
            Resource(_nothing, index.close),
            *(Resource(_nothing, gate.close) for gate in others),
            # Its walls are looked for when the first tests are to be run.
            Resource(_nothing, sandbox.close),
            Resource(tracing.start if tracing is not None else _nothing, lambda: _in_order(store, tracing)),
        ),
    )


def renewed(services: Services, settings: Settings, clock: Clock, script: Path | None = None) -> Services:
    """The same parts, but with whom the settings name now: after a change of the key. Raises ConfigurationError.

    Who was asked before may still be answering, and is closed with the rest.
    """
    roles = choose_roles(with_kept_key(settings.protected), clock, script)
    connections = tuple(Resource(provider.warm, provider.close) for provider in roles.providers)
    return replace(services, roles=roles, resources=(*services.resources, *connections))


def with_kept_key(protected: Protected) -> Protected:
    """The settings with the key that `kireji key set` has kept, where nothing stronger names one. Raises ConfigurationError."""
    wants = protected.provider in (ProviderChoice.AUTO, ProviderChoice.ANTHROPIC)
    if protected.api_key is not None or not protected.key_file or not wants:
        return protected
    kept = keys.kept_key(Path(protected.key_file))
    if kept.problem:
        raise ConfigurationError(kept.problem)
    telemetry.conceal(kept.text or "")
    return replace(protected, api_key=kept.text)


def caps(protected: Protected) -> Caps:
    """The caps of the settings."""
    amounts = (protected.daily_cap_usd, protected.monthly_cap_usd, protected.action_cap_usd)
    return Caps(*map(nano_dollars, amounts))


def _trail(protected: Protected) -> TrailOptions | None:
    return TrailOptions(protected.audit_names, protected.audit_text, protected.audit_days) if protected.audit else None


def secret_spans(text: str) -> tuple[Span, ...]:
    """What may not leave the machine may not come back either: the gates and the redaction know the same formats."""
    return tuple(hit.span for hit in find_secrets(text))


async def _in_order(store: Store, tracing: Tracing | None) -> None:
    """Closes who writes down before who hears of it, so that the last row is heard of."""
    await store.close()
    if tracing is not None:
        await tracing.close()


async def _nothing() -> None:
    """For what opens at its first use."""


def build_or_fall_back(
    settings: Settings, clock: Clock, script: Path | None = None
) -> tuple[Services, tuple[str, ...]]:
    """For a server, which must start whatever the settings say: what cannot be is named as a problem, and the local engine
    answers meanwhile."""
    return _or_locally(lambda given: build_services(given, clock, script), settings)


def renew_or_fall_back(
    services: Services, settings: Settings, clock: Clock, script: Path | None = None
) -> tuple[Services, tuple[str, ...]]:
    """For a server that runs: likewise."""
    return _or_locally(lambda given: renewed(services, given, clock, script), settings)


def _or_locally(make: Callable[[Settings], Services], settings: Settings) -> tuple[Services, tuple[str, ...]]:
    try:
        return make(settings), ()
    except ConfigurationError as error:
        local = replace(settings.protected, provider=ProviderChoice.LOCAL)
        protected = replace(local, model=models.DEFAULT_MODEL, action_model="", planning_model="", stronger_model="")
        return make(replace(settings, protected=protected)), (f"{error}; the local engine answers meanwhile",)
