"""Which rows and which columns does ``value[...]`` pick?

``X[:n]`` and ``X[n:]`` are two parts of one division, as are a mask and what it leaves; positions
that a fold or a permutation gives pick their part of whatever they are used on. A border that a
loop moves divides nothing for good.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection
from dataclasses import replace

from mlops_nb.pipeline.habits.divisions import Divisions
from mlops_nb.pipeline.habits.rows import NOTHING, Data, narrowed
from mlops_nb.pipeline.trees import nodes_of

_OPPOSITE: dict[type[ast.cmpop], str] = {
    ast.Lt: "below",
    ast.LtE: "below",
    ast.Gt: "above",
    ast.GtE: "above",
    ast.Eq: "equal",
    ast.NotEq: "other",
    ast.In: "equal",
    ast.NotIn: "other",
}
_REST = {"below": "above", "above": "below", "equal": "other", "other": "equal"}


def narrowed_to(value: Data, names: tuple[str, ...]) -> Data:
    """Return some columns of a table, or one."""
    kept = {name: value.columns[name] for name in names if name in value.columns}
    if len(names) == 1:
        learnt = value.learnt | kept.get(names[0], frozenset())
        return replace(value, learnt=learnt, columns={}, column=names[0], parts=None)
    return replace(value, columns=kept, column="", parts=None)


def without(value: Data, names: tuple[str, ...]) -> Data:
    """Return a table without some of its columns."""
    kept = {name: lessons for name, lessons in value.columns.items() if name not in names}
    return replace(value, columns=kept, parts=None)


class Picking:
    """Picks by subscripts; `is_moving` says whether a loop changes a name."""

    def __init__(
        self,
        divisions: Divisions,
        value_of: Callable[[ast.expr], Data],
        is_moving: Callable[[Collection[str]], bool],
    ) -> None:
        self._divisions = divisions
        self._value_of = value_of
        self._is_moving = is_moving

    def pick(self, owner: Data, node: ast.Subscript, *, cell: int) -> Data:
        """Return what a subscript of `owner` gives."""
        index = node.slice
        if isinstance(index, ast.Tuple) and index.elts:
            rows, *others = index.elts
            picked = self._rows(owner, rows, node, cell)
            columns = self._value_of(others[0]) if others else NOTHING
            for other in others[1:]:
                self._value_of(other)
            return picked if columns.texts is None else narrowed_to(picked, columns.texts)
        if isinstance(index, ast.Constant) and isinstance(index.value, int):
            return self._one(owner, index.value)
        return self._rows(owner, index, node, cell)

    def compare(self, node: ast.Compare, *, cell: int) -> tuple[int, str] | None:
        """Return the part that a mask picks: rows on one side of a border."""
        if len(node.ops) != 1 or type(node.ops[0]) not in _OPPOSITE or self._moves(node):
            return None
        part = _OPPOSITE[type(node.ops[0])]
        left, right = ast.unparse(node.left), ast.unparse(node.comparators[0])
        if part in ("equal", "other"):
            division = self._divisions.known_by(("equal", left), node, cell)
            return division, right if part == "equal" else f"not {right}"
        return self._divisions.known_by(("border", left, right), node, cell), part

    @staticmethod
    def inverted(picks: tuple[int, str]) -> tuple[int, str]:
        """Return the part that the inverse of a mask picks."""
        division, part = picks
        if part in _REST:
            return division, _REST[part]
        return division, part.removeprefix("not ") if part.startswith("not ") else f"not {part}"

    def query(self, owner: Data, node: ast.Call, text: str, *, cell: int) -> Data:
        """Return the rows that ``df.query(text)`` leaves."""
        try:
            tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError):
            return owner
        if isinstance(tree, ast.Compare):
            picks = self.compare(ast.copy_location(tree, node), cell=cell)
            if picks is not None:
                return narrowed(owner, *picks)
        return narrowed(owner, self._divisions.known_by(("query", text), node, cell), "query")

    def cut(self, owner: Data, node: ast.expr, *key: str, part: str, cell: int) -> Data:
        """Return one side of a border."""
        return narrowed(owner, self._divisions.known_by(key, node, cell), part)

    def _one(self, owner: Data, position: int) -> Data:
        if owner.parts and -len(owner.parts) <= position < len(owner.parts):
            return owner.parts[position]
        return owner.each or replace(owner, parts=None)

    def _rows(self, owner: Data, index: ast.expr, node: ast.expr, cell: int) -> Data:
        if isinstance(index, ast.Slice):
            for bound in (index.lower, index.upper, index.step):
                if bound is not None:
                    self._value_of(bound)
            return self._slice(owner, index, node, cell)
        value = self._value_of(index)
        if value.texts is not None:
            return narrowed_to(owner, value.texts)
        if owner.each is not None and not value.rows:
            return owner.each
        if value.picks is not None:
            if owner.order:
                return Data(picks=value.picks)
            return narrowed(owner, *value.picks)
        copied = frozenset(lesson for lesson in value.learnt if lesson.how == "copies")
        return replace(owner, learnt=owner.learnt | copied, parts=None)

    def _slice(self, owner: Data, index: ast.Slice, node: ast.expr, cell: int) -> Data:
        low, high = index.lower, index.upper
        is_first = low is None or (isinstance(low, ast.Constant) and low.value == 0)
        if (is_first and high is None) or index.step is not None or self._moves(index):
            return replace(owner, parts=None)
        if is_first or high is None:
            bound = high if is_first else low
            assert bound is not None
            key, part = ("slice", owner.order, ast.unparse(bound)), "below" if is_first else "above"
        else:
            key, part = ("slice", owner.order, ast.unparse(index)), "between"
        division = self._divisions.known_by(key, node, cell)
        if owner.order:
            return Data(picks=(division, part))
        return narrowed(owner, division, part)

    def _moves(self, node: ast.AST) -> bool:
        return self._is_moving({n.id for n in nodes_of(node) if isinstance(n, ast.Name)})
