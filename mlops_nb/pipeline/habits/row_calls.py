"""Which rows has what a function returns, and what does the call show of leaks?

Estimators are asked in `learning`, methods of tables in `row_methods`.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import replace

from mlops_nb.pipeline.flow.words import word_set
from mlops_nb.pipeline.habits.copies import copies_rows
from mlops_nb.pipeline.habits.learning import CROSS, LEARNERS, SPLIT, Learning, as_scores
from mlops_nb.pipeline.habits.reductions import fits_at_once, number_of_all, phrase_of
from mlops_nb.pipeline.habits.row_values import RowValues, item_of, names_in
from mlops_nb.pipeline.habits.rows import NOTHING, Data, combined, mixed

# Functions and methods that choose, and functions that do with a key.
CHOOSING = word_set("argmax argmin nanargmax nanargmin idxmax idxmin index")
_CHOOSING_BY_KEY = word_set("max min sorted")
_POSITIONS = ("numpy.arange", "numpy.random.permutation")
_SAME = word_set("list tuple iter reversed sorted tqdm array asarray")
_LOOKING = word_set("print display len")
# What is read has rows of its own, whatever leads to the file.
_READING = (
    "pandas.read_", "polars.read_", "polars.scan_", "numpy.load", "numpy.genfromtxt",
)  # fmt: skip


class RowCalls:
    """What functions return that are not the notebook's."""

    def __init__(self, learning: Learning, values: RowValues) -> None:
        self._learning = learning
        self._values = values
        self._orders = 0

    def call(
        self, node: ast.Call, function: Data, given: Sequence[Data], named: Mapping[str, Data]
    ) -> Data:
        """Return what a function returns for these arguments."""
        cell, everything = self._values.cell, [*given, *named.values()]
        plain = node.func.id if isinstance(node.func, ast.Name) else ""
        path = function.module
        name = path.rpartition(".")[2] or plain
        if path == SPLIT:
            return self._learning.split(node, given, cell=cell)
        if path.startswith(_READING):
            return self._learning.new_rows()
        if name in CROSS and path.startswith("sklearn."):
            self._learning.cross(node, everything, cell=cell)
        if name not in _LOOKING:
            self._learning.judging.compare(everything)
        made = self._of_positions(node, name, path or plain, given)
        if made is None:
            made = self._of_rows(node, name, path, given)
        if made is None:
            made = mixed(everything)
        if path.startswith("sklearn.metrics.") or name == "mean":
            made = replace(made, trials=as_scores(mixed(everything).trials))
        elif name in CHOOSING or (name in _CHOOSING_BY_KEY and _has_key(node)):
            self._learning.judging.choose(node, made.trials, cell=cell)
        if made.rows or made.learnt or made.each or made.order or not path or plain == "len":
            return _with_columns(made, path, everything)
        return self._made_of_nothing(node, path, name, everything)

    def _made_of_nothing(self, node: ast.Call, path: str, name: str, given: Sequence[Data]) -> Data:
        """Return an estimator, or rows that come from elsewhere."""
        is_class = name[:1].isupper() or name.startswith("make_")
        if is_class and path.startswith(LEARNERS):
            stops = any(k.arg == "early_stopping_rounds" for k in node.keywords)
            tries = any(names_in(node) & targets for targets in self._values.loops)
            return self._learning.construct(path, name, given, tries=tries, stops_early=stops)
        return self._learning.new_rows()

    def _of_positions(
        self, node: ast.Call, name: str, path: str, given: Sequence[Data]
    ) -> Data | None:
        """Return positions, or what a loop over something gives; None for another function."""
        if name == "len":
            return NOTHING
        is_of_rows = bool(mixed(given).rows) and not _is_index(node)
        if path == "range" or (path in _POSITIONS and not is_of_rows):
            self._orders += 1
            return Data(order=self._orders)
        if name == "enumerate" and given:
            return Data(each=Data(parts=(NOTHING, item_of(given[0]))))
        if name == "zip" and any(value.each or value.rows for value in given):
            return replace(mixed(given), each=Data(parts=tuple(item_of(value) for value in given)))
        if name in _SAME and given and (given[0].each or given[0].order):
            return given[0]
        if name == "next" and given and given[0].each:
            return given[0].each
        return None

    def _of_rows(self, node: ast.Call, name: str, path: str, given: Sequence[Data]) -> Data | None:
        """Return what functions make that scale, copy or count rows; None for another one."""
        cell = self._values.cell
        if copies_rows(node, path, given):
            what = "a sample with replacement" if name == "resample" else "a copy"
            made = [self._copied(value, what) for value in given if value.rows]
            return replace(mixed(made), parts=tuple(made)) if len(made) > 1 else mixed(made)
        if not given or not given[0].rows:
            return None
        first = given[0]
        if fits_at_once(node, path):
            taught = self._learning.taught(first, f"{name}()", cell=cell)
            return replace(first, learnt=first.learnt | taught)
        how = number_of_all(node, name, path) if path else None
        if how is not None and not first.trials and not first.pending:
            what = phrase_of(name, first)
            return Data(learnt=self._learning.taught(first, what, how=how, cell=cell))
        if path == "numpy.where" and len(given) == 3:
            return replace(combined(given[1:]), rows=mixed(given).rows)
        return None

    def _copied(self, value: Data, what: str) -> Data:
        taught = self._learning.taught(value, what, how="copies", cell=self._values.cell)
        return replace(mixed([value]), learnt=value.lessons | taught, column=value.column)


def _with_columns(made: Data, path: str, given: Sequence[Data]) -> Data:
    """Return what pandas makes of one table with the columns that this has."""
    tables = [value for value in given if value.rows]
    if path.startswith("pandas.") and len(tables) == 1 and not tables[0].parts:
        table = tables[0]
        own = made.learnt - (table.lessons - table.learnt)
        return replace(made, learnt=own, columns=table.columns, column=table.column)
    return made


def _is_index(node: ast.Call) -> bool:
    return any(isinstance(a, ast.Attribute) and a.attr == "index" for a in node.args)


def _has_key(node: ast.Call) -> bool:
    return any(keyword.arg == "key" for keyword in node.keywords)
