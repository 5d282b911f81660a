"""Settings of somebody who is in no hurry, for tests that build the services themselves: what a busy machine is late with must
not look like a gate that does not know, a definition that is not there or a service that is mute."""

from __future__ import annotations

from pathlib import Path

from kireji.base.config_schema import Options, Protected
from support.messages_api import MessagesApi

PATIENT = Options(
    action_attempts=1,
    request_ms=60_000,
    action_request_ms=60_000,
    gather_ms=5_000,
    gates_automatic_ms=10_000,
    gates_explicit_ms=60_000,
)


def asking(api: MessagesApi, state: Path) -> Protected:
    """What leads to a stand-in, and waits for it."""
    return Protected(api_key=api.key, base_url=api.url, state_dir=str(state), connect_ms=30_000, silence_ms=60_000)
