"""What can a gate demand? One frozen type per kind; ``str`` writes it so that it reads back alike.

A bare name is a logged metric. With ``champion``, ``by``, ``ci`` or ``scored`` it is a scikit-learn
scorer, computed on the evaluation data.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from mlops_nb.pipeline.gates.quantity import Kind, plain_digits, render_number, render_quantity

Operator = Literal[">=", "<=", ">", "<"]
Statistic = Literal["psi", "ks"]
Comparison = Literal["difference", "ratio"]

# A word that needs no quotes: a hyphen only before a letter, so that `champion-0.005` is no name.
PLAIN_WORD = re.compile(r"[^\W\d](?:[\w.:/@]|-(?=[^\W\d]))*(?<![.:/@])")
KEYWORDS = frozenset(
    {"champion", "clean_run", "drift", "fairness", "no_row_overlap", "pytest", "schema", "size"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What a value is compared with: ``factor * champion + offset``, or `offset` alone.

    Attributes
    ----------
    offset : float
        In ones, seconds or bytes.
    factor : float or None
        None: the champion plays no part.
    """

    offset: float = 0.0
    factor: float | None = None

    def render(self, kind: Kind = "number") -> str:
        """Return the bound as the gate language has it."""
        if self.factor is None:
            return render_quantity(self.offset, kind)
        text = "champion" if self.factor == 1 else f"champion * {render_number(self.factor)}"
        if not self.offset:
            return text
        sign = "-" if self.offset < 0 else "+"
        return f"{text} {sign} {render_quantity(abs(self.offset), kind)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceColumn:
    """A column that rows are sliced by; with `value` only the rows that have it."""

    name: str
    value: str | None = None

    def __str__(self) -> str:
        name = quote_name(self.name)
        return name if self.value is None else f"{name} = {quote_value(self.value)}"


