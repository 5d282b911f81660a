"""Options that every verb shares, and the settings they make. The key is not among them: arguments are visible to others."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import click

from kireji.base import config
from kireji.base.config_schema import ProviderChoice, Settings


def settings_options(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Adds --provider, --model and --trust to a verb."""
    for option in (
        click.option(
            "--trust", "trust_all", is_flag=True, default=None, help="Trust the workspace: its interpreter may be used."
        ),
        click.option("--model", help="The model to ask."),
        click.option("--provider", type=click.Choice([choice.value for choice in ProviderChoice]), help="Who answers."),
    ):
        verb = option(verb)
    return verb


def load_settings(overrides: Mapping[str, object]) -> Settings:
    """Settings from the command line, the environment and the user's file."""
    return config.load(os.environ, {k: v for k, v in overrides.items() if v is not None})
