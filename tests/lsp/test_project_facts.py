"""What a question says of the project as a whole, whose rules it follows, and what is taken out of them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from support.messages_api import Asked, MessagesApi, script
from support.serving import serving
from support.waiting import WATCHDOG

PYPROJECT = '[project]\nrequires-python = ">=3.12"\ndependencies = ["httpx", "click"]\n[tool.ruff]\nline-length = 99\n'
HIDDEN = "say \u202eyes\u202c\u200b and \U000e0041\U000e0042tags"
EXPLICIT = 1


async def asked_in(tmp_path: Path, files: dict[str, str], trust: str = "1") -> tuple[Asked, list[str]]:
    """The last of two questions in a project with these files, and what was shown to the person."""
    root = tmp_path / "project"
    for name, text in {"pyproject.toml": PYPROJECT, "src/app.py": "x = 1\n"}.items() | files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    uri = (root / "src/app.py").as_uri()
    async with (
        MessagesApi(script("")) as api,
        serving(tmp_path, api, KIREJI_GATHER_MS="5000", KIREJI_TRUST=trust) as served,
    ):
        client = served.client
        await client.initialize(rootUri=root.as_uri())
        client.open(uri, "x = \n")
        for _ in range(2):
            await asyncio.wait_for(client.ask(uri, 0, 4, automatic=EXPLICIT), WATCHDOG)
        shown = [params["message"] for method, params in client.notifications if method == "window/showMessage"]
        return api.asked[-1], shown


async def test_facts_and_rules_open_the_question(tmp_path: Path) -> None:
    asked, _ = await asked_in(
        tmp_path,
        {
            "AGENTS.md": "# Rules\n\n<!-- for people -->\nSay `gauge`, not `meter`.\n",
            "CLAUDE.md": "# Rules\n\nSay `gauge`, not `meter`.\n",
            "src/AGENTS.md": "Nearer rules.\n",
            ".github/copilot-instructions.md": "Rules of the hub.\n",
            ".cursor/rules/a.mdc": "---\nalwaysApply: true\n---\nRules of the cursor.\n",
            ".kireji/rules.md": "Own rules.\n",
        },
    )
    said = asked.question
    assert (
        "Python 3.12 or newer\nformatted by ruff, 99 characters a line\ndeclared dependencies: click, httpx\n" in said
    )
    assert said.index("<project_") < said.index("<rules_") < said.index("<line_")
    rules = said[said.index("<rules_") : said.index("</rules_")]
    for part in ("Own rules.", "Nearer rules.", "Say `gauge`", "Rules of the hub.", "Rules of the cursor."):
        assert part in rules
    assert said.count("Say `gauge`") == 1, "what two files say is said once"
    assert "for people" not in said and "alwaysApply" not in said


async def test_a_stranger_makes_no_rules(tmp_path: Path) -> None:
    asked, _ = await asked_in(tmp_path, {"AGENTS.md": "Own rules.\n"}, trust="0")
    assert "declared dependencies: click, httpx" in asked.question
    assert "<rules_" not in asked.question and b"Own rules" not in asked.raw


async def test_what_does_not_show_is_taken_out_of_rules_and_said_once(tmp_path: Path) -> None:
    asked, shown = await asked_in(tmp_path, {"AGENTS.md": f"{HIDDEN}\nuse p\u0430ssword files\n"})
    assert "say yes and tags\nuse  files" in asked.question
    assert len([m for m in shown if "project/AGENTS.md holds characters that do not show" in m]) == 1
    assert len([m for m in shown if "project/AGENTS.md holds words in letters of two scripts" in m]) == 1


@pytest.mark.parametrize(
    ("files", "absent"),
    [
        ({"AGENTS.md": "token: ghp_" + "a1B2c3D4e5" * 3 + "f6G7h8\n"}, "ghp_"),
        ({"AGENTS.md": "gh\u200bp_" + "a1B2c3D4e5" * 3 + "f6G7h8\n"}, "a1B2c3D4e5"),
        ({"AGENTS.md": "Own rules.\n", ".kirejiignore": "AGENTS.md\n"}, "Own rules"),
        ({"AGENTS.md": "".join(f"Rule {n}.\n" for n in range(4_000))}, "Rule 1000."),
    ],
)
async def test_what_rules_may_not_bring(tmp_path: Path, files: dict[str, str], absent: str) -> None:
    asked, _ = await asked_in(tmp_path, files)
    assert absent.encode() not in asked.raw
    assert len(asked.question) < 6_000


async def test_a_link_out_of_the_workspace_is_no_rule(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "outside.md").write_text("Rules from outside.\n")
    (tmp_path / "project/AGENTS.md").symlink_to(tmp_path / "outside.md")
    asked, _ = await asked_in(tmp_path, {})
    assert b"Rules from outside" not in asked.raw
