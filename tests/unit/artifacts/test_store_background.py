"""Storing while the next stage runs: never something the value was not."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlops_nb.artifacts.blob_folder import BlobFolder
from mlops_nb.artifacts.codec_reading import decode
from mlops_nb.artifacts.store_background import BackgroundStore, StoreRequest, snapshot


def fingerprint(value: object) -> str | None:
    if isinstance(value, pd.DataFrame):
        return str(pd.util.hash_pandas_object(value).sum())
    return repr(value)


def fingerprints(values: Mapping[str, object]) -> dict[str, str | None]:
    return {name: fingerprint(value) for name, value in values.items()}


class Gate:
    """A value that is pickled only once the gate is opened."""

    opened = threading.Event()
    reached = threading.Event()

    def __reduce__(self) -> Any:
        Gate.reached.set()
        assert Gate.opened.wait(30)
        return (Gate, ())

    def __repr__(self) -> str:
        return "gate"


@pytest.fixture(autouse=True)
def _closed_gate() -> None:
    Gate.opened.clear()
    Gate.reached.clear()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[BackgroundStore]:
    blobs = BlobFolder(tmp_path / "store", fsync=False)
    found = BackgroundStore(blobs, fingerprints=fingerprints, waiting_at_most=1)
    yield found
    Gate.opened.set()
    assert found.close(30)


def request(**values: Any) -> StoreRequest:
    expected = {name: str(fingerprint(value)) for name, value in values.items()}
    return StoreRequest(values=values, expected=expected)


def restored(store: BackgroundStore, ticket: Any) -> dict[str, Any]:
    Gate.opened.set()
    stored = ticket.wait(30)
    return dict(decode(stored.manifest, blobs=store._blobs).values)


def test_what_stands_still_is_stored(store: BackgroundStore) -> None:
    ticket = store.submit(request(a=[1, 2], n=5, frame=pd.DataFrame({"x": [1]})))
    found = restored(store, ticket)
    assert found["a"] == [1, 2]
    assert found["n"] == 5
    assert found["frame"]["x"].tolist() == [1]
    assert ticket.seconds > 0


def test_what_changed_before_its_turn_is_dropped_and_the_rest_is_kept(
    store: BackgroundStore,
) -> None:
    store.submit(request(g=Gate()))
    changing, array = [1], np.zeros(3)
    ticket = store.submit(request(a=changing, b=array, c=[3]))
    changing.append(2)
    array[0] = 1.0
    assert restored(store, ticket) == {"c": [3]}
    reasons = {obstacle.name: obstacle.reason for obstacle in ticket.wait().obstacles}
    assert set(reasons) == {"a", "b"}
    assert "another value" in reasons["a"]


def test_a_frame_is_stored_as_it_was_when_its_stage_ended(store: BackgroundStore) -> None:
    store.submit(request(g=Gate()))
    frame = pd.DataFrame({"x": [1, 2], "s": ["a", "b"]})
    ticket = store.submit(request(frame=frame))
    frame.loc[0, "x"] = 100
    frame["new"] = 1
    found = restored(store, ticket)["frame"]
    assert found["x"].tolist() == [1, 2]
    assert list(found.columns) == ["x", "s"]


def test_what_has_no_fingerprint_is_not_stored(store: BackgroundStore) -> None:
    ticket = store.submit(StoreRequest(values={"a": 1, "b": [2]}, expected={"a": "1"}))
    assert restored(store, ticket) == {"a": 1}
    assert "no fingerprint" in ticket.wait().obstacles[0].reason


def test_when_too_much_waits_the_caller_stores(store: BackgroundStore) -> None:
    store.submit(request(g=Gate()))
    assert Gate.reached.wait(30)
    waiting = store.submit(request(a=1))
    own = store.submit(request(b=2))
    assert own.is_done
    assert not waiting.is_done
    assert not store.drain(0.0)


class Liar:
    """Forgets what it holds when it is stored."""

    def __init__(self, number: int = 0) -> None:
        self.number = number

    def __reduce__(self) -> Any:
        return (Liar, ())

    def __repr__(self) -> str:
        return f"Liar({self.number})"


def test_what_does_not_come_back_as_it_was_is_dropped(store: BackgroundStore) -> None:
    assert pickle.loads(pickle.dumps(Liar(3))).number == 0
    ticket = store.submit(request(v=Liar(3), w=Liar(0)))
    assert set(restored(store, ticket)) == {"w"}


def test_a_full_disk_is_told_for_every_value(store: BackgroundStore, tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file where the store was to be")
    ticket = store.submit(request(a="a" * 5000, b=np.arange(3)))
    assert restored(store, ticket) == {}
    assert {obstacle.name for obstacle in ticket.wait().obstacles} == {"a", "b"}
    (tmp_path / "store").unlink()


def test_a_snapshot_of_a_frame_costs_no_copy_and_keeps_what_is_set_on_it() -> None:
    frame = pd.DataFrame({"x": np.arange(5.0)})
    object.__setattr__(frame, "note", 1)
    taken = snapshot(frame)
    assert taken is not frame
    assert np.shares_memory(taken["x"].to_numpy(), frame["x"].to_numpy())
    assert taken.note == 1
