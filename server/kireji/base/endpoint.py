"""Which addresses of a model service are acceptable. Opens no connection and resolves no name."""

from __future__ import annotations

import re

# One closed pattern for the whole address, in place of a URL parser: parsers disagree about white space, backslashes,
# user names and percent signs, and every disagreement is a way to send a key to someone else.
_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>(?:/[a-z0-9._~-]*)*)",
    re.IGNORECASE | re.ASCII,
)
_OCTET = r"(?:0|[1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-5])"
# 127.0.0.0/8 in its canonical spelling only: 127.1, 0x7f000001 and 0177.0.0.1 mean different things to different
# readers.
_LOOPBACK = re.compile(rf"localhost|127\.{_OCTET}\.{_OCTET}\.{_OCTET}|\[::1\]", re.IGNORECASE | re.ASCII)


def endpoint_problem(url: str) -> str | None:
    """Why an address may not be used, or None. Accepted: https, or http on loopback; a host, a port, a plain path.

    The answer never quotes the address, which may hold a password.
    """
    if not url:
        return "the address is empty"
    if len(url) > 1_000:
        return "the address is over 1000 characters long"
    match = _ADDRESS.fullmatch(url)
    if match is None:
        return "the address is not of the form https://host[:port][/path], without user name, query or fragment"
    if match["port"] is not None and not 1 <= int(match["port"]) <= 65_535:
        return "the port is out of range"
    if ".." in match["host"] or ".." in match["path"]:
        return "the address holds '..'"
    if match["scheme"].lower() == "http" and not _LOOPBACK.fullmatch(match["host"]):
        return "http is for this machine only (localhost, 127.0.0.1, [::1]); use https"
    return None
