"""A store is looked through when it may be full, after a day, and where nothing is known."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from mlops_nb.artifacts.store import Store
from mlops_nb.artifacts.store_survey import survey_store
from mlops_nb.artifacts.store_upkeep import is_upkeep_due, note_upkeep


def open_store(folder: Path, cap_bytes: int) -> Store:
    return Store(folder, stamp="s", has_vanished=lambda stamp: True, cap_bytes=cap_bytes)


def _keep(store: Store, key: str, size: int) -> None:
    blob = store.blobs.put(key.encode() * size)
    assert store.put(key, {}, blobs=[blob.digest])


def test_what_is_written_adds_up_until_the_store_may_be_full(tmp_path: Path) -> None:
    assert is_upkeep_due(tmp_path, 1, cap_bytes=1000)
    note_upkeep(tmp_path, 500)
    assert not is_upkeep_due(tmp_path, 300, cap_bytes=1000)
    assert not is_upkeep_due(tmp_path, 50, cap_bytes=1000)
    assert is_upkeep_due(tmp_path, 50, cap_bytes=1000)
    assert [path.name for path in tmp_path.iterdir()] == ["upkeep.json"]


@pytest.mark.parametrize(
    "said",
    [
        "",
        "[]",
        "{}",
        '{"size_bytes": "many", "since": 0}',
        json.dumps({"size_bytes": 1, "since": time.time() - 90_000}),
        json.dumps({"size_bytes": 1, "since": time.time() + 90_000}),
    ],
    ids=["empty", "list", "nothing", "no number", "long ago", "to come"],
)
def test_where_nothing_certain_is_known_it_is_looked_through(said: str, tmp_path: Path) -> None:
    (tmp_path / "upkeep.json").write_text(said)
    assert is_upkeep_due(tmp_path, 1, cap_bytes=1000)


def test_a_store_keeps_to_its_cap_over_many_runs(tmp_path: Path) -> None:
    for number in range(12):
        store = open_store(tmp_path, 20_000)
        _keep(store, f"{number:05}", 800)
        store.close()
        assert survey_store(store.root).size_bytes <= 20_000


def test_a_run_that_adds_little_does_not_look_through_the_store(tmp_path: Path) -> None:
    for number in range(2):
        store = open_store(tmp_path, 10**6)
        _keep(store, f"{number}", 10)
        stray = store.root / "records" / "ff" / "stray.json"
        if number:
            stray.parent.mkdir(parents=True, exist_ok=True)
            stray.write_text("no record")
        store.close()
    assert stray.exists()
    assert store.tidy().is_done
