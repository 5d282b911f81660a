"""Drives a window of a real VS Code as a person does: by keys, and by what can be seen. Knows nothing of the server."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from support.editing import POLL, WATCHDOG
from support.vscode_server import CLEAR, CLOSE, HIDE, CodeServer

if TYPE_CHECKING:
    from playwright.async_api import Browser, FloatRect, Locator, Page

WIDTH, HEIGHT = 1200, 700
GHOST = ".monaco-editor [class*=ghost-text]"
T = TypeVar("T")


class Window:
    """One window of the editor, with the focus in its text unless something else was opened."""

    def __init__(self, page: Page, path: Path) -> None:
        self.page = page
        self.path = path

    async def open(self, path: Path) -> None:
        """Opens a file by its path, and puts the focus into it."""
        await self.press("Control+p")
        await self.page.locator(".quick-input-widget input.input").fill(str(path))
        wanted = f"[aria-label^='{path.name}'][aria-label*='{path.parent.name}']"
        await self.page.locator(f".quick-input-list .monaco-list-row.focused{wanted}").wait_for()
        await self.press("Enter")
        label = f"[aria-label$='{path.parent.name}/{path.name}']"
        await self.page.locator(f".tab.active .monaco-icon-label{label}").wait_for()
        await self.page.wait_for_selector(".editor-instance .view-line")

    async def tidy(self) -> None:
        """Closes files, pages, lists and messages; what was not saved is lost."""
        await self.press("Escape", "Escape")
        while await self.page.locator(".tab").count():
            await self.press(CLOSE)
        await self.press(HIDE)
        # What was done last may have something to say only now.
        while await self.page.locator(".notification-list-item").count():
            await self.press(CLEAR)

    async def type(self, text: str) -> None:
        """Types as a person does, key by key."""
        await self.page.keyboard.type(text, delay=20)

    async def press(self, *keys: str) -> None:
        """Presses keys or combinations, one after another."""
        for key in keys:
            await self.page.keyboard.press(key)

    async def focus(self) -> None:
        """Puts the focus into the text."""
        await self.page.click(".editor-instance .view-lines")

    async def back(self) -> None:
        """Puts the focus back into the text, where the cursor was, by keyboard."""
        await self.until(self._to_text, bool, "the focus in the text")

    async def append(self, text: str) -> None:
        """Types at the end of the last line that is not empty."""
        await self.focus()
        await self.press("Control+End", "ArrowLeft")
        await self.type(text)

    async def ghost(self, wanted: str) -> str:
        """Waits for ghost text that has `wanted` in it, and returns it."""
        return await self.until(self._ghost, lambda text: wanted in text, f"ghost text with {wanted!r}")

    async def ghost_from(self, start: str) -> str:
        """Waits until the ghost text begins so."""
        return await self.until(self._ghost, lambda text: text.startswith(start), f"ghost text from {start!r}")

    async def no_ghost(self) -> None:
        """Waits until there is no ghost text."""
        await self.until(self._ghost, lambda text: text == "", "no ghost text")

    async def ghost_now(self) -> str:
        """The ghost text that can be seen at this moment."""
        return await self._ghost()

    async def shows(self, wanted: str) -> list[str]:
        """Waits until a line of the text has `wanted` in it, and returns the lines."""
        return await self.until(
            self.lines, lambda all_: any(wanted in line for line in all_), f"a line with {wanted!r}"
        )

    async def lines(self) -> list[str]:
        """The lines of the text that are on the screen, without ghost text."""
        script = """lines => lines.map(line => {
            const copy = line.cloneNode(true);
            copy.querySelectorAll('[class*=ghost-text]').forEach(ghost => ghost.remove());
            return [parseInt(line.style.top), copy.textContent];
        }).sort((a, b) => a[0] - b[0]).map(line => line[1])"""
        found: list[str] = await self.page.eval_on_selector_all(".editor-instance .view-line", script)
        return [line.replace("\u00a0", " ").replace("\u200b", "") for line in found]

    async def saved(self) -> str:
        """Saves the file, and returns what is in it, which is not nothing."""
        await self.press("Control+s")
        await self.page.wait_for_selector(".tab.active:not(.dirty)")
        # What has not changed may be written as well, and only now: the file is emptied first, and then written in one go.
        async with asyncio.timeout(WATCHDOG):
            while not (text := self.path.read_bytes()):
                await asyncio.sleep(POLL)
        return text.decode("utf-8")

    async def command(self, title: str) -> None:
        """Runs a command by its title, from the palette."""
        await self.press("F1")
        field = self.page.locator(".quick-input-widget input.input")
        await field.fill(f">{title}")
        name = re.compile(f"^{re.escape(title)}…?$")
        await self.page.locator(".quick-input-list .monaco-list-row .label-name", has_text=name).first.click()

    async def open_menu(self) -> None:
        """Opens the menu behind the item in the status bar, by keyboard alone."""
        await self.until(self._to_our_item, lambda label: "Opens the menu." in label, "the focus on our item")
        await self.press("Enter")
        await self.page.locator(".quick-input-list .monaco-list-row.focused").wait_for()

    async def menu(self, entry: str) -> None:
        """Chooses an entry of that menu, by keyboard alone."""
        await self.open_menu()
        await self.page.keyboard.type(entry)
        await self.page.locator(".quick-input-list .monaco-list-row.focused", has_text=entry).wait_for()
        await self.press("Enter")

    async def act(self, title: str) -> None:
        """Asks for code actions until there is one of that title, and chooses it: the list shows what was known when it was
        asked for."""
        row = self.page.locator(".action-widget .monaco-list-row", has_text=title)
        await self._asks("Control+.", row)
        await row.click()

    async def lists(self, name: str) -> Locator:
        """Asks for names until the popup has one at the top that begins so, and returns its row."""
        row = self.page.locator(".suggest-widget.visible .monaco-list-row.focused", has_text=name)
        await self._asks("Control+Space", row)
        return row

    async def _asks(self, key: str, row: Locator) -> None:
        from playwright.async_api import TimeoutError as TimedOut  # installed by make test-editors, and by nothing else

        async with asyncio.timeout(WATCHDOG):
            while True:
                await self.press(key)
                try:
                    await row.wait_for(timeout=5_000)
                    return
                except TimedOut:
                    await self.press("Escape")

    async def picture(self, name: str, left: int = 0, top: int = 0) -> None:
        """Keeps what can be seen right of and below a point, for the pages, where the environment names a folder for it."""
        if folder := os.environ.get("KIREJI_PICTURES"):
            clip: FloatRect = {"x": left, "y": top, "width": WIDTH - left, "height": HEIGHT - top}
            await self.page.screenshot(
                path=Path(folder) / f"{name}.png", clip=clip, caret="initial", animations="disabled"
            )

    async def button(self, label: str) -> None:
        """Presses a button of a message. By keyboard: what the pointer rests on explains itself, and covers buttons."""
        await self.page.locator(".notification-list-item .monaco-button", has_text=label).first.press("Enter")

    async def answer(self, title: str, text: str) -> None:
        """Types into the field that asks for something under that title, and confirms."""
        await self.asks(title)
        field = self.page.locator(".quick-input-widget input.input")
        await field.fill(text)
        await field.press("Enter")
        await self.page.locator(".quick-input-widget").wait_for(state="hidden")

    async def choose(self, title: str, label: str) -> None:
        """Chooses from the list that has that title. It may be there before what is in it."""
        await self.asks(title)
        await self.page.locator(".quick-input-widget input.input").fill(label)
        await self.page.locator(".quick-input-list .monaco-list-row.focused", has_text=label).wait_for()
        await self.press("Enter")
        await self.page.locator(".quick-input-widget").wait_for(state="hidden")

    async def asks(self, title: str) -> None:
        """Waits for the field that asks for something under that title."""
        await self.page.locator(".quick-input-title", has_text=title).wait_for()

    async def status(self, wanted: str) -> str:
        """Waits until the item in the status bar says `wanted` to a screen reader, and returns all that it says."""
        return await self.until(self._status, lambda text: wanted in text, f"the status {wanted!r}")

    async def bar(self) -> str:
        """What the item in the status bar shows, without its icon."""
        text: str = await self.page.locator("[id$='kireji.status']").inner_text()
        return text.strip()

    async def told(self, wanted: str) -> str:
        """Waits for a message that has `wanted` in it, and returns all messages that can be seen."""
        return await self.until(self.messages, lambda text: wanted in text, f"the message {wanted!r}")

    async def messages(self) -> str:
        """The messages that can be seen, one a line."""
        found: list[str] = await self.page.eval_on_selector_all(
            ".notification-list-item-message", "all => all.map(one => one.textContent)"
        )
        return "\n".join(found)

    async def until(self, look: Callable[[], Awaitable[T]], holds: Callable[[T], bool], what: str) -> T:
        """Waits until what can be seen holds; AssertionError, with what was seen last, at the watchdog."""
        seen: T | None = None
        try:
            async with asyncio.timeout(WATCHDOG):
                while True:
                    seen = await look()
                    if holds(seen):
                        return seen
                    await asyncio.sleep(POLL)
        except TimeoutError:
            picture = self.path.with_name("failed.png")
            await self.page.screenshot(path=picture)
            raise AssertionError(f"never seen: {what}; last: {seen!r}; see {picture}") from None

    async def _to_text(self) -> bool:
        await self.press("F6")
        return await self._in(".editor-instance")

    async def _to_our_item(self) -> str:
        # What has been opened or closed just now may take the focus out of the bar once more.
        await self.press("ArrowLeft" if await self._in(".part.statusbar") else "F6")
        return str(await self.page.evaluate("document.activeElement.getAttribute('aria-label') || ''"))

    async def _in(self, part: str) -> bool:
        return bool(await self.page.evaluate("part => document.activeElement.closest(part) !== null", part))

    async def _ghost(self) -> str:
        # Its lines are in several places of the page.
        script = """parts => parts.map(part => [part.getBoundingClientRect(), part.textContent])
            .sort(([a], [b]) => a.top - b.top || a.left - b.left).map(([, text]) => text)"""
        parts: list[str] = await self.page.eval_on_selector_all(GHOST, script)
        return "".join(parts).replace("\u00a0", " ")

    async def _status(self) -> str:
        found = await self.page.query_selector("[id$='kireji.status']")
        return (await found.get_attribute("aria-label") or "") if found is not None else ""


@contextlib.asynccontextmanager
async def window(
    server: CodeServer, chromium: Browser, path: Path, folder: Path | None = None
) -> AsyncIterator[Window]:
    """A window on a folder, that of the file when none is said, with the file open. It is closed as a person closes it, which
    ends its extension host."""
    context = await chromium.new_context(viewport={"width": WIDTH, "height": HEIGHT})
    page = await context.new_page()
    page.set_default_timeout(WATCHDOG * 1000)
    try:
        await page.goto(server.address(folder or path.parent, path))
        await page.wait_for_selector(".monaco-editor .view-line")
        yield Window(page, path)
        # Leaving a page tells the editor that it is being closed; closing a browser at once would look like a lost line.
        await page.goto("about:blank")
    finally:
        await context.close()
