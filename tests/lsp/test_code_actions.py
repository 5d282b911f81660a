"""Code actions of the real server: offered at once, done through the gates, for clients of every ability."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from support.lsp_client import Client, RpcError, applied
from support.messages_api import MessagesApi, script
from support.messages_play import Pace
from support.serving import serving

URI = "file:///project/shop.py"
HEADER = 'def total(prices: list[int]) -> int:\n    """The sum of all prices. 𝒳"""\n'
TEXT = f'FACE = "🦊"\n\n\n{HEADER}    raise NotImplementedError\n\n\nprint(total([1]))\n'
GOOD = f"{HEADER}    return sum(prices)"
BROKEN = f"{HEADER}    return summe(prices)"
DONE = TEXT.replace("raise NotImplementedError", "return sum(prices)")

LITERALS = {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["", "refactor"]}}}
LAZY = LITERALS | {"dataSupport": True, "resolveSupport": {"properties": ["edit"]}}
VERSIONED = {"workspaceEdit": {"documentChanges": True}, "applyEdit": True}


def able(
    actions: object = LAZY, workspace: object = VERSIONED, encoding: str = "utf-32", **window: object
) -> dict[str, Any]:
    """A client's capabilities."""
    return {
        "general": {"positionEncodings": [encoding]},
        "textDocument": {"codeAction": actions},
        "workspace": workspace,
        "window": window,
    }


def taking(edits: list[Any]) -> Callable[[Any], Any]:
    """A client that applies what it is asked to."""

    def apply(params: Any) -> Any:
        edits.append(params)
        return {"applied": True}

    return apply


async def offers(
    client: Client, line: int = 5, only: list[str] | None = None, uri: str = URI, title: str = "Implement"
) -> list[Any]:
    """What is offered at a line, as far as its title begins so."""
    place = {"line": line, "character": 4}
    context: dict[str, Any] = {"diagnostics": []} | ({"only": only} if only is not None else {})
    params = {"textDocument": {"uri": uri}, "range": {"start": place, "end": place}, "context": context}
    found: list[Any] = await client.request("textDocument/codeAction", params)
    return [action for action in found if action["title"].startswith(title)]


async def test_an_action_is_offered_without_a_question_and_resolved_with_one(tmp_path: Path) -> None:
    async with MessagesApi(script(GOOD)) as api, serving(tmp_path, api) as served:
        client = served.client
        await client.initialize(capabilities=able())
        kinds = client.capabilities["codeActionProvider"]
        assert kinds["resolveProvider"] and "refactor.rewrite" in kinds["codeActionKinds"]
        client.open(URI, TEXT, version=7)
        (action,) = await offers(client)
        assert (action["title"], action["kind"]) == ("Implement total", "refactor.rewrite")
        assert "edit" not in action and "command" not in action
        assert api.asked == []

        resolved = await client.request("codeAction/resolve", action)
        (change,) = resolved["edit"]["documentChanges"]
        assert change["textDocument"] == {"uri": URI, "version": 7}
        assert applied(TEXT, resolved["edit"]) == DONE
        assert "NotImplementedError" in api.asked[0].question
        await client.shutdown()
        await served.process.wait()
    with closing(sqlite3.connect(next(tmp_path.rglob("*.sqlite3")))) as store:
        rows = store.execute("SELECT feature, reason FROM outcomes ORDER BY id").fetchall()
        calls = store.execute("SELECT feature, outcome FROM calls").fetchall()
    assert rows == [("code action", "offered"), ("implement", "offered")]
    assert [feature for feature, _ in calls] == ["implement"]


async def test_what_was_resolved_is_at_hand_as_long_as_nothing_changes(tmp_path: Path) -> None:
    """Some clients look at what an action would do, and resolve it once more when it is chosen."""
    async with MessagesApi(script(GOOD)) as api, serving(tmp_path, api) as served:
        client = served.client
        await client.initialize(capabilities=able())
        client.open(URI, TEXT)
        (action,) = await offers(client)
        edits = [(await client.request("codeAction/resolve", dict(action)))["edit"] for _ in range(3)]
        assert len(api.asked) == 1
        assert edits == [edits[0]] * 3
        # It was made, and undone: whoever chooses it then wants another.
        client.change(URI, 2, DONE)
        client.change(URI, 3, TEXT)
        await client.request("codeAction/resolve", dict(action))
        assert len(api.asked) == 2
        client.open("file:///project/other.py", "x = 1\n")
        await client.request("codeAction/resolve", dict(action))
        assert len(api.asked) == 3, "the question would be another"
        client.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
        client.open(URI, TEXT, version=3)
        await client.request("codeAction/resolve", dict(action))
        assert len(api.asked) == 4


