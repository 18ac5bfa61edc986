"""Why can a stored value not be had, or a value not be stored? Two nouns, never a crash.

Inside these modules what fails raises `BlobError` or `NotStorableError`; at their border it becomes
an `Obstacle`, which a record, a plan or a person can read. Standard library only: the text of this
module is sent into kernels that have no mlops_nb.
"""

from __future__ import annotations

import errno
from dataclasses import asdict, dataclass
from typing import Any

_TEXT_KEPT = 300


@dataclass(frozen=True)
class Obstacle:
    """What keeps one variable from being stored or restored.

    Attributes
    ----------
    name : str
        The variable.
    type : str
        Qualified type of what is in the way: the value itself, or something inside it.
    path : str
        Where inside the variable, as an expression (``"state['lock']"``); the name itself if the
        whole value is meant.
    reason : str
        What is wrong; ends with a full stop.
    remedy : str
        What the reader can do; ends with a full stop.
    """

    name: str
    type: str
    path: str
    reason: str
    remedy: str

    def to_json(self) -> dict[str, Any]:
        """Return the fields as a JSON object."""
        return asdict(self)

    def __str__(self) -> str:
        """Return one line for a person."""
        return f"{self.path} ({self.type}): {self.reason} {self.remedy}"


class BlobError(Exception):
    """Stored bytes that are missing, damaged or unreadable; ``args`` are digest and reason."""

    def __init__(self, digest: str, reason: str) -> None:
        super().__init__(digest, reason)

    @property
    def reason(self) -> str:
        return str(self.args[1])


class NotStorableError(Exception):
    """A value that a codec cannot carry exactly; ``args`` are reason, remedy, path and type."""

    def __init__(self, reason: str, remedy: str = "", path: str = "", type_name: str = "") -> None:
        super().__init__(reason, remedy, path, type_name)

    @property
    def reason(self) -> str:
        return str(self.args[0])

    @property
    def remedy(self) -> str:
        return str(self.args[1])

    @property
    def path(self) -> str:
        return str(self.args[2])

    @property
    def type_name(self) -> str:
        return str(self.args[3])


def name_type(value: object) -> str:
    """Return the qualified name of the type of `value`; builtins without their module.

    >>> name_type(1), name_type(Obstacle)
    ('int', 'type')
    """
    kind = type(value)
    module = kind.__module__ if isinstance(kind.__module__, str) else ""
    return kind.__qualname__ if module in ("builtins", "") else f"{module}.{kind.__qualname__}"


def tell(error: BaseException) -> str:
    """Return an exception as a short clause without a full stop; never raises.

    >>> tell(ValueError("no."))
    'ValueError: no'
    """
    if isinstance(error, OSError) and error.strerror:
        return str(error.strerror)
    try:
        text = str(error)
    except Exception:  # a hostile __str__
        text = ""
    text = " ".join(text.split())[:_TEXT_KEPT].rstrip(".")
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def remedy_for_disk(error: OSError) -> str:
    """Return what helps against a store that cannot be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return "Free the disk, or make the cache smaller: mlops-nb cache gc."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "Make the cache folder writable, or run with --no-cache."
    return "Check the disk that holds the cache folder."
