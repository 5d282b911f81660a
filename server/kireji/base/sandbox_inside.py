"""The first process of a sandbox: builds its walls where no other program does, runs one command, and ends all that it started.

Run by `sandbox.py` as a program of its own, from its source text, with nothing but the standard library; never imported.
Over 300 lines: it must be one text. It is told what to do by one JSON argument, says how it ended on the descriptor named
there, and ends with its standard input, which its owner holds. Linux only.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import json
import os
import platform
import resource
import select
import signal
import socket
import stat
import struct
import sys
import time
from typing import Any, NoReturn

_TICK = 0.05
# The same for every platform: the newer calls have one number everywhere.
_MOUNT_SETATTR, _LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 442, 444, 445, 446
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}.get(platform.machine(), -1)
_NAMESPACES = 0x00020000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
_BIND, _REC, _PRIVATE, _REMOUNT, _RDONLY, _NOSUID, _NODEV, _NOEXEC = 4096, 16384, 1 << 18, 32, 1, 2, 4, 8
_DETACH = 2
_PDEATHSIG, _DUMPABLE, _NO_NEW_PRIVS, _SECCOMP, _SUBREAPER = 1, 4, 38, 22, 36
_DEVICES = ("null", "zero", "full", "random", "urandom")
# Everything that Landlock knows of files and folders, and what of it a reader needs.
_ALL_FILES, _READING, _OF_FILES = 0xFFFF, 0b1101, 0b1100000000000111
_LEAST_LANDLOCK = 6

_libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """One command from its start to the end of all that it has started."""
    told = json.loads(sys.argv[1])
    report = int(told["report"])
    os.set_inheritable(report, False)
    try:
        if told["walls"] == "unshare":
            _unshared(told, report)
        if told["walls"] == "landlock":
            _call(_libc.prctl(_SUBREAPER, 1, 0, 0, 0), "a subreaper")
        # What runs inside must not reach into its keeper.
        _call(_libc.prctl(_DUMPABLE, 0, 0, 0, 0), "an undumpable keeper")
        child = _started(told)
    except OSError as error:
        _say(report, {"ended": "setup", "what": f"{error.strerror}: {error.filename or ''}"})
        os._exit(1)
    said = _kept(told, child)
    _end_all(told)
    _say(report, said)
    os._exit(0)


def _say(report: int, what: dict[str, Any]) -> None:
    os.write(report, json.dumps(what).encode() + b"\n")


def _call(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)
    return result


# ---- the command and its keeper ----------------------------------------------------------------


def _started(told: dict[str, Any]) -> int:
    child = os.fork()
    if child:
        return child
    try:
        os.setsid()
        nothing = os.open("/dev/null", os.O_RDONLY)
        os.dup2(nothing, 0)
        _limit(told)
        os.chdir(told["folder"])
        _call(_libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0), "no new privileges")
        if told["walls"] == "landlock":
            _landlocked(told)
        os.execve(told["command"][0], told["command"], told["environment"])
    except OSError as error:
        os.write(2, f"sandbox: {error.strerror}: {error.filename or ''}\n".encode())
    os._exit(127)


def _limit(told: dict[str, Any]) -> None:
    os.nice(5)
    limits = (
        (resource.RLIMIT_CPU, int(told["cpu_seconds"])),
        (resource.RLIMIT_DATA, int(told["memory_bytes"])),
        (resource.RLIMIT_FSIZE, int(told["disk_bytes"])),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 1024),
    )
    for what, most in limits:
        _, hard = resource.getrlimit(what)
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (least, least))


def _kept(told: dict[str, Any], child: int) -> dict[str, Any]:
    """Waits for the command, and for whatever ends it first."""
    until = time.monotonic() + float(told["seconds"])
    since, free = time.time(), _free(told["folder"])
    while True:
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                if ended[0] == child:
                    return {"ended": "exit", "code": os.waitstatus_to_exitcode(ended[1])}
        processes = _descendants(told)
        if len(processes) > told["processes"]:
            return {"ended": "processes"}
        if sum(_resident(pid) for pid in processes) > told["memory_bytes"]:
            return {"ended": "memory"}
        # Others write to the same disk: what is gone of it is looked for among what these have written.
        if free - _free(told["folder"]) > told["disk_bytes"] and _written(told, processes, since) > told["disk_bytes"]:
            return {"ended": "disk"}
        if time.monotonic() > until:
            return {"ended": "time"}
        # Nothing is ever written there: what can be read is the end of the owner.
        readable, _, _ = select.select([0], [], [], _TICK)
        if readable and not os.read(0, 1):
            return {"ended": "owner"}


def _free(folder: str) -> int:
    try:
        found = os.statvfs(folder)
    except OSError:
        return 0
    return found.f_bavail * found.f_frsize


def _written(told: dict[str, Any], processes: list[int], since: float) -> int:
    """The bytes on disk of files that were written since: in the folders that may be written to, and those without a name
    that a process holds open."""
    places = [at for _, at, writable in told["mounts"] if writable]
    named = (os.path.join(folder, name) for place in places for folder, _, names in os.walk(place) for name in names)
    held = (f"/proc/{pid}/fd/{name}" for pid in processes for name in _listed(f"/proc/{pid}/fd"))
    total = 0
    for path, is_held in (*((path, False) for path in named), *((path, True) for path in held)):
        with contextlib.suppress(OSError):
            found = os.stat(path) if is_held else os.lstat(path)
            if stat.S_ISREG(found.st_mode) and found.st_ctime >= since - 1 and (found.st_nlink == 0 or not is_held):
                total += found.st_blocks * 512
    return total


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _descendants(told: dict[str, Any]) -> list[int]:
    """All processes of the sandbox but this one."""
    numbers = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    me = os.getpid()
    if told["walls"] != "landlock":
        return [number for number in numbers if number != me]
    parents: dict[int, int] = {}
    for number in numbers:
        with contextlib.suppress(OSError), open(f"/proc/{number}/stat", "rb") as file:
            parents[number] = int(file.read().rpartition(b")")[2].split()[1])
    found = {me}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return sorted(found - {me})


def _resident(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    except (OSError, IndexError):
        return 0


def _end_all(told: dict[str, Any]) -> None:
    """Kills until nothing is left. In a namespace of its own the kernel does it when this process ends."""
    if told["walls"] != "landlock":
        return
    while processes := _descendants(told):
        for pid in processes:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.005)


# ---- walls of namespaces -----------------------------------------------------------------------


def _unshared(told: dict[str, Any], report: int) -> None:
    """Goes on as the first process of namespaces of its own, on a root of its own. The process that was waits outside."""
    user, group = os.geteuid(), os.getegid()
    _call(_libc.unshare(_NAMESPACES), "namespaces")
    for name, text in (("setgroups", "deny"), ("uid_map", f"1000 {user} 1"), ("gid_map", f"1000 {group} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)
    inside = os.fork()
    if inside:
        os.close(report)
        os.close(0)
        _wait_outside(inside)
    _call(_libc.prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "an end with its owner")
    _on_own_root(told)
    _loopback_up()


def _wait_outside(inside: int) -> NoReturn:
    _, status = os.waitpid(inside, 0)
    os._exit(0 if status == 0 else 1)


def _mount(source: str | None, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    words = [word.encode() if word is not None else None for word in (source, target, kind, data)]
    _call(_libc.mount(words[0], words[1], words[2], ctypes.c_ulong(flags), words[3]), f"mount {target}")


def _on_own_root(told: dict[str, Any]) -> None:
    root = told["root"]
    _mount(None, "/", None, _REC | _PRIVATE)
    _mount("tmpfs", root, "tmpfs", _NOSUID | _NODEV, "size=16m,mode=755")
    for name in ("tmp", "proc", "dev"):
        os.mkdir(f"{root}/{name}")
    _mount("tmpfs", f"{root}/tmp", "tmpfs", _NOSUID | _NODEV, f"size={told['disk_bytes']},mode=1777")
    for link, target in told["links"]:
        os.symlink(target, root + link)
    for source, target, writable in told["mounts"]:
        _bound(source, root + target, bool(writable))
    for name in _DEVICES:
        open(f"{root}/dev/{name}", "x").close()
        _mount(f"/dev/{name}", f"{root}/dev/{name}", None, _BIND)
    os.mkdir(f"{root}/dev/shm")
    _mount("tmpfs", f"{root}/dev/shm", "tmpfs", _NOSUID | _NODEV, f"size={told['disk_bytes']},mode=1777")
    for name, target in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
        os.symlink(f"/proc/self/fd{target}", f"{root}/dev/{name}")
    _mount("proc", f"{root}/proc", "proc", _NOSUID | _NODEV | _NOEXEC)
    # Who is root outside could write there still.
    for name in ("sys", "irq", "bus", "sysrq-trigger"):
        if os.path.exists(f"{root}/proc/{name}"):
            _mount(f"{root}/proc/{name}", f"{root}/proc/{name}", None, _BIND | _REC)
            _read_only(f"{root}/proc/{name}")
    _mount(None, root, None, _BIND | _REMOUNT | _RDONLY | _NOSUID | _NODEV)
    os.chdir(root)
    _call(_libc.syscall(_PIVOT_ROOT, b".", b"."), "pivot_root")
    _call(_libc.umount2(b".", _DETACH), "umount")
    os.chdir("/")


def _bound(source: str, target: str, writable: bool) -> None:
    if stat.S_ISDIR(os.stat(source).st_mode):
        os.makedirs(target, exist_ok=True)
    elif not os.path.exists(target):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        open(target, "x").close()
    _mount(source, target, None, _BIND | _REC)
    if not writable:
        _read_only(target)


def _read_only(target: str) -> None:
    """This mount and each below it: none may be written to, nor give privileges."""
    attributes = struct.pack("=QQQQ", _RDONLY | _NOSUID | _NODEV, 0, 0, 0)
    _call(
        _libc.syscall(_MOUNT_SETATTR, -100, target.encode(), 0x8000, attributes, len(attributes)), f"read-only {target}"
    )


def _loopback_up() -> None:
    """Tests may talk to themselves; there is nobody else."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        flags = fcntl.ioctl(control, 0x8913, struct.pack("16sh14x", b"lo", 0))
        up = struct.unpack("16sh14x", flags)[1] | 1
        fcntl.ioctl(control, 0x8914, struct.pack("16sh14x", b"lo", up))


