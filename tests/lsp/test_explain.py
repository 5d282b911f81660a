"""What was withheld is explained: gate, code and place, in the editor and afterwards on the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.environment import clean_environment
from support.lsp_client import RpcError
from support.messages_api import MessagesApi, script
from support.serving import serving

URI = "file:///project/shop.py"
HEAD = "import os\nimport json\n\n\ndef total(items, rate):\n    amount = 0\n    "
TAIL = "\n    return amount * rate\n"
# Gate, code, and the word at which the finding stands.
BROKEN = (
    ("ruff", "F821", "amount = undefined_{0}", "undefined_{0}"),
    ("types", "missing-attribute", "amount = os.invented_{0}()", "os.invented_{0}"),
    ("types", "import-not-found", "from json import invented_{0}", "invented_{0}"),
    ("types", "too-many-positional-arguments", "amount = os.getcwd({0})", "{0}"),
    ("ruff", "F821", "for item in items_{0}:\n        amount += item", "items_{0}"),
)
ROWS = int(os.environ.get("SOAK_EXPLAINED", "10"))


def cli(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kireji", "explain", *arguments],
        env=clean_environment(home),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def test_gate_code_and_place_of_what_was_withheld(tmp_path: Path) -> None:
    wanted = [
        (gate, code, text.format(n), word.format(n)) for n in range(ROWS) for gate, code, text, word in [BROKEN[n % 5]]
    ]
    environment = {"KIREJI_ASK_AGAIN": "false", "KIREJI_GATES_AUTOMATIC_MS": "10000"}
    async with (
        MessagesApi(script(*(text for _, _, text, _ in wanted))) as api,
        serving(tmp_path, api, tcp=False, **environment) as served,
    ):
        client = served.client
        await client.initialize()
        for version, (_, _, text, _) in enumerate(wanted, 1):
            client.open(URI, f"{HEAD}{TAIL}# {version}\n", version=version)
            reply = await client.ask(URI, 6, 4, automatic=1)
            assert reply["items"] == [], text
        explained = await client.request("workspace/executeCommand", {"command": "kireji.explain", "arguments": [ROWS]})
        last = await client.request("workspace/executeCommand", {"command": "kireji.explain"})
        with pytest.raises(RpcError, match="-32602"):
            await client.request("workspace/executeCommand", {"command": "kireji.explain", "arguments": ["x"]})
    assert last == explained[0]
    assert len(explained) == ROWS
    places = []
    for told, (gate, code, text, word) in zip(reversed(explained), wanted, strict=True):
        result = HEAD + text + TAIL
        finding = told["findings"][0]
        start, end = finding["span"]
        assert (told["offered"], finding["gate"], finding["code"]) == (False, gate, code), told
        assert result[start:end].endswith(word) or word in result[start:end], (result[start:end], word)
        failed = [g for g in told["gates"] if g["state"] == "fail"]
        assert [g["gate"] for g in failed] == [gate]
        places.append(f"{code} at {start}..{end}")

    done = cli(tmp_path, "-n", str(ROWS), "--withheld")
    assert done.returncode == 0, done.stderr
    said = [line for line in done.stdout.splitlines() if " at " in line and ".." in line]
    assert [line.split("   ")[-1].split("; ")[0] for line in reversed(said)] == places
    assert "invented" not in done.stdout, "nothing of the text is kept"
    assert "undefined_" not in json.dumps([line for line in done.stdout.splitlines() if "F821" in line])


def test_nothing_asked_yet(tmp_path: Path) -> None:
    done = cli(tmp_path)
    assert (done.returncode, done.stdout) == (0, "Nothing has been asked yet.\n")
    assert not any((tmp_path / "state").glob("*"))
