"""A group that grows is compared where it is another, and found out where it comes back as one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mlops_nb.artifacts.blob_folder import BlobFolder
from mlops_nb.artifacts.fingerprint import Fingerprinter
from mlops_nb.kernels.cell_secrets import Secrets
from mlops_nb.kernels.cell_values import CellValues, StoredGroup

COUNTS: list[int] = []


class Forgetful:
    """An object that loses what it is told to lose, and counts how often it is read."""

    def __init__(self) -> None:
        self.x = 1
        self.lost: tuple[str, ...] = ()

    def __reduce__(self) -> Any:
        # By a name made at run time: what is counted is no part of the class.
        globals()["COUNTS"].append(1)
        kept = {name: value for name, value in vars(self).items() if name not in self.lost}
        return (Forgetful, (), kept)


class Store:
    def __init__(self, folder: Path) -> None:
        self.space: dict[str, Any] = {}
        blobs = BlobFolder(folder, fsync=False)
        self.values = CellValues(blobs, self.space, Secrets((), b""))

    def store(self, names: tuple[str, ...]) -> StoredGroup:
        digests: Mapping[str, str | None]
        with Fingerprinter(apart=self.space) as fingerprinter:
            digests = {n: fingerprinter.fingerprint(self.space[n]).digest for n in names}
        COUNTS.clear()
        (found,) = self.values.store("cell", [names], digests=digests, obstacles={})
        return found


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def test_what_came_back_is_not_compared_again_while_it_is_the_same(store: Store) -> None:
    shared = [1]
    store.space.update(a=[shared, Forgetful()], b=[shared])
    assert store.store(("a", "b")).content
    first = len(COUNTS)
    store.space["c"] = [shared]
    grown = store.store(("a", "b", "c"))
    assert grown.content
    assert grown.names == ("a", "b", "c")
    assert len(COUNTS) < first
    shared.append(2)
    assert store.store(("a", "b", "c")).content
    assert len(COUNTS) == first


def test_what_comes_back_as_another_value_is_found_out_once_it_changed(store: Store) -> None:
    one, shared = Forgetful(), [1]
    store.space.update(a=[shared, one], b=[shared])
    assert store.store(("a", "b")).content
    one.lost = ("x",)
    one.x = 2
    found = store.store(("a", "b"))
    assert found.content is None
    assert "another value" in found.obstacle


def test_another_object_is_compared_though_it_is_equal(store: Store) -> None:
    shared = [1]
    store.space.update(a=[shared, Forgetful()], b=[shared])
    store.store(("a", "b"))
    first = len(COUNTS)
    store.store(("a", "b"))
    assert len(COUNTS) < first
    store.space["a"] = [shared, Forgetful()]
    store.store(("a", "b"))
    assert len(COUNTS) == first


def test_a_plain_value_that_moved_after_it_was_looked_at_is_not_kept_under_its_digest(
    store: Store,
) -> None:
    for moving in ([0, 0], [0] * 30_000):
        store.space["x"] = moving
        digest = store.values.fingerprint(moving)
        moving[0] = 1  # as a thread does
        given = {"digests": {"x": digest}, "obstacles": {}, "plain": {"x": 1}}
        (found,) = store.values.store("cell", [("x",)], **given, is_moving=True)
        assert found.content is None
        assert "another value" in found.obstacle
        moving[0] = 0
        (found,) = store.values.store("cell", [("x",)], **given, is_moving=True)
        assert found.content
