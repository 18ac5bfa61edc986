"""Are rows that a model is judged on among those it was made with? Compared by hashes of rows.

Rows are equal if they are in all columns that both tables have; numbers by value, whatever their
type. Data with few distinct rows (a table of three flags) overlap without any mistake: the gate
takes ``(at most 1%)``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mlops_nb.errors import nearest
from mlops_nb.pipeline.gates.gate import RowOverlapGate
from mlops_nb.registry.evidence import Evidence, LostData
from mlops_nb.registry.report import GateOutcome
from mlops_nb.registry.verdicts import holds, show

EVALUATION = "eval"


class OverlapError(Exception):
    """Tables that cannot be compared; the text is a full sentence for the report."""


def judge_row_overlap(gate: RowOverlapGate, evidence: Evidence) -> GateOutcome:
    """Return how a gate on rows in common turns out."""
    bound = f"<= {gate.at_most:g}"
    try:
        seen = _find_rows(gate.seen, evidence)
        held_out = _find_rows(gate.held_out, evidence)
        common = rows_in_common(seen, held_out)
    except OverlapError as error:
        return GateOutcome(gate=str(gate), verdict="failed", reason=str(error), bound=bound)
    n = len(common)
    share = float(common.mean()) if n else 0.0
    first = f" The first is row {int(np.argmax(common))}." if common.any() else ""
    reason = f"{int(common.sum())} of {n} rows of {gate.held_out} are in {gate.seen}"
    reason += f" ({show(100 * share)}%).{first}" if common.any() else "."
    passed = n > 0 and holds(share, "<=", gate.at_most)
    return GateOutcome(
        gate=str(gate),
        verdict="passed" if passed else "failed",
        reason=reason,
        value=share,
        bound=bound,
        n_rows=n,
    )


def rows_in_common(seen: Any, held_out: Any) -> np.ndarray[Any, Any]:
    """Return for each row of `held_out` whether `seen` has it.

    Raises
    ------
    OverlapError
        If they are no tables, or have no column in common.
    """
    one, two = _as_frame(seen), _as_frame(held_out)
    columns = [name for name in two.columns if name in set(one.columns)]
    if not columns:
        raise OverlapError("The two have no column in common.")
    return np.isin(_hash_rows(two[columns]), _hash_rows(one[columns]))


def _find_rows(name: str, evidence: Evidence) -> Any:
    evaluation = evidence.evaluation
    found = evidence.datasets.get(name)
    if isinstance(found, LostData):
        raise OverlapError(found.reason)
    if found is not None:
        return found
    if evaluation is not None and name in (EVALUATION, evaluation.names[0]):
        return evaluation.features
    if name == EVALUATION:
        raise OverlapError(evidence.evaluation_fault or "The model has no evaluation data.")
    known = [*evidence.datasets, *([EVALUATION] if evaluation is not None else [])]
    raise OverlapError(f"There are no data called {name!r}. {nearest(name, known)}".strip())


def _as_frame(rows: Any) -> Any:
    import pandas as pd

    if isinstance(rows, pd.DataFrame):
        return rows.set_axis([str(name) for name in rows.columns], axis=1)
    if isinstance(rows, pd.Series):
        return rows.to_frame("0")
    if hasattr(rows, "toarray"):
        rows = rows.toarray()
    array = np.asarray(rows)
    if array.ndim == 0 or not len(array):
        raise OverlapError(f"A {type(rows).__name__} has no rows to compare.")
    flat = array.reshape(len(array), -1)
    return pd.DataFrame(flat, columns=[str(at) for at in range(flat.shape[1])])


def _hash_rows(frame: Any) -> np.ndarray[Any, Any]:
    import pandas as pd

    plain = {}
    for at, name in enumerate(frame.columns):
        column = frame.iloc[:, at]
        if pd.api.types.is_numeric_dtype(column.dtype):
            numbers = column.to_numpy(dtype=float, na_value=np.nan) + 0.0  # no negative zero
            plain[f"{at} {name}"] = numbers
        else:
            texts = column.astype(object)
            plain[f"{at} {name}"] = texts.map(str).where(texts.notna(), None).to_numpy()
    hashed = pd.util.hash_pandas_object(pd.DataFrame(plain), index=False)
    return np.asarray(hashed.to_numpy())
