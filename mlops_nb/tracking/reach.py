"""Does anybody answer at the tracking server's address?

MLflow's client retries a dead server for minutes. One connection attempt of a few seconds tells
beforehand, and costs a millisecond where the server is up.
"""

from __future__ import annotations

import socket
import urllib.request
from urllib.parse import urlsplit

CONNECT_TIMEOUT_S = 3.0


def find_fault(tracking_uri: str, *, timeout_s: float = CONNECT_TIMEOUT_S) -> str | None:
    """Return why the server of `tracking_uri` cannot be reached; None if it can, or is none.

    An address that a proxy serves is not tried: only the proxy could tell.
    """
    parts = urlsplit(tracking_uri)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return None
    if parts.scheme in urllib.request.getproxies() and not urllib.request.proxy_bypass(
        parts.hostname
    ):
        return None
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname, port), timeout=timeout_s).close()
    except OSError as error:
        return f"{parts.hostname}:{port} does not answer ({error})"
    return None
