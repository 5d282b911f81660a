"""Which addresses may receive the key and the code: https anywhere, http on this machine only, or in a private network where
the user says so.

Stricter than URL parsers on purpose: what two parsers could read differently is refused, so that no address means one
host here and another in the HTTP client. Decides about the text alone and looks no name up.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_URL = re.compile(
    r"(?P<scheme>https?)://"
    r"(?P<host>\[[0-9A-Fa-f:]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)"
    r"(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"(?P<path>(?:/[A-Za-z0-9._~-]+)*)/?",
    re.ASCII,
)


_PRIVATE = tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")))


class EndpointError(ValueError):
    """An address that must not be used. The message is one line without the address, which may hold a password."""


def check_endpoint(url: str) -> str:
    """The address as the HTTP client may have it, without a trailing slash.

    Raises EndpointError when it is not `https://host[:port][/path]`, or `http` with a loopback host in its place.
    """
    match = _URL.fullmatch(url)
    if match is None:
        raise EndpointError("the endpoint is not of the form https://host[:port][/path]")
    if match["port"] is not None and int(match["port"]) > 65_535:
        raise EndpointError("the endpoint's port is out of range")
    if any(part in (".", "..") for part in match["path"].split("/")):
        raise EndpointError("the endpoint's path holds a dot segment")
    _check_host(match["host"])
    if match["scheme"] == "http" and not _loopback(match["host"]):
        raise EndpointError("an endpoint outside this machine needs https")
    return url.removesuffix("/")


def check_server(url: str) -> str:
    """As `check_endpoint`, but plain http may go to an address of a private network as well: who calls has leave for it."""
    return url.removesuffix("/") if is_private_http(url) else check_endpoint(url)


def endpoint_problem(url: str) -> str | None:
    """Why an address may not be used, in one line, or None."""
    try:
        check_endpoint(url)
    except EndpointError as error:
        return str(error)
    return None


def is_private_http(url: str) -> bool:
    """Whether the address is plain http to a number of a private network. A name could mean another machine tomorrow."""
    match = _URL.fullmatch(url)
    if match is None or match["scheme"] != "http":
        return False
    try:
        check_endpoint(f"https{url.removeprefix('http')}")
        address = ip_address(match["host"].strip("[]"))
    except ValueError:
        return False
    return any(address in network for network in _PRIVATE if network.version == address.version)


def is_loopback(url: str) -> bool:
    """Whether a checked endpoint is on this machine."""
    match = _URL.fullmatch(url)
    return match is not None and _loopback(match["host"])


def _check_host(host: str) -> None:
    """Refuses numbers that some resolvers read as addresses (`127.1`, `0x7f.1`, `2130706433`) and malformed ones."""
    try:
        if host.startswith("["):
            IPv6Address(host[1:-1])
        elif re.fullmatch(r"[0-9]+|0[xX][0-9A-Fa-f]*", host.rsplit(".", 1)[-1]):
            IPv4Address(host)
    except ValueError:
        raise EndpointError("the endpoint's host is not a name or a plain address") from None


def _loopback(host: str) -> bool:
    if host.startswith("["):
        return IPv6Address(host[1:-1]) == IPv6Address("::1")
    if host.lower() == "localhost":
        return True
    return re.fullmatch(r"127(?:\.[0-9]{1,3}){3}", host) is not None
