"""A person's own actions: what a file may say, what is wrong with one, whose are read where, and that they keep to their place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kireji.base.types import Snapshot, Workspace
from kireji.engine.actions.action import Action, Refused
from kireji.engine.actions.own import own_actions, read_actions
from kireji.engine.prompt.action_rules import system_text
from support.acting import made, scene_of

GOOD = """---
title: Log instead of print
kind: refactor.rewrite
languages: [python, typescript]
where: function
context: signatures
---
Replace every `print` by a call of the module's logger.

## Good
```python
print(f"saved {n}")
```
```python
logger.info("saved %d", n)
```

## Bad: formats too early
The logger formats by itself.
```python
print(f"saved {n}")
```
```python
logger.info(f"saved {n}")
```
"""


def read(folder: Path, text: str, name: str = "log.md") -> Action | str:
    """The action of one file, or what is wrong with it."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    found = read_actions([("own", folder)], lambda said: "sk-ant-secret" in said)
    assert len(found.actions) + len(found.problems) == 1
    return found.actions[0] if found.actions else found.problems[0]


def test_a_file_is_an_action(tmp_path: Path) -> None:
    action = read(tmp_path, GOOD)
    assert isinstance(action, Action)
    assert (action.id, action.title, action.kind) == ("own:log", "Log instead of print", "refactor.rewrite")
    said = system_text(action)
    assert "Replace every `print`" in said
    assert "This would be wrong: The logger formats by itself." in said
    assert "## Good" not in said and "## Bad" not in said
    (example,) = action.examples
    assert (example.language, example.part) == ("python", 'print(f"saved {n}")\n')
    assert "<new>\nlogger.info" in example.answer


def test_it_changes_its_place_and_nothing_else(tmp_path: Path) -> None:
    action = read(tmp_path, GOOD)
    assert isinstance(action, Action)
    text = "def f(n):\n    print(n)$0\n\n\ndef g(n):\n    print(n + 1)\n"
    block = "<old_1>\n    print(n)\n</old_1>\n<new_1>\n    logger.info(n)\n</new_1>"
    assert made(action, scene_of(text), block) == text.replace("$0", "").replace("print(n)", "logger.info(n)")
    other = "<old_1>\n    print(n + 1)\n</old_1>\n<new_1>\n    pass\n</new_1>"
    assert isinstance(made(action, scene_of(text), other), Refused)
    assert action.find(scene_of("x = 1$0\n")) is None
    assert action.find(scene_of("func f() {\n$0}\n", "go")) is None


@pytest.mark.parametrize(
    ("front", "offered"),
    [
        ("title: T", True),
        ("title: 'T'\n# a remark\nwhere: line", True),
        ("title: T\nwhere: file\nlanguages:", True),
        ("title: T\nwhere: function", False),
        ("title: T\nlanguages: go", False),
    ],
)
def test_lenient_where_it_can_be(tmp_path: Path, front: str, offered: bool) -> None:
    for text in (f"---\n{front}\n---\nDo it.\n", f"\ufeff---\r\n{front}\r\n---\r\nDo it.\r\n"):
        action = read(tmp_path, text)
        assert isinstance(action, Action), action
        assert (action.find(scene_of("$0x = 1$0\n")) is not None) is offered


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Do it.\n", "front matter"),
        ("---\ntitle: T\nDo it.\n", "front matter"),
        ("---\nkind: quickfix\n---\nDo it.\n", "no title"),
        ("---\ntitle: T\n---\n\n", "instructions"),
        (f"---\ntitle: T\n---\n{'x' * 9_000}", "instructions"),
        ("---\ntitle: T\nmodel: gpt\n---\nDo it.\n", "'model'"),
        ("---\ntitle: T\nkind: source.fixAll\n---\nDo it.\n", "no kind for it"),
        ("---\ntitle: T\nkind: evil\n---\nDo it.\n", "no kind for it"),
        ("---\ntitle: T\nwhere: everywhere\n---\nDo it.\n", "where is one of"),
        ("---\ntitle: T\ncontext: web\n---\nDo it.\n", "context is one of"),
        ("---\ntitle: T\n---\nDo it.\n## Good\n```\na\n```\n", "two fenced blocks"),
        ("---\ntitle: T\n---\nDo it\u200b.\n", "U+200B"),
        ("---\ntitle: T\n---\nDo\u202e it.\n", "U+202E"),
        ("---\ntitle: T\n---\nUse sk-ant-secret.\n", "a secret"),
        (f"---\ntitle: T\n---\n{'x' * 40_000}", "32,768 bytes"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, why: str) -> None:
    problem = read(tmp_path, text)
    assert isinstance(problem, str)
    assert why in problem and "log.md" in problem and "sk-ant-secret" not in problem


def test_links_that_lead_out_and_odd_folders(tmp_path: Path) -> None:
    folder, outside = tmp_path / "actions", tmp_path / "outside.md"
    folder.mkdir()
    outside.write_text(GOOD, encoding="utf-8")
    (folder / "link.md").symlink_to(outside)
    (folder / "README.md").write_text("no action")
    (folder / "other.txt").write_text("no action")
    (folder / "folder.md").mkdir()
    found = read_actions([("own", folder), ("own", tmp_path / "none"), ("own", outside)], lambda _: False)
    assert found.actions == ()
    assert len(found.problems) == 2


@pytest.mark.parametrize(("trusted", "ids"), [(True, ["own:mine", "project:theirs"]), (False, ["own:mine"])])
def test_a_workspaces_actions_need_trust(tmp_path: Path, trusted: bool, ids: list[str]) -> None:
    mine, root = tmp_path / "mine", tmp_path / "root"
    theirs = root / ".kireji/actions"
    for folder, name in ((mine, "mine"), (theirs, "theirs")):
        folder.mkdir(parents=True)
        (folder / f"{name}.md").write_text(GOOD, encoding="utf-8")
    snapshot = replace(
        Snapshot("t", scene_of("$0").document), workspace=Workspace(str(root), trusted), own_actions=str(mine)
    )
    found = own_actions(snapshot, lambda _: False)
    assert [action.id for action in found.actions] == ids
    if trusted:
        assert found.actions[1].title == "Log instead of print (this project's)"


def test_a_workspaces_folder_that_leads_out_is_not_read(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    for folder in (root / ".kireji", outside):
        folder.mkdir(parents=True)
    (outside / "theirs.md").write_text(GOOD, encoding="utf-8")
    (root / ".kireji/actions").symlink_to(outside)
    snapshot = replace(Snapshot("t", scene_of("$0").document), workspace=Workspace(str(root), True))
    assert own_actions(snapshot, lambda _: False).actions == ()
