"""The doctor's one look at a network, and only when it is told to: what the model's service says of itself and of the model.

Sends no code, only the key to where it belongs. What it finds is held against what the settings say.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from urllib.parse import urlsplit

from kireji.base.config_schema import Protected, ProviderChoice
from kireji.cli.health import Line, Machine, note, ok, wrong

_SECONDS = 15.0
_MOST_NAMES = 8


def service(machine: Machine) -> Iterator[Line]:
    """Whether the service is there, what it is, and whether it does what the settings want of it."""
    from kireji.compose import ConfigurationError, claude_access, with_kept_key
    from kireji.providers.provider import ProviderError

    try:
        protected = with_kept_key(machine.settings.protected)
        access = claude_access(protected)
    except ConfigurationError:
        return  # said already, with who answers
    try:
        if protected.provider is ProviderChoice.OPENAI_COMPATIBLE:
            yield from _own_server(machine, protected)
        elif access is not None:
            yield from _claude(access, protected)
        else:
            yield ok("service", "the local engine has none to be asked")
    except ProviderError as error:
        remedy = "See `kireji doctor` for the address and the key; nothing was sent but the question what it is."
        yield wrong("service", str(error), remedy)


def _claude(access: object, protected: Protected) -> Iterator[Line]:
    from kireji.providers.anthropic_clients import Direct
    from kireji.providers.anthropic_probe import probe_claude

    if not isinstance(access, Direct):
        yield ok("service", "clouds say nothing of a model that is not paid for; the first suggestion will tell")
        return
    found = asyncio.run(probe_claude(access, protected.model, _SECONDS))
    holds = f", {found.context:,} tokens" if found.context else ""
    text = f"{found.kind} answers{holds}; it is {found.lifecycle}"
    if found.lifecycle == "active":
        yield ok("service", text)
    else:
        yield note("service", text, "Name another in model.name before it ends.")


def _own_server(machine: Machine, protected: Protected) -> Iterator[Line]:
    from kireji.compose import build_services
    from kireji.providers.probing import probe_server

    address = protected.server_url.removesuffix("/")
    found = asyncio.run(probe_server(address, protected.server_key, protected.model, _SECONDS))
    listed = ", ".join(found.models[:_MOST_NAMES]) or "none that it names"
    holds = f"; {found.context:,} tokens of context" if found.context else ""
    text = f"{found.kind} at {urlsplit(address).netloc}; models: {listed}{holds}"
    # llama.cpp answers for whatever it has loaded.
    if found.models and protected.model not in found.models and found.kind != "llama.cpp":
        yield wrong("service", text, f"It has no {protected.model}: name one of these in model.name.")
    else:
        yield ok("service", text)
    asked = build_services(machine.settings, machine.clock).roles.completion.model
    wanted = machine.settings.options.context_tokens
    if found.context is not None and found.context < 2 * wanted:
        remedy = "Lower completion.context_tokens, or start the server with more."
        yield note(
            "context", f"{found.context:,} tokens are few for questions of {wanted:,} and what is around them", remedy
        )
    if asked.fim is not None and asked.fim.template and found.kind.startswith("Ollama"):
        yield note("filling in", "Ollama puts the text into the model's own template", 'Say model.fim = "suffix".')
    elif asked.fim is not None and not asked.fim.template and found.kind.startswith(("vLLM", "Text Gen")):
        yield wrong("filling in", f"{found.kind} takes no suffix", 'Say model.fim = "auto", or a template.')
    elif asked.fim is None and found.talks is False:
        yield wrong("chat", "the model has no template for messages", "Name one that follows instructions.")
    else:
        way = "by the answer contract" if asked.fim is None else "filling in"
        yield ok("asked", f"{way}, which fits")
