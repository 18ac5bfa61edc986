"""Every value that has a fingerprint and can be stored comes back with the same fingerprint."""

from __future__ import annotations

from typing import Any

import pytest
from fingerprint_zoo import MAKERS

from mlops_nb.artifacts.blob_folder import BlobFolder
from mlops_nb.artifacts.codec_checking import find_round_trip_faults
from mlops_nb.artifacts.codec_reading import decode
from mlops_nb.artifacts.codec_writing import encode
from mlops_nb.artifacts.fingerprint import fingerprint

NOT_STORED = {
    "containers: memoryview",
    "containers: memoryview writable",
    "containers: exception with cause",
    "objects: weakref",
}
# What a library's own pickling makes another value; reading back finds it out.
FOUND_OUT = {"numpy: masked none"}


@pytest.fixture(scope="module")
def blobs(tmp_path_factory: pytest.TempPathFactory) -> BlobFolder:
    return BlobFolder(tmp_path_factory.mktemp("store"), fsync=False)


def _digest(value: object) -> str | None:
    return fingerprint(value).digest


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
        stored, blobs=blobs, fingerprint=_digest, expected={"v": expected}
    )
    assert bool(faults) == (name in FOUND_OUT), faults
    if faults:
        return
    found = decode(stored.manifest, blobs=blobs)
    assert not found.obstacles, found.obstacles
    assert fingerprint(found.values["v"]).digest == expected, stored.manifest["groups"]