Slicing = tuple[SliceColumn, ...]
"""Columns that are crossed: each combination of their values is a slice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricGate:
    """``recall >= champion - 0.01 by sex, age_band (ci 95%, min 30 rows)``.

    Attributes
    ----------
    metric : str
        A name in `metrics.METRICS` if `is_scored`, else the logged metric's.
    by : tuple of Slicing
        Each slicing has slices of its own; all must pass.
    confidence : float or None
        Of the two-sided interval whose worse end must hold.
    min_rows : int or None
        A slice, or the data, with fewer fails.
    positive : str or None
        The label that counts as positive.
    scored : bool
        Written out; `is_scored` says whether it is.
    sanity : bool
        The bound is meant, though it goes against the metric's direction.
    """

    metric: str
    operator: Operator
    bound: Bound
    by: tuple[Slicing, ...] = ()
    confidence: float | None = None
    min_rows: int | None = None
    positive: str | None = None
    scored: bool = False
    sanity: bool = False

    @property
    def is_scored(self) -> bool:
        """True if the metric is computed on the evaluation data, False if it was logged."""
        needs_rows = self.by or self.confidence is not None or self.bound.factor is not None
        return bool(self.scored or needs_rows)

    def __str__(self) -> str:
        options = [f"ci {_percent(self.confidence)}"] if self.confidence is not None else []
        options += _row_options(self.min_rows, self.positive)
        options += [word for word in ("scored", "sanity") if getattr(self, word)]
        head = f"{quote_name(self.metric)} {self.operator} {self.bound.render()}"
        return head + _render_by(self.by) + _render_options(options)


@dataclass(frozen=True, slots=True, kw_only=True)
class FairnessGate:
    """``fairness selection_rate difference <= 0.1 by sex (ci 95%, min 30 rows)``: between the
    slices of a slicing, the largest rate less the smallest, or the smallest over the largest.

    Attributes
    ----------
    rate : str
        A name in `rates.RATES`.
    confidence : float or None
        Of the two-sided interval whose worse end must hold.
    """

    rate: str
    comparison: Comparison
    operator: Operator
    limit: float
    by: tuple[Slicing, ...]
    confidence: float | None = None
    min_rows: int | None = None
    positive: str | None = None

    def __str__(self) -> str:
        head = f"fairness {self.rate} {self.comparison} {self.operator} {render_number(self.limit)}"
        options = [f"ci {_percent(self.confidence)}"] if self.confidence is not None else []
        options += _row_options(self.min_rows, self.positive)
        return head + _render_by(self.by) + _render_options(options)


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyGate:
    """``latency_p95 <= 20 ms (batch 8 rows)``: time of one call of ``predict``."""

    percentile: float
    operator: Operator
    bound: Bound
    batch_rows: int = 1

    def __str__(self) -> str:
        options = [f"batch {self.batch_rows} rows"] if self.batch_rows != 1 else []
        name = f"latency_p{render_number(self.percentile)}"
        return f"{name} {self.operator} {self.bound.render('duration')}{_render_options(options)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeGate:
    """``size <= 50 MB``: all files of the package but the data it keeps."""

    operator: Operator
    bound: Bound

    def __str__(self) -> str:
        return f"size {self.operator} {self.bound.render('size')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaGate:
    """``schema compatible``: who calls the champion can call this model."""

    def __str__(self) -> str:
        return "schema compatible"


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftGate:
    """``drift psi <= 0.2``: how far the evaluation data are from the champion's, worst column."""

    statistic: Statistic
    operator: Operator
    limit: float

    def __str__(self) -> str:
        return f"drift {self.statistic} {self.operator} {render_number(self.limit)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanRunGate:
    """``clean_run``: a complete headless run of a committed notebook made the model."""

    def __str__(self) -> str:
        return "clean_run"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowOverlapGate:
    """``no_row_overlap train, eval (at most 1%)``: share of `held_out`'s rows that `seen` has."""

    seen: str
    held_out: str
    at_most: float = 0.0

    def __str__(self) -> str:
        options = [f"at most {_percent(self.at_most)}"] if self.at_most else []
        names = f"{quote_name(self.seen)}, {quote_name(self.held_out)}"
        return f"no_row_overlap {names}{_render_options(options)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PytestGate:
    """``pytest tests/test_model.py::test_monotone``: a test of the user's own."""

    node: str

    def __str__(self) -> str:
        return f"pytest {self.node}"


Gate = (
    MetricGate
    | FairnessGate
    | LatencyGate
    | SizeGate
    | SchemaGate
    | DriftGate
    | CleanRunGate
    | RowOverlapGate
    | PytestGate
)


def quote_name(name: str) -> str:
    """Return `name` as it stands in a gate: quoted unless it is a plain word.

    >>> quote_name("val.acc"), quote_name("top-1 score"), quote_name("it's")
    ('val.acc', "'top-1 score'", "'it''s'")
    """
    is_taken = name in KEYWORDS or name.startswith("latency")
    if PLAIN_WORD.fullmatch(name) and not is_taken:
        return name
    return "'" + name.replace("'", "''") + "'"


def quote_value(value: str) -> str:
    """Return a value of a column or a label as it stands in a gate: whole numbers stand bare."""
    return value if re.fullmatch(r"-?\d+", value, re.ASCII) else quote_name(value)


def render_slicing(slicing: Slicing) -> str:
    """Return a slicing as it stands behind ``by``."""
    return " * ".join(map(str, slicing))


def _percent(share: float) -> str:
    return f"{plain_digits(Decimal(repr(share)) * 100)}%"


def _row_options(min_rows: int | None, positive: str | None) -> list[str]:
    options = [f"min {min_rows} rows"] if min_rows is not None else []
    return options + ([f"positive {quote_value(positive)}"] if positive is not None else [])


def _render_by(by: Sequence[Slicing]) -> str:
    return f" by {', '.join(map(render_slicing, by))}" if by else ""


def _render_options(options: Sequence[str]) -> str:
    return f" ({', '.join(options)})" if options else ""
