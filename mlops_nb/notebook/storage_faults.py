"""What does it mean that a storage failed, whatever library told it?

Libraries of storages share no class of errors. What they do share is looked at, from the error
down to its causes: HTTP's status, the system's number, and the names that they give their classes.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Literal

from mlops_nb.errors import InfrastructureError, InputError, MlopsNbError
from mlops_nb.notebook.addresses import scheme_of, tell_address, tell_without

Kind = Literal["missing", "forbidden", "away", "refused"]

_SHOWN = 300
_BY_STATUS: dict[int, Kind] = {
    401: "forbidden",
    403: "forbidden",
    404: "missing",
    407: "forbidden",
    408: "away",
    410: "missing",
    425: "away",
    429: "away",
}
_FIRST_SERVER_STATUS = 500
_BY_NUMBER: dict[int, Kind] = {
    **dict.fromkeys((errno.ENOENT, errno.ENOTDIR), "missing"),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), "forbidden"),
    **dict.fromkeys(
        (
            errno.ECONNABORTED,
            errno.ECONNREFUSED,
            errno.ECONNRESET,
            errno.EHOSTUNREACH,
            errno.EIO,
            errno.ENETDOWN,
            errno.ENETUNREACH,
            errno.EPIPE,
            errno.ETIMEDOUT,
        ),
        "away",
    ),
}
# Classes of requests, botocore, aiohttp, azure, google-auth, paramiko and tenacity, and Python's.
_BY_NAME: dict[str, Kind] = {
    **dict.fromkeys(
        ("FileNotFoundError", "NoSuchKey", "NoSuchBucket", "ResourceNotFoundError"), "missing"
    ),
    **dict.fromkeys(
        (
            "AuthenticationException",
            "ClientAuthenticationError",
            "DefaultCredentialsError",
            "NoCredentialsError",
            "PartialCredentialsError",
            "PermissionError",
        ),
        "forbidden",
    ),
    **dict.fromkeys(
        (
            "ClientConnectionError",
            "ClientPayloadError",
            "ConnectionError",
            "EOFError",
            "HTTPClientError",
            "ServiceRequestError",
            "SSHException",
            "Timeout",
            "TimeoutError",
            "TransportError",
            "gaierror",
        ),
        "away",
    ),
}


def kind_of(error: BaseException) -> Kind:
    """Return what `error` says of the storage: ``"refused"`` if nothing that is known.

    >>> kind_of(FileNotFoundError("bucket/nb.ipynb")), kind_of(ConnectionResetError())
    ('missing', 'away')
    """
    return next((kind for one in _causes(error) if (kind := _kind_of_one(one))), "refused")


def phrase_fault(error: BaseException, url: str) -> str:
    """Return what `error` says in one line, without what may not be told of `url`."""
    status = _status_of(error)
    if status is not None and type(error).__name__ == "HTTPError":
        try:
            return f"the server answers {status} {HTTPStatus(status).phrase}"
        except ValueError:
            return f"the server answers {status}"
    told = getattr(error, "strerror", None)
    if not isinstance(told, str):
        told = f"{type(error).__name__}: {error}".removesuffix(": ")
    told = tell_without(" ".join(told.split()), url).rstrip(".")
    return told if len(told) <= _SHOWN else f"{told[:_SHOWN]}…"


def read_fault(error: BaseException, url: str) -> MlopsNbError:
    """Return the error to raise where `url` could not be read: MNB101, MNB102 or MNB122."""
    place, told, kind = tell_address(url), phrase_fault(error, url), kind_of(error)
    if kind == "missing":
        return InputError("MNB101", place, f"there is no such file: {told}.", "Check the address.")
    if kind == "away":
        return InfrastructureError(
            "MNB122", place, f"it cannot be reached: {told}.", advise(kind, url)
        )
    return InputError("MNB102", place, f"it cannot be read: {told}.", advise(kind, url))


def advise(kind: Kind, url: str) -> str:
    """Return what a reader can do about a fault of the storage behind `url`."""
    scheme = f"{scheme_of(url)}://"
    return {
        "missing": f"Check that {tell_address(url)} names a bucket or folder that is there.",
        "forbidden": f"Check the credentials for {scheme} in the environment, and their rights.",
        "away": "Check network and address; a retry may help.",
        "refused": f"Check the address, and the credentials for {scheme} in the environment.",
    }[kind]


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _kind_of_one(error: BaseException) -> Kind | None:
    status = _status_of(error)
    if status is not None and status >= _FIRST_SERVER_STATUS:
        return "away"
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    for kind in type(error).__mro__:
        if kind.__name__ in _BY_NAME:
            return _BY_NAME[kind.__name__]
    return _BY_NUMBER.get(getattr(error, "errno", None) or 0)


def _status_of(error: BaseException) -> int | None:
    """Return HTTP's status, as requests, botocore, aiohttp, azure and gcsfs tell it."""
    response: Any = getattr(error, "response", None)
    if isinstance(response, dict):
        response = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    told = (
        response,
        getattr(response, "status_code", None),
        getattr(error, "status_code", None),
        getattr(error, "status", None),
        getattr(error, "code", None),
    )
    known = (value for value in told if type(value) is int or str(value).isdecimal())
    return next((int(str(value)) for value in known), None)
