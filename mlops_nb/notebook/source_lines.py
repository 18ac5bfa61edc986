"""On which line of the file does each line of a cell's source stand?

Services that show findings beside a file know lines of the file, not cells. A source is a list of
texts in the file, one for a line as a rule, or one text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection

from mlops_nb.errors import InputError
from mlops_nb.notebook.decoding import decode
from mlops_nb.notebook.spans import JsonText, Span


def source_lines(raw: bytes, cells: Collection[int], *, name: str) -> dict[int, tuple[int, ...]]:
    """Return for each of `cells` the 1-based lines of the file where its source's lines stand.

    Parameters
    ----------
    raw : bytes
        A notebook that `parse_notebook` reads.
    cells : collection of int
    name : str
        Stands for the file in messages.

    Returns
    -------
    dict
        Empty for notebooks of format 1 to 3, whose cells stand elsewhere.
    """
    try:
        text = JsonText.of(decode(raw, name))
    except InputError:
        return {}
    listed = text.member(text.start, "cells")
    if listed is None or not cells:
        return {}
    ends = [match.start() for match in re.finditer("\n", text.text)]
    spans = text.items(listed.start)
    return {
        index: _lines_of(text, spans[index], ends) for index in sorted(cells) if index < len(spans)
    }


def _lines_of(text: JsonText, cell: Span, ends: list[int]) -> tuple[int, ...]:
    source = text.member(cell.start, "source")
    if source is None:
        return (bisect_right(ends, cell.start) + 1,)
    is_list = text.text[source.start] == "["
    parts = text.items(source.start) if is_list else [source]
    lines: list[int] = []
    is_open = False  # whether the last line goes on in the next part
    for part in parts:
        value = str(text.value(part)).replace("\r\n", "\n").replace("\r", "\n")
        if not value:
            continue
        goes_on, is_open = is_open, not value.endswith("\n")
        lines += [bisect_right(ends, part.start) + 1] * (value.count("\n") + is_open - goes_on)
    return tuple(lines) or (bisect_right(ends, source.start) + 1,)
