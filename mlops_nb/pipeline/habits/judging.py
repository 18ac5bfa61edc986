"""Is what judges a model known to it? The leaks of one notebook.

Rows that are known to be for tests judge wherever something is predicted for them. Parts that
slices and masks cut out judge only a model that was fitted on another part, and only by a score.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

from mlops_nb.pipeline.habits.divisions import Divisions
from mlops_nb.pipeline.habits.rows import (
    Data,
    Estimator,
    Leak,
    Lesson,
    Rows,
    Trial,
    in_order,
    united,
)

_SCORING = ("score", "evaluate")


class Judging:
    """What judged what, and the leaks that this shows."""

    def __init__(self, divisions: Divisions) -> None:
        self.leaks: list[Leak] = []
        self._divisions = divisions
        self._targets: set[str] = set()
        self._splits_of: dict[int, set[int]] = {}
        self._judged: set[int] = set()

    def aims_at(self, target: Data) -> None:
        """Note what is to be predicted."""
        if target.column:
            self._targets.add(target.column)

    def divides(self, rows: Rows, division: int) -> None:
        """Note that a split divides all rows of a root."""
        self._splits_of.setdefault(rows.root, set()).add(division)

    def judge(
        self, node: ast.Call, estimator: Estimator, given: Sequence[Data], *, cell: int
    ) -> Data:
        """Return what a method that judges returns for `given`; note what leaks."""
        rows, learnt = united(given)
        tests = [part for part in sorted(rows) if part.part == "test"]
        self._judged.update(part.root for part in rows)
        assert isinstance(node.func, ast.Attribute)  # a method was called
        is_score = node.func.attr in _SCORING
        for lesson in in_order(estimator.watched):
            if any(part.meets(lesson.rows) for part in tests):
                self.leaks.append(Leak("stopped", cell, node, lesson, estimator.name))
        self.leaks += self._known_tests(node, estimator, tests, cell)
        self.leaks += self._own_numbers(node, learnt, tests, cell)
        pending = frozenset(self._other_parts(node, estimator, rows, cell))
        if is_score:
            self.leaks += sorted(pending, key=_order)
        trials = frozenset(
            Trial(part, cell, node.lineno, estimator.name, is_score)
            for part in tests
            if estimator.tries
        )
        return Data(rows, learnt, trials=trials, pending=frozenset() if is_score else pending)

    def compare(self, values: Sequence[Data]) -> None:
        """Note what leaks when predictions are compared with what is true."""
        if any(value.rows and not value.pending for value in values):
            found = {leak for value in values for leak in value.pending}
            self.leaks += sorted(found - set(self.leaks), key=_order)

    def _known_tests(
        self, node: ast.Call, estimator: Estimator, tests: Sequence[Rows], cell: int
    ) -> Iterator[Leak]:
        """Yield the first leak from test rows into what the estimator was fitted on."""
        told = {leak.lesson for leak in self.leaks if leak.kind == "early"}
        for lesson in self._active(estimator.lessons - told):
            part = next((part for part in tests if part.meets(lesson.rows)), None)
            if part is not None:
                yield self._leak(node, estimator, lesson, part, cell)
                return

    def _other_parts(
        self, node: ast.Call, estimator: Estimator, rows: Iterable[Rows], cell: int
    ) -> Iterator[Leak]:
        """Yield what was learnt, before they were cut out, from rows that judge and are no known
        tests.

        Of parts that were given themselves, and of what holds them, nothing is told.
        """
        direct = [lesson.rows for lesson in estimator.lessons - estimator.carried]
        for part in sorted(rows):
            fitted = [other for other in direct if other.root == part.root]
            if part.part == "test" or not fitted or any(part.meets(other) for other in fitted):
                continue
            for lesson in self._active(estimator.carried):
                if part.meets(lesson.rows):
                    yield self._leak(node, estimator, lesson, part, cell)
                    return

    def _own_numbers(
        self, node: ast.Call, learnt: Iterable[Lesson], tests: Sequence[Rows], cell: int
    ) -> Iterator[Leak]:
        """Yield that test rows were scaled or filled with a number made of them alone."""
        for lesson in in_order(learnt):
            if lesson.how == "statistic" and lesson.rows in tests:
                yield Leak("test", cell, node, lesson)
                return

    def _leak(
        self, node: ast.Call, estimator: Estimator, lesson: Lesson, part: Rows, cell: int
    ) -> Leak:
        place = self._divisions.divided_later(lesson, part) if lesson in estimator.carried else None
        if place is None:
            return Leak("overlap", cell, node, lesson, estimator.name)
        return Leak("early", place.cell, place.node, lesson)

    def _active(self, lessons: Iterable[Lesson]) -> list[Lesson]:
        """Return the lessons that matter: numbers of groups do where they tell the target."""
        return [
            lesson
            for lesson in in_order(lessons)
            if lesson.how != "extreme" and (lesson.how != "group" or lesson.column in self._targets)
        ]

    def note_early(self, node: ast.Call, value: Data, *, is_table: bool, cell: int) -> None:
        """Note what was learnt from rows that are divided now.

        Of a table that is divided whole, columns that numbers were put into may not be used.
        """
        lessons = value.lessons
        if is_table:
            made = {lesson for lesson in lessons - value.learnt if lesson.how != "fit"}
            lessons = lessons - made
        for lesson in self._active(lessons):
            if any(rows.meets(lesson.rows) for rows in value.rows):
                self.leaks.append(Leak("early", cell, node, lesson))
                return

    def choose(self, node: ast.expr, trials: Iterable[Trial], *, cell: int) -> None:
        """Note that the best of several is chosen by how they did on test rows."""
        for trial in sorted(trial for trial in trials if trial.is_score):
            lesson = Lesson(trial.rows, trial.cell, trial.what)
            self.leaks.append(Leak("chosen", cell, node, lesson))
            return

    def is_last_word(self, rows: Rows) -> bool:
        """Return whether no other rows judge: not another split's, nor another table's."""
        return len(self._splits_of.get(rows.root, ())) == 1 and self._judged <= {rows.root}


def _order(leak: Leak) -> tuple[int, int, Lesson]:
    return leak.cell, leak.node.lineno, leak.lesson