async def test_who_has_paused_suggestions_may_still_choose_an_action(tmp_path: Path) -> None:
    async with MessagesApi(script(GOOD)) as api, serving(tmp_path, api) as served:
        client = served.client
        await client.initialize(capabilities=able())
        client.open(URI, TEXT)
        await client.request("workspace/executeCommand", {"command": "kireji.pause"})
        (action,) = await offers(client)
        resolved = await client.request("codeAction/resolve", action)
        assert applied(TEXT, resolved["edit"]) == DONE


async def test_only_what_is_asked_for_and_only_where_it_applies(tmp_path: Path) -> None:
    async with MessagesApi(script(GOOD)) as api, serving(tmp_path, api) as served:
        client = served.client
        await client.initialize(capabilities=able())
        client.open(URI, TEXT)
        assert len(await offers(client, only=["refactor"])) == 1
        assert len(await offers(client, only=["refactor.rewrite"])) == 1
        for other in (["quickfix"], ["refactor.rewrite.more"], ["refact"], ["source.organizeImports", "quickfix"]):
            assert await offers(client, only=other) == []
        assert await offers(client, line=8) == []
        assert await offers(client, uri="file:///project/unknown.py") == []
        client.open(URI, DONE)
        assert await offers(client) == []
        assert api.asked == []


async def test_nothing_is_offered_where_nobody_can_do_it(tmp_path: Path) -> None:
    async with serving(tmp_path) as served:
        await served.client.initialize(capabilities=able())
        served.client.open(URI, TEXT)
        assert await offers(served.client) == [], "the local engine follows no instructions"


@pytest.mark.parametrize("literals", [True, False])
async def test_clients_that_resolve_nothing_get_a_command(tmp_path: Path, literals: bool) -> None:
    async with MessagesApi(script(GOOD)) as api, serving(tmp_path, api) as served:
        client = served.client
        edits: list[Any] = []
        client.answers["workspace/applyEdit"] = taking(edits)
        await client.initialize(capabilities=able(LITERALS if literals else {}, {"applyEdit": True}))
        client.open(URI, TEXT)
        (action,) = await offers(client)
        command = action["command"] if literals else action
        assert command["title"] == "Implement total"
        run = {"command": command["command"], "arguments": command["arguments"]}
        assert await client.request("workspace/executeCommand", run) is True
        (edit,) = edits
        assert list(edit["edit"]["changes"]) == [URI], "the client knows no versions"
        assert applied(TEXT, edit["edit"]) == DONE


async def test_what_a_client_can_may_be_said_for_it(tmp_path: Path) -> None:
    # ALE makes the edits that it is asked for and counts in bytes, and declares neither.
    edits: list[Any] = []
    said = {"client": {"applyEdit": True, "positionEncoding": "utf-8"}, "completion": {"automatic": True}}
    async with MessagesApi(script(GOOD)) as api, serving(tmp_path, api) as served:
        client = served.client
        client.answers["workspace/applyEdit"] = taking(edits)
        result = await client.initialize(capabilities=able(LITERALS, {}, "utf-16"), initializationOptions=said)
        assert result["capabilities"]["positionEncoding"] == "utf-8"
        client.open(URI, TEXT)
        (action,) = await offers(client)
        await client.request("workspace/executeCommand", action["command"])
        assert applied(TEXT, edits[0]["edit"]) == DONE
        assert [told for method, told in client.notifications if method == "window/showMessage"] == []


