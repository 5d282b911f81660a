"""How long to wait before asking."""

from __future__ import annotations

import pytest

from kireji.features.tempo import Tempo


def waiting(interval: float, latency: float, keys: int = 20) -> float:
    """The wait after some keys at an even pace, with a model that takes `latency` to begin."""
    tempo = Tempo()
    for key in range(keys):
        tempo.key(key * interval)
        tempo.first_token(latency)
    return tempo.wait()


@pytest.mark.parametrize(
    ("interval", "latency", "least", "most"),
    [
        (0.08, 0.4, 0.081, 0.088),  # a fast typist: a little longer than a key takes
        (0.05, 0.4, 0.051, 0.058),
        (0.3, 0.4, 0.08, 0.11),  # a slow one does not wait for it
        (0.08, 0.05, 0.02, 0.04),  # nor anyone where the answer comes at once
        (0.3, 2.0, 0.14, 0.16),  # a slow model: asking too often costs more, but nobody waits long
    ],
)
def test_the_wait_follows_the_typist_and_the_model(interval: float, latency: float, least: float, most: float) -> None:
    assert least <= waiting(interval, latency) <= most


def test_who_types_unevenly_is_given_more_time() -> None:
    even, uneven = Tempo(), Tempo()
    now = 0.0
    for key in range(40):
        now += 0.06 + (0.03 if key % 2 else 0.0)
        uneven.key(now)
        even.key(key * 0.075)
    assert uneven.wait() > even.wait() + 0.015


def test_a_pause_is_no_pace() -> None:
    tempo = Tempo()
    before = tempo.wait()
    for key in range(20):
        tempo.key(key * 10.0)
    assert tempo.wait() == before
