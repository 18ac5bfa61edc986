"""What does it cost to watch a cell? Run: ``python tests/benchmarks/bench_watch.py``.

In one process with pandas, matplotlib and scikit-learn loaded, as in a kernel: the watch around a
cell that does nothing, and cells that open files, look for files, import and hash, with and without
it.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from mlops_nb.kernels.watch import Watch

_FILES = 10_000
_LOOKS = 100_000


def main() -> None:
    """Print a table."""
    import matplotlib.pyplot
    import pandas
    import sklearn.ensemble

    loaded = (matplotlib, pandas, sklearn)
    print(f"{len(loaded)} libraries and {len(sys.modules)} modules loaded")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for number in range(_FILES):
            Path(f"{number}.txt").write_text(str(number))
        Path("big.bin").write_bytes(os.urandom(1 << 20) * 256)
        plain = {name: _seconds(work) for name, work in _WORK.items()}
        started = time.perf_counter()
        watch = Watch(folder, b"key")
        print(f"making the watch      {(time.perf_counter() - started) * 1e3:9.1f} ms")
        starts, stops = _trivial(watch)
        print(f"start, trivial cell   {statistics.median(starts) * 1e3:9.2f} ms")
        print(f"stop, trivial cell    {statistics.median(stops) * 1e3:9.2f} ms")
        print(f"{'':22}{'plain':>9} {'watched':>9} {'stop':>9} {'again':>9}   seconds")
        for name, work in _WORK.items():
            watched, stop = _watched(watch, work)
            _, again = _watched(watch, work)
            print(f"{name:22}{plain[name]:9.3f} {watched:9.3f} {stop:9.3f} {again:9.3f}")
        watch.close()


def _trivial(watch: Watch) -> tuple[list[float], list[float]]:
    starts, stops = [], []
    for _ in range(200):
        begun = time.perf_counter()
        watch.start(["pandas", "numpy"])
        started = time.perf_counter()
        watch.stop(["pandas", "numpy"])
        starts.append(started - begun)
        stops.append(time.perf_counter() - started)
    return starts, stops


def _watched(watch: Watch, work: Callable[[], object]) -> tuple[float, float]:
    watch.start([])
    seconds = _seconds(work)
    begun = time.perf_counter()
    watch.stop([])
    return seconds, time.perf_counter() - begun


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _open_files() -> None:
    for number in range(_FILES):
        with open(f"{number}.txt") as file:  # noqa: PTH123
            file.read()


def _look_one() -> None:
    for _ in range(_LOOKS):
        os.stat("1.txt")  # noqa: PTH116


def _look_many() -> None:
    for turn in range(_LOOKS):
        os.path.exists(f"{turn % _FILES}.none")  # noqa: PTH110


def _read_big() -> None:
    Path("big.bin").read_bytes()


def _ask_environment() -> None:
    for _ in range(_LOOKS):
        os.environ.get("HOME")


def _fit() -> None:
    from sklearn.ensemble import RandomForestClassifier

    rows = [[i % 7, i % 5] for i in range(2000)]
    RandomForestClassifier(20, random_state=0).fit(rows, [i % 2 for i in range(2000)])


def _show() -> None:
    import pandas

    for _ in range(50):
        repr(pandas.DataFrame({"a": range(100)}))


_WORK: dict[str, Callable[[], object]] = {
    "10,000 files read": _open_files,
    "100,000 stat, one": _look_one,
    "100,000 exists, 10,000": _look_many,
    "256 MiB file read": _read_big,
    "100,000 environ.get": _ask_environment,
    "forest of 20 trees": _fit,
    "50 frames shown": _show,
}

if __name__ == "__main__":
    sys.exit(main())
