"""The doctor's look at the settings: what is wrong with them, who answers and why, which model, and who is trusted."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from kireji.base.config_schema import ProviderChoice
from kireji.cli.health import Line, Machine, note, ok, wrong

# So long before its end, a model is worth a word.
_SOON = datetime.timedelta(days=60)


_OTHER_WAYS = frozenset(
    {ProviderChoice.OPENAI_COMPATIBLE, ProviderChoice.GATEWAY, ProviderChoice.BEDROCK, ProviderChoice.VERTEX}
)
_WITHOUT_KEY = MappingProxyType(
    {
        ProviderChoice.BEDROCK: "requests are signed with what AWS's tools would use",
        ProviderChoice.VERTEX: "tokens are asked for with the application's default credentials",
    }
)


def settings(machine: Machine) -> Iterator[Line]:
    """The user's file, and every setting of any source that has no effect."""
    path = machine.config_file
    if path is None:
        yield ok("settings", "no file is read")
    else:
        yield ok("settings", str(path) if path.exists() else f"there is no {path}; the defaults hold")
    for problem in machine.settings.problems:
        yield wrong("settings", problem, "Correct it or remove it where it is set.")


def provider(machine: Machine) -> Iterator[Line]:
    """Who answers, as the server would choose, and why."""
    from kireji.compose import ConfigurationError, build_services
    from kireji.providers.models import DEFAULT_MODEL

    protected, sources = machine.settings.protected, machine.sources
    # A model that cannot be asked is the next check's business.
    own = protected.provider in _OTHER_WAYS
    asked = replace(
        protected,
        model=protected.model if own else DEFAULT_MODEL,
        action_model="",
        planning_model="",
        stronger_model="",
    )
    known = replace(machine.settings, protected=asked)
    try:
        info = build_services(known, machine.clock).roles.completion.provider.info
    except ConfigurationError as error:
        yield wrong("provider", str(error), "Correct that setting; the local engine answers meanwhile.")
        return
    if info.remote:
        url, key = ("server_url", "server_key") if own else ("base_url", "api_key")
        place = urlsplit(getattr(protected, url))
        where = f"{place.scheme}://{place.netloc} ({sources[url]})" if place.netloc else "its region's own address"
        kept = (
            _WITHOUT_KEY.get(protected.provider, "no key is set")
            if own
            else "the key is set, from where `kireji key set` has kept it"
        )
        said = f"the key is set, from {sources[key]}" if getattr(protected, key) is not None else kept
        yield ok("provider", f"{info.name}, at {where}; {said}")
    elif protected.provider is ProviderChoice.LOCAL:
        yield ok("provider", f"the local engine, by {sources['provider']}; nothing leaves this machine")
    else:
        remedy = "To have Claude answer: kireji key set. If this is what you want: KIREJI_PROVIDER=local."
        yield note("provider", "the local engine, because no key is set; nothing leaves this machine", remedy)


def model(machine: Machine) -> Iterator[Line]:
    """Whether each model is known, until when, and what it costs."""
    protected = machine.settings.protected
    if protected.provider is ProviderChoice.OPENAI_COMPATIBLE:
        yield from _own_model(machine)
        return
    yield from _model(machine, "model", protected.model, machine.sources["model"])
    for role in ("action_model", "planning_model", "stronger_model"):
        if name := getattr(protected, role):
            yield from _model(machine, role.replace("_", " "), name, machine.sources[role])


def own_actions(machine: Machine) -> Iterator[Line]:
    """The user's own code actions, and what is wrong with one of them. A workspace's are read in that workspace only."""
    from kireji.engine.actions.own import read_actions
    from kireji.engine.context.secrets import find_secrets

    folder = Path(machine.settings.protected.actions_dir)
    found = read_actions([("own", folder)], lambda text: bool(find_secrets(text)))
    yield ok("own actions", f"{len(found.actions) or 'none'} in {folder}")
    for problem in found.problems:
        yield wrong("own actions", problem, "Correct the file, or take it out of the folder.")


def _own_model(machine: Machine) -> Iterator[Line]:
    """The model of a server of one's own: how it is asked, and what it costs."""
    from kireji.compose import ConfigurationError, build_services

    protected = machine.settings.protected
    try:
        asked = build_services(machine.settings, machine.clock).roles.completion.model
    except ConfigurationError:
        return  # said already, with who answers
    if asked.fim is None:
        how = "by the answer contract, over its chat"
    else:
        how = "filling in by its template" if asked.fim.template else "filling in by the server's template"
    price = f"${protected.input_usd:g} a million tokens in, ${protected.output_usd:g} out"
    yield ok("model", f"{asked.id} ({machine.sources['model']}), {how} ({machine.sources['fim']}); {price}")


def _model(machine: Machine, role: str, name: str, source: str) -> Iterator[Line]:
    from kireji.providers import models

    today = datetime.date.fromtimestamp(machine.clock.now())
    try:
        found = models.find(name, today)
    except models.ModelError as error:
        yield wrong(role, f"{error} ({source})", "Name that model instead; the local engine answers meanwhile.")
        return
    price = f"${found.prices.input / 1000:.2f} a million tokens in, ${found.prices.output / 1000:.2f} out"
    text = f"{found.id} ({source}), {price}"
    if found.retires is not None and found.retires - today <= _SOON:
        remedy = f"Change to {found.replacement} before then."
        yield note(role, f"{text}; it ends on {found.retires.isoformat()}", remedy)
    else:
        yield ok(role, text)


def trust(machine: Machine) -> Iterator[Line]:
    """Whether the folder that the command runs in is trusted, and what follows from that."""
    from kireji.base import config

    try:
        root = str(Path.cwd())
    except OSError:
        yield note("trust", "the current folder does not exist any more", "Run this in the folder that you work in.")
        return
    if machine.settings.protected.trust_all:
        source = machine.sources["trust_all"]
        remedy = "Name the folders that you trust in trust.folders of your settings file instead."
        yield note("trust", f"every folder is trusted, by {source}", remedy)
        return
    interpreter = config.interpreter_for(machine.settings, root)
    run = f"its code is checked against the packages of {interpreter}" if interpreter else "no interpreter is used"
    if config.is_trusted(machine.settings, root):
        yield ok("trust", f"{root} is trusted; {run}")
    elif interpreter is None and Path(root, ".venv").is_dir():
        remedy = f"If you trust it, add it to trust.folders in {machine.config_file or 'your settings file'}."
        yield note("trust", f"{root} is not trusted, so its .venv is not looked at", remedy)
    else:
        yield ok("trust", f"{root} is not trusted, so nothing in it is run; {run}")
