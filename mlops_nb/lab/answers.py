"""How is what happened told to a browser? One place translates errors: status, code, remedy."""

from __future__ import annotations

import json
import re
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlops_nb.errors import InfrastructureError, MlopsNbError
from mlops_nb.lab.plain import plain

_MALFORMED, _FORBIDDEN, _UNKNOWN, _CONFLICT, _UNFIT, _BROKEN = 400, 403, 404, 409, 422, 500
_OURS = "MNB889"
_STATUS: Mapping[str, int] = {
    "MNB880": _MALFORMED,
    "MNB881": _MALFORMED,
    "MNB882": _FORBIDDEN,
    "MNB101": _UNKNOWN,
    "MNB512": _UNFIT,
    "MNB513": _UNKNOWN,
    "MNB514": _UNKNOWN,
    "MNB711": _UNKNOWN,
    "MNB712": _UNKNOWN,
    "MNB819": _UNKNOWN,
    "MNB850": _UNKNOWN,
    "MNB883": _UNKNOWN,
    "MNB885": _UNKNOWN,
    "MNB109": _CONFLICT,
    "MNB112": _CONFLICT,
    "MNB771": _CONFLICT,
    "MNB884": _CONFLICT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A status of HTTP and the bytes of a JSON value."""

    status: int
    content: bytes

    @classmethod
    def of(cls, value: Any, status: int = 200) -> Answer:
        """Return `value` as an answer."""
        return cls(status=status, content=json.dumps(value, allow_nan=False).encode())

    @property
    def is_own_fault(self) -> bool:
        """Whether it tells a fault of this package's: that belongs into every log there is."""
        return self.status >= _BROKEN and json.loads(self.content)["code"] == _OURS

    def told(self) -> Answer:
        """Return the answer as a page asks for it that shows refusals itself: in its content.

        A browser writes each status from 400 on into its console, whatever a page makes of it; a
        refusal that a person reads in the panel is no error of the page.
        """
        if self.status < _MALFORMED or self.is_own_fault:
            return self
        return Answer.of({"refused": {"status": self.status, **json.loads(self.content)}})


def answering(work: Callable[[], Any], *, root: Path) -> Answer:
    """Return what `work` returns, or what it raises, as an answer; nothing is raised.

    Parameters
    ----------
    work : callable
        Returns an `Answer`, or a value of JSON.
    root : Path
        The server's; paths in messages are told relative to it.
    """
    try:
        value = work()
        return value if isinstance(value, Answer) else Answer.of(plain(value))
    except MlopsNbError as error:
        return Answer.of(error_object(error, root=root), status_of(error))
    except Exception as error:
        traceback.print_exception(error)
        fault = InfrastructureError(
            _OURS,
            "",
            f"a fault of mlops_nb's: {type(error).__name__}: {error}",
            "Report it; the server's log has the traceback.",
        )
        return Answer.of(error_object(fault, root=root), _BROKEN)


def status_of(error: MlopsNbError) -> int:
    """Return the status of HTTP that tells an error."""
    if error.exit_code == InfrastructureError.exit_code:
        return _STATUS.get(error.code, _BROKEN)
    return _STATUS.get(error.code, _UNFIT)


def error_object(error: MlopsNbError, *, root: Path) -> dict[str, Any]:
    """Return an error as an object, with the server's own paths."""
    told = {
        "code": error.code,
        "message": error.fault,
        "place": error.place,
        "remedy": error.remedy,
    }
    return {name: _without(root, text) for name, text in told.items()}


def _without(root: Path, text: str) -> str:
    """Return a text with paths below the server's root as the server names them."""
    start = str(root)
    if start == "/":
        return text
    return re.sub(rf"{re.escape(start)}(?=[\s,;:'\"]|$)", ".", text.replace(f"{start}/", ""))
