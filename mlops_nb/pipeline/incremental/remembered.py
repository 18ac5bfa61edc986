"""Why is nothing kept of a cell with this code? Because the code changed, or because it never was.

A key tells only that no trace fits. What the cell of that id, or at that place of its stage, was
when it ran last tells an edit from a new cell, and a failure from what the store gave up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mlops_nb.pipeline.cells import Code
from mlops_nb.pipeline.incremental.foreseen import literals_bound, show_literal
from mlops_nb.pipeline.incremental.judging import changed_line, phrase_changes

NEW = "it was not run with this code before"
Outcome = Literal["kept", "failed", "not kept"]
_OUTCOMES: Mapping[str, str] = {
    "kept": "what it left is not in the store any more",
    "failed": "it did not complete when it ran last",
    "not kept": "nothing could be kept of it when it ran last",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What a cell was when it ran last.

    Attributes
    ----------
    key : str
    code : str
        Its Python.
    outcome : Outcome
    """

    key: str
    code: str
    outcome: Outcome


def explain_unkept(
    before: Remembered | None, *, key: str, code: str, is_parameters: bool = False
) -> str:
    """Return why no trace has the key of a cell.

    Parameters
    ----------
    before : Remembered or None
    key, code : str
        Of the cell now.
    is_parameters : bool, default=False
        Whether it is a cell of parameters.

    >>> old = Remembered(key="1", code="x = 1\\ny = 2", outcome="kept")
    >>> explain_unkept(old, key="2", code="x = 1\\ny = 3")
    'its code changed (line 2)'
    """
    if before is None:
        return NEW
    if before.key == key:
        return _OUTCOMES[before.outcome]
    was, now = _without_comments(before.code), _without_comments(code)
    if was == now:
        return "its options, or its place in its stage, changed"
    told = _phrase_parameters(was, now) if is_parameters else ""
    return told or f"its code changed ({changed_line(was, now)})"


def _phrase_parameters(was: str, now: str) -> str:
    """Return which parameters are others, if that is all that can be told by their literals."""
    before, after = (literals_bound(Code(python=code)) for code in (was, now))
    names = [name for name in after if before.get(name, after) != after[name]]
    told = [
        f"parameter '{name}' changed: {show_literal(before[name])} → {show_literal(after[name])}"
        if name in before
        else f"parameter '{name}' is given"
        for name in names
    ]
    return phrase_changes(told)


def _without_comments(code: str) -> str:
    """Return code whose lines of nothing but a comment are empty."""
    lines = (line.rstrip() for line in code.rstrip().splitlines())
    return "\n".join("" if line.lstrip().startswith("#") else line for line in lines)
