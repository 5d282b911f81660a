"""The services while they are built, and built anew when what they were made of changes."""

from __future__ import annotations

from typing import Any, cast

from kireji.engine.services import Services
from kireji.lsp.starting import Renewal, Starting


async def test_a_renewal_that_fails_leaves_what_was_there_and_the_next_one_counts() -> None:
    services = [cast(Services, object()) for _ in range(2)]
    failing = [OSError("no more files"), None]
    seen: list[Any] = []

    def renew(former: Services) -> tuple[Services, tuple[str, ...]]:
        seen.append(former)
        if (error := failing.pop(0)) is not None:
            raise error
        return services[1], ("renewed",)

    stamp = [0]
    starting = Starting(lambda: (services[0], ("built",)), Renewal(lambda: stamp[0], renew))
    assert await starting.services() is services[0]
    stamp[0] += 1
    assert await starting.services() is services[0]
    assert await starting.problems() == ("built",)
    stamp[0] += 1
    assert await starting.services() is services[1]
    assert await starting.problems() == ("renewed",)
    assert seen == [services[0], services[0]]
