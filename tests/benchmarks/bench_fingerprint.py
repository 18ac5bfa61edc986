"""What does a fingerprint cost, beside joblib.hash and a pickle hashed by SHA-256?

Run it by hand: ``python tests/benchmarks/bench_fingerprint.py [WORD…]`` (cases whose name holds a
word). Printed are seconds, best of three, and the rate over the memory of the value. The last lines
time one pass over 4 GB of frames, as it is taken before and after a stage.
"""

from __future__ import annotations

import hashlib
import io
import pickle
import random
import sys
import time
from collections.abc import Callable
from typing import Any

import joblib
import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier

from mlops_nb.artifacts.fingerprint import Fingerprinter, fingerprint
from mlops_nb.artifacts.fingerprint_digest import algorithm
from mlops_nb.artifacts.memory_sharing import sharing

ROWS = 1_000_000
_random = np.random.default_rng(0)


class _Hash(io.RawIOBase):
    def __init__(self) -> None:
        self.hash = hashlib.sha256()

    def write(self, chunk: Any) -> int:
        self.hash.update(chunk)
        return memoryview(chunk).nbytes


def _pickle_sha256(value: Any) -> None:
    pickle.dump(value, _Hash(), protocol=5)


def _mixed() -> pd.DataFrame:
    words = np.array([f"word {n}" for n in range(1000)], object)
    return pd.DataFrame(
        {
            "n": np.arange(ROWS),
            "x": _random.random(ROWS),
            "y": _random.random(ROWS),
            "small": _random.integers(0, 9, ROWS, dtype="i1"),
            "text": pd.Series(words[_random.integers(0, 1000, ROWS)], dtype="str"),
            "object": pd.Series(words[_random.integers(0, 1000, ROWS)], dtype=object),
            "category": pd.Categorical.from_codes(_random.integers(0, 9, ROWS), list("abcdefghi")),
            "time": pd.date_range("2020", periods=ROWS, freq="s"),
            "flag": _random.random(ROWS) > 0.5,
            "maybe": pd.array(_random.integers(0, 9, ROWS), "Int64"),
        }
    )


def _forest() -> Any:
    X = _random.random((5000, 20))
    return RandomForestClassifier(100, random_state=0).fit(X, X[:, 0] > 0.5)


CASES: dict[str, Callable[[], Any]] = {
    "one int": lambda: 5,
    "parameters": lambda: {"depth": 3, "rate": 0.1, "names": ["a", "b"], "nested": {"x": None}},
    "array 800 MB": lambda: _random.random(100_000_000),
    "array 400 MB strided": lambda: _random.random(100_000_000)[::2],
    "array 80 MB transposed view": lambda: _random.random((100, 1000, 100)).transpose(1, 0, 2),
    "frame mixed, 1 M rows": _mixed,
    "frame 10 x 1 M floats by rows": lambda: pd.DataFrame(_random.random((ROWS, 10))),
    "frame 10,000 columns": lambda: pd.DataFrame(_random.random((100, 10_000))),
    "frame objects: 1 M dates": lambda: pd.DataFrame(
        {"d": pd.date_range("1970", periods=ROWS, freq="min").date}
    ),
    "list of 1 M ints": lambda: list(range(ROWS)),
    "list of 1 M texts": lambda: [f"text {n}" for n in range(ROWS)],
    "list of 1 M mixed": lambda: [n if n % 2 else f"text {n}" for n in range(ROWS)],
    "dict of 1 M texts to floats": lambda: {f"key {n}": n / 7 for n in range(ROWS)},
    "set of 1 M ints": lambda: set(random.Random(0).sample(range(10**9), ROWS)),
    "list of 100,000 dicts": lambda: [{"a": n, "b": str(n)} for n in range(100_000)],
    "list of 100,000 lists": lambda: [[n, n + 1] for n in range(100_000)],
    "list of 100,000 np.float64": lambda: list(_random.random(100_000)),
    "lists nested 100,000 deep": lambda: _deep(100_000),
    "forest of 100 trees": _forest,
}


def _deep(levels: int) -> Any:
    found: Any = []
    for _ in range(levels):
        found = [found]
    return found


def _size(value: Any) -> int:
    if isinstance(value, pd.DataFrame):
        return int(value.memory_usage(index=True, deep=True).sum())
    if isinstance(value, np.ndarray):
        return value.nbytes
    return 0


def _seconds(call: Callable[[Any], Any], value: Any) -> float | None:
    found = []
    for _ in range(3):
        start = time.perf_counter()
        try:
            call(value)
        except Exception:
            return None
        found.append(time.perf_counter() - start)
    return min(found)


def _show(seconds: float | None) -> str:
    return "      fails" if seconds is None else f"{seconds * 1000:8.2f} ms"


def _run_case(name: str, make: Callable[[], Any]) -> None:
    value = make()
    ours = _seconds(fingerprint, value)
    theirs = [_seconds(call, value) for call in (joblib.hash, _pickle_sha256)]
    rate = f"{_size(value) / ours / 1e9:6.1f} GB/s" if ours and _size(value) > 1e6 else ""
    print(f"{name:32}{_show(ours)}  {'   '.join(map(_show, theirs))}  {rate}", flush=True)


def _run_pass() -> None:
    """Print what a pass over 4 GB of frames costs, whole and where frames share columns."""
    frames = {f"f{n}": pd.DataFrame(_random.random((6_250_000, 10))) for n in range(8)}
    frames |= {f"view {name}": frame.iloc[:, :5] for name, frame in list(frames.items())}

    def all_of(values: dict[str, Any]) -> None:
        with Fingerprinter() as fingerprinter:
            for value in values.values():
                fingerprinter.fingerprint(value)

    print(f"pass over 4 GB, 8 frames, 8 views {_show(_seconds(all_of, frames))}")
    frames.clear()
    columns = {
        f"c{n}": pd.DataFrame({k: _random.random(6_250_000) for k in "abcdefghij"})
        for n in range(8)
    }
    print(f"the same, made by columns         {_show(_seconds(all_of, columns))}")
    print(f"sharing of these                  {_show(_seconds(sharing, columns))}")


if __name__ == "__main__":
    words = sys.argv[1:]
    print(f"{algorithm():32}   mlops_nb   joblib.hash   pickle+sha256")
    for name, make in CASES.items():
        if not words or any(word in name for word in words):
            _run_case(name, make)
    if not words or "pass" in words:
        _run_pass()
