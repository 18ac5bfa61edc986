"""How are rows of data kept with a model, so that reading them back never runs code?

Frames as Parquet, arrays as ``.npy``, sparse matrices as SciPy's ``.npz``, lists as JSON: no pickle
anywhere. What fits none of these is not stored, and the reason is kept instead. Digests are taken
over the values, so they do not change with the file format.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def n_rows(value: Any) -> int:
    """Return the number of rows (samples) of `value`; 1 for what has no length."""
    shape = getattr(value, "shape", None)
    if shape is not None:
        return int(shape[0]) if len(shape) else 1
    return len(value) if hasattr(value, "__len__") else 1


def take_rows(value: Any, n: int) -> Any:
    """Return the first `n` rows of `value`, in its own type; `value` itself if it has no rows."""
    if isinstance(value, dict | str | bytes):
        return value
    if hasattr(value, "iloc"):
        return value.iloc[:n]
    if hasattr(value, "tocsr"):
        return value.tocsr()[:n]
    try:
        return value[:n]
    except (TypeError, KeyError, IndexError):
        return value


def store_rows(value: Any, directory: Path, stem: str) -> dict[str, Any]:
    """Write `value` below `directory` and return how to read it back.

    Returns
    -------
    dict
        ``{"kind": …, "file": …}`` for `read_rows`, or ``{"reason": …}`` if it fits no format.
    """
    directory.mkdir(parents=True, exist_ok=True)
    try:
        return _write(value, directory, stem)
    except OSError:
        raise  # a full disk is no property of the value
    except Exception as error:
        return {"reason": f"{_type_name(value)} does not fit a safe format: {_first_line(error)}"}


def read_rows(directory: Path, stored: Mapping[str, Any]) -> Any:
    """Return what `store_rows` wrote."""
    import numpy as np
    import pandas as pd

    kind, path = stored["kind"], directory / str(stored.get("file", ""))
    if kind == "json":
        return json.loads(path.read_text(encoding="utf-8"))
    if kind == "sparse":
        from scipy import sparse

        return sparse.load_npz(path)
    if kind in ("frame", "series"):
        frame = pd.read_parquet(path, engine="pyarrow")
        return frame if kind == "frame" else frame.iloc[:, 0].rename(stored["name"])
    array = np.load(path, allow_pickle=False)
    if kind == "text":
        return array.astype(object)
    if kind == "tensor":
        import torch

        return torch.from_numpy(array)
    return array


def digest_rows(value: Any) -> str:
    """Return ``"sha256:HEX"`` over the full content of `value`: every row, every column, names and
    types.

    Row labels are left out. Two values of different types have different digests.
    """
    import numpy as np
    import pandas as pd

    digest = hashlib.sha256(_type_name(value).encode())
    if isinstance(value, pd.DataFrame):
        for position in range(value.shape[1]):
            _add_column(digest, value.columns[position], value.iloc[:, position])
    elif isinstance(value, pd.Series):
        _add_column(digest, value.name, value)
    elif hasattr(value, "tocsr"):
        csr = value.tocsr()
        for part in (np.asarray(csr.shape), csr.indptr, csr.indices, csr.data):
            _add_array(digest, part)
    elif isinstance(value, list | tuple | dict | str):
        digest.update(json.dumps(value, sort_keys=True, default=repr).encode())
    else:
        _add_array(digest, np.asarray(value))
    return "sha256:" + digest.hexdigest()


def _write(value: Any, directory: Path, stem: str) -> dict[str, Any]:
    import numpy as np
    import pandas as pd

    if isinstance(value, pd.DataFrame):
        value.to_parquet(directory / f"{stem}.parquet", engine="pyarrow")
        return {"kind": "frame", "file": f"{stem}.parquet"}
    if isinstance(value, pd.Series):
        value.to_frame(name="value").to_parquet(directory / f"{stem}.parquet", engine="pyarrow")
        name = value.name if isinstance(value.name, str | int) else None
        return {"kind": "series", "file": f"{stem}.parquet", "name": name}
    if hasattr(value, "tocsr"):
        from scipy import sparse

        sparse.save_npz(directory / f"{stem}.npz", value)
        return {"kind": "sparse", "file": f"{stem}.npz"}
    if isinstance(value, list | tuple | dict | str | bool | int | float):
        text = json.dumps(value, ensure_ascii=False)
        (directory / f"{stem}.json").write_text(text, encoding="utf-8")
        return {"kind": "json", "file": f"{stem}.json"}
    kind = "tensor" if type(value).__module__.split(".")[0] == "torch" else "array"
    array = value.detach().cpu().numpy() if kind == "tensor" else np.asarray(value)
    if array.dtype == object and all(isinstance(entry, str) for entry in array.flat):
        kind, array = "text", array.astype(str)
    np.save(directory / f"{stem}.npy", array, allow_pickle=False)
    return {"kind": kind, "file": f"{stem}.npy"}


def _add_column(digest: Any, name: object, column: Any) -> None:
    import pandas as pd

    plain = name.item() if hasattr(name, "item") else name  # labels read back are NumPy's
    digest.update(f"{plain!r} {column.dtype}".encode())
    try:
        digest.update(pd.util.hash_pandas_object(column, index=False).to_numpy().tobytes())
    except TypeError:  # unhashable entries such as lists
        digest.update(json.dumps(column.tolist(), default=repr).encode())


def _add_array(digest: Any, array: Any) -> None:
    import numpy as np

    digest.update(f"{array.dtype.str} {array.shape}".encode())
    if array.dtype == object:
        digest.update(json.dumps(array.tolist(), default=repr).encode())
    else:
        digest.update(np.ascontiguousarray(array).tobytes())


def _type_name(value: object) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
