"""Which rows has the value of an expression, and what has it learnt?

What is not understood has the rows of all that goes into it. Numbers made of all rows shape what
they are computed with or filled into (`reductions`), and nothing that they are merely passed to.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import lru_cache

from mlops_nb.pipeline.flow.words import word_set
from mlops_nb.pipeline.habits.learning import Learning
from mlops_nb.pipeline.habits.picking import Picking, narrowed_to
from mlops_nb.pipeline.habits.rows import (
    NOTHING,
    Data,
    Lesson,
    combined,
    in_order,
    mixed,
    united,
    whole,
)

# Attributes that tell about a table without its rows, and those that are no columns.
_ABOUT = word_set("shape columns dtypes dtype size ndim name names")
_VIEWS = word_set(
    "values T iloc loc at iat index str dt cat array data plot sparse real flat empty hist"
)


class RowValues:
    """Values of expressions by names; `call` is asked for those of calls."""

    def __init__(
        self,
        learning: Learning,
        call: Callable[[ast.Call], Data],
        bind: Callable[[ast.expr, Data], None],
    ) -> None:
        self.names: dict[str, Data] = {}
        self.loops: list[frozenset[str]] = []
        self.cell = 0
        self._learning = learning
        self._call = call
        self._bind = bind
        self.picking = Picking(learning.divisions, self.of, self._is_moving)

    def of(self, node: ast.expr | None) -> Data:
        """Return the value of an expression."""
        match node:
            case None | ast.Lambda():
                return NOTHING
            case ast.Constant(value=str() as text):
                return Data(texts=(text,))
            case ast.Constant():
                return NOTHING
            case ast.Name():
                return self.names.get(node.id, NOTHING)
            case ast.Tuple() | ast.List():
                return self._list(node)
            case ast.Attribute():
                return self._attribute(node)
            case ast.Subscript():
                return self.picking.pick(self.of(node.value), node, cell=self.cell)
            case ast.Call():
                return self._call(node)
            case ast.BinOp():
                return self.computed(node, self.of(node.left), node.op, self.of(node.right))
            case ast.Compare():
                return self._comparison(node)
            case ast.UnaryOp(op=ast.Invert() | ast.Not()):
                value = self.of(node.operand)
                return value if value.picks is None else _inverted(value)
            case ast.IfExp():
                self.of(node.test)
                return combined([self.of(node.body), self.of(node.orelse)])
            case ast.NamedExpr():
                value = self.of(node.value)
                self._bind(node.target, value)
                return value
            case ast.Starred():
                return self.of(node.value)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return self._comprehension(node)
            case _:
                parts = [c for c in ast.iter_child_nodes(node) if isinstance(c, ast.expr)]
                return mixed([self.of(part) for part in parts])

    def computed(self, node: ast.expr, left: Data, op: ast.operator, right: Data) -> Data:
        """Return what arithmetic with two values gives."""
        self._learning.judging.compare([left, right])
        if left.texts is not None and right.texts is not None:
            return Data(texts=left.texts + right.texts)
        if isinstance(op, ast.Div | ast.FloorDiv):
            right = self.scaling(right)
        made = combined([left, right])
        if made.rows:
            kept = frozenset(lesson for lesson in made.learnt if lesson.how != "extreme")
            columns = left.columns if left.rows else right.columns
            names = {value.column for value in (left, right) if value.rows}
            column = names.pop() if len(names) == 1 else ""
            own = kept - _only_in(columns, left, right)
            return replace(made, learnt=own, columns=columns, column=column)
        return made

    def scaling(self, value: Data) -> Data:
        """Return a value by which others are divided or with which they are filled."""
        if value.rows or not any(lesson.how == "extreme" for lesson in value.learnt):
            return value
        learnt = frozenset(
            self._learning.divisions.learnt(lesson._replace(how="statistic"))
            for lesson in in_order(value.learnt)
        )
        return replace(value, learnt=learnt)

    def _list(self, node: ast.Tuple | ast.List) -> Data:
        parts = tuple(self.of(part) for part in node.elts)
        texts = [part.texts for part in parts]
        if parts and all(text is not None and len(text) == 1 for text in texts):
            return Data(parts=parts, texts=tuple(text[0] for text in texts if text))
        return replace(mixed(parts), parts=parts)

    def _attribute(self, node: ast.Attribute) -> Data:
        owner = self.of(node.value)
        if owner.module:
            return Data(module=f"{owner.module}.{node.attr}")
        if node.attr in _ABOUT:
            return NOTHING
        if owner.rows and not owner.column and node.attr not in _VIEWS:
            return narrowed_to(whole(owner), (node.attr,))
        return whole(owner)

    def _comparison(self, node: ast.Compare) -> Data:
        values = [self.of(part) for part in (node.left, *node.comparators)]
        self._learning.judging.compare(values)
        made = mixed(values)
        picks = self.picking.compare(node, cell=self.cell)
        if made is NOTHING and picks is None:
            return NOTHING
        return replace(made, picks=picks, learnt=_fitted(made.learnt), pending=frozenset())

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
    ) -> Data:
        for generator in node.generators:
            self._bind(generator.target, item_of(self.of(generator.iter)))
        self.loops += [names_in(generator.target) for generator in node.generators]
        for generator in node.generators:
            for test in generator.ifs:
                self.of(test)
        if isinstance(node, ast.DictComp):
            made = mixed([self.of(node.key), self.of(node.value)])
        else:
            made = whole(self.of(node.elt))
        del self.loops[-len(node.generators) :]
        return made if made is NOTHING else replace(made, texts=None, picks=None)

    def _is_moving(self, names: Collection[str]) -> bool:
        return any(targets & set(names) for targets in self.loops)


def item_of(value: Data) -> Data:
    """Return what a loop over a value gives."""
    if value.each is not None:
        return value.each
    return Data() if value.texts is not None else whole(value)


@lru_cache(maxsize=4096)
def names_in(node: ast.AST) -> frozenset[str]:
    """Return the names in an expression."""
    return frozenset(part.id for part in ast.walk(node) if isinstance(part, ast.Name))


def _fitted(lessons: Collection[Lesson]) -> frozenset[Lesson]:
    return frozenset(lesson for lesson in lessons if lesson.how in ("fit", "copies"))


def _only_in(columns: object, left: Data, right: Data) -> frozenset[Lesson]:
    """Return what shaped columns of a table and nothing else that it is computed with."""
    table = left if left.columns is columns else right
    other = right if table is left else left
    return united([table])[1] - table.learnt - other.lessons


def _inverted(value: Data) -> Data:
    assert value.picks is not None
    return replace(value, picks=Picking.inverted(value.picks))
