"""How were rows divided, and had something been learnt from them before?

Each division has a number: one for each split that is made, and one for each border that slices,
masks and queries share, by its text, so that ``X[:n]`` and ``X[n:]`` are two parts of one.
"""

from __future__ import annotations

import ast
from collections.abc import Hashable
from typing import NamedTuple

from mlops_nb.pipeline.habits.rows import Lesson, Rows


class Place(NamedTuple):
    """Where a division was first made."""

    cell: int
    node: ast.expr


class Divisions:
    """The divisions of one notebook, in the order in which they are met."""

    def __init__(self) -> None:
        self._places: list[Place] = []
        self._numbers: dict[Hashable, int] = {}
        self._made_at: list[int] = []
        self._learnt_at: dict[Lesson, int] = {}

    def __len__(self) -> int:
        return len(self._places)

    def new(self, node: ast.expr, cell: int) -> int:
        """Return the number of a division that is made here."""
        self._places.append(Place(cell, node))
        self._made_at.append(len(self._places) + len(self._learnt_at))
        return len(self._places)

    def known_by(self, key: Hashable, node: ast.expr, cell: int) -> int:
        """Return the number of the division at a border; the first to meet it makes it."""
        if key not in self._numbers:
            self._numbers[key] = self.new(node, cell)
        return self._numbers[key]

    def place(self, number: int) -> Place:
        """Return where a division was first made."""
        return self._places[number - 1]

    def learnt(self, lesson: Lesson) -> Lesson:
        """Return `lesson`; note when it was learnt, if it is new."""
        self._learnt_at.setdefault(lesson, len(self._places) + len(self._learnt_at))
        return lesson

    def divided_later(self, lesson: Lesson, rows: Rows) -> Place | None:
        """Return where `rows` were first divided off after the lesson; None if before it."""
        for number, _ in rows.path[len(lesson.rows.path) :]:
            if self._learnt_at.get(lesson, 0) < self._made_at[number - 1]:
                return self.place(number)
        return None
