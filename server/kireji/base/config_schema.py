"""Every setting, once: its type, default, bounds and meaning. Tables in the docs are generated from here.

Two groups, kept apart by type. `Protected` settings (key, endpoint, model, money, executables, trust) come only from the
environment, the command line or the user's own file; `Options` may also come from the editor. This module reads nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class ProviderChoice(Enum):
    """Which engine answers. AUTO means: the model when there is a key, else the local engine."""

    AUTO = "auto"
    ANTHROPIC = "anthropic"
    LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Protected:
    """Settings that matter for safety. Never read from the workspace or from the editor."""

    api_key: str | None = field(default=None, repr=False)
    base_url: str = "https://api.anthropic.com"
    provider: ProviderChoice = ProviderChoice.AUTO
    model: str = "claude-haiku-5-5"
    daily_cap_usd: float = 5.0
    ruff: str | None = None
    ty: str | None = None
    python: str | None = None
    trust_all: bool = False
    trusted: tuple[str, ...] = ()
    state_dir: str = ""


@dataclass(frozen=True, slots=True)
class Options:
    """Settings of taste. An editor may change them while the server runs."""

    automatic: bool = True
    max_file_bytes: int = 400_000
    max_line_chars: int = 10_000
    context_tokens: int = 2_000
    request_ms: int = 8_000
    gather_ms: int = 50
    gates_automatic_ms: int = 300
    gates_explicit_ms: int = 2_000
    show_unverified: bool = True
    disabled_languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole configuration as one frozen value, with what was wrong with it."""

    protected: Protected = field(default_factory=Protected)
    options: Options = field(default_factory=Options)
    problems: tuple[str, ...] = ()
