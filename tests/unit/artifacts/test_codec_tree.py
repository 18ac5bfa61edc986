"""Trees of plain collections come back as they were, and from nobody who is not trusted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlops_nb.artifacts import codec_reading
from mlops_nb.artifacts.blob_folder import BlobFolder
from mlops_nb.artifacts.codec_plain import NODES_AT_MOST
from mlops_nb.artifacts.codec_reading import Decoded, decode
from mlops_nb.artifacts.codec_writing import Encoded, encode
from mlops_nb.artifacts.fingerprint import fingerprint
from mlops_nb.artifacts.memory_sharing import sharing

ATOMS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.binary(max_size=3)
    | st.text(st.characters(), max_size=3)
)
TREES = st.recursive(
    ATOMS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=2) | st.integers(), inner, max_size=4)
        | st.tuples(inner, inner)
    ),
    max_leaves=12,
)
MANY = list(range(NODES_AT_MOST + 1))


@pytest.fixture(scope="module")
def blobs(tmp_path_factory: pytest.TempPathFactory) -> BlobFolder:
    return BlobFolder(tmp_path_factory.mktemp("store"), fsync=False)


def _store(blobs: BlobFolder, **values: Any) -> Encoded:
    stored = _store_anyhow(blobs, values)
    assert [group["codec"] for group in stored.manifest["groups"]] == ["marshal"]
    return stored


def _store_anyhow(blobs: BlobFolder, values: Mapping[str, Any]) -> Encoded:
    stored = encode(values, blobs=blobs, sharing=[list(values)], trees=list(values))
    assert not stored.obstacles
    return stored


def _read(stored: Encoded, blobs: BlobFolder, **options: Any) -> Decoded:
    return decode(stored.manifest, blobs=blobs, **options)


def parts_of(tree: Any) -> Iterator[Any]:
    """Yield what a tree of collections holds, and the tree itself."""
    yield tree
    for part in tree.values() if isinstance(tree, dict) else ():
        yield from parts_of(part)
    for part in tree if isinstance(tree, list | tuple) else ():
        yield from parts_of(part)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.lists(TREES, min_size=1))
def test_a_group_of_trees_comes_back_as_it_was(value: list[Any], blobs: BlobFolder) -> None:
    values = {"all": value, "first": value[0], "again": [value[-1]]}
    # Which NaN is which object is kept by pickling alone.
    has_nan = any(isinstance(value, float) and value != value for value in parts_of(values))
    stored = _store_anyhow(blobs, values) if has_nan else _store(blobs, **values)
    found = _read(stored, blobs).values
    for name in values:
        assert fingerprint(found[name]).digest == fingerprint(values[name]).digest
    assert sharing({name: found[name] for name in values}) == sharing(values)
    assert found["all"][0] is found["first"]


def test_texts_that_were_one_object_are_one_again(blobs: BlobFolder) -> None:
    name, value = "".join(["na", "me"]), "".join(["va", "lue"])
    other = "".join(["va", "lue"])
    rows = [{name: value}, {name: value}, {name: other}]
    found = _read(_store(blobs, rows=rows, many=list(MANY)), blobs).values["rows"]
    assert len({id(key) for row in found for key in row}) == 1
    assert found[0]["name"] is found[1]["name"]
    assert found[0]["name"] is not found[2]["name"]


def test_nobody_who_is_not_trusted_is_read(blobs: BlobFolder) -> None:
    found = _read(_store(blobs, many=list(MANY)), blobs, may_run_code=False)
    assert not found.values
    assert "without a valid signature" in found.obstacles[0].reason


def test_another_python_does_not_read_it(blobs: BlobFolder) -> None:
    stored = _store(blobs, many=list(MANY))
    with mock.patch.object(codec_reading, "running_python", return_value="3.99"):
        found = _read(stored, blobs)
    assert not found.values
    assert "this is 3.99" in found.obstacles[0].reason


@pytest.mark.parametrize("content", [b"", b"{", b"\xe9\x01\x00\x00\x00", b"garbage"])
def test_what_is_none_of_it_is_told(content: bytes, blobs: BlobFolder) -> None:
    (group,) = _store(blobs, many=list(MANY)).manifest["groups"]
    blob = blobs.put(content)
    manifest = {"format": 1, "python": codec_reading.running_python()}
    groups = [{**group, "blobs": [blob.digest]}]
    found = decode({**manifest, "groups": groups}, blobs=blobs)
    assert not found.values
    assert found.obstacles[0].name == "many"


def test_what_is_not_said_to_be_a_tree_is_written_as_ever(blobs: BlobFolder) -> None:
    value = [bytearray(b"1"), list(MANY)]
    stored = encode({"value": value}, blobs=blobs)
    assert [group["codec"] for group in stored.manifest["groups"]] == ["pickle"]
    assert _read(stored, blobs).values["value"] == value


def test_a_small_tree_is_text_that_anybody_may_read(blobs: BlobFolder) -> None:
    stored = encode({"rows": [{"a": 1}]}, blobs=blobs, trees=["rows"])
    assert _read(stored, blobs, may_run_code=False).values["rows"] == [{"a": 1}]
