"""A workspace that nobody trusts yet, in a real VS Code: what works there, what is not run, and what its settings cannot do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kireji.base.types import Reason
from support.editing import Kireji
from support.vscode import window
from support.vscode_desk import Desk, keeps_back, restarted, withheld
from support.vscode_server import overwrite

pytestmark = [pytest.mark.editors, pytest.mark.asyncio(loop_scope="session")]


def plant(folder: Path, kireji: Kireji) -> tuple[Path, Path]:
    """A workspace that would have its own programs run, questions sent elsewhere and nothing spent: its Python, and a file that
    is there once its server has run."""
    python, server, ran = folder / "venv/bin/python", folder / "venv/bin/kireji", folder.with_name("ran")
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\nexit 1\n")
    server.write_text(f'#!/bin/sh\necho >"{ran}"\nexec "{kireji.command}" "$@"\n')
    for program in (python, server):
        program.chmod(0o755)
    settings = {
        "kireji.server.path": str(server),
        "kireji.model.baseUrl": "http://127.0.0.1:9",
        "kireji.money.dailyCapUsd": 0,
        "kireji.completion.automatic": False,
        "python.defaultInterpreterPath": str(python),
    }
    (folder / ".vscode").mkdir()
    (folder / ".vscode/settings.json").write_text(json.dumps(settings))
    return python, ran


def told(process: int) -> dict[str, str]:
    """What a server's environment says of trust, of the selected Python and of addresses."""
    pairs = (row.partition(b"=") for row in Path(f"/proc/{process}/environ").read_bytes().split(b"\0"))
    said = {name.decode(): value.decode() for name, _, value in pairs}
    return {name: said[name] for name in ("KIREJI_TRUST", "KIREJI_PYTHON", "KIREJI_DAILY_CAP_USD") if name in said}


async def test_nothing_of_a_workspace_is_run_or_heeded_before_it_is_trusted(desk: Desk, alone: Path) -> None:
    python, ran = plant(alone.parent, desk.kireji)
    desk.server.settings({"security.workspace.trust.enabled": True})
    async with window(desk.server, desk.chromium, alone) as editor:
        assert "of $5.00" in await editor.status("is ready")
        await editor.page.locator(".part.banner", has_text="Restricted Mode").wait_for()
        (first,) = desk.kireji.running()
        assert told(first) == {"KIREJI_TRUST": "false"}
        await editor.append("; return ")
        assert await editor.ghost("first") == "first + second"
        assert not ran.exists()

        await editor.command("Workspaces: Manage Workspace Trust")
        await editor.page.locator(".workspace-trust-editor .monaco-button", has_text="Trust").first.wait_for()
        await editor.press("Control+Enter")
        second = await restarted(desk, editor, first)
        # Its Python is as good as its code now; what protects the person and their money is still not its to say.
        assert told(second) == {"KIREJI_TRUST": "true", "KIREJI_PYTHON": str(python)}
        assert "of $5.00" in await editor.status("is ready")
        assert ran.exists()
        await editor.press("Escape")
        quiet = withheld(desk, Reason.MANUAL)
        await editor.append(" ")
        await keeps_back(desk, Reason.MANUAL, quiet)
        await editor.press("Alt+Backslash")
        assert await editor.ghost("first") == "first + second"

        # Another Python of a workspace that is trusted by now counts as well.
        other = python.with_name("python3")
        other.write_text(python.read_text())
        other.chmod(0o755)
        settings = alone.parent / ".vscode/settings.json"
        overwrite(settings, settings.read_text().replace(json.dumps(str(python)), json.dumps(str(other))))
        third = await restarted(desk, editor, second)
        assert told(third) == {"KIREJI_TRUST": "true", "KIREJI_PYTHON": str(other)}
