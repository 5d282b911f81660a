"""The tools of languages other than Python, as the product uses them. To add a language, add its line."""

from __future__ import annotations

from kireji.engine.gates.delegate import DelegateGate
from kireji.engine.gates.go import go_tool
from kireji.engine.gates.typescript import typescript_tool


def delegates() -> tuple[DelegateGate, ...]:
    """One gate for each tool. Nothing is started before a text of its language is looked at."""
    return tuple(DelegateGate(tool) for tool in (typescript_tool(), go_tool()))
