"""Every value that has a fingerprint and can be stored comes back with the same fingerprint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from fingerprint_zoo import MAKERS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlops_nb.artifacts.blob_folder import BlobFolder
from mlops_nb.artifacts.codec_checking import find_round_trip_faults
from mlops_nb.artifacts.codec_reading import decode
from mlops_nb.artifacts.codec_writing import encode
from mlops_nb.artifacts.fingerprint import Fingerprinter, fingerprint
from mlops_nb.artifacts.memory_sharing import sharing

NOT_STORED = {
    "containers: memoryview",
    "containers: memoryview writable",
    "containers: exception with cause",
    "objects: weakref",
}
# What a library's own pickling makes another value; reading back finds it out.
FOUND_OUT = {"numpy: masked none", "objects: reduced with more", "objects: reduced slots other"}


@pytest.fixture(scope="module")
def blobs(tmp_path_factory: pytest.TempPathFactory) -> BlobFolder:
    return BlobFolder(tmp_path_factory.mktemp("store"), fsync=False)


def _digests(values: Mapping[str, object]) -> dict[str, str | None]:
    return {name: fingerprint(value).digest for name, value in values.items()}


@pytest.mark.parametrize("name", MAKERS)
def test_a_value_comes_back_with_the_fingerprint_it_had(name: str, blobs: BlobFolder) -> None:
    value: Any = MAKERS[name]()
    expected = fingerprint(value).digest
    assert expected is not None
    stored = encode({"v": value}, blobs=blobs)
    assert fingerprint(value).digest == expected, "storing changed it"
    assert bool(stored.obstacles) == (name in NOT_STORED), stored.obstacles
    if stored.obstacles:
        return
    faults = find_round_trip_faults(
        stored, blobs=blobs, fingerprints=_digests, expected={"v": expected}
    )
    assert bool(faults) == (name in FOUND_OUT), faults
    if faults:
        return
    found = decode(stored.manifest, blobs=blobs)
    assert not found.obstacles, found.obstacles
    assert fingerprint(found.values["v"]).digest == expected, stored.manifest["groups"]


_CUBE = np.arange(8 * 9 * 10, dtype=float).reshape(8, 9, 10)


@pytest.mark.parametrize(
    "view",
    [_CUBE[:, :, 1], _CUBE[::-1], _CUBE.T[1:3], _CUBE.transpose(1, 0, 2)[::2], _CUBE[0, ::-3, 0]],
)
def test_a_view_comes_back_with_its_gaps(view: Any, blobs: BlobFolder) -> None:
    for value in (view, [view]):  # as a file of its own, and inside something else
        found: Any = decode(encode({"v": value}, blobs=blobs).manifest, blobs=blobs).values["v"]
        array = found[0] if isinstance(value, list) else found
        assert array.strides == view.strides
        assert np.array_equal(array, view)


def test_a_view_of_far_more_memory_comes_back_with_smaller_gaps(blobs: BlobFolder) -> None:
    wide = np.zeros((3000, 1000))[:, ::-999]
    found: Any = decode(encode({"v": wide}, blobs=blobs).manifest, blobs=blobs).values["v"]
    assert found.strides == (40, -16)
    assert fingerprint(found).digest == fingerprint(wide).digest


class Node:
    def __init__(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)


def _values() -> dict[str, Any]:
    base, column, rows = np.arange(60.0), np.arange(5), [[1], [2]]
    frame = pd.DataFrame({"x": [1.0, 2.0], "o": pd.Series([[1], [2]], dtype=object)})
    objects = np.array([[1], [2], [3]], dtype=object)
    sparse = scipy.sparse.csr_array(np.eye(4))
    masked = np.ma.masked_array(np.arange(4.0), [0, 1, 0, 0])
    records = np.zeros(3, [("a", "i4"), ("b", "f8")])
    raw = bytearray(b"0123456789abcdef")
    return {
        "base": base, "view": base[::2], "matrix": base.reshape(6, 10).T, "alone": column,
        "rows": rows, "row": rows[0], "table": {"rows": rows, "base": base},
        "frame": frame, "cell": frame.loc[0, "o"], "objects": objects, "tail": objects[1:],
        "sparse": sparse, "weights": sparse.data, "records": records, "field": records["b"],
        "node": Node(rows=rows, inner=Node(base=base[3:5])), "masked": masked,
        "raw": raw, "same": (raw,), "number": 5, "text": "x",
    }  # fmt: skip


def test_what_shares_memory_shares_it_again_and_nothing_else_does(blobs: BlobFolder) -> None:
    values = _values()
    together = sharing(values)
    stored = encode(values, blobs=blobs, sharing=together)
    assert not stored.obstacles, stored.obstacles
    found = dict(decode(stored.manifest, blobs=blobs).values)
    ordered = {name: found[name] for name in values}
    assert sharing(ordered) == together
    with Fingerprinter() as before, Fingerprinter() as after:
        for name, value in values.items():
            expected = before.fingerprint(value).digest
            assert after.fingerprint(ordered[name]).digest == expected, name


names = st.sampled_from(sorted(_values()))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chosen=st.lists(names, unique=True))
def test_any_of_them_share_again_what_they_shared(chosen: list[str], blobs: BlobFolder) -> None:
    every = _values()
    values = {name: every[name] for name in chosen}
    together = sharing(values)
    stored = encode(values, blobs=blobs, sharing=together)
    assert not stored.obstacles, stored.obstacles
    found = decode(stored.manifest, blobs=blobs).values
    assert sharing({name: found[name] for name in chosen}) == together
    for name in chosen:
        assert fingerprint(found[name]).digest == fingerprint(values[name]).digest, name


def test_what_was_restored_is_stored_again_beside_new_views_of_it(blobs: BlobFolder) -> None:
    base = np.arange(600.0)
    values: dict[str, Any] = {"base": base, "head": base[:80], "raw": bytearray(b"0123")}
    for _ in range(3):
        together = sharing(values)
        stored = encode(values, blobs=blobs, sharing=together)
        assert not stored.obstacles, stored.obstacles
        found = dict(decode(stored.manifest, blobs=blobs).values)
        assert _digests(found) == _digests(values)
        assert sharing({name: found[name] for name in values}) == together
        values = {**found, "tail": found["base"][100:], "held": [found["base"], found["head"]]}
