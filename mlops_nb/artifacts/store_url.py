"""How is a shared store named where others read it? Its URL without what opens it."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit


def mask_url(url: str) -> str:
    """Return `url` without user, password, query and fragment.

    >>> mask_url("s3://AKIA:secret@bucket/cache?token=abc")
    's3://***@bucket/cache?***'
    >>> mask_url("/mnt/team/cache")
    '/mnt/team/cache'
    """
    if "://" not in url:
        return url
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.partition("://")[0] + "://***"
    host = parts.netloc.rpartition("@")[2]
    netloc = f"***@{host}" if "@" in parts.netloc else host
    masked = urlunsplit((parts.scheme, netloc, parts.path, "", ""))
    return masked + ("?***" if parts.query or parts.fragment else "")


def mask_text(text: str, url: str) -> str:
    """Return `text`, a message of a library, without what `mask_url` takes out of `url`."""
    text = text.replace(url, mask_url(url))
    if "://" not in url:
        return text
    opened = url.partition("://")[2]
    user_info = opened.partition("/")[0].rpartition("@")[0]
    query = opened.partition("?")[2]
    pieces = [user_info, *user_info.split(":"), query, *re.findall(r"=([^&#]+)", query)]
    for piece in sorted(filter(None, pieces), key=len, reverse=True):
        if len(piece) > 2:
            text = text.replace(piece, "***")
    return text
