"""The same law with real values: arrays and views, frames, classes, closures, generators.

Fingerprints, the watch, codecs and the store are those that kernels get; only files, options and
random numbers are still the toy kernel's.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from toy_kernel import ToyKernel, World
from toy_law import play
from toy_notebooks import START, Edit, toy_cells, toy_edits
from toy_runs import ToyCell

from mlops_nb.artifacts.blob_folder import BlobFolder
from mlops_nb.artifacts.changes import ValueWatch
from mlops_nb.artifacts.codec_reading import decode
from mlops_nb.artifacts.codec_writing import encode
from mlops_nb.artifacts.fingerprint import Fingerprinter
from mlops_nb.pipeline.incremental.traces import Group

N_SEQUENCES = int(os.environ.get("MLOPS_NB_SEQUENCES", "300")) // 3

DEFINITIONS = (
    "class Box:\n    size = {n}\n    def __init__(self, v): self.v = v\n"
    "    def total(self): return self.size + k\n    def __repr__(self): return 'box'",
    "class Box:\n    kept = []\n    def __init__(self, v): self.v = v; self.kept.append({n})\n"
    "    def total(self): return len(self.kept)\n    def __repr__(self): return 'box'",
    "def make(n):\n    def inner(v): return v + n + k\n    return inner",
    "def make(n):\n    seen = []\n    def inner(v):\n        seen.append(v)\n"
    "        return len(seen) + n\n    return inner",
    "def tidy(t):\n    t = t.copy()\n    t['q'] = k\n    return t",
    "def tidy(t):\n    t['q'] = {n}\n    return t",
)
STAGES = (
    "v = np.arange({n} + 4)",
    "w = v[1:]",
    "w = v[1:].copy()",
    "v[0] = {n}",
    "w[-1] = k",
    "w = w + 1",
    "k = int(v.sum() + w.sum())",
    "df = pd.DataFrame({{'p': range(3), 'q': {n}}})",
    "df['r'] = k",
    "df.loc[0, 'q'] = {n}",
    "df = tidy(df)",
    "part = df[df.p > 0]",
    "part = df",
    "v = df['q'].to_numpy()",
    "k = int(df.q.sum() + len(part.columns))",
    "box = Box({x})",
    "box.v.append({n})",
    "box.extra = {n}",
    "Box.size = {n}",
    "k = box.total()",
    "{x} = [box, {y}]",
    "{x} = box.v",
    "add = make({n})",
    "k = add({n})",
    "d['add'] = add",
    "rows = (i for i in [1, 2, 3])",
    "m = next(rows, 0)",
    "print(df.to_string(), k)",
    "print(v, w, box.v)",
)
OPENING = (
    ToyCell("import numpy as np\nimport pandas as pd", "setup"),
    *START,
    ToyCell(DEFINITIONS[0].format(n=1), "setup"),
    ToyCell(f"{DEFINITIONS[2]}\n{DEFINITIONS[4]}", "setup"),
    ToyCell("v = np.arange(5); w = v[1:]\ndf = pd.DataFrame({'p': range(3), 'q': 1})"),
    ToyCell("part = df\nbox = Box([1])\nadd = make(2)\nrows = iter([7])"),
)

cells = toy_cells(DEFINITIONS, STAGES)


class RealKernel(ToyKernel):
    """A toy kernel whose values are watched, stored and compared as in a real one."""

    def __init__(self, world: World, store: dict[str, Any], blobs: BlobFolder) -> None:
        super().__init__(world, store, ValueWatch)
        self._blobs = blobs

    def digest(self, value: Any) -> str:
        with Fingerprinter(apart=self.names) as fingerprinter:
            return str(fingerprinter.fingerprint(value).digest)

    def _store(self, names: tuple[str, ...]) -> Group:
        values = {name: self.names[name] for name in names}
        encoded = encode(values, blobs=self._blobs, sharing=[names], namespace=self.names)
        if encoded.obstacles:
            return Group(names=names, content=None, obstacle=encoded.obstacles[0].reason)
        content = repr(encoded.manifest)
        self.store[content] = encoded.manifest
        return Group(names=names, content=content)

    def load(self, group: Group, names: tuple[str, ...]) -> None:
        assert group.content is not None
        manifest = self.store[group.content]
        found = decode(manifest, blobs=self._blobs, namespace=self.names)
        assert not found.obstacles, found.obstacles
        for name in names:
            self.names[name] = found.values[name]
        self.told(names)


@pytest.fixture(scope="module")
def blobs() -> Iterator[BlobFolder]:
    with tempfile.TemporaryDirectory() as folder:
        yield BlobFolder(Path(folder), fsync=False)


@settings(max_examples=N_SEQUENCES, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(cells, min_size=1, max_size=8), st.lists(toy_edits(cells), max_size=4))
def test_an_incremental_run_equals_a_clean_run_with_real_values(
    blobs: BlobFolder, made: list[ToyCell], changes: list[Edit]
) -> None:
    play([*OPENING, *made], changes, lambda world, store: RealKernel(world, store, blobs))
