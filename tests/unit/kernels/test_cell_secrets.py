from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlops_nb.artifacts.blob_faults import NotStorableError
from mlops_nb.artifacts.blob_folder import BlobFolder
from mlops_nb.kernels.cell_secrets import Secrets
from mlops_nb.kernels.cell_values import CellValues
from mlops_nb.kernels.message_mask import MessageMask
from mlops_nb.pipeline.secrets import Masker

SECRET = 'tök"en-4711'


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> Secrets:
    monkeypatch.setenv("API_TOKEN", SECRET)
    return Secrets(["API_TOKEN", "NOT_SET"], b"key")


class Account:
    def __init__(self, token: str) -> None:
        self.token = token


@pytest.mark.parametrize(
    "value",
    [
        SECRET,
        f"Bearer {SECRET}!",
        {"deep": [("x", SECRET)]},
        SECRET.encode(),
        base64.b64encode(f"user:{SECRET}".encode()),
        np.array([SECRET, "other"]),
        np.array([SECRET, 1], dtype=object),
        pd.DataFrame({"token": [SECRET, "other"]}),
        pd.Series([f"x{SECRET}y"]),
        {SECRET: 1},
        {f"/path/{SECRET}"},
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_that_holds_a_secret_is_not_stored(
    value: object, secrets: Secrets, tmp_path: Path
) -> None:
    blobs = BlobFolder(tmp_path / "v1", fsync=False)
    blobs.refuse = secrets
    space = {"value": value}
    values = CellValues(blobs, space, secrets)
    digests = {"value": values.fingerprint(value)}
    (group,) = values.store("cell", [("value",)], digests=digests, obstacles={})
    assert group.content is None
    assert "holds a secret" in group.obstacle
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(form in path.read_bytes() for path in files for form in _forms())


def test_what_holds_none_is_stored(secrets: Secrets, tmp_path: Path) -> None:
    blobs = BlobFolder(tmp_path / "v1", fsync=False)
    blobs.refuse = secrets
    space = {"value": np.arange(10)}
    values = CellValues(blobs, space, secrets)
    digests = {"value": values.fingerprint(space["value"])}
    (group,) = values.store("cell", [("value",)], digests=digests, obstacles={})
    assert group.content is not None


def test_a_secret_across_two_writes_is_found(secrets: Secrets, tmp_path: Path) -> None:
    blobs = BlobFolder(tmp_path / "v1", fsync=False)
    blobs.refuse = secrets
    raw = b"x" * 100 + SECRET.encode() + b"x" * 100
    for cut in range(99, 115):
        with pytest.raises(NotStorableError):
            blobs.put(raw[:cut], raw[cut:])
    assert not list((tmp_path / "v1" / "drafts").iterdir())


def test_digests_of_values_are_keyed_where_there_are_secrets(secrets: Secrets) -> None:
    told = secrets.facts({"a": "mnb1x:12", "b": "none:34", "c": None})
    assert told["name:a"] != "mnb1x:12"
    assert str(told["name:a"]).startswith("hmac:")
    assert told["name:b"] == "none:34"
    assert told["name:c"] is None
    assert Secrets([], b"key").keyed("mnb1x:12") == "mnb1x:12"


def test_what_masking_would_change_is_neither_stored_nor_brought_back() -> None:
    report = {
        "cell": "abcd1234",
        "groups": [
            {"names": ["a"], "content": json.dumps({"plain": "abcd"}), "obstacle": ""},
            {"names": ["b"], "content": json.dumps({"plain": "other"}), "obstacle": ""},
        ],
        "stored": [{"cell": "abcd", "names": ["c"], "content": '"x abcd"', "obstacle": ""}],
        "effects": {"environment:A": {"value": "abcd"}, "environment:B": {"value": "b"}},
        "shown": {"name:a": "'abcd'"},
    }
    message = {
        "msg_type": "comm_msg",
        "content": {"comm_id": "mlops_nb", "data": {"report": json.dumps(report)}},
    }
    (masked,) = MessageMask(Masker({"S": "abcd"})).messages(message)
    told = json.loads(masked["content"]["data"]["report"])
    assert told["cell"] == "abcd1234"
    assert [group["content"] for group in told["groups"]] == [None, json.dumps({"plain": "other"})]
    assert told["stored"][0]["content"] is None
    assert told["stored"][0]["cell"] == "abcd"
    assert told["effects"] == {"environment:B": {"value": "b"}}
    assert told["shown"] == {"name:a": "'***'"}


def _forms() -> list[bytes]:
    return [SECRET.encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-32-le")]
