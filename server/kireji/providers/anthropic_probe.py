"""Asks Anthropic, or a gateway to it, what it says of a model: whether it is there, for how long, and how much it holds.

Sends no code and costs nothing. For people who look for what is wrong; nothing that completes asks this.
"""

from __future__ import annotations

import asyncio

from kireji.providers.anthropic import DEFAULT_LIMITS, fault_from
from kireji.providers.anthropic_clients import Direct, open_client
from kireji.providers.probing import Found
from kireji.providers.provider import ProviderError, StreamMeter


async def probe_claude(access: Direct, model: str, seconds: float) -> Found:
    """What is said there of a model. Raises ProviderError."""
    fault: ProviderError
    try:
        async with asyncio.timeout(seconds):
            client = await asyncio.to_thread(open_client, access, seconds, DEFAULT_LIMITS.max_bytes, "application/json")
            import anthropic  # loaded by now

            async with client:
                assert isinstance(client, anthropic.AsyncAnthropic)  # noqa: S101 - what a direct way opens
                info = await client.models.retrieve(model)
        return Found(info.display_name, (info.id,), info.max_input_tokens, lifecycle=str(info.lifecycle))
    except Exception as err:  # noqa: BLE001 - the one funnel: everything becomes a ProviderError below
        fault = fault_from(err, StreamMeter())
    raise fault
