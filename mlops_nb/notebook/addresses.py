"""Is this a local path or an address, and what of it may be told?

``file://`` is a local path in other words. Any other scheme is an address: it is read and written
as a whole (`storage`). Addresses may hold a password or a signature; they are used as given, and
told without those in messages, records and executed notebooks.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from mlops_nb.errors import InputError

# ``zip://nb.ipynb::s3://bucket/all.zip`` and ``simplecache::s3://…`` are fsspec's chains.
_URL = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]+::)*[A-Za-z][A-Za-z0-9+.-]+://")
_LOCAL = re.compile(r"(?:file|local)://", re.IGNORECASE)
# ``github://organisation:repository@…`` is no password.
_USER_INFO = re.compile(
    r"(?<![A-Za-z0-9+.-])(?!(?:github|git|gist)://)([A-Za-z][A-Za-z0-9+.-]*://[^\s/?#@:]*:)"
    r"([^\s/?#@]+)(?=@)"
)
_SIGNED = re.compile(
    r"([?&;][\w.~-]*(?:sig|signature|token|secret|passw|credential|key|auth)[\w.~-]*=)([^&;#\s]+)",
    re.IGNORECASE,
)
_HIDDEN = "***"
# Shorter ones would be found in the middle of words.
_LEAST_HIDDEN = 4


def is_url(path: str | Path) -> bool:
    """Return whether `path` is an address (``s3://…``) instead of a local path.

    >>> is_url("s3://bucket/churn.ipynb"), is_url("simplecache::memory://nb.ipynb")
    (True, True)
    >>> is_url("C:/nb.ipynb"), is_url("a{b}.ipynb"), is_url("file:///srv/nb.ipynb")
    (False, False, False)
    """
    text = str(path)
    return _URL.match(text) is not None and _LOCAL.match(text) is None


def to_local(path: str | Path) -> str:
    """Return the local path that a ``file://`` address stands for, anything else as it is.

    Percent signs are read as RFC 8089 has them: ``%20`` is a space.

    Raises
    ------
    InputError
        MNB123 if the address names another machine.

    >>> to_local("file:///srv/a%20b.ipynb"), to_local("nb.ipynb"), to_local("s3://b/nb.ipynb")
    ('/srv/a b.ipynb', 'nb.ipynb', 's3://b/nb.ipynb')
    """
    text = str(path)
    scheme = _LOCAL.match(text)
    if scheme is None:
        return text
    host, slash, rest = text[scheme.end() :].partition("/")
    if host.lower() not in ("", "localhost"):
        raise InputError(
            "MNB123",
            text,
            f"the address names a file on the machine {host!r}.",
            f"Write three slashes for one of this machine: file:///{host}/{rest}.",
        )
    return unquote(slash + rest)


def scheme_of(url: str) -> str:
    """Return the scheme that decides who reads `url`, lower case; of a chain the first.

    >>> scheme_of("S3://bucket/nb.ipynb"), scheme_of("zip://nb.ipynb::s3://bucket/all.zip")
    ('s3', 'zip')
    """
    return re.split("::|://", url, maxsplit=1)[0].lower()


def tell_address(url: str) -> str:
    """Return `url` as it may be told: without the password and the signatures it holds.

    >>> tell_address("https://me:pw@example.org/nb.ipynb?version=3&sig=a%2Fb")
    'https://me:***@example.org/nb.ipynb?version=3&sig=***'
    >>> tell_address("github://org:repo@main/nb.ipynb")
    'github://org:repo@main/nb.ipynb'
    """
    if not is_url(url):
        return url
    return _SIGNED.sub(rf"\1{_HIDDEN}", _USER_INFO.sub(rf"\1{_HIDDEN}", url))


def without_user(url: str) -> str:
    """Return `url` without user name and password: whose hands write there is not where it is.

    >>> without_user("https://me:pw@example.org/nb.ipynb?key=a")
    'https://example.org/nb.ipynb?key=a'
    """
    return re.sub(r"(?<=://)[^\s/?#@]*:[^\s/?#@]*@", "", url) if _USER_INFO.search(url) else url


def tell_without(text: str, url: str) -> str:
    """Return `text`, what a library says of `url`, without what `tell_address` leaves out.

    >>> tell_without("no route for /nb.ipynb?sig=abcdef", "https://example.org/nb.ipynb?sig=abcdef")
    'no route for /nb.ipynb?sig=***'
    """
    told = text.replace(url, tell_address(url))
    found = [*_USER_INFO.findall(url), *_SIGNED.findall(url)]
    for secret in {form for _, raw in found for form in (raw, unquote(raw))}:
        if len(secret) >= _LEAST_HIDDEN:
            told = told.replace(secret, _HIDDEN)
    return told


def name_in(url: str) -> str:
    """Return the last part of an address, without its query: the name of the file.

    >>> name_in("https://example.org/a%20b.ipynb?raw=1"), name_in("s3://bucket/what?.ipynb")
    ('a%20b.ipynb', 'what?.ipynb')
    """
    first = url.split("::", 1)[0] if "://" in url.split("::", 1)[0] else url
    if scheme_of(first) in ("http", "https"):
        first = urlsplit(first).path
    return first.rstrip("/").rsplit("/", 1)[-1]