# ---- walls of Landlock -------------------------------------------------------------------------


def _landlocked(told: dict[str, Any]) -> None:
    """Leaves this process, and each it will start, with the files that it was given, no socket, and no one else to signal."""
    version = _libc.syscall(_LANDLOCK_CREATE, None, 0, 1)
    if version < _LEAST_LANDLOCK:
        raise OSError(errno.ENOSYS, "too old a Landlock", str(version))
    attributes = struct.pack("=QQQ", _ALL_FILES, 0b11, 0b11)
    rules = _call(_libc.syscall(_LANDLOCK_CREATE, attributes, len(attributes), 0), "Landlock")
    for source, _, writable in told["mounts"]:
        _allow(rules, source, _ALL_FILES if writable else _READING)
    for name in _DEVICES:
        _allow(rules, f"/dev/{name}", _OF_FILES)
    _call(_libc.syscall(_LANDLOCK_RESTRICT, rules, 0), "Landlock")
    os.close(rules)
    _no_sockets()


def _allow(rules: int, path: str, rights: int) -> None:
    handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not stat.S_ISDIR(os.fstat(handle).st_mode):
            rights &= _OF_FILES
        rule = struct.pack("=Qi", rights, handle)
        _call(_libc.syscall(_LANDLOCK_ADD, rules, 1, rule, 0), f"Landlock {path}")
    finally:
        os.close(handle)


