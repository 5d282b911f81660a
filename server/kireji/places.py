"""Where models are asked: a service, a server of one's own, or nowhere but here. `routing.py` uses it, and `compose.py` hands on
what the doctor asks.

Settings in, a place out, which makes providers of models. Opens no connection, and knows nothing of what is asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from pathlib import Path
from types import MappingProxyType

from kireji.base.config_schema import Protected, ProviderChoice
from kireji.base.endpoint import EndpointError
from kireji.providers import fim, models
from kireji.providers.anthropic import DEFAULT_LIMITS, Account, AnthropicProvider
from kireji.providers.anthropic_clients import Access, Bedrock, Direct, Vertex, missing_library
from kireji.providers.copy_engine import CopyEngine
from kireji.providers.copy_workspaces import Workspaces
from kireji.providers.models import Model, Prices
from kireji.providers.openai_compatible import OpenAiCompatible, Server, ServerLimits
from kireji.providers.provider import Provider
from kireji.providers.scripted import read_script


class ConfigurationError(Exception):
    """The settings name something that cannot be. One line: what, why, and what to do."""


class Use(Enum):
    """What a model is wanted for, which may decide how it is asked."""

    COMPLETE = "the text at a cursor"
    INSTRUCT = "something that it must be told"


@dataclass(frozen=True, slots=True)
class Place:
    """One place. `find` gives the row of a model by its name and use, and raises ModelError; `connect` makes it a provider.

    `planner` plans unless the settings name another; `thinks` says that a model here can be given leave to think.
    """

    find: Callable[[str, Use], Model]
    connect: Callable[[Model], Provider]
    planner: str = ""
    thinks: bool = False


def choose_place(protected: Protected, today: date, script: Path | None) -> Place:
    """The place that the settings name. Raises ConfigurationError."""
    if script is not None:
        return _here(read_script(script), today)
    if protected.provider is ProviderChoice.OPENAI_COMPATIBLE:
        return _own_server(protected)
    access = claude_access(protected)
    return _here(CopyEngine(Workspaces().corpus), today) if access is None else _claude(protected, access, today)


def claude_access(protected: Protected) -> Access | None:
    """The way to Claude that the settings name; None where they name none. Raises ConfigurationError."""
    match protected.provider:
        case ProviderChoice.GATEWAY:
            return _gateway(protected)
        case ProviderChoice.BEDROCK:
            return _bedrock(protected)
        case ProviderChoice.VERTEX:
            return _vertex(protected)
        case ProviderChoice.ANTHROPIC | ProviderChoice.AUTO if protected.api_key is not None:
            if not protected.base_url:
                raise ConfigurationError(
                    "the model's address cannot be used: correct ANTHROPIC_BASE_URL or model.base_url"
                )
            return Direct(protected.base_url, protected.api_key)
        case ProviderChoice.ANTHROPIC:
            raise ConfigurationError(
                "no key: run `kireji key set` or set ANTHROPIC_API_KEY, or choose the local engine with KIREJI_PROVIDER=local"
            )
        case _:
            return None


def _here(provider: Provider, today: date) -> Place:
    """One that answers alike whatever model is named, be it one that is known here or not."""

    def find(name: str, _: Use) -> Model:
        try:
            return models.find(name, today)
        except models.ModelError:
            return models.find(models.DEFAULT_MODEL, today)

    return Place(find, lambda _: provider)


def _known(today: date) -> Callable[[str, Use], Model]:
    return lambda name, _: models.find(name, today)


def _claude(protected: Protected, access: Access, today: date) -> Place:
    """Claude, by one of the ways to it. In clouds models have other names, so that nobody but the user can name a planner."""
    planner = models.PLANNING_MODEL if isinstance(access, Direct) else ""
    if (extra := missing_library(access)) is not None:
        raise ConfigurationError(f"a library is missing: install kireji[{extra}]")
    limits = replace(DEFAULT_LIMITS, connect=protected.connect_ms / 1000)
    try:
        account = Account(access, limits)
    except EndpointError as error:
        raise ConfigurationError(f"model.server_url: {error}") from None
    return Place(_known(today), lambda model: AnthropicProvider(account, model), planner, thinks=True)


def _gateway(protected: Protected) -> Access:
    if not protected.server_url:
        raise ConfigurationError("no gateway: name its address in model.server_url or KIREJI_SERVER_URL")
    if protected.server_key is None:
        raise ConfigurationError("no key for the gateway: set KIREJI_SERVER_KEY or model.server_key")
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*|", protected.auth_header):
        raise ConfigurationError("model.auth_header is not the name of a header")
    return Direct(protected.server_url, protected.server_key, protected.auth_header, "gateway")


def _bedrock(protected: Protected) -> Access:
    region = _region(protected, "us-east-1")
    if "anthropic." not in protected.model:
        raise ConfigurationError(
            "no model: name it as Bedrock does, such as us.anthropic.claude-haiku-4-5-20251001-v1:0, in model.name"
        )
    endpoint = protected.server_url or f"https://bedrock-runtime.{region}.amazonaws.com"
    return Bedrock(endpoint, region, protected.server_key)


def _vertex(protected: Protected) -> Access:
    region = _region(protected, "europe-west1")
    if not re.fullmatch(r"[a-z0-9:.-]+", protected.project):
        raise ConfigurationError("no project: name the one at Google in model.project or KIREJI_PROJECT")
    host = _VERTEX_HOSTS.get(region, f"{region}-aiplatform.googleapis.com")
    return Vertex(protected.server_url or f"https://{host}/v1", region, protected.project, protected.server_key)


_VERTEX_HOSTS = MappingProxyType(
    {
        "global": "aiplatform.googleapis.com",
        "us": "aiplatform.us.rep.googleapis.com",
        "eu": "aiplatform.eu.rep.googleapis.com",
    }
)


def _region(protected: Protected, such_as: str) -> str:
    """The region. It becomes a part of a host's name, so it can be nothing else."""
    if not re.fullmatch(r"[a-z]+(?:-?[a-z0-9]+)*", protected.region):
        raise ConfigurationError(f"no region: name one such as {such_as} in model.region or KIREJI_REGION")
    return protected.region


