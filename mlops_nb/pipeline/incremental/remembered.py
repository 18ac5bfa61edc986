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
from mlops_nb.pipeline.incremental.judging import changed_lines, phrase_changes

NEW = "it was not run with this code before"
Outcome = Literal["kept", "failed", "not kept", "inline"]
_OUTCOMES: Mapping[str, str] = {
    "kept": "what it left is not in the store any more",
    "failed": "it did not complete when it ran last",
    "not kept": "nothing could be kept of it when it ran last",
    "inline": "it is of no stage, and changes what later cells may read",
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
    was, now = before.code, code
    place = _first_change(was, now)
    if not place:
        return "its options, or its place in its stage, changed"
    told = _phrase_parameters(was, now) if is_parameters else ""
    return told or f"its code changed ({place})"


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


def _first_change(before: str, after: str) -> str:
    """Return where two sources first differ, by the lines of the later one and lines of code
    alone; empty if they do not."""
    old, new = _lines_of_code(before), _lines_of_code(after)
    texts = [text for _, text in old], [text for _, text in new]
    if texts[0] == texts[1]:
        return ""
    first, last = changed_lines(*texts)
    numbers = [number for number, _ in new[first:last]] or [new[min(first, len(new) - 1)][0]]
    is_one = numbers[0] == numbers[-1]
    return f"line {numbers[0]}" if is_one else f"lines {numbers[0]}-{numbers[-1]}"


def _lines_of_code(code: str) -> list[tuple[int, str]]:
    """Return the lines that are neither empty nor a comment, with their numbers from 1."""
    lines = enumerate((line.rstrip() for line in code.splitlines()), start=1)
    found = [(n, text) for n, text in lines if text and not text.lstrip().startswith("#")]
    return found or [(1, "")]
