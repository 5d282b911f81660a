"""What is generated from the code is up to date."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kireji.base import config_vscode
from kireji.base.config import with_editor_options
from kireji.base.config_docs import END, START, filled
from kireji.base.config_lua import types
from kireji.base.config_schema import OPTIONS, PROTECTED, Options, Settings
from kireji.base.languages import LANGUAGES
from kireji.base.setting import Kind

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
LUA = "editors/neovim/lua/kireji/settings.lua"
VSCODE = ROOT / "editors/vscode"


def configuration() -> list[dict[str, Any]]:
    """The sections of VS Code's settings."""
    manifest = json.loads((VSCODE / config_vscode.MANIFEST).read_text(encoding="utf-8"))
    return list(manifest["contributes"]["configuration"])


def test_the_table_of_settings() -> None:
    page = README.read_text(encoding="utf-8")
    assert START in page and END in page, f"README.md has lost its markers {START} and {END}"
    assert page == filled(page), "README.md is out of date: run `python -m kireji.base.config_docs README.md`"


def test_the_types_of_settings_for_lua() -> None:
    written = (ROOT / LUA).read_text(encoding="utf-8")
    assert written == types(), f"{LUA} is out of date: run `python -m kireji.base.config_lua {LUA}`"
    for setting in OPTIONS:
        assert f"---@field {setting.key.partition('.')[2]}? " in written
    for setting in PROTECTED:
        assert not setting.env or setting.env not in written


def test_the_table_holds_every_setting_and_leaves_the_rest_of_the_page() -> None:
    page = filled(f"before {START}\nold\n{END} after")
    assert page.startswith(f"before {START}\n") and page.endswith(f"\n{END} after") and "old" not in page.split()
    for setting in (*PROTECTED, *OPTIONS):
        assert all(f"`{name}`" in page for name in (setting.key, setting.env) if name)
    with pytest.raises(ValueError, match="settings:start"):
        filled("no markers")


def test_the_settings_of_the_extension_for_vs_code() -> None:
    manifest = (VSCODE / config_vscode.MANIFEST).read_text(encoding="utf-8")
    module = (VSCODE / config_vscode.MODULE).read_text(encoding="utf-8")
    made = {"package.json": (manifest, config_vscode.manifest(manifest)), "src/": (module, config_vscode.module())}
    for name, (there, new) in made.items():
        assert there == new, f"{name} is out of date: run `python -m kireji.base.config_vscode editors/vscode`"


def test_the_server_takes_each_option_as_it_is_spelled_in_vs_code() -> None:
    (options,) = (part["properties"] for part in configuration() if part["title"] == "Kireji: options")
    assert len(options) == len(OPTIONS) and not any("_" in name for name in options)
    settings = with_editor_options(Settings(), {name: row["default"] for name, row in options.items()})
    assert (settings.options, settings.problems) == (Options(), ())


def test_no_workspace_can_set_what_is_protected_in_vs_code() -> None:
    manifest = json.loads((VSCODE / config_vscode.MANIFEST).read_text(encoding="utf-8"))
    settings = {key: row for part in configuration() for key, row in part["properties"].items()}
    protected = {f"kireji.{config_vscode.editor_key(s)}": s for s in PROTECTED if s.key}
    assert {key: row["scope"] for key, row in settings.items() if key in protected} == dict.fromkeys(
        (key for key, s in protected.items() if s.env and s.kind is not Kind.KEY), "machine"
    )
    assert settings["kireji.server.path"]["scope"] == "machine"
    options = {f"kireji.{config_vscode.editor_key(s)}" for s in OPTIONS}
    assert options <= settings.keys()
    untrusted = manifest["capabilities"]["untrustedWorkspaces"]
    assert (untrusted["supported"], set(untrusted["restrictedConfigurations"])) == ("limited", options)
    assert {f"onLanguage:{language}" for language in LANGUAGES} <= set(manifest["activationEvents"])