def _own_server(protected: Protected) -> Place:
    if not protected.server_url:
        raise ConfigurationError("no server: name its address in model.server_url or KIREJI_SERVER_URL")
    if protected.model == models.DEFAULT_MODEL:
        raise ConfigurationError("no model: name one that the server has, in model.name or KIREJI_MODEL")
    limits = ServerLimits(connect=protected.connect_ms / 1000)
    server = Server(address=protected.server_url, key=protected.server_key, limits=limits)
    # Rounded up, so that no price is none.
    price_in, price_out = (-int(-usd * 1000 // 1) for usd in (protected.input_usd, protected.output_usd))
    prices = Prices(input=price_in, output=price_out, cache_write=price_in, cache_read=price_in)
    try:
        filling = _way(protected.fim, protected.model)
    except fim.TemplateError as error:
        raise ConfigurationError(f"model.fim: {error}") from None

    def find(name: str, use: Use) -> Model:
        # Who names a model for actions has one that takes instructions.
        told = use is Use.INSTRUCT and (name != protected.model or fim.takes_instructions(name))
        return models.self_hosted(name, prices, None if told else filling)

    return Place(find, lambda model: OpenAiCompatible(server, model))


def _way(setting: str, name: str) -> fim.Fim | None:
    """How the model that completes fills in; None for one that is asked by the contract."""
    match setting:
        case "off":
            return None
        case "suffix":
            return fim.sent_apart(fim.family_of(name) or fim.Fim(""))
        case "auto":
            found = fim.family_of(name)
            # A colon is how Ollama writes names, and Ollama puts a prompt into the model's own template.
            return fim.sent_apart(found) if found is not None and ":" in name else found
        case template:
            return fim.custom(template)
