"""Hands a text to a program and takes what comes back, as a formatter is used. Knows no program and judges nothing.

It is run as `child_process.py` runs any child, in a folder of its own, and is killed when it takes too long.
"""

from __future__ import annotations

import asyncio

from kireji.base import child_process
from kireji.base.child_home import open_home
from kireji.base.child_protocol import ChildFailure, ChildSpec, ChildUnavailable

_MOST_BYTES = 16 * 2**20


async def filtered(spec: ChildSpec, text: str, seconds: float) -> str:
    """The text as the program gives it back. Raises ChildUnavailable: it is missing, late, or ended with an error."""
    home = await asyncio.to_thread(open_home)
    try:
        async with asyncio.timeout(seconds):
            process = await child_process.spawn(spec, home.path)
            try:
                # Half a surrogate pair, which an editor may hold, is no text to any program: it says so itself.
                data = text.encode("utf-8", "surrogatepass")
                said = await child_process.exchanged(process, data, _MOST_BYTES)
                code = await process.wait()
            finally:
                await asyncio.shield(child_process.end(process))
    except TimeoutError:
        raise ChildUnavailable(ChildFailure.LATE) from None
    except OSError as error:
        raise ChildUnavailable(ChildFailure.MISSING, error.strerror or type(error).__name__) from None
    finally:
        await asyncio.to_thread(home.close)
    if code != 0:
        raise ChildUnavailable(ChildFailure.PROTOCOL, f"it ended with code {code}")
    try:
        return said.decode()
    except UnicodeDecodeError:
        raise ChildUnavailable(ChildFailure.PROTOCOL, "it says no text") from None
