"""What can go wrong, told so that a person can mend it: code, place, fault, remedy.

Every error a user can meet is one of these. The class decides the exit code of the command line
(DESIGN 9); the code (``MNB`` and three digits) is stable and searchable. First digit: 1 notebook
files, 2 stages and data flow, 3 parameters, 4 execution and kernels, 5 tracking, 6 models, 7
registry and gates, 8 settings and command line, 9 export.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import ClassVar

_WORDS_NAMED = 20


class MlopsNbError(Exception):
    """A fault with its place and its remedy; bad input unless a subclass says otherwise.

    Parameters
    ----------
    code : str
        Stable code such as ``"MNB203"``.
    place : str
        Where: ``"notebooks/churn.ipynb, cell 7"``, a file, an option. May be empty.
    fault : str
        What is wrong, with the offending value by ``repr``; ends with a full stop.
    remedy : str
        What the reader can do; ends with a full stop.

    Notes
    -----
    All state is in ``args``, so errors survive pickling between processes.
    """

    exit_code: ClassVar[int] = 2

    def __init__(self, code: str, place: str, fault: str, remedy: str) -> None:
        super().__init__(code, place, fault, remedy)

    @property
    def code(self) -> str:
        return str(self.args[0])

    @property
    def place(self) -> str:
        return str(self.args[1])

    @property
    def fault(self) -> str:
        return str(self.args[2])

    @property
    def remedy(self) -> str:
        return str(self.args[3])

    def __str__(self) -> str:
        """Return ``CODE place: fault`` and the remedy on a line of its own."""
        where = f" {self.place}" if self.place else ""
        return f"{self.code}{where}: {self.fault}\n{self.remedy}"

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows instead of a traceback: the message alone."""
        return str(self).splitlines()


class InputError(MlopsNbError):
    """A notebook, parameter, option or setting that cannot be used as it stands (exit code 2)."""


class NotebookFailedError(MlopsNbError):
    """The user's code failed or ran out of time (exit code 1)."""

    exit_code = 1


class NotBlessedError(MlopsNbError):
    """The gates say no, or said nothing: the model is not fit for what was asked (exit code 3)."""

    exit_code = 3


class ApprovalMissingError(MlopsNbError):
    """Somebody must approve first (exit code 4)."""

    exit_code = 4


class InfrastructureError(MlopsNbError):
    """Kernel, disk, memory or store failed; a retry may help (exit code 5)."""

    exit_code = 5


class RunInterruptedError(MlopsNbError):
    """The run was stopped from the keyboard (exit code 130)."""

    exit_code = 130


class RunTerminatedError(MlopsNbError):
    """The run was stopped by a termination signal (exit code 143)."""

    exit_code = 143


def nearest(word: str, candidates: Iterable[str]) -> str:
    """Return a sentence naming the candidate nearest to `word`, or all; ``""`` if there are none.

    Of very many the first are named.

    >>> nearest("metircs", ["metrics", "model"])
    "The nearest valid word is 'metrics'."
    >>> nearest("zzz", ["a", "b"])
    "Valid words are 'a', 'b'."
    """
    words = sorted(set(candidates))
    if not words:
        return ""
    close = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    if close:
        return f"The nearest valid word is {close[0]!r}."
    more = len(words) - _WORDS_NAMED
    shown = words if more <= 1 else words[:_WORDS_NAMED]
    rest = f" and {more} more" if more > 1 else ""
    return "Valid words are " + ", ".join(repr(w) for w in shown) + rest + "."