def _no_sockets() -> None:
    """No socket can be opened: Landlock alone leaves datagrams, and the sockets of services on this machine. Pairs remain."""
    machine = {"x86_64": (0xC000003E, 41, 425), "aarch64": (0xC00000B7, 198, 425)}.get(platform.machine())
    if machine is None:
        raise OSError(errno.ENOSYS, "no filter for this machine", platform.machine())
    architecture, opening, ring = machine
    load, jump_equal, jump_least, leave = 0x20, 0x15, 0x35, 0x06
    refuse, kill, allow = 0x00050000 | errno.EACCES, 0x80000000, 0x7FFF0000
    code = b"".join(
        struct.pack("=HBBI", *row)
        for row in (
            (load, 0, 0, 4),
            (jump_equal, 1, 0, architecture),
            (leave, 0, 0, kill),
            (load, 0, 0, 0),
            (jump_least, 2, 0, 0x40000000),  # another numbering of the same calls
            (jump_equal, 1, 0, opening),
            (jump_equal, 0, 1, ring),
            (leave, 0, 0, refuse),
            (leave, 0, 0, allow),
        )
    )
    text = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HxxxxxxQ", len(code) // 8, ctypes.addressof(text))
    _call(_libc.prctl(_SECCOMP, 2, program, 0, 0), "a filter of calls")


if __name__ == "__main__":
    main()
