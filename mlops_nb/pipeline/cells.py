"""What is a cell, to everything downstream of the notebook file?

A frozen value with its transformed source. How the source was read and transformed is the business
of the floor above; the carriers of directives (magic, comment, tag, metadata) are the business of
`directives`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, NewType

StageName = NewType("StageName", str)
CellId = NewType("CellId", str)


class CellKind(StrEnum):
    """What a code cell is for (DESIGN 3); ``NOT_CODE`` for markdown and raw cells."""

    PARAMETERS = "parameters"
    SETUP = "setup"
    STAGE = "stage"
    SKIP = "skip"
    INLINE = "inline"
    NOT_CODE = "not code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A cell's source as Python that `ast` can parse, line by line in step with the cell.

    Attributes
    ----------
    python : str
        Transformed source. Directive lines are comments; bodies of ``%%time``, ``%%timeit``,
        ``%%capture`` and ``%%mlops_stage`` are unwrapped; other cell magics are calls on string
        literals.
    magics : tuple of str
        Names of the magics met, in order, cell magics with ``%%``, shell lines as ``!``.
    binds : tuple of str
        Names magics bind that the Python does not show (``%%capture out``; ``%%bash --out x``).
    reads : tuple of str
        Names magics read that the Python does not show (``{x}`` and ``$x`` in magic and shell
        lines).
    headers : tuple of str
        Options of the cell magics whose bodies are unwrapped, as they stand (``%%timeit -n 9``).
    gates : tuple of (int, str, bool)
        Of each ``%mlops_gate``: its 1-based line, its text, and whether it stands alone; these are
        comments in `python`.
    error : str or None
        Why the source cannot be parsed (message, with its line), else None.
    error_line : int
        1-based line of the error in the cell; 0 if there is none.
    """

    python: str
    magics: tuple[str, ...] = ()
    binds: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    gates: tuple[tuple[int, str, bool], ...] = ()
    error: str | None = None
    error_line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell of a notebook.

    Attributes
    ----------
    index : int
        Position among all cells, from 0.
    id : CellId
        nbformat 4.5 id, or one made from the position where the file has none.
    type : {"code", "markdown", "raw"}
    source : str
        As in the file.
    tags : tuple of str
    metadata : Mapping
        The cell's ``metadata["mlops_nb"]`` object; empty if it has none.
    code : Code or None
        None unless `type` is ``"code"``.
    """

    index: int
    id: CellId
    type: Literal["code", "markdown", "raw"]
    source: str
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    code: Code | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CellFlow:
    """What one code cell does to names (DESIGN 4); all names sorted.

    Attributes
    ----------
    reads, binds, mutates, may_mutate, deletes : tuple of str
        Module-level names. Builtins are not in `reads`; imported modules and helpers are.
    conditional : tuple of str
        The part of `binds` that happens on some paths only.
    opaque : tuple of str
        Constructs that inspect namespaces (``exec``, ``globals`` …): such a cell reads every bound
        name.
    """

    reads: tuple[str, ...] = ()
    binds: tuple[str, ...] = ()
    mutates: tuple[str, ...] = ()
    may_mutate: tuple[str, ...] = ()
    deletes: tuple[str, ...] = ()
    conditional: tuple[str, ...] = ()
    opaque: tuple[str, ...] = ()
