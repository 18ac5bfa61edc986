"""Where in a source is what `ast` found, and what is written there? The ruler of the fixes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence

from mlops_nb.pipeline.cells import Cell
from mlops_nb.pipeline.trees import parse_code

_LINE_END = re.compile(r"\r\n|\r|\n")
_LOOPS = (
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.Lambda,
    ast.ClassDef,
)


class CellText:
    """The source of a code cell beside its tree.

    Parameters
    ----------
    cell : Cell
        A code cell.
    """

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self.source = cell.source
        self.starts = [0, *(match.end() for match in _LINE_END.finditer(cell.source))]
        self._python = _LINE_END.split(cell.code.python) if cell.code is not None else []
        self.newline = "\r\n" if "\r\n" in cell.source else "\n"
        self.tree = None if cell.code is None else parse_code(cell.code)

    def line(self, number: int) -> str:
        """Return line `number`, from 1, without its end."""
        if not 0 < number <= len(self.starts):
            return ""
        end = self.starts[number] if number < len(self.starts) else len(self.source)
        return self.source[self.starts[number - 1] : end].rstrip("\r\n")

    def offset(self, line: int, column: int) -> int | None:
        """Return where an `ast` position is in the source; None on a line that is no Python."""
        if not 0 < line <= min(len(self.starts), len(self._python)):
            return None
        text = self.line(line)
        if text != self._python[line - 1]:
            return None
        return self.starts[line - 1] + len(text.encode()[:column].decode(errors="ignore"))

    def span(self, node: ast.expr | ast.stmt | ast.alias) -> tuple[int, int] | None:
        """Return where `node` starts and ends in the source; None if that cannot be told."""
        start = self.offset(node.lineno, node.col_offset)
        end = self.offset(node.end_lineno or 0, node.end_col_offset or 0)
        return None if start is None or end is None else (start, end)

    def once(self) -> Iterator[tuple[ast.stmt, ast.AST]]:
        """Yield the nodes that are met once when the cell runs, with their top-level statement.

        What stands in a loop, a comprehension or a body that is called is left out.
        """
        for statement in self.tree.body if self.tree is not None else []:
            for node in _outside_loops(statement):
                yield statement, node


def _outside_loops(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, _LOOPS):
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _outside_loops(child)


def is_typo(word: str, other: str) -> bool:
    """Return whether `word` is `other` mistyped: a letter more, less, another, or two swapped.

    In a word of eight letters there may be two such faults; case and ``-`` for ``_`` do not count.

    >>> is_typo("metircs", "metrics"), is_typo("Train-Model", "train_model"), is_typo("a", "b")
    (True, True, False)
    """
    one, two = (text.lower().replace("-", "_") for text in (word, other))
    if one == two:
        return word != other
    most = 0 if min(len(one), len(two)) < 3 else 2 if min(len(one), len(two)) >= 8 else 1
    return abs(len(one) - len(two)) <= most and _distance(one, two) <= most


def typo_of(word: str, candidates: Sequence[str] | Mapping[str, object]) -> str | None:
    """Return the one candidate that `word` is a typo of; None if there is none or several."""
    found = [other for other in dict.fromkeys(candidates) if is_typo(word, other)]
    return found[0] if len(found) == 1 else None


def _distance(one: str, two: str) -> int:
    """Return the optimal string alignment distance (edits, and swaps of neighbours)."""
    before: list[int] = []
    last = list(range(len(two) + 1))
    for i, a in enumerate(one, start=1):
        row = [i]
        for j, b in enumerate(two, start=1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == two[j - 2] and one[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]
