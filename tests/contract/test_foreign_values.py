"""What somebody else wrote and nobody signed: read without running code, or refused."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from mlops_nb.artifacts.blob_folder import BlobFolder
from mlops_nb.artifacts.codec_reading import Decoded, decode
from mlops_nb.artifacts.codec_writing import encode

META = b"mlops_nb"


@pytest.fixture
def blobs(tmp_path: Path) -> BlobFolder:
    return BlobFolder(tmp_path, fsync=False)


def read(manifest: Any, blobs: BlobFolder) -> Decoded:
    return decode(manifest, blobs=blobs, namespace={}, may_run_code=False)


def manifest_of(value: Any, blobs: BlobFolder) -> dict[str, Any]:
    return dict(json.loads(json.dumps(encode({"v": value}, blobs=blobs).manifest)))


def forge_frame(
    value: Any, blobs: BlobFolder, change: Callable[[dict[str, Any]], Any]
) -> dict[str, Any]:
    """Return the manifest of a frame whose recipe was changed by somebody who knows the format."""
    manifest = manifest_of(value, blobs)
    (group,) = manifest["groups"]
    reader = pa.ipc.open_file(pa.py_buffer(blobs.view(group["blobs"][0])))
    recipe = json.loads(reader.schema.metadata[META])
    change(recipe)
    schema = reader.schema.with_metadata({META: json.dumps(recipe).encode()})
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, schema) as file:
        file.write_batch(reader.get_batch(0).replace_schema_metadata(schema.metadata))
    group["blobs"][0] = blobs.put(sink.getvalue()).digest
    return manifest


FRAME = pd.DataFrame(
    {"a": [1.5, 2.5], "c": pd.Categorical(["x", "y"]), "b": [3, 4]},
    index=pd.MultiIndex.from_tuples([("p", 1), ("q", 2)]),
)


def block(recipe: dict[str, Any], place: int) -> dict[str, Any]:
    return next(b for at, b in recipe["blocks"] if at == [place])


FORGERIES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "an index that is a function": lambda r: r["columns"].update(index="read_pickle"),
    "an index that is a class": lambda r: r["columns"].update(index="ExcelFile"),
    "an array that is a function": lambda r: r["columns"]["values"].update(pandas="eval"),
    "pointers instead of numbers": lambda r: block(r, 0).update(numpy="|O"),
    "more bytes than there are": lambda r: block(r, 0).update(numpy="<c16"),
    "codes beyond the categories": lambda r: block(r, 1).update(
        codes={"numpy": "|i1", "writeable": True, "block": [9]}
    ),
    "categories that are not there": lambda r: block(r, 1)["categories"]["values"].update(
        field=-99
    ),
    "codes beyond the levels": lambda r: r["labels"].update(codes=r["labels"]["codes"][:1] * 3),
    "levels without codes": lambda r: r["labels"].update(codes=[]),
    "a column twice": lambda r: r["blocks"].append(r["blocks"][0]),
    "a column too few": lambda r: r["blocks"].pop(),
    "an unknown tag": lambda r: r.update(attrs='{"call": "os.system"}'),
    "a frame that is no frame": lambda r: r.update(type="Ghost"),
    "nothing": lambda r: r.clear(),
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forged_frame_is_refused(forge: Any, blobs: BlobFolder) -> None:
    assert set(read(manifest_of(FRAME, blobs), blobs).values) == {"v"}
    found = read(forge_frame(FRAME, blobs, forge), blobs)
    assert not found.values
    assert found.obstacles[0].reason.endswith(".")


def first(manifest: dict[str, Any]) -> dict[str, Any]:
    return dict(manifest["groups"][0])


MANIFESTS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "a package to import": lambda m: m["groups"][0]["needs"].update(antigravity="1"),
    "no groups": lambda m: m.pop("groups"),
    "groups that are a text": lambda m: m.update(groups="groups"),
    "a group that is none": lambda m: m["groups"].append(None),
    "a group without a codec": lambda m: m["groups"][0].pop("codec"),
    "a name that is none": lambda m: m["groups"][0].update(names=[{"a": 1}]),
    "no name": lambda m: m["groups"][0].update(names=[]),
    "a pickle under another name": lambda m: m["groups"][0].update(codec="pickle"),
    "no blob": lambda m: m["groups"][0].update(blobs=[]),
    "axes that are none": lambda m: m["groups"][0]["meta"].update(axes=["x"]),
    "a frame that is an array": lambda m: m["groups"][0].update(codec="arrow"),
    "a table that is an array": lambda m: m["groups"][0].update(codec="pyarrow"),
    "a text that is an array": lambda m: m["groups"][0].update(codec="json"),
}


@pytest.mark.parametrize("forge", MANIFESTS.values(), ids=MANIFESTS.keys())
def test_a_forged_manifest_is_refused(forge: Any, blobs: BlobFolder) -> None:
    manifest = manifest_of(np.arange(300), blobs)
    forge(manifest)
    found = read(manifest, blobs)
    assert not found.values
    assert found.obstacles
    assert "antigravity" not in __import__("sys").modules


def test_an_array_of_pointers_is_refused(blobs: BlobFolder) -> None:
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        head, {"descr": "|O", "fortran_order": False, "shape": (2,)}
    )
    manifest = manifest_of(np.arange(2), blobs)
    manifest["groups"][0]["blobs"] = [blobs.put(head.getvalue(), b"\x41" * 16).digest]
    found = read(manifest, blobs)
    assert not found.values


class Bomb:
    def __reduce__(self) -> Any:
        return (Path.touch, (Path("exploded"),))


def test_a_pickle_in_any_place_is_not_read(
    blobs: BlobFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    manifest = manifest_of([Bomb()], blobs)
    assert not read(manifest, blobs).values
    for codec in ("json", "npy", "arrow", "pyarrow", "polars"):
        manifest["groups"][0]["codec"] = codec
        assert not read(manifest, blobs).values
    assert not Path("exploded").exists()
