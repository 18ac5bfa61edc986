"""Does the model still answer as it did? Some rows, and what it answered for them when it was made.

The rows are read back from disk before the model answers, so what is compared later has made the
same journey. Predictions are compared as arrays: labels exactly, floats within 1e-6 (1e-4 in single
precision) relative to the value, because another processor adds in another order; the tightest
bound that holds across BLAS builds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mlops_nb.packaging.package import GOLDEN_FILE
from mlops_nb.packaging.rows import n_rows, read_rows, store_rows, take_rows

GOLDEN_ROWS = 50
SCHEMA = 1
_ROWS_DIRECTORY = "golden"
_PREDICTIONS_FILE = "golden/predictions.npz"

Answers = Mapping[str, Callable[[Any], Any]]


def record_golden(directory: Path, rows: Any, *, answers: Answers) -> str:
    """Write golden rows and predictions into the package and return a note; empty if all is well.

    Parameters
    ----------
    directory : Path
        The package.
    rows : object
        Input rows; at most 50 are kept.
    answers : Mapping of str to callable
        Methods by name; ``"predict"`` must answer, the others are left out if they raise.
    """
    import numpy as np

    own = (directory / GOLDEN_FILE).parent
    stored = store_rows(take_rows(rows, GOLDEN_ROWS), own / _ROWS_DIRECTORY, "rows")
    if "reason" in stored:
        return f"No golden predictions: {stored['reason']}."
    kept = read_rows(own / _ROWS_DIRECTORY, stored)
    arrays: dict[str, Any] = {}
    for method, answer in answers.items():
        try:
            arrays.update(_name_parts(method, answer(kept)))
        except Exception:
            if method == "predict":
                raise
    np.savez(own / _PREDICTIONS_FILE, **arrays)
    document = {
        "schema": SCHEMA,
        "rows": stored,
        "n_rows": n_rows(kept),
        "predictions": sorted(arrays),
    }
    (directory / GOLDEN_FILE).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return ""


def has_golden(directory: Path) -> bool:
    """True if the package has golden predictions."""
    return (directory / GOLDEN_FILE).exists()


def read_golden_rows(directory: Path) -> Any:
    """Return the rows the golden predictions were made for."""
    document = json.loads((directory / GOLDEN_FILE).read_text(encoding="utf-8"))
    return read_rows((directory / GOLDEN_FILE).parent / _ROWS_DIRECTORY, document["rows"])


def compare_golden(
    directory: Path, *, answers: Answers, method: str = ""
) -> dict[str, tuple[int, ...]]:
    """Return the rows that are answered otherwise, by method; empty if all is reproduced.

    A method that is no longer there, raises, or answers in another shape differs in all rows.

    Parameters
    ----------
    method : str
        Compare this one only; empty compares all.
    """
    import numpy as np

    own = (directory / GOLDEN_FILE).parent
    document = json.loads((directory / GOLDEN_FILE).read_text(encoding="utf-8"))
    rows = read_rows(own / _ROWS_DIRECTORY, document["rows"])
    every_row = tuple(range(int(document["n_rows"])))
    differing: dict[str, tuple[int, ...]] = {}
    with np.load(own / _PREDICTIONS_FILE, allow_pickle=False) as expected:
        recorded = sorted({name.split(".")[0] for name in expected.files})
        for name in [method] if method else recorded:
            parts = {key: expected[key] for key in expected.files if key.split(".")[0] == name}
            try:
                found = _name_parts(name, answers[name](rows))
            except Exception:
                found = {}
            off = _differing_parts(parts, found)
            if off is None:
                differing[name] = every_row
            elif off:
                differing[name] = off
    return differing


def _differing_parts(
    expected: Mapping[str, Any], found: Mapping[str, Any]
) -> tuple[int, ...] | None:
    """Return the rows in which any part differs; None if the parts are not the same ones."""
    if set(expected) != set(found):
        return None
    off = {row for name in expected for row in differing_rows(expected[name], found[name])}
    return tuple(sorted(off))


def differing_rows(expected: Any, found: Any) -> tuple[int, ...]:
    """Return the indices of the rows in which two arrays of predictions differ.

    >>> import numpy as np
    >>> differing_rows(np.array([1.0, 2.0, np.nan]), np.array([1.0, 2.1, np.nan]))
    (1,)
    """
    import numpy as np

    if expected.shape != found.shape:
        return tuple(range(len(expected) if expected.ndim else 1))
    if expected.dtype.kind in "fc" or found.dtype.kind in "fc":
        single = min(expected.dtype.itemsize, found.dtype.itemsize) <= 4
        equal = np.isclose(
            found,
            expected,
            rtol=1e-4 if single else 1e-6,
            atol=1e-6 if single else 1e-9,
            equal_nan=True,
        )
    else:
        equal = expected == found
    by_row = equal.reshape(len(equal), -1).all(axis=1) if equal.ndim else equal.reshape(1)
    return tuple(int(row) for row in np.flatnonzero(~by_row))


def _name_parts(method: str, predictions: Any) -> dict[str, Any]:
    """Return predictions as arrays by name: one, or one per output of a multi-output model."""
    import numpy as np

    if isinstance(predictions, list | tuple) and predictions and hasattr(predictions[0], "shape"):
        return {f"{method}.{index}": _comparable(part) for index, part in enumerate(predictions)}
    return {method: _comparable(np.asarray(predictions))}


def _comparable(array: Any) -> Any:
    """Return `array` in a type that needs no pickle: objects become the text of their JSON."""
    import numpy as np

    array = np.asarray(array)
    if array.dtype != object:
        return array
    texts = [json.dumps(entry, default=repr) for entry in array.flat]
    return np.asarray(texts, dtype=str).reshape(array.shape)
