"""What an error of the Messages API means to us: tables from status and type to a Reason.

Reads statuses, types and codes, never the service's words, and repeats none of them: they may quote the request.
"""

from __future__ import annotations

import math
import re
import time
from email.utils import parsedate_to_datetime
from types import MappingProxyType

from kireji.base.types import Reason
from kireji.providers.provider import ProviderError

_BY_STATUS = MappingProxyType(
    {
        408: Reason.TIMEOUT,
        409: Reason.OVERLOADED,
        429: Reason.RATE_LIMITED,
        504: Reason.TIMEOUT,
    }
)

# For an error event after a 200, where the status says nothing.
_BY_KIND = MappingProxyType(
    {
        "api_error": Reason.OVERLOADED,
        "authentication_error": Reason.KEY_REFUSED,
        "billing_error": Reason.SPEND_LIMIT,
        "conflict_error": Reason.OVERLOADED,
        "invalid_request_error": Reason.MISCONFIGURED,
        "not_found_error": Reason.MISCONFIGURED,
        "overloaded_error": Reason.OVERLOADED,
        "permission_error": Reason.KEY_REFUSED,
        "rate_limit_error": Reason.RATE_LIMITED,
        "timeout_error": Reason.TIMEOUT,
    }
)

# Only in the service's own envelope: without it, somebody else on the way asks for somebody else's password.
_BY_OWN_STATUS = MappingProxyType({401: Reason.KEY_REFUSED, 402: Reason.SPEND_LIMIT, 403: Reason.KEY_REFUSED})

# A monthly limit is not a rate: waiting a minute does not help, a person has to act.
_SPEND_LIMITS = frozenset({"enforced_spend_limit_reached", "contract_spend_limit_reached"})

# 511 is a captive portal that says so.
_NETWORK_LOGIN = 511


def refusal(status: int, kind: object, code: object, request_id: object, retry_after: object) -> ProviderError:
    """The error for a status, or for an error event (status 200), with the envelope's fields as they were received."""
    kind, code, request_id = _token(kind), _token(code), _token(request_id)
    words = (f"HTTP {status}", kind, code, request_id)
    return ProviderError(_reason(status, kind, code), " ".join(filter(None, words)), _seconds(retry_after))


def _reason(status: int, kind: str, code: str) -> Reason:
    if code in _SPEND_LIMITS:
        return Reason.SPEND_LIMIT
    if status == 200:
        return _BY_KIND.get(kind, Reason.PROTOCOL)
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if 400 <= status < 500:
        # Without the service's own envelope somebody else answered: a portal, a proxy, a wrong address.
        return _BY_OWN_STATUS.get(status, Reason.MISCONFIGURED) if kind else Reason.PROTOCOL
    return Reason.OVERLOADED if status >= 500 and status != _NETWORK_LOGIN else Reason.PROTOCOL


def _token(value: object) -> str:
    """A name that the service sent, if it looks like one: anything else could be somebody's source text."""
    return value if isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,64}", value) else ""


def _seconds(value: object) -> float | None:
    """`retry-after` in seconds, which it may also say as a date; None for nonsense, and when there is none."""
    if not isinstance(value, str):
        return None
    try:
        seconds = float(value)
    except ValueError:
        return _until(value)
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _until(date: str) -> float | None:
    """Seconds until a date as HTTP writes it."""
    try:
        return max(0.0, parsedate_to_datetime(date).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None
