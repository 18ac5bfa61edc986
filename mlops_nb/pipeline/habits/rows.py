"""Which rows does a value hold, and which rows did what is in it learn from? The values of the
search for leakage.

Rows come from somewhere (a file, a data set): all rows of it are a root. A split, a slice, a mask
divides rows into parts, and parts again. What a scaler that was fitted on rows gives has learnt
from those rows, whatever rows it holds; so has what the mean of rows was taken from or put into.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

# How rows got into something: an estimator was fitted on them; a number was made of all of them
# (of `extreme` ones only quotients tell that they scale); numbers were made of groups of them; rows
# were put beside copies of themselves.
How = Literal["fit", "statistic", "extreme", "group", "copies"]
Form = Literal["", "windows", "groups", "aggregate"]
ROLES = ("train", "test")
# More is not told apart, so that the cost of a value does not grow with the notebook.
_DEEPEST = 8
_MOST_ROWS = 32
_MOST_LESSONS = 64


class Rows(NamedTuple):
    """A set of rows: all of a root, or the part of a part of it that divisions have left.

    `path` has the number of each division, and the word for the part of it.
    """

    root: int
    path: tuple[tuple[int, str], ...] = ()

    @property
    def part(self) -> str:
        """The last part that is known to be for training or for tests; else ``"all"``."""
        return next((part for _, part in reversed(self.path) if part in ROLES), "all")

    def within(self, division: int, part: str) -> Rows:
        """Return a part of these rows."""
        step = (division, part)
        if step in self.path or len(self.path) >= _DEEPEST:
            return self
        return Rows(self.root, (*self.path, step))

    def is_part_of(self, others: Collection[Rows]) -> bool:
        """Return whether one of `others` holds these rows and more."""
        return any(
            Rows(self.root, self.path[:length]) in others for length in range(len(self.path))
        )

    def meets(self, other: Rows) -> bool:
        """Return whether the two surely have rows in common."""
        shorter = min(len(self.path), len(other.path))
        return self.root == other.root and self.path[:shorter] == other.path[:shorter]


class Lesson(NamedTuple):
    """Rows that something was made of, where that was, and what was made: the word for it.

    `column` names the one column whose groups were counted, if it is known.
    """

    rows: Rows
    cell: int
    what: str
    how: How = "fit"
    column: str = ""


def in_order(lessons: Iterable[Lesson]) -> list[Lesson]:
    """Return `lessons` by where they were learnt."""
    return sorted(lessons, key=lambda lesson: (lesson.cell, lesson.what, lesson))


class Trial(NamedTuple):
    """Test rows that judged one of several estimators, each made of a loop's variable.

    `is_score` says whether it is the outcome, or the predictions that an outcome is made of.
    """

    rows: Rows
    cell: int
    line: int
    what: str
    is_score: bool


@dataclass(frozen=True, slots=True)
class Leak:
    """Where rows were judged, or divided, that something had learnt from."""

    kind: Literal["early", "overlap", "test", "chosen", "stopped"]
    cell: int
    node: ast.expr
    lesson: Lesson
    judged: str = ""


@dataclass(frozen=True, slots=True)
class Data:
    """A value made of data, or one that is none (no rows, nothing learnt).

    Attributes
    ----------
    rows : frozenset of Rows
    learnt : frozenset of Lesson
        What shaped its values besides its own rows.
    module : str
        Of an imported name: where it lives.
    estimator : int
        Number of the estimator it is; 0 for none.
    parts : tuple of Data or None
        What it unpacks to, where that is known.
    trials : frozenset of Trial
        What of it tells how estimators did on test rows.
    columns : mapping of str to frozenset of Lesson
        What shaped the values of single columns of it.
    column : str
        Which column of a table it is, if it is known to be one.
    texts : tuple of str or None
        The text, or the list of texts, that it is.
    picks : tuple of (int, str) or None
        Of a mask or of positions: the division and the part that they pick.
    order : int
        Number of the list of all positions that it is; 0 for none.
    each : Data or None
        What a loop over it gives.
    form : {"", "windows", "groups", "aggregate"}
        Whether means of it are of all its rows.
    pending : frozenset of Leak
        Of predictions: what leaks if they are compared with what is true.
    """

    rows: frozenset[Rows] = frozenset()
    learnt: frozenset[Lesson] = frozenset()
    module: str = ""
    estimator: int = 0
    parts: tuple[Data, ...] | None = None
    trials: frozenset[Trial] = frozenset()
    columns: Mapping[str, frozenset[Lesson]] = field(default_factory=dict)
    column: str = ""
    texts: tuple[str, ...] | None = None
    picks: tuple[int, str] | None = None
    order: int = 0
    each: Data | None = None
    form: Form = ""
    pending: frozenset[Leak] = frozenset()

    @property
    def lessons(self) -> frozenset[Lesson]:
        """What shaped any of its values."""
        return self.learnt.union(*self.columns.values()) if self.columns else self.learnt


NOTHING = Data()


def united(values: Iterable[Data]) -> tuple[frozenset[Rows], frozenset[Lesson]]:
    """Return all rows of `values`, and all that they have learnt from."""
    rows: frozenset[Rows] = frozenset()
    learnt: frozenset[Lesson] = frozenset()
    for value in values:
        rows, learnt = rows | value.rows, learnt | value.lessons
    return _largest(rows), _first(learnt)


def _largest(rows: frozenset[Rows]) -> frozenset[Rows]:
    """Return `rows` without those that others hold, and not too many."""
    if len(rows) > 1:
        rows = frozenset(part for part in rows if not part.is_part_of(rows))
    return frozenset(sorted(rows)[:_MOST_ROWS]) if len(rows) > _MOST_ROWS else rows


def _first(lessons: frozenset[Lesson]) -> frozenset[Lesson]:
    """Return `lessons`, and not too many."""
    return frozenset(in_order(lessons)[:_MOST_LESSONS]) if len(lessons) > _MOST_LESSONS else lessons


def mixed(values: Iterable[Data]) -> Data:
    """Return a value made of all of `values` in a way that is not known.

    A number that was made of rows, passed to something together with rows, does not shape them: it
    may be a length or a limit.
    """
    every = [value for value in values if value is not NOTHING]
    if not every:
        return NOTHING
    rows, learnt = united(every)
    if rows:
        learnt = _first(frozenset().union(*(_shaping(value) for value in every)))
    trials = frozenset(trial for value in every for trial in value.trials)
    pending = frozenset(leak for value in every for leak in value.pending)
    return Data(rows, learnt, trials=trials, pending=pending)


def _shaping(value: Data) -> frozenset[Lesson]:
    if value.rows:
        return value.lessons
    return frozenset(lesson for lesson in value.lessons if lesson.how in ("fit", "copies"))


def combined(values: Iterable[Data]) -> Data:
    """Return a value computed of `values`, all of which shape it."""
    every = tuple(values)
    made = mixed(every)
    return replace(made, learnt=united(every)[1]) if made.rows else made


def whole(value: Data) -> Data:
    """Return a value with the rows of `value`, whose parts are not told apart."""
    return value if value.parts is None else mixed([replace(value, parts=None)])


def narrowed(value: Data, division: int, part: str) -> Data:
    """Return what is left of `value` in one part of a division."""
    rows = frozenset(rows.within(division, part) for rows in value.rows)
    return replace(value, rows=rows, parts=None)


@dataclass(slots=True)
class Estimator:
    """Something with ``fit``.

    Attributes
    ----------
    name : str
        Of its class.
    learns : bool
        Whether what it transforms carries what it has learnt (a scaler does, an encoder of labels
        does not).
    divides : bool
        Whether its ``split`` gives positions of training and test rows.
    lessons : set of Lesson
        What it was fitted on.
    carried : set of Lesson
        Those of them that shaped the rows it was fitted on before it was.
    tries : bool
        Whether it is one of several: it is made of the variable of a loop.
    stops_early : bool
        Whether rows that are passed for watching end its fit.
    watched : set of Lesson
        Test rows that ended its fit.
    """

    name: str
    learns: bool = False
    divides: bool = False
    tries: bool = False
    stops_early: bool = False
    lessons: set[Lesson] = field(default_factory=set)
    carried: set[Lesson] = field(default_factory=set)
    watched: set[Lesson] = field(default_factory=set)
