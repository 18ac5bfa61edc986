"""Which rows are a slice? Columns of the evaluation data, one by one or crossed."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np

from mlops_nb.errors import nearest
from mlops_nb.pipeline.gates.gate import SliceColumn, Slicing
from mlops_nb.registry.evidence import EvaluationRows

Array = np.ndarray[Any, Any]
MAX_VALUES = 50
MISSING = "(missing)"


class SliceError(Exception):
    """Rows that cannot be sliced so; the text is a full sentence for the report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSlice:
    """Some of the evaluation rows, as a mask."""

    name: str
    rows: Array

    @property
    def n_rows(self) -> int:
        return int(self.rows.sum())


def slice_rows(slicing: Slicing, evaluation: EvaluationRows) -> list[RowSlice]:
    """Return the slices of `slicing`, sorted by value.

    A value that is named, or that a categorical column declares, is a slice though no row has it.
    Of crossed columns the combinations that occur are slices, and those with named values.

    Raises
    ------
    SliceError
        If there is no such column, or it has more than 50 values.
    """
    columns = [_values_of(column, evaluation) for column in slicing]
    is_named = all(column.value is not None for column in slicing)
    found = []
    for combination in itertools.product(*(values for _, values in columns)):
        rows = np.ones(evaluation.n_rows, dtype=bool)
        for (labels, _), value in zip(columns, combination, strict=True):
            rows &= labels == value
        if rows.any() or is_named or len(slicing) == 1:
            pairs = zip(slicing, combination, strict=True)
            name = ", ".join(f"{column.name} = {value}" for column, value in pairs)
            found.append(RowSlice(name=name, rows=rows))
    return found


def _values_of(column: SliceColumn, evaluation: EvaluationRows) -> tuple[Array, list[str]]:
    """Return the column's values as texts, row by row, and those that are slices."""
    labels, declared = _labels(find_column(column.name, evaluation))
    if column.value is not None:
        return labels, [column.value]
    values = sorted({*labels.tolist(), *declared})
    if len(values) > MAX_VALUES:
        raise SliceError(
            f"The column {column.name!r} has {len(values)} values: a slice for each says little."
            " Put them into groups, and name the groups with --eval X,y,slices."
        )
    return labels, values


def find_column(name: str, evaluation: EvaluationRows) -> Any:
    """Return a column of the slices or, if they have none so called, of the features.

    Raises
    ------
    SliceError
    """
    known: list[str] = []
    for position, frame in ((2, evaluation.slices), (0, evaluation.features)):
        if frame is None:
            continue
        if hasattr(frame, "columns"):
            by_name = {str(column): column for column in frame.columns}
            if name in by_name:
                return frame[by_name[name]]
            known += by_name
        elif np.ndim(frame) == 1 and position == 2:
            own = getattr(frame, "name", None) or evaluation.names[2]
            if name in (own, evaluation.names[2]):
                return frame
            known.append(str(own))
    hint = nearest(name, known) or "The features have no named columns: name slices with --eval."
    if known and evaluation.slices is None:
        hint += " What the model does not take comes third: --eval X,y,slices."
    raise SliceError(f"The evaluation data have no column {name!r}. {hint}")


def _labels(column: Any) -> tuple[Array, list[str]]:
    import pandas as pd

    series = pd.Series(column).reset_index(drop=True)
    declared: list[str] = []
    if isinstance(series.dtype, pd.CategoricalDtype):
        declared = [_text(value) for value in series.cat.categories]
    codes, uniques = pd.factorize(series, use_na_sentinel=True)
    texts = np.array([*(_text(value) for value in uniques), MISSING], dtype=object)
    return texts[codes], declared  # a code of -1 is the last


def _text(value: Any) -> str:
    plain = value.item() if hasattr(value, "item") else value
    is_whole = isinstance(plain, float) and plain.is_integer()
    return str(int(plain)) if is_whole else str(plain)
