"""What cells showed lies in the store, and comes back as it was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops_nb.artifacts.store import Store
from mlops_nb.execution.kept import CellResult, KeptResults
from mlops_nb.execution.kept_stock import KeptStock
from mlops_nb.kernels.cell_secrets import Secrets
from mlops_nb.pipeline.incremental.traces import Trace

TRACE = Trace(id="t", key="k", reads={}, writes={})
SECRET = "correct horse battery staple"


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[KeptResults]:
    store = Store(tmp_path / "cache", stamp="test", has_vanished=lambda _: False)
    results = KeptResults(store, stamp="test")
    yield results
    results.close()


def result(text: str) -> CellResult:
    output = {"output_type": "stream", "name": "stdout", "text": text}
    return CellResult(outputs=[output], widgets={}, report={"stage": "s"}, displays={"d": [0]})


def keep(kept: KeptResults, shown: CellResult) -> tuple[Trace, ...]:
    kept.keep(TRACE, shown)
    kept.flush()
    return kept.find("k")


def blobs(kept: KeptResults) -> int:
    return sum(path.is_file() for path in (kept.root / "blobs").rglob("*"))


@pytest.mark.parametrize(("size", "files"), [(10, 0), (10_000, 1)], ids=["short", "long"])
def test_what_a_cell_showed_comes_back_and_has_a_file_of_its_own_if_it_is_long(
    kept: KeptResults, size: int, files: int
) -> None:
    shown = result("é" * size)
    (trace,) = keep(kept, shown)
    assert kept.read(trace) == shown
    assert blobs(kept) == files
    assert KeptStock(kept, missing=lambda _: {}).fault_of(trace) == ""


@pytest.mark.parametrize("size", [10, 10_000], ids=["short", "long"])
def test_what_shows_a_secret_is_not_kept(
    kept: KeptResults, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setenv("PASSWORD", SECRET)
    kept.store.blobs.refuse = Secrets(["PASSWORD"], b"k" * 32)
    assert keep(kept, result("x" * size + SECRET)) == ()


def test_a_reader_that_knows_files_only_finds_no_such_file(kept: KeptResults) -> None:
    (trace,) = keep(kept, result("short"))
    assert kept.find_fault([str(trace.outputs)]) != ""


def test_a_cell_that_showed_nothing_has_nothing_to_read(kept: KeptResults) -> None:
    (trace,) = keep(kept, CellResult(outputs=[], widgets={}, report=None))
    assert trace.outputs is None
    assert kept.read(trace).outputs == []
