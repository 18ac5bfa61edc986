"""Where in a cell's source, as a person sees it, is what `ast` found in its Python?

`ast` counts bytes of UTF-8, and in the transformed source; people and editors count characters of
the cell as it stands.
"""

from __future__ import annotations

from mlops_nb.pipeline.cells import Cell


def source_column(cell: Cell, line: int, offset: int) -> int:
    """Return the column, in characters from 0, of an `ast` position in `cell`.

    Parameters
    ----------
    cell : Cell
    line : int
        1-based, as ``node.lineno``; the same in source and Python.
    offset : int
        Bytes, as ``node.col_offset``.

    Returns
    -------
    int
        0 where the line of the source is not the line of Python that was parsed (magics).

    Examples
    --------
    >>> from mlops_nb.pipeline.cells import CellId, Code
    >>> text = "é = f(x)"
    >>> cell = Cell(index=0, id=CellId("a"), type="code", source=text, code=Code(python=text))
    >>> source_column(cell, 1, len("é = ".encode()))
    4
    """
    shown, parsed = _line(cell.source, line), _line(cell.code.python if cell.code else "", line)
    if shown != parsed:
        return 0
    return len(parsed.encode()[:offset].decode(errors="ignore"))


def _line(text: str, number: int) -> str:
    """Return line `number` of `text`, lines counted as `ast` does."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return lines[number - 1].rstrip() if 0 < number <= len(lines) else ""
