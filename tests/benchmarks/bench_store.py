"""How fast is a frame between two stages stored and restored, and what could the machine do?

    python tests/benchmarks/bench_store.py [--mb 1000] [--repeat 3] [--folder DIR]

Each way of storing runs in a process of its own, so that no one profits from another's memory. The
middle of `repeat` runs is printed. "use" restores and adds up every number, since a mapped file
that nobody reads costs nothing. The first lines say what disk and memory do without any format.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

KINDS = {"numbers": "float64 and int64", "mixed": "numbers, texts, categories, dates"}


def make_frame(kind: str, mb: int) -> pd.DataFrame:
    """Return a frame of about `mb` megabytes."""
    rng = np.random.default_rng(0)
    if kind == "numbers":
        n = mb * 1_000_000 // 80
        numbers = {f"f{i}": rng.random(n) for i in range(8)}
        return pd.DataFrame(numbers | {f"i{i}": rng.integers(0, 99, n) for i in range(2)})
    n = mb * 1_000_000 // 62
    words = pd.Series([f"customer {i:06d}" for i in range(1000)])
    return pd.DataFrame(
        {
            "a": rng.random(n),
            "b": rng.integers(0, 9, n),
            "when": pd.date_range("2000", periods=n, freq="s"),
            "kind": pd.Categorical.from_codes(rng.integers(0, 4, n), list("abcd")),
            "name": words.to_numpy()[rng.integers(0, 1000, n)],
        }
    )


def use(frame: pd.DataFrame) -> float:
    """Touch every value of a restored frame."""
    total = float(frame.select_dtypes("number").sum().sum())
    if "name" in frame:
        total += float(frame["name"].str.len().sum())
    return total


def ours(folder: Path, fsync: bool) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    from mlops_nb.artifacts.blob_folder import BlobFolder
    from mlops_nb.artifacts.codec_reading import decode
    from mlops_nb.artifacts.codec_writing import encode

    def store(frame: Any) -> Any:
        done = encode({"v": frame}, blobs=BlobFolder(folder / "ours", fsync=fsync))
        assert not done.obstacles
        (folder / "ours.json").write_text(json.dumps(done.manifest))

    def restore(_: Any) -> Any:
        manifest = json.loads((folder / "ours.json").read_text())
        found = decode(manifest, blobs=BlobFolder(folder / "ours"))
        assert not found.obstacles
        return found.values["v"]

    return store, restore


def ways(folder: Path) -> dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]]:
    import joblib

    file = folder / "value"

    def dump(frame: Any) -> None:
        with file.open("wb") as handle:
            pickle.dump(frame, handle, protocol=5)

    def load(_: Any) -> Any:
        with file.open("rb") as handle:
            return pickle.load(handle)

    return {
        "mlops_nb": ours(folder, fsync=True),
        "mlops_nb, no fsync": ours(folder, fsync=False),
        "pickle": (dump, load),
        "parquet": (lambda frame: frame.to_parquet(file), lambda _: pd.read_parquet(file)),
        "joblib.dump": (lambda f: joblib.dump(f, file), lambda _: joblib.load(file)),
        "feather": (
            lambda frame: frame.to_feather(file, compression="uncompressed"),
            lambda _: pd.read_feather(file),
        ),
    }


def measure(way: str, phase: str, kind: str, mb: int, folder: Path) -> dict[str, float]:
    """Run in a process of its own: store, or restore and use."""
    store, restore = ways(folder)[way]
    if phase == "store":
        frame = make_frame(kind, mb)
        began = time.perf_counter()
        store(frame)
        return {"store": time.perf_counter() - began, "mb": frame.memory_usage().sum() / 1e6}
    began = time.perf_counter()
    frame = restore(None)
    restored = time.perf_counter() - began
    use(frame)
    return {"restore": restored, "use": time.perf_counter() - began}


def floor(mb: int, folder: Path) -> dict[str, float]:
    """What disk and memory do with as many bytes and no format."""
    content = np.random.default_rng(0).integers(0, 255, mb * 1_000_000, dtype="u1")
    import hashlib

    marks = {}
    began = time.perf_counter()
    content.copy()
    marks["copy in memory"] = time.perf_counter() - began
    began = time.perf_counter()
    hashlib.sha256(content).hexdigest()
    marks["sha256"] = time.perf_counter() - began
    began = time.perf_counter()
    with (folder / "floor").open("wb", buffering=0) as file:
        view = memoryview(content)
        while view:
            view = view[file.write(view) :]
        marks["write"] = time.perf_counter() - began
        os.fsync(file.fileno())
    marks["write and fsync"] = time.perf_counter() - began
    began = time.perf_counter()
    (folder / "floor").read_bytes()
    marks["read (cached)"] = time.perf_counter() - began
    (folder / "floor").unlink()
    return marks


def in_process(arguments: list[str]) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, __file__, *arguments], capture_output=True, text=True, check=True
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--mb", type=int, default=1000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--one", nargs=3, metavar=("WAY", "PHASE", "KIND"))
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    if options.one:
        way, phase, kind = options.one
        found = floor(options.mb, folder) if way == "floor" else None
        found = found or measure(way, phase, kind, options.mb, folder)
        print(json.dumps(found))
        return
    base = ["--mb", str(options.mb), "--folder", str(folder)]
    floors = [in_process([*base, "--one", "floor", "-", "-"]) for _ in range(options.repeat)]
    print(f"{options.mb} MB, middle of {options.repeat}, {os.cpu_count()} cores\n")
    for mark in floors[0]:
        seconds = statistics.median(run[mark] for run in floors)
        print(f"{mark:20} {seconds:6.2f} s {options.mb / 1000 / seconds:8.2f} GB/s")
    for kind, told in KINDS.items():
        print(
            f"\n{kind} ({told})\n{'':20} {'store':>8} {'restore':>8} {'and use':>8} {'on disk':>9}"
        )
        rows: dict[str, list[dict[str, float]]] = {way: [] for way in ways(folder)}
        for _ in range(options.repeat):
            for way, found in rows.items():  # in turn: the machine's memory has its own moods
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                row = in_process([*base, "--one", way, "store", kind])
                size = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
                row |= in_process([*base, "--one", way, "restore", kind]) | {"disk": size / 1e6}
                found.append(row)
        for way, found in rows.items():
            middle = {name: statistics.median(row[name] for row in found) for name in found[0]}
            print(
                f"{way:20} {middle['store']:6.2f} s {middle['restore']:6.2f} s "
                f"{middle['use']:6.2f} s {middle['disk']:6.0f} MB"
            )
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