@pytest.mark.parametrize("changed", [False, True])
async def test_a_change_that_the_client_did_not_take_is_at_hand_when_it_is_chosen_again(
    tmp_path: Path, changed: bool
) -> None:
    # Kate makes a change within two seconds of the command, or not at all.
    edits: list[Any] = []
    said = {"client": {"applyEdit": True}}
    async with MessagesApi(script(GOOD)) as api, serving(tmp_path, api) as served:
        client = served.client
        client.answers["workspace/applyEdit"] = lambda params: {"applied": False}
        await client.initialize(capabilities=able(LITERALS, {}), initializationOptions=said)
        client.open(URI, TEXT)
        (action,) = await offers(client)
        assert await client.request("workspace/executeCommand", action["command"]) is False
        assert "once more" in (await client.notified("window/showMessage"))["message"]
        if changed:
            client.change(URI, 2, TEXT + "\n")
        client.answers["workspace/applyEdit"] = taking(edits)
        assert await client.request("workspace/executeCommand", action["command"]) is True
        assert applied(TEXT, edits[0]["edit"]) == DONE
        assert len(api.asked) == (2 if changed else 1), "it was found sound for that very text"


async def test_what_a_gate_refuses_is_said_and_changes_nothing(tmp_path: Path) -> None:
    async with MessagesApi(script(BROKEN)) as api, serving(tmp_path, api) as served:
        client = served.client
        await client.initialize(capabilities=able())
        client.open(URI, TEXT)
        (action,) = await offers(client)
        resolved = await client.request("codeAction/resolve", action)
        assert not resolved.get("edit", {}).get("documentChanges")
        shown = await client.notified("window/showMessage")
        assert "Implement total" in shown["message"]
        assert "summe" in shown["message"]
        assert (await client.request("kireji/explain", {}))["findings"][0]["code"] == "F821"


async def test_an_edit_is_not_made_for_a_text_that_has_changed(tmp_path: Path) -> None:
    changed = asyncio.Event()
    async with MessagesApi(script(GOOD, until=changed)) as api, serving(tmp_path, api) as served:
        client = served.client
        await client.initialize(capabilities=able())
        client.open(URI, TEXT)
        (action,) = await offers(client)
        pending = client.start("codeAction/resolve", action)
        await api.request()
        client.change(URI, 2, f"# new\n{TEXT}")
        await client.has_read()
        changed.set()
        resolved = await asyncio.wait_for(pending, 60)
        assert not resolved.get("edit", {}).get("documentChanges")
        # What was offered for a text that is gone does nothing either.
        client.change(URI, 3, DONE)
        assert not (await client.request("codeAction/resolve", action)).get("edit", {}).get("documentChanges")
        assert len(api.asked) == 1


WAITING = "import asyncio\nimport time\n\n\ndef poll(check):\n    while not check():\n        time.sleep(1)\n"
AWAITING = "async def poll(check):\n    while not check():\n        await asyncio.sleep(1)\n"


@pytest.mark.parametrize("closed", [False, True])
async def test_nothing_more_is_asked_about_a_text_that_is_gone(tmp_path: Path, closed: bool) -> None:
    """The answer is wrong, and what a better one would be for is there no more."""
    until = asyncio.Event()
    async with (
        MessagesApi(script("return undefined_name_xyz(a, b", until=until)) as api,
        serving(tmp_path, api, KIREJI_ACTIONS_ATTEMPTS="3") as served,
    ):
        client = served.client
        await client.initialize(capabilities=able())
        client.open(URI, TEXT)
        (action,) = await offers(client)
        pending = client.start("codeAction/resolve", action)
        await api.request()
        if closed:
            client.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
        else:
            client.change(URI, 2, TEXT + "\n")
        await client.has_read()
        until.set()
        assert "edit" not in await asyncio.wait_for(pending, 60)
        assert len(api.asked) == 1
        assert (await client.request("kireji/explain", {}))["reason"] == "the text changed meanwhile"


@pytest.mark.parametrize("typed", [False, True])
async def test_an_edit_is_not_made_for_a_text_that_changes_while_a_person_decides(tmp_path: Path, typed: bool) -> None:
    """A client that knows no versions would make it at the wrong place."""
    edits: list[Any] = []
    async with MessagesApi(script(AWAITING)) as api, serving(tmp_path, api) as served:
        client = served.client

        def agree(params: Any) -> Any:
            if typed:
                client.change(URI, 2, f"# new\n{WAITING}")
            return params["actions"][0]

        client.answers |= {"workspace/applyEdit": taking(edits), "window/showMessageRequest": agree}
        await client.initialize(capabilities=able(LITERALS, {"applyEdit": True}))
        client.open(URI, WAITING)
        (action,) = await offers(client, title="Make poll async")
        assert await client.request("workspace/executeCommand", action["command"]) is not typed
        if typed:
            shown = await client.notified("window/showMessage")
            assert "changed meanwhile" in shown["message"]
        assert len(edits) == (0 if typed else 1)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
