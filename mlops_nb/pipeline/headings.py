"""Which headings does a Markdown cell have? Those of its text, not of code blocks in it."""

from __future__ import annotations

import re

from mlops_nb.pipeline.cells import Cell

_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.+?)[ \t]*#*[ \t]*")
_HTML = re.compile(r"<h([1-6])[^>]*>(.+?)</h\1>", re.IGNORECASE)
_UNDERLINE = {"=": 1, "-": 2}
_MARKUP = re.compile(r"<[^>]*>|!\[[^\]]*\]\([^)]*\)|\[([^\]]*)\]\([^)]*\)|[*_`]{1,3}|\$[^$]*\$")
_FENCE = ("```", "~~~")


def cell_headings(cell: Cell) -> list[tuple[int, str]]:
    """Return level and plain text of the headings of `cell`, in order; none for a code cell."""
    if cell.type != "markdown":
        return []
    found: list[tuple[int, str]] = []
    before, is_code = "", False
    for line in cell.source.splitlines():
        if line.lstrip().startswith(_FENCE):
            is_code = not is_code
        elif not is_code:
            if match := _HEADING.fullmatch(line):
                found.append((len(match[1]), _plain(match[2])))
            elif match := _HTML.search(line):
                found.append((int(match[1]), _plain(match[2])))
            elif before.strip() and len(set(line.strip())) == 1 and len(line.strip()) > 2:
                level = _UNDERLINE.get(line.strip()[0])
                if level is not None:
                    found.append((level, _plain(before)))
        before = line
    return [(level, text) for level, text in found if text]


def _plain(text: str) -> str:
    """Return the text of a heading without links and emphasis.

    >>> _plain("**Train** the [model](a.html)")
    'Train the model'
    """
    return " ".join(_MARKUP.sub(lambda match: match[1] or "", text).split())
