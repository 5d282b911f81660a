"""What is generated from the code is up to date."""

from __future__ import annotations

from pathlib import Path

import pytest

from kireji.base.config_docs import END, START, filled
from kireji.base.config_lua import types
from kireji.base.config_schema import OPTIONS, PROTECTED

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
LUA = "editors/neovim/lua/kireji/settings.lua"


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
