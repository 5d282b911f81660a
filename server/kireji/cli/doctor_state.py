"""The doctor's look at what is kept: the state folder, the database in it, the day's money; and of what is read."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from kireji.base.caps import Caps, Spending, dollars, exact
from kireji.base.clock import Clock
from kireji.cli.health import REINSTALL, Line, Machine, note, ok, wrong

# The doctor may be called in a home folder.
_LOOK_SECONDS = 1.0
_ELSEWHERE = "Make it writable for yourself, or set KIREJI_STATE to another folder."


def state(machine: Machine) -> Iterator[Line]:
    """Whether the state folder can be written, is private, and holds a sound database."""
    named = machine.settings.protected.state_dir
    if not named:
        yield wrong("state", "its folder is not known, for the settings cannot be loaded", REINSTALL)
        return
    folder = Path(named)
    if not os.path.lexists(folder):
        yield _not_there(folder)
        return
    if (why := _not_writable(folder)) is not None:
        yield wrong("state", f"{folder} cannot be written: {why}", _ELSEWHERE)
        return
    # Looked at before the database is opened, which makes the folder private by itself.
    if os.name == "posix" and folder.stat().st_mode & 0o077:
        yield note("state", f"others can look into {folder}", f"Run: chmod 700 {folder}")
    yield _database(folder)


def workspace(_machine: Machine) -> Iterator[Line]:
    """What of the folder that the doctor is called in is read for context, and what is left out."""
    from kireji.base.index.census import census

    found = census(Path.cwd(), _LOOK_SECONDS)
    reasons = ", ".join(f"{count} {why.value}" for why, count in sorted(found.left_out.items(), key=lambda r: -r[1]))
    said = f"{'' if found.whole else 'at least '}{found.files} files of this folder are read for context"
    yield ok("workspace", f"{said}; left out: {reasons}" if reasons else said)


def money(machine: Machine) -> Iterator[Line]:
    """The caps, and what is spent of them."""
    from kireji.base.ledger import LedgerDown
    from kireji.base.store import is_there
    from kireji.compose import caps

    protected, source = machine.settings.protected, machine.sources["daily_cap_usd"]
    limits = caps(protected)
    folder = Path(protected.state_dir)
    known = protected.state_dir and is_there(folder)
    try:
        spending = asyncio.run(_spending(folder, machine.clock, limits)) if known else Spending(limits)
    except LedgerDown as error:
        text = f"what was spent is not known, so no remote model is asked: {error}"
        yield wrong("money", text, "Put the state folder right, as its own line says.")
        return
    today = f"{exact(spending.today)} of {dollars(limits.daily)} spent today"
    month = f"{exact(spending.month)} of {dollars(limits.monthly)} this month"
    text = f"{today}, {month}; the daily cap is from {source}"
    if not limits.daily or not limits.monthly:
        name = "monthly" if limits.daily else "daily"
        yield note("money", f"{text}: no remote model is asked", f"Raise money.{name}_cap_usd in your settings file.")
    elif spending.month >= limits.monthly:
        remedy = "Wait until the month ends, or raise money.monthly_cap_usd in your settings file."
        yield note("money", f"{text}: no remote model is asked this month", remedy)
    elif spending.today >= limits.daily:
        remedy = "Wait until midnight, or raise money.daily_cap_usd in your settings file."
        yield note("money", f"{text}: no remote model is asked today", remedy)
    elif spending.warning:
        yield note("money", f"{text}: {spending.warning}", "Nothing needs to be done; the cap can be raised as well.")
    else:
        yield ok("money", text)


def figures(machine: Machine) -> Iterator[Line]:
    """Whether the figures of the last day are in order."""
    from kireji.base.alerts import SECONDS, alerts, thresholds
    from kireji.base.audit import Audit
    from kireji.base.store import Store, StoreError, is_there

    async def last() -> tuple[str, ...]:
        folder = machine.settings.protected.state_dir
        if not folder or not is_there(folder):
            return ()
        store = Store(folder)
        try:
            rows, feedback = await Audit(store, machine.clock).last(SECONDS)
        finally:
            await store.close()
        return alerts(rows, feedback, thresholds(machine.settings.options))

    try:
        found = asyncio.run(last())
    except StoreError:  # the state folder's own line says why
        return
    for sentence in found:
        yield note("figures", sentence, "See kireji stats; alerts.… in your settings file say what is in order.")
    if not found:
        yield ok("figures", "failures, times and costs of the last day are in order")


def _not_there(folder: Path) -> Line:
    """A folder that is made at the first use, if it can be."""
    above = next(parent for parent in folder.parents if os.path.lexists(parent))
    if above.is_dir() and os.access(above, os.W_OK | os.X_OK):
        return ok("state", f"{folder} will be made at the first use")
    return wrong("state", f"{folder} cannot be made, because {above} is no folder of yours to write in", _ELSEWHERE)


def _not_writable(folder: Path) -> str | None:
    """The system's reason, found by writing: permissions alone tell nothing of a full disk or a file system."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"kireji")
    except OSError as error:
        return error.strerror or type(error).__name__
    return None


def _database(folder: Path) -> Line:
    from kireji.base.kept import kept_in
    from kireji.base.store import Store, StoreError, is_there

    if not is_there(folder):
        return ok("state", f"{folder} can be written; nothing is kept in it yet")

    async def opened() -> None:
        store = Store(folder)
        try:
            # Opening it brings its tables up to date and has sqlite look for damage.
            await store.run(lambda _connection: None)
        finally:
            await store.close()

    try:
        asyncio.run(opened())
    except StoreError as error:
        return wrong("state", str(error), "Do what it says, or begin anew with: kireji purge")
    size = sum(item.size for item in kept_in(folder.resolve()).items)
    return ok("state", f"{folder} can be written, and its database is sound ({size / 1000:.0f} kB)")


async def _spending(folder: Path, clock: Clock, limits: Caps) -> Spending:
    """Raises LedgerDown."""
    from kireji.base.ledger import SqliteLedger
    from kireji.base.store import Store

    store = Store(folder)
    try:
        return await SqliteLedger(store, clock, limits).spending()
    finally:
        await store.close()
