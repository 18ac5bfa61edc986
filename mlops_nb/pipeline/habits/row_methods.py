"""Which rows has what a method of a table, an array or a list returns?"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from mlops_nb.pipeline.flow.words import word_set
from mlops_nb.pipeline.habits.copies import sampling_of
from mlops_nb.pipeline.habits.learning import Learning, as_scores
from mlops_nb.pipeline.habits.picking import Picking, narrowed_to, without
from mlops_nb.pipeline.habits.reductions import (
    argument_of,
    form_of,
    is_along_rows,
    is_group_number,
    number_of_all,
    phrase_of,
)
from mlops_nb.pipeline.habits.row_calls import CHOOSING
from mlops_nb.pipeline.habits.row_values import RowValues
from mlops_nb.pipeline.habits.rows import (
    NOTHING,
    Data,
    Estimator,
    Form,
    How,
    Lesson,
    mixed,
    narrowed,
    united,
)

_PUTTING = word_set("append extend add update insert")
_FITTING = word_set("fit fit_generator")
_FILLING = word_set("fillna replace where mask")
_LOOKING_UP = word_set("map merge join")
_ARITHMETIC: dict[str, ast.operator] = {
    **dict.fromkeys(("sub", "subtract", "rsub"), ast.Sub()),
    **dict.fromkeys(("div", "divide", "truediv", "floordiv"), ast.Div()),
    **dict.fromkeys(("mul", "multiply", "add", "pow"), ast.Mult()),
}
_ABOUT = word_set("corr cov value_counts unique nunique info memory_usage keys")
_FOLLOWING = word_set("apply transform agg pipe")

Follow = Callable[[ast.expr, Sequence[Data]], Data | None]


class RowMethods:
    """What methods return; `follow` gives what a function of the notebook returns."""

    def __init__(
        self,
        learning: Learning,
        values: RowValues,
        bind: Callable[[ast.expr, Data], None],
        follow: Follow,
    ) -> None:
        self._learning = learning
        self._values = values
        self._bind = bind
        self._follow = follow

    def call(
        self, node: ast.Call, owner: Data, given: Sequence[Data], named: Mapping[str, Data]
    ) -> Data:
        """Return what a method of what is no estimator returns."""
        method = node.func
        assert isinstance(method, ast.Attribute)
        if method.attr in _FITTING:
            fitted = self._fit(node, method, owner, given, named)
            if fitted is not None:
                return fitted
        made = self._special(node, method, owner, given, named)
        if made is None:
            made = self._plain(owner, [*given, *named.values()])
        self._note(node, method, made)
        if method.attr == "mean" and owner.trials:
            return replace(made, trials=as_scores(owner.trials))
        inplace = next((k.value for k in node.keywords if k.arg == "inplace"), None)
        if isinstance(inplace, ast.Constant) and inplace.value is True:
            self._bind(method.value, made)
        return made

    def _note(self, node: ast.Call, method: ast.Attribute, made: Data) -> None:
        """Note what a method puts into a list, or chooses."""
        if method.attr in _PUTTING and isinstance(method.value, ast.Name):
            if made.rows or made.trials:
                self._values.names[method.value.id] = made
        elif method.attr in CHOOSING:
            self._learning.judging.choose(node, made.trials, cell=self._values.cell)

    def _fit(
        self,
        node: ast.Call,
        method: ast.Attribute,
        owner: Data,
        given: Sequence[Data],
        named: Mapping[str, Data],
    ) -> Data | None:
        """Return the model of a library that is not known; None if there are no rows to fit."""
        rows = [value for value in (*given, *named.values()) if value.rows]
        if not rows and not owner.rows:
            return None
        name = ast.unparse(method.value).splitlines()[0][:40]
        fitted = self._learning.add(Estimator(name))
        made = self._learning.call(node, fitted, given if rows else [owner], cell=self._values.cell)
        if rows and isinstance(method.value, ast.Name):
            self._values.names[method.value.id] = fitted
        return fitted if method.attr != "fit" else made

    def _plain(self, owner: Data, others: Sequence[Data]) -> Data:
        """Return what keeps the columns of the table it is made of."""
        made = mixed([owner, *others])
        own = made.learnt - (owner.lessons - owner.learnt)
        return replace(
            made, learnt=own, columns=owner.columns, column=owner.column, order=owner.order
        )

    def _special(
        self,
        node: ast.Call,
        method: ast.Attribute,
        owner: Data,
        given: Sequence[Data],
        named: Mapping[str, Data],
    ) -> Data | None:
        """Return what a method returns that is known; None for another one."""
        word = method.attr
        if form_of(word) and owner.rows:
            return replace(owner, form=form_of(word), parts=None)
        if owner.form == "groups":
            return self._of_groups(node, word, owner)
        if owner.form == "windows":
            return replace(owner, form="")
        how = number_of_all(node, word, "")
        if how is not None and owner.rows and not owner.trials and not owner.pending:
            what = phrase_of(word, owner)
            return Data(learnt=self._taught(owner, what, how=how))
        if word == "describe" and owner.rows:
            return Data(learnt=self._taught(owner, "the description", how="statistic"))
        if word in _ABOUT and owner.rows:
            return NOTHING
        others = [*given, *named.values()]
        if word in _ARITHMETIC and owner.rows and given:
            return self._values.computed(node, owner, _ARITHMETIC[word], given[0])
        if word in _FILLING:
            return self._filled(owner, [self._values.scaling(value) for value in others])
        if word in _LOOKING_UP:
            return self._looked_up(owner, others)
        if word in _FOLLOWING and node.args and not is_along_rows(node, position=1):
            followed = self._follow(node.args[0], [replace(owner, form="")])
            return None if followed is None else mixed([owner, followed])
        return self._of_parts(node, method, owner, given, named)

    def _of_groups(self, node: ast.Call, word: str, owner: Data) -> Data | None:
        """Return numbers of groups: beside each row, or one for each group."""
        if word in _FOLLOWING and node.args:
            followed = self._follow(node.args[0], [replace(owner, form="")])
            if followed is not None:
                return mixed([replace(owner, form=""), followed])
        if not is_group_number(node, word):
            return replace(owner, form="")
        column, told = owner.column, word
        match node.args[:1]:
            case [ast.Constant(value=str() as told)]:
                pass
            case [ast.Dict(keys=[ast.Constant(value=str() as column)])]:
                pass
        what = f"the {told} of {column or 'columns'!r} by groups"
        taught = self._taught(owner, what, how="group", column=column)
        form: Form = "" if word == "transform" else "aggregate"
        return replace(owner, learnt=owner.learnt | taught, form=form)

    def _filled(self, owner: Data, given: Sequence[Data]) -> Data:
        """Return a table with other values in some places."""
        _, learnt = united(given)
        groups = frozenset(
            self._learning.divisions.learnt(lesson._replace(how="statistic", column=""))
            for lesson in learnt
            if lesson.how == "group"
        )
        kept = frozenset(lesson for lesson in learnt if lesson.how in ("fit", "copies"))
        kept |= frozenset(lesson for lesson in learnt if lesson.how == "statistic")
        return replace(self._plain(owner, ()), learnt=owner.learnt | kept | groups)

    def _looked_up(self, owner: Data, given: Sequence[Data]) -> Data:
        """Return a table with what another one has for its rows."""
        _, learnt = united(given)
        rows, _ = united([owner, *(value for value in given if value.form != "aggregate")])
        return replace(self._plain(owner, ()), rows=rows, learnt=owner.learnt | learnt)

    def _of_parts(
        self,
        node: ast.Call,
        method: ast.Attribute,
        owner: Data,
        given: Sequence[Data],
        named: Mapping[str, Data],
    ) -> Data | None:
        """Return some rows or columns of a table; None if a method gives neither."""
        word, cell = method.attr, self._values.cell
        first = given[0] if given else NOTHING
        picking = self._values.picking
        if word == "drop":
            return self._dropped(node, owner, named.get("columns", NOTHING), first)
        if word == "pop" and first.texts and isinstance(method.value, ast.Name):
            self._values.names[method.value.id] = without(owner, first.texts)
            return narrowed_to(owner, first.texts)
        if word == "query" and first.texts:
            return picking.query(owner, node, first.texts[0], cell=cell)
        if word in ("head", "tail") and owner.rows:
            key = ast.unparse(node.args[0]) if node.args else ""
            return picking.cut(owner, node, word, key, part=word, cell=cell)
        if word == "isin" and first.rows:
            return replace(owner, picks=_last_step(first), parts=None)
        if word == "assign":
            columns = {**owner.columns, **{name: v.lessons for name, v in named.items() if v.rows}}
            return replace(owner, columns=columns)
        if word == "sample" and owner.rows:
            return self._sampled(node, owner)
        if word == "repeat" and owner.rows:
            return self._copied(owner, "a copy")
        return None

    def _dropped(self, node: ast.Call, owner: Data, columns: Data, first: Data) -> Data:
        """Return a table without columns, or without the rows of another."""
        axis = argument_of(node, "axis", 1)
        if columns.texts is not None:
            return without(owner, columns.texts)
        if first.texts is not None and isinstance(axis, ast.Constant):
            return without(owner, first.texts)
        step = _last_step(first) if first.rows and axis is None else None
        if step is not None and any(step in rows.path for rows in first.rows):
            return narrowed(owner, *Picking.inverted(step))
        return self._plain(owner, ())

    def _sampled(self, node: ast.Call, owner: Data) -> Data:
        match sampling_of(node):
            case "copies":
                return self._copied(owner, "a sample with replacement")
            case "part":
                division = self._learning.divisions.new(node, self._values.cell)
                return narrowed(owner, division, "sampled")
        return replace(owner, parts=None)

    def _copied(self, value: Data, what: str) -> Data:
        return replace(value, learnt=value.learnt | self._taught(value, what, how="copies"))

    def _taught(self, value: Data, what: str, *, how: How, column: str = "") -> frozenset[Lesson]:
        return self._learning.taught(value, what, how=how, column=column, cell=self._values.cell)


def _last_step(value: Data) -> tuple[int, str] | None:
    """Return the division by which rows were divided off, if it is one for all of them."""
    steps = {rows.path[-1] for rows in value.rows if rows.path}
    return steps.pop() if len(steps) == 1 else None
