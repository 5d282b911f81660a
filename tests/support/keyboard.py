"""A keyboard for a screen that nobody sees: speaks as much of Wayland's own protocol as typing takes. Knows no program.

Every key there is has one meaning, whatever is held down with it, so that no layout of anybody's matters.
"""

from __future__ import annotations

import asyncio
import os
import socket
import string
import struct
import time
from collections.abc import Mapping
from pathlib import Path

from support.editing import WATCHDOG

_MOVES = ("Return", "BackSpace", "Tab", "Escape", "Delete", "Up", "Down", "Left", "Right", "Home", "End")
_NAMED = (*_MOVES, *(f"F{n}" for n in range(1, 13)))
_TYPED = {" ": "space", "\n": "Return", "\t": "Tab"}
_WRITTEN = tuple(char for char in string.printable if char.isprintable() and char != " ")
_NAMES = (*_NAMED, "space", *(f"U{ord(char):04X}" for char in _WRITTEN))
# By the number that the keymap has for each: eight lower than its own, as everywhere in the protocol.
_KEYS: Mapping[str, int] = {name: number for number, name in enumerate(_NAMES, 1)}
_HELD = {"shift": 1, "ctrl": 4, "alt": 8}

_DISPLAY = 1
_XKB_TEXT, _RELEASED, _PRESSED = 1, 0, 1


class Keyboard:
    """One keyboard, plugged into a compositor. It waits after every key until the compositor has passed it on."""

    def __init__(self, display: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(WATCHDOG)
        try:
            self._socket.connect(str(display))
        except OSError:
            self._socket.close()
            raise
        self._read = b""
        self._last_made = _DISPLAY
        self._registry = self._made()
        self._globals: dict[str, int] = {}
        try:
            self._keyboard = self._plug_in()
        except BaseException:
            self._socket.close()
            raise

    async def press(self, name: str) -> None:
        """Presses a key by its name, with those that are held down meanwhile: `Return`, `ctrl+s`, `ctrl+shift+k`."""
        *held, last = name.split("+")
        key = _KEYS[last if last in _KEYS else f"U{ord(last):04X}"]
        await asyncio.to_thread(self._strike, key, sum(_HELD[modifier] for modifier in held))

    async def type(self, text: str) -> None:
        """Types characters of ASCII; a line break is the Enter key."""
        for char in text:
            await asyncio.to_thread(self._strike, _KEYS[_TYPED.get(char, f"U{ord(char):04X}")], 0)

    def close(self) -> None:
        """Takes it away."""
        self._socket.close()

    def _plug_in(self) -> int:
        self._send(_DISPLAY, 1, struct.pack("=I", self._registry))
        self._round_trip()
        seat, manager = self._bound("wl_seat"), self._bound("zwp_virtual_keyboard_manager_v1")
        keyboard = self._made()
        self._send(manager, 0, struct.pack("=II", seat, keyboard))
        keymap = _keymap().encode() + b"\0"
        with os.fdopen(os.memfd_create("keymap"), "wb") as file:
            file.write(keymap)
            file.flush()
            self._send(keyboard, 0, struct.pack("=II", _XKB_TEXT, len(keymap)), file.fileno())
            self._round_trip()
        return keyboard

    def _strike(self, key: int, held: int) -> None:
        now = time.monotonic_ns() // 1_000_000 & 0xFFFFFFFF
        self._send(self._keyboard, 2, struct.pack("=IIII", held, 0, 0, 0))
        self._send(self._keyboard, 1, struct.pack("=III", now, key, _PRESSED))
        self._send(self._keyboard, 1, struct.pack("=III", now, key, _RELEASED))
        self._send(self._keyboard, 2, struct.pack("=IIII", 0, 0, 0, 0))
        self._round_trip()

    def _bound(self, interface: str) -> int:
        assert interface in self._globals, f"the compositor has no {interface}"
        name = interface.encode() + b"\0"
        words = struct.pack("=II", self._globals[interface], len(name)) + name + b"\0" * (-len(name) % 4)
        made = self._made()
        self._send(self._registry, 0, words + struct.pack("=II", 1, made))
        return made

    def _round_trip(self) -> None:
        """Until the compositor has done all that it was told before."""
        callback = self._made()
        self._send(_DISPLAY, 0, struct.pack("=I", callback))
        while True:
            sender, opcode, words = self._receive()
            assert (sender, opcode) != (_DISPLAY, 0), f"the compositor is displeased: {words!r}"
            if sender == self._registry and opcode == 0:
                name, length = struct.unpack_from("=II", words)
                self._globals[words[8 : 8 + length - 1].decode()] = name
            if sender == callback:
                return

    def _made(self) -> int:
        """The number of a new object. The protocol wants them without gaps."""
        self._last_made += 1
        return self._last_made

    def _send(self, target: int, opcode: int, words: bytes, *files: int) -> None:
        head = struct.pack("=II", target, (8 + len(words)) << 16 | opcode)
        socket.send_fds(self._socket, [head + words], files)

    def _receive(self) -> tuple[int, int, bytes]:
        """The next event: from whom, which, and its arguments."""
        while len(self._read) < 8 or len(self._read) < struct.unpack_from("=II", self._read)[1] >> 16:
            piece = self._socket.recv(4096)
            assert piece, "the compositor has gone"
            self._read += piece
        sender, size = struct.unpack_from("=II", self._read)
        event, self._read = self._read[8 : size >> 16], self._read[size >> 16 :]
        return sender, size & 0xFFFF, event


def _keymap() -> str:
    codes = "\n".join(f"<K{number}> = {number + 8};" for number in _KEYS.values())
    symbols = "\n".join(f"key <K{number}> {{[ {name} ]}};" for name, number in _KEYS.items())
    return (
        f"xkb_keymap {{\nxkb_keycodes {{\nminimum = 8;\nmaximum = 255;\n{codes}\n}};\n"
        'xkb_types { include "complete" };\nxkb_compatibility { include "complete" };\n'
        f"xkb_symbols {{\n{symbols}\n}};\n}};\n"
    )
