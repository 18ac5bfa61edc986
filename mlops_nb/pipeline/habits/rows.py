"""Which rows does a value hold, and which rows did what is in it learn from? The values of the
search for leakage.

Rows come from somewhere (a file, a data set): all rows of it are a root. A split divides roots into
a train and a test part. What a scaler that was fitted on rows gives has learnt from those rows,
whatever rows it holds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Part = Literal["all", "train", "test"]


class Rows(NamedTuple):
    """A set of rows: all of a root, or a part of it by one split (0 for none)."""

    root: int
    split: int
    part: Part

    def meets(self, other: Rows) -> bool:
        """Return whether the two surely have rows in common."""
        if self.root != other.root:
            return False
        if "all" in (self.part, other.part):
            return True
        return self.split == other.split and self.part == other.part


class Lesson(NamedTuple):
    """Rows that something was fitted on, and where that was."""

    rows: Rows
    cell: int
    what: str


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
    """

    rows: frozenset[Rows] = frozenset()
    learnt: frozenset[Lesson] = frozenset()
    module: str = ""
    estimator: int = 0
    parts: tuple[Data, ...] | None = None
    trials: frozenset[Trial] = frozenset()


NOTHING = Data()


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
    lessons : set of Lesson
        What it was fitted on.
    tries : bool
        Whether it is one of several: it is made of the variable of a loop.
    stops_early : bool
        Whether rows that are passed for watching end its fit.
    watched : set of Lesson
        Test rows that ended its fit.
    """

    name: str
    learns: bool
    tries: bool = False
    stops_early: bool = False
    lessons: set[Lesson] = field(default_factory=set)
    watched: set[Lesson] = field(default_factory=set)