async def test_columns_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    text = 'def face(name: str) -> str:\n    """𝒳🦊"""; raise NotImplementedError\n'
    answer = 'def face(name: str) -> str:\n    """𝒳🦊"""\n    return name'
    units = {"utf-8": 1, "utf-16": 2, "utf-32": 4}[encoding]
    async with MessagesApi(script(answer)) as api, serving(tmp_path, api) as served:
        client = served.client
        await client.initialize(capabilities=able(encoding=encoding))
        client.open(URI, text)
        place = {"line": 0, "character": 4}
        params = {"textDocument": {"uri": URI}, "range": {"start": place, "end": place}, "context": {"diagnostics": []}}
        found = await client.request("textDocument/codeAction", params)
        action = next(one for one in found if one["title"] == "Implement face")
        resolved = await client.request("codeAction/resolve", action)
        (change,) = resolved["edit"]["documentChanges"]
        (edit,) = change["edits"]
        codec = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}[encoding]
        whole, docstring = text.splitlines()[1], '    """𝒳🦊"""'
        columns = [len(part.encode(codec)) // units for part in (docstring, whole)]
        assert edit["range"] == {
            "start": {"line": 1, "character": columns[0]},
            "end": {"line": 1, "character": columns[1]},
        }


async def test_progress_is_shown_and_can_stop_the_work(tmp_path: Path) -> None:
    async with MessagesApi(script(GOOD, pace=Pace(first_token=600))) as api, serving(tmp_path, api) as served:
        client = served.client
        tokens: list[Any] = []
        client.answers["window/workDoneProgress/create"] = lambda params: tokens.append(params["token"])
        await client.initialize(capabilities=able(workDoneProgress=True))
        client.open(URI, TEXT)
        (action,) = await offers(client)
        pending = client.start("codeAction/resolve", action)
        asked = await api.request()
        begun = await client.notified("$/progress")
        assert begun["value"] == {"kind": "begin", "title": "Implement total", "cancellable": True}
        assert [begun["token"]] == tokens
        client.notify("window/workDoneProgress/cancel", {"token": begun["token"]})
        with pytest.raises(RpcError, match="-32800"):
            await asyncio.wait_for(pending, 60)
        await asyncio.wait_for(asked.closed.wait(), 60)
        await client.notified("$/progress", lambda params: params["value"]["kind"] == "end")


async def test_a_command_that_is_cancelled_really_stops(tmp_path: Path) -> None:
    async with MessagesApi(script(GOOD, pace=Pace(first_token=600))) as api, serving(tmp_path, api) as served:
        client = served.client
        edits: list[Any] = []
        client.answers["workspace/applyEdit"] = taking(edits)
        await client.initialize(capabilities=able(LITERALS))
        client.open(URI, TEXT)
        (action,) = await offers(client)
        run = {"command": "kireji.act", "arguments": action["command"]["arguments"], "workDoneToken": "t"}
        pending = client.start("workspace/executeCommand", run)
        asked = await api.request()
        begun = await client.notified("$/progress")
        assert begun["token"] == "t", "the client's own token is used"
        client.notify("$/cancelRequest", {"id": client.last_id})
        with pytest.raises(RpcError, match="-32800"):
            await asyncio.wait_for(pending, 60)
        await asyncio.wait_for(asked.closed.wait(), 60)
        assert edits == []


@pytest.mark.parametrize("data", [None, 1, {}, {"uri": URI, "action": "implement", "range": [[0], [0, 0]]}])
async def test_what_was_not_offered_is_refused(tmp_path: Path, data: object) -> None:
    async with serving(tmp_path) as served:
        await served.client.initialize(capabilities=able())
        with pytest.raises(RpcError, match="-32602"):
            await served.client.request("codeAction/resolve", {"title": "x", "data": data})


async def test_a_model_of_its_own_is_asked_for_actions(tmp_path: Path) -> None:
    async with (
        MessagesApi(script("FACE", GOOD)) as api,
        serving(tmp_path, api, KIREJI_ACTION_MODEL="claude-sonnet-5-5") as served,
    ):
        client = served.client
        await client.initialize(capabilities=able())
        client.open(URI, TEXT)
        place = {"textDocument": {"uri": URI}, "position": {"line": 0, "character": 0}}
        await client.request("textDocument/inlineCompletion", place | {"context": {"triggerKind": 1}})
        (action,) = await offers(client)
        resolved = await client.request("codeAction/resolve", action)
        assert applied(TEXT, resolved["edit"]) == DONE
        assert [asked.model for asked in api.asked] == ["claude-haiku-5-5", "claude-sonnet-5-5"]


async def edit(client: Client, instruction: object, **more: Any) -> Any:
    """What `kireji.edit` answers about the function."""
    place = {"start": {"line": 4, "character": 0}, "end": {"line": 5, "character": 0}}
    argument = {"uri": URI, "range": place, "instruction": instruction} | more
    return await client.request("workspace/executeCommand", {"command": "kireji.edit", "arguments": [argument]})


async def test_an_edit_in_a_persons_own_words(tmp_path: Path) -> None:
    old, new = "    return sum(prices)", "    return sum(prices, start=0)"
    answer = f"<old_1>\n{old}\n</old_1>\n<new_1>\n{new}\n</new_1>"
    async with MessagesApi(script(answer)) as api, serving(tmp_path, api) as served:
        client = served.client
        edits: list[Any] = []
        client.answers["workspace/applyEdit"] = taking(edits)
        await client.initialize(capabilities=able())
        client.open(URI, DONE, version=3)
        place = {"start": {"line": 5, "character": 4}, "end": {"line": 5, "character": 4}}
        assert await edit(client, "name the start", range=place) is True
        (asked,) = edits
        assert applied(DONE, asked["edit"]) == DONE.replace(old, new)
        assert asked["edit"]["documentChanges"][0]["textDocument"] == {"uri": URI, "version": 3}
        assert "name the start" in api.asked[0].question
        # What lies outside the chosen lines cannot be reached, whatever the model says.
        assert await edit(client, "name the start") is False
        shown = await client.notified("window/showMessage")
        assert "does not keep to what was asked" in shown["message"]
        assert len(edits) == 1


async def test_a_model_may_ask_back(tmp_path: Path) -> None:
    async with MessagesApi(script("<ask>Which currency?</ask>")) as api, serving(tmp_path, api) as served:
        await served.client.initialize(capabilities=able())
        served.client.open(URI, DONE)
        assert await edit(served.client, "convert it") is False
        shown = await served.client.notified("window/showMessage")
        assert shown["message"] == "Kireji: edit: the model asks back (Which currency?)"


@pytest.mark.parametrize(
    ("instruction", "more"),
    [("", {}), (1, {}), ("x" * 5_000, {}), ("x", {"range": 1}), ("x", {"range": {"start": {"line": 1}, "end": {}}})],
)
async def test_an_edit_that_cannot_be_read_is_refused(
    tmp_path: Path, instruction: object, more: dict[str, Any]
) -> None:
    async with serving(tmp_path) as served:
        await served.client.initialize(capabilities=able())
        served.client.open(URI, DONE)
        with pytest.raises(RpcError, match="-32602"):
            await edit(served.client, instruction, **more)


OWN = "---\ntitle: Name the start\nwhere: function\n---\nPass the start of the sum by name.\n"


async def test_a_persons_own_actions(tmp_path: Path) -> None:
    folder = tmp_path / "actions"
    folder.mkdir()
    (folder / "start.md").write_text(OWN)
    (folder / "broken.md").write_text("no front matter")
    old, new = "    return sum(prices)", "    return sum(prices, start=0)"
    answer = f"<old_1>\n{old}\n</old_1>\n<new_1>\n{new}\n</new_1>"
    async with (
        MessagesApi(script(answer)) as api,
        serving(tmp_path, api, KIREJI_ACTIONS=str(folder)) as served,
    ):
        client = served.client
        await client.initialize(capabilities=able())
        client.open(URI, DONE)
        (action,) = await offers(client, title="Name the start")
        logged = await client.notified("window/logMessage", lambda params: "broken.md" in params["message"])
        assert "front matter" in logged["message"]
        resolved = await client.request("codeAction/resolve", action)
        assert applied(DONE, resolved["edit"]) == DONE.replace(old, new)
        system = api.asked[0].body["system"]
        assert isinstance(system, list) and system[0]["text"].endswith("Pass the start of the sum by name.")
        await offers(client)
        said = [params for method, params in client.notifications if method == "window/logMessage"]
        assert sum("broken.md" in params["message"] for params in said) == 1


async def test_protected_files_are_changed_by_nobody(tmp_path: Path) -> None:
    async with MessagesApi(script("<old>\nx\n</old>\n<new>\ny\n</new>")) as api, serving(tmp_path, api) as served:
        client = served.client
        edits: list[Any] = []
        client.answers["workspace/applyEdit"] = taking(edits)
        await client.initialize(capabilities=able())
        for name in (".vscode/tasks.py", ".github/build.py", ".git/hooks/x.py", "sitecustomize.py", ".gitlab-ci.yml"):
            uri = f"file:///project/{name}"
            client.open(uri, DONE)
            assert await offers(client, uri=uri, title="") == []
            assert await edit(client, "do it", uri=uri) is False
        assert edits == []
        assert api.asked == []


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX's")
async def test_a_text_to_be_read_lies_in_a_private_file_that_goes_with_the_server(tmp_path: Path) -> None:
    shown: list[Path] = []

    def show(params: Any) -> Any:
        path = Path(params["uri"].removeprefix("file://"))
        shown.append(path)
        assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
        assert path.read_text("utf-8") == "It adds.\n"
        return {"success": len(shown) == 1}

    async with MessagesApi(script("It adds.")) as api, serving(tmp_path, api) as served:
        client = served.client
        client.answers["window/showDocument"] = show
        await client.initialize(capabilities=able(showDocument={"support": True}))
        client.open(URI, DONE)
        (action,) = await offers(client, title="Explain")
        assert action["kind"] == "source.explain" and "data" not in action, (
            "a client would ask for its edit again and again"
        )
        run = {"command": action["command"]["command"], "arguments": action["command"]["arguments"]}
        assert await client.request("workspace/executeCommand", run) is True
        # Where the editor does not show it after all, it is said.
        assert await client.request("workspace/executeCommand", run) is True
        told = await client.notified("window/showMessage")
        assert told["message"] == "Kireji: explain:\nIt adds.\n"
        assert len(shown) == 2
        await client.shutdown()
        await served.process.wait()
    assert not any(path.exists() for path in shown)


async def test_an_offer_names_the_problems_that_it_is_about(tmp_path: Path) -> None:
    text = f'{DONE}\n\ndef find(db, name):\n    return db.execute(f"SELECT id FROM t WHERE n = {{nam}}")\n'
    line = text[: text.index("    return db")].count("\n")

    def problem(at: int, end: int, code: str) -> dict[str, Any]:
        where = {"start": {"line": line, "character": at}, "end": {"line": line, "character": end}}
        return {"range": where, "message": code, "source": "Ruff", "code": code}

    undefined, old = problem(52, 55, "F821"), problem(4, 10, "X1") | {"tags": [2]}
    async with MessagesApi(script("")) as api, serving(tmp_path, api) as served:
        client = served.client
        await client.initialize(capabilities=able())
        client.open(URI, text)
        where = {"start": {"line": line, "character": 4}, "end": {"line": line, "character": 4}}
        context = {"diagnostics": [old, undefined]}
        params = {"textDocument": {"uri": URI}, "range": where, "context": context}
        found = {
            one["data"]["action"]: one
            for one in await client.request("textDocument/codeAction", params)
            if "data" in one
        }
        about = {name: [d["code"] for d in one.get("diagnostics") or ()] for name, one in found.items()}
        assert about["fix"] == ["F821"]
        assert about["replace-deprecated"] == ["X1"]
        assert about["secure"] == [] and "diagnostics" not in found["secure"]["data"]
        assert [d["code"] for d in found["fix"]["data"]["diagnostics"]] == ["F821"]
