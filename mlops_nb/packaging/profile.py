"""What did the rows look like when the model was made? Counts per column, kept with the model.

Later rows are held against it without the rows themselves: deciles and percentiles of numbers, the
most frequent values of everything else. Edges come from these rows, counts are taken with them.
Values that are as many as the rows (ids, free text) are counted as other. Profiled are at most
20,000 rows, evenly spread, and 1,000 columns.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlops_nb.packaging.package import OWN_DIRECTORY

PROFILE_FILE = f"{OWN_DIRECTORY}/profile.json"
SCHEMA = 1
_ROWS = 20_000
_COLUMNS = 1_000
_VALUES = 50
_TEXT = 100


def write_profile(directory: Path, rows: Any) -> str:
    """Write the profile of `rows` into a package and return a note; empty if all is well.

    Rows that are no table have none. A column of a type that cannot be counted is no reason to have
    no model.
    """
    try:
        profile = profile_rows(rows)
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        return f"No reference profile, so no drift can be told: {type(error).__name__}: {reason}"
    if profile is not None:
        text = json.dumps(profile) + "\n"
        (directory / PROFILE_FILE).write_text(text, encoding="utf-8")
    return ""


def read_profile(directory: Path) -> dict[str, Any] | None:
    """Return the profile in a package; None if it has none that this version can read."""
    try:
        profile: dict[str, Any] = json.loads((directory / PROFILE_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return profile if isinstance(profile, dict) and profile.get("schema") == SCHEMA else None


def profile_rows(rows: Any) -> dict[str, Any] | None:
    """Return the profile of a frame or of an array of numbers; None for other rows.

    Returns
    -------
    dict or None
        ``{"schema": 1, "n_rows": n, "columns": [{"name", "kind", …}, …]}``; a column of numbers has
        ``edges`` and ``counts`` by deciles, ``fine_edges`` and ``fine_counts`` by percentiles,
        others have ``values`` and ``other``; all have ``missing``.
    """
    frame = _as_frame(rows)
    if frame is None or not len(frame) or not frame.shape[1]:
        return None
    sampled = frame.iloc[:: max(1, -(-len(frame) // _ROWS))]
    columns = [
        _profile_column(str(sampled.columns[at]), sampled.iloc[:, at])
        for at in range(min(sampled.shape[1], _COLUMNS))
    ]
    return {"schema": SCHEMA, "n_rows": len(sampled), "columns": columns}


def count_rows(rows: Any, profile: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the counts of other rows by the edges and values of `profile`, by column.

    A column that the rows do not have is left out; one that holds no numbers where the profile has
    some counts as missing there.
    """
    frame = _as_frame(rows)
    if frame is None:
        return {}
    by_name = {str(name): at for at, name in enumerate(frame.columns)}
    return {
        known["name"]: _count_column(frame.iloc[:, by_name[known["name"]]], known)
        for known in profile["columns"]
        if known["name"] in by_name
    }


def _as_frame(rows: Any) -> Any:
    import numpy as np
    import pandas as pd

    if isinstance(rows, pd.DataFrame):
        return rows
    if isinstance(rows, np.ndarray) and rows.ndim == 2 and rows.dtype.kind in "iufb":
        return pd.DataFrame(rows, columns=[str(at) for at in range(rows.shape[1])])
    return None


def _profile_column(name: str, column: Any) -> dict[str, Any]:
    import numpy as np

    numbers = _numbers(column)
    if numbers is not None:
        known = numbers[np.isfinite(numbers)]
        described: dict[str, Any] = {"name": name, "kind": "number"}
        for prefix, parts in (("", 10), ("fine_", 100)):
            steps = np.linspace(0, 1, parts + 1)[1:-1]
            edges = np.unique(np.quantile(known, steps)).tolist() if len(known) else []
            described[f"{prefix}edges"] = edges
            described[f"{prefix}counts"] = _histogram(known, edges)
        return {**described, "missing": int(len(numbers) - len(known))}
    counts = _value_counts(column)
    frequent = counts[counts > 1] if len(counts) > _VALUES else counts
    kept = {str(value): int(n) for value, n in frequent.iloc[:_VALUES].items()}
    return {
        "name": name,
        "kind": "category",
        "values": kept,
        "other": int(counts.sum()) - sum(kept.values()),
        "missing": int(len(column) - counts.sum()),
    }


def _count_column(column: Any, known: Mapping[str, Any]) -> dict[str, Any]:
    import numpy as np
    import pandas as pd

    if known["kind"] == "number":
        numbers = _numbers(column)
        if numbers is None:
            numbers = pd.to_numeric(pd.Series(column), errors="coerce").to_numpy(dtype=float)
        finite = numbers[np.isfinite(numbers)]
        return {
            "counts": _histogram(finite, known["edges"]),
            "fine_counts": _histogram(finite, known["fine_edges"]),
            "missing": int(len(numbers) - len(finite)),
        }
    counts = _value_counts(column)
    values = {value: int(counts.get(value, 0)) for value in known["values"]}
    total = int(counts.sum())
    return {
        "values": values,
        "other": total - sum(values.values()),
        "missing": int(len(column) - total),
    }


def _numbers(column: Any) -> Any:
    """Return a column as floats; None if it holds none. Times count as numbers, flags do not."""
    import numpy as np
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype) or pd.api.types.is_bool_dtype(column.dtype):
        return None
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        plain = column.dt.tz_localize(None) if column.dt.tz is not None else column
        days = (plain - pd.Timestamp(0)) / pd.Timedelta(days=1)
        return days.to_numpy(dtype=float, na_value=np.nan)
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_complex_dtype(
        column.dtype
    ):
        return column.to_numpy(dtype=float, na_value=np.nan)
    return None


def _value_counts(column: Any) -> Any:
    """Return how often each value is there, by its text; missing ones are left out."""
    plain = column.astype(object)
    try:
        counts = plain.value_counts()
    except TypeError:  # unhashable entries such as lists
        counts = plain.dropna().map(str).value_counts()
    counts.index = [str(value)[:_TEXT] for value in counts.index]
    return counts.groupby(level=0, sort=False).sum()


def _histogram(values: Any, edges: list[float]) -> list[int]:
    """Return the values below the first edge, from each edge on, and from the last on."""
    import numpy as np

    places = np.searchsorted(np.asarray(edges, dtype=float), values, side="right")
    return [int(n) for n in np.bincount(places, minlength=len(edges) + 1)]
