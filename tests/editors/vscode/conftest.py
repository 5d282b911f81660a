"""One VS Code for all of these tests, and one window of it, in which each test finds a file of its own. What needs a window or
an editor to itself opens one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from support.editing import PROGRAM, Kireji, Model
from support.messages_play import AT_ONCE
from support.vscode import Window, window
from support.vscode_desk import GOOD, Desk
from support.vscode_server import browser, code_server

PYTHON_EXTENSION = Path(__file__).with_name("selected-python")
FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Notes whether a test has failed, for the fixtures that clear up after it."""
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    """The editor; its server is the one of this interpreter. None may be left at the end."""
    folder = tmp_path_factory.mktemp("vscode")
    home, work = folder / "home", folder / "work"
    home.mkdir()
    work.mkdir()
    model, kireji = Model(), Kireji(folder / "bin")
    async with model.api:
        env = kireji.environment(home, model)
        env["KIREJI_LOG"] = "debug"
        async with code_server(folder, env, PYTHON_EXTENSION) as server, browser(home) as chromium:
            yield Desk(server, chromium, model, kireji, home, work)
        await kireji.ended()


class Shared:
    """The window that tests share, as long as each leaves it as it was; behind one that failed, another is opened."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._stack = AsyncExitStack()
        self._opened: Window | None = None

    async def on(self, path: Path) -> Window:
        """The window, with a file open in it."""
        if self._opened is None:
            desk = self._desk
            opening = window(desk.server, desk.chromium, path, desk.folder)
            self._opened = await self._stack.enter_async_context(opening)
        else:
            await self._opened.open(path)
        return Window(self._opened.page, path)

    async def close(self) -> None:
        """Closes it. The next test finds another."""
        self._opened = None
        await self._stack.aclose()
        await self._desk.kireji.ended()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared(desk: Desk) -> AsyncIterator[Shared]:
    """The shared window, not opened yet."""
    kept = Shared(desk)
    yield kept
    await kept.close()


def prepared(desk: Desk) -> None:
    """Puts settings and the model back to what each test expects. The server of an open window may start anew at that: a test
    that changes such settings opens a window of its own."""
    desk.server.settings()
    desk.model.says, desk.model.pace = GOOD, AT_ONCE


@pytest_asyncio.fixture(loop_scope="session")
async def editor(desk: Desk, shared: Shared, request: pytest.FixtureRequest) -> AsyncIterator[Window]:
    """The shared window on a file of this test's own, as soon as its server is ready."""
    prepared(desk)
    path = desk.folder / request.node.name / "sums.py"
    path.parent.mkdir()
    path.write_text(PROGRAM, "utf-8")
    try:
        opened = await shared.on(path)
        await opened.status("is ready")
        yield opened
        if not request.node.stash.get(FAILED, False):
            await opened.tidy()
            return
    except BaseException:
        await shared.close()
        raise
    await shared.close()


@pytest_asyncio.fixture(loop_scope="session")
async def alone(desk: Desk, shared: Shared, tmp_path: Path) -> AsyncIterator[Path]:
    """A file for a test that opens a window of its own: no other window is open."""
    prepared(desk)
    await shared.close()
    path = tmp_path / "work/sums.py"
    path.parent.mkdir()
    path.write_text(PROGRAM, "utf-8")
    yield path
    await desk.kireji.ended()
