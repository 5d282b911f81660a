"""`kireji prompt`: it says what would be sent, all of it, and sends nothing."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from support.environment import clean_environment
from support.messages_api import MessagesApi, script

KEY = "ghp_" + "a1B2c3D4e5" * 3 + "f6G7h8"
MAIN = f"""from shop.cart import Cart

TOKEN = "{KEY}"


def bill(cart: Cart) -> int:
    return cart.
"""
CART = "class Cart:\n    def total(self, country: str) -> int:\n        return 4711\n"


def make_project(folder: Path) -> Path:
    root = folder / "project"
    (root / "shop").mkdir(parents=True)
    (root / "shop" / "cart.py").write_text(CART)
    (root / "main.py").write_text(MAIN)
    return root


def run(home: Path, root: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kireji", "prompt", *arguments]
    environ = clean_environment(home, KIREJI_GATHER_MS="5000", **environment)
    return subprocess.run(command, cwd=root, env=environ, capture_output=True, text=True, timeout=60, check=False)


def test_each_part_with_its_place_its_size_and_why_it_is_there(tmp_path: Path) -> None:
    root = make_project(tmp_path)
    done = run(tmp_path, root, "main.py:7:17")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"^ +\d+  signature +shop/cart\.py:1 +class Cart:  named in this file", done.stdout, re.MULTILINE)
    assert re.search(r"^ +\d+  signature + :2 +def total\(self, country: str\) -> int:", done.stdout, re.MULTILINE)
    assert re.search(r"^ +\d+  before +:1-7 +7 lines", done.stdout, re.MULTILINE)
    assert re.search(r"^ +1  github-\w+ +main\.py:3$", done.stdout, re.MULTILINE)
    assert "No key is set: nothing is sent" in done.stdout
    assert KEY not in done.stdout


def test_every_word_on_demand(tmp_path: Path) -> None:
    done = run(tmp_path, make_project(tmp_path), "main.py:7:17", "--text")
    assert done.stdout.startswith("===== system\n")
    assert "def total(self, country: str) -> int:" in done.stdout
    assert KEY not in done.stdout and "<redacted:" in done.stdout
    assert "4711" not in done.stdout


def test_a_model_that_fills_in_is_sent_another_text(tmp_path: Path) -> None:
    root, own = make_project(tmp_path), {"KIREJI_PROVIDER": "openai-compatible", "KIREJI_MODEL": "qwen2.5-coder:7b"}
    own["KIREJI_SERVER_URL"] = "http://127.0.0.1:9/v1"
    apart = run(tmp_path, root, "main.py:7:17", "--text", **own)
    assert (apart.returncode, apart.stderr) == (0, "")
    assert re.match(r"===== prompt\n# file: cart\.py\n# class Cart:", apart.stdout) and "===== suffix\n" in apart.stdout
    whole = run(tmp_path, root, "main.py:7:17", "--json", **own | {"KIREJI_MODEL": "Qwen/Qwen2.5-Coder-7B"})
    sent = json.loads(whole.stdout)["prompt"]["fills"]["prompt"]
    assert sent.startswith("<|repo_name|>project\n<|file_sep|>cart.py\nclass Cart:")
    assert sent.endswith("    return cart.<|fim_suffix|>\n<|fim_middle|>")
    assert KEY not in sent and "<redacted:" in sent
    page = run(tmp_path, root, "main.py:7:17", **own)
    assert "none: this model fills in" in page.stdout and "No key is set" not in page.stdout


def test_where_nothing_would_be_asked(tmp_path: Path) -> None:
    root = make_project(tmp_path)
    done = run(tmp_path, root, "main.py:3:2")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "nothing would be asked here: the cursor's line holds a secret\n"
    done = run(tmp_path, root, "main.py:99:1")
    assert (done.returncode, done.stdout) == (2, "")


def without_nonces(text: str) -> str:
    return re.sub(r"(?<=_)[0-9a-f]{8}\b", "N", text)


async def test_what_it_says_is_what_is_sent(tmp_path: Path) -> None:
    root = make_project(tmp_path)
    async with MessagesApi(script("LIMIT = 3")) as api:
        keys = {"ANTHROPIC_API_KEY": api.key, "ANTHROPIC_BASE_URL": api.url}
        said = await asyncio.to_thread(run, tmp_path, root, "main.py:4:1", "--json", **keys)
        assert api.received == 0
        command = [sys.executable, "-m", "kireji", "complete", "main.py:4:1"]
        # Nobody waits for the index there: the first question may come before it, the second does not.
        environ = clean_environment(tmp_path, KIREJI_GATHER_MS="5000", KIREJI_ASK_AGAIN="false", **keys)
        process = await asyncio.create_subprocess_exec(*command, cwd=root, env=environ, stdout=subprocess.DEVNULL)
        await process.wait()
    prompt = json.loads(said.stdout)["prompt"]
    told = list(prompt["system"])
    told += [block for message in prompt["messages"] for block in message["blocks"]]
    body: Any = api.asked[0].body
    sent = [*body["system"], *(block for message in body["messages"] for block in message["content"])]
    assert [(without_nonces(b["text"]), b["cache"]) for b in told] == [
        (without_nonces(b["text"]), "cache_control" in b) for b in sent
    ]
    assert prompt["max_tokens"] == body["max_tokens"]
