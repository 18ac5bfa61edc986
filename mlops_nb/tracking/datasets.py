"""Which data was this, to the last row?

MLflow's own digest covers the first 10,000 rows and string and number columns only. Ours covers
every value, the column names, the types, the index and the shape: SHA-256 over pandas' 64-bit
row hashes, cut to the 128 bits that MLflow's column holds.

Limits: equal digests mean equal data for numbers, times, booleans and strings. In object
columns None and NaN count as equal, columns of mixed types are compared by ``str``, and other
objects by their pickle. The digest is stable for one pandas; another may hash a type
differently.
"""

from __future__ import annotations

import hashlib
import json
import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

DIGEST_CHARACTERS = 32
CONTEXT_TAG = "mlflow.data.context"
COLUMNS_SHOWN = 1000
_MLFLOW_TYPES: Mapping[str, str] = {
    "b": "boolean",
    "i": "long",
    "u": "long",
    "f": "double",
    "M": "datetime",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetRecord:
    """A dataset as MLflow lists it, without its data.

    Attributes
    ----------
    name, role : str
        The variable or file, and what it was used for: ``"train"``, ``"eval"``. MLflow keeps
        one role per name and digest: data in two roles wants two names.
    digest : str
        32 hexadecimal digits.
    rows : int
    columns : tuple of (name, MLflow type)
    source : str
        Where it comes from: the notebook, or a file's path.
    """

    name: str
    role: str
    digest: str
    rows: int
    columns: tuple[tuple[str, str], ...] = field(default=())
    source: str = ""


def describe_dataset(value: Any, *, name: str, role: str, source: str = "") -> DatasetRecord | None:
    """Return the record of a frame, series or array, or None for anything else.

    Parameters
    ----------
    value : DataFrame, Series, array or tuple of these
        A tuple, such as ``(X, y)``, counts as one dataset.
    name, role, source : str
    """
    parts = value if isinstance(value, tuple) else (value,)
    digests = [digest_value(part) for part in parts]
    if not digests or None in digests:
        return None
    columns = [column for part in parts for column in _columns(part)]
    joined = "\n".join(str(digest) for digest in digests)
    return DatasetRecord(
        name=name,
        role=role,
        digest=str(digests[0]) if len(parts) == 1 else _hex(joined.encode()),
        rows=int(parts[0].shape[0]) if parts[0].ndim else 1,
        columns=tuple(columns[:COLUMNS_SHOWN]),
        source=source,
    )


def digest_value(value: Any) -> str | None:
    """Return the digest of a frame, series, array or sparse matrix; None for anything else."""
    import numpy as np
    import pandas as pd

    if isinstance(value, pd.DataFrame):
        return digest_frame(value)
    if isinstance(value, pd.Series):
        return _hex(
            b"series", digest_frame(value.to_frame(name=0)).encode(), repr(value.name).encode()
        )
    if isinstance(value, np.ndarray):
        return digest_array(value)
    if hasattr(value, "tocoo") and hasattr(value, "format"):
        matrix = value.tocoo()
        parts = (np.asarray(part) for part in (matrix.row, matrix.col, matrix.data))
        digests = [digest_array(part).encode() for part in parts]
        return _hex(b"sparse", repr(matrix.shape).encode(), *digests)
    return None


def digest_frame(frame: pd.DataFrame) -> str:
    """Return the digest of all values, column names, types and the index of `frame`."""
    header = [
        repr([repr(name) for name in frame.columns]),
        repr([_type_name(dtype) for dtype in frame.dtypes]),
        repr(frame.columns.names),
        f"{type(frame.index).__name__} {frame.index.names!r} {_index_type(frame.index)}",
        repr(frame.shape),
    ]
    digests = [_hash_column(frame.iloc[:, position]) for position in range(frame.shape[1])]
    return _hex(b"frame", *(line.encode() for line in header), _hash_index(frame.index), *digests)


def digest_array(array: np.ndarray[Any, Any]) -> str:
    """Return the digest of all values, the type and the shape of `array`."""
    header = (
        f"array {array.dtype.str} {array.dtype.descr if array.dtype.names else ''} {array.shape}"
    )
    if array.dtype.hasobject:
        import pandas as pd

        return _hex(header.encode(), _hash_column(pd.Series(array.ravel(), dtype=object)))
    import numpy as np

    # One copy at most, none for a contiguous array: the digest reads the array's own memory.
    contiguous = np.ascontiguousarray(array)
    return _hex(header.encode(), contiguous.reshape(-1).view(np.uint8).data)


def _hash_column(column: pd.Series[Any]) -> bytes:
    import pandas as pd

    try:
        return pd.util.hash_pandas_object(column, index=False).to_numpy().tobytes()
    except TypeError:  # a column of lists, arrays or other objects pandas cannot hash
        return b"".join(
            hashlib.sha256(pickle.dumps(value, protocol=5)).digest() for value in column
        )


def _hash_index(index: pd.Index[Any]) -> bytes:
    import pandas as pd

    if isinstance(index, pd.RangeIndex):
        return repr((index.start, index.stop, index.step)).encode()
    return pd.util.hash_pandas_object(index).to_numpy().tobytes()


def _index_type(index: pd.Index[Any]) -> str:
    return repr([_type_name(dtype) for dtype in getattr(index, "dtypes", [index.dtype])])


def _type_name(dtype: Any) -> str:
    """Return a name that tells apart what ``str`` does not: the categories of a categorical."""
    categories = getattr(dtype, "categories", None)
    if categories is None:
        return str(dtype)
    return f"{dtype} ordered={dtype.ordered} {categories.dtype} {list(categories)!r}"


def _columns(value: Any) -> list[tuple[str, str]]:
    if hasattr(value, "columns"):
        return [
            (str(name), _MLFLOW_TYPES.get(getattr(dtype, "kind", "O"), "string"))
            for name, dtype in zip(value.columns, value.dtypes, strict=True)
        ]
    if getattr(value, "name", None) is not None:
        kind = getattr(value.dtype, "kind", "O")
        return [(str(value.name), _MLFLOW_TYPES.get(kind, "string"))]
    return []


def _hex(*parts: Any) -> str:
    total = hashlib.sha256()
    for part in parts:
        size = part.nbytes if isinstance(part, memoryview) else len(part)
        total.update(f"{size}:".encode())
        total.update(part)
    return total.hexdigest()[:DIGEST_CHARACTERS]


def to_mlflow(record: DatasetRecord) -> Any:
    """Return `record` as MLflow's ``DatasetInput``."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    schema = {
        "mlflow_colspec": [
            {"type": kind, "name": name, "required": True} for name, kind in record.columns
        ]
    }
    dataset = Dataset(
        name=record.name,
        digest=record.digest,
        source_type="code",
        source=json.dumps({"tags": {"mlflow.source.name": record.source}}),
        schema=json.dumps(schema) if record.columns else None,
        profile=json.dumps({"num_rows": record.rows}),
    )
    return DatasetInput(dataset=dataset, tags=[InputTag(CONTEXT_TAG, record.role)])
