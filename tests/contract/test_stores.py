"""What every store promises, local or behind a URL: whole and intact, or a miss with a reason."""

from __future__ import annotations

import itertools
import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pytest

from mlops_nb.artifacts.codec_reading import decode
from mlops_nb.artifacts.codec_writing import encode
from mlops_nb.artifacts.store import Store
from mlops_nb.artifacts.store_records import Record
from mlops_nb.artifacts.store_shared import SharedStore
from mlops_nb.errors import InputError

SECRET = b"a key of at least sixteen"
_numbers = itertools.count()

Open = Callable[..., Store]


def lives(_: str) -> bool:
    return False


def url_of(kind: str, folder: Path) -> str | None:
    return {
        "local": None,
        "file": f"file://{folder}/team",
        "path": f"{folder}/team",
        "memory": f"memory://team{next(_numbers)}/cache",
    }[kind]


@pytest.fixture(params=["local", "file", "path", "memory"])
def machines(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Return what opens the store of a machine; machines share a URL, or one local folder."""
    url = url_of(request.param, tmp_path)

    def open_on(machine: str, *, secret: bytes | None = SECRET, role: Any = "readwrite") -> Store:
        folder = tmp_path / ("here" if url is None else machine)
        shared = None if url is None else SharedStore(url, role=role, secret=secret)
        return Store(
            folder, stamp=machine, has_vanished=lives, shared=shared, secret=secret, fsync=False
        )

    return open_on


def keep(store: Store, key: str = "key", **values: Any) -> Record:
    stored = encode(values or {"a": np.arange(300_000), "o": object}, blobs=store.blobs)
    record = store.put(key, {"values": stored.manifest}, blobs=stored.digests)
    assert record is not None
    return record


def restore(store: Store, key: str = "key") -> dict[str, Any] | None:
    for record in store.find(key):
        if not store.fetch(record.blobs):
            manifest = record.content["values"]
            found = decode(manifest, blobs=store.blobs, may_run_code=record.is_trusted)
            store.use(record)
            return dict(found.values)
    return None


def test_what_one_machine_stored_another_restores(machines: Open) -> None:
    one = machines("one")
    keep(one)
    one.close()
    other = machines("other")
    found = restore(other)
    assert found is not None
    assert found["a"][-1] == 299_999
    assert found["o"] is object
    assert not [*one.notes, *other.notes]


def test_a_key_that_nobody_stored_is_a_miss(machines: Open) -> None:
    assert restore(machines("one"), "no such key") is None


def test_a_key_has_many_records_newest_first(machines: Open) -> None:
    one = machines("one")
    for number in range(3):
        keep(one, n=number)
    keep(one, n=2)
    one.close()
    records = list(machines("other").find("key"))
    assert len(records) == 3
    assert [r.created for r in records] == sorted((r.created for r in records), reverse=True)


def test_any_text_is_a_key(machines: Open) -> None:
    one = machines("one")
    for key in ("../../etc", "a" * 5000, "ä\n\0", "CON", "k:\\x"):
        keep(one, key, v=key)
    one.close()
    other = machines("other")
    for key in ("../../etc", "a" * 5000, "ä\n\0", "CON", "k:\\x"):
        assert restore(other, key) == {"v": key}


def test_many_writers_of_one_value_leave_one_blob(machines: Open) -> None:
    stores = [machines("one") for _ in range(6)]
    threads = [threading.Thread(target=keep, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for store in stores:
        store.close()
    assert not [note for store in stores for note in store.notes]
    assert len(list((stores[0].root / "blobs").rglob("*/*"))) == 2
    assert restore(machines("other")) is not None


def test_what_is_damaged_is_a_miss_and_told(machines: Open) -> None:
    one = machines("one")
    record = keep(one)
    one.close()
    place = next((one.root / "records").rglob("*.json"))
    content = place.read_bytes()
    for at in range(0, len(content), 7):
        place.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        reader = Store(one.root.parent, stamp="r", has_vanished=lives, secret=SECRET)
        for found in reader.find("key"):
            assert found.content == record.content
            assert found.blobs == record.blobs
        if not list(reader.find("key")):
            assert reader.notes


def test_a_record_whose_blob_is_gone_is_a_miss(machines: Open) -> None:
    one = machines("one")
    record = keep(one)
    one.blobs.path_of(record.blobs[0]).unlink()
    alone = Store(one.root.parent, stamp="r", has_vanished=lives)
    missing = alone.fetch(record.blobs)
    assert list(missing) == [record.blobs[0]]


URLS = ["file", "memory"]


@pytest.fixture(params=URLS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(url_of(request.param, tmp_path))


def open_shared(folder: Path, url: str, **options: Any) -> Store:
    secret = options.pop("secret", None)
    return Store(
        folder,
        stamp="s",
        has_vanished=lives,
        shared=SharedStore(url, secret=secret, **options),
        secret=secret,
        fsync=False,
    )


def test_unsigned_pickles_of_others_are_refused_also_once_they_are_here(
    url: str, tmp_path: Path
) -> None:
    writer = open_shared(tmp_path / "a", url, role="readwrite")
    keep(writer, a=np.arange(3), p=object)
    writer.close()
    reader = open_shared(tmp_path / "b", url)
    assert set(restore(reader) or ()) == {"a"}
    alone = Store(tmp_path / "b", stamp="s", has_vanished=lives)
    assert set(restore(alone) or ()) == {"a"}
    assert restore(Store(tmp_path / "a", stamp="s", has_vanished=lives)) is not None


@pytest.mark.parametrize("other", [None, b"another key, as long"])
def test_who_has_a_key_reads_only_what_is_signed_with_it(
    url: str, tmp_path: Path, other: bytes | None
) -> None:
    writer = open_shared(tmp_path / "a", url, role="readwrite", secret=other)
    keep(writer, a=1)
    writer.close()
    reader = open_shared(tmp_path / "b", url, secret=SECRET)
    assert restore(reader) is None
    assert "sign" in reader.notes[0]


def rewrite(url: str, change: Callable[[dict[str, Any]], None]) -> None:
    fs, root = fsspec.core.url_to_fs(url)
    for place in fs.glob(f"{root}/v1/records/*/*/*.json"):
        envelope = json.loads(fs.cat_file(place))
        change(envelope)
        fs.pipe_file(place, json.dumps(envelope).encode())


FORGERIES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "content": lambda e: e["body"]["content"].update(values={}),
    "key": lambda e: e["body"].update(key="another"),
    "signature": lambda e: e.update(signature="hmac-sha256:00"),
    "no signature": lambda e: e.pop("signature"),
    "schema": lambda e: e.update(schema=2),
    "no body": lambda e: e.pop("body"),
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forged_record_is_a_miss(forge: Any, url: str, tmp_path: Path) -> None:
    writer = open_shared(tmp_path / "a", url, role="readwrite", secret=SECRET)
    keep(writer)
    writer.close()
    rewrite(url, forge)
    reader = open_shared(tmp_path / "b", url, secret=SECRET)
    assert list(reader.find("key")) == []
    assert reader.notes


def test_a_damaged_blob_of_the_shared_store_is_a_miss_and_not_kept(
    url: str, tmp_path: Path
) -> None:
    writer = open_shared(tmp_path / "a", url, role="readwrite")
    keep(writer, a=np.arange(9))
    writer.close()
    fs, root = fsspec.core.url_to_fs(url)
    (place,) = fs.glob(f"{root}/v1/blobs/*/*")
    fs.pipe_file(place, b"something else")
    reader = open_shared(tmp_path / "b", url)
    (record,) = reader.find("key")
    assert "damaged" in reader.fetch(record.blobs)[record.blobs[0]]
    assert not list((reader.root / "blobs").rglob("*/*"))
    assert not list((reader.root / "drafts").iterdir())


def test_the_network_is_asked_once(url: str, tmp_path: Path) -> None:
    writer = open_shared(tmp_path / "a", url, role="readwrite")
    keep(writer, a=1)
    writer.close()
    assert restore(open_shared(tmp_path / "b", url)) == {"a": 1}
    alone = Store(tmp_path / "b", stamp="s", has_vanished=lives)
    assert restore(alone) == {"a": 1}


def test_a_store_that_is_only_read_is_not_written(url: str, tmp_path: Path) -> None:
    reader = open_shared(tmp_path / "a", url, role="read")
    keep(reader, a=1)
    reader.close()
    fs, root = fsspec.core.url_to_fs(url)
    assert not fs.exists(root)


class AwayFileSystem(fsspec.AbstractFileSystem):  # type: ignore[misc]
    """A network that is not there, or does not answer."""

    protocol = "away"
    cachable = False  # codespell:ignore cachable
    asked = 0
    silent_s = 0.0

    def _away(self, *_: Any, **__: Any) -> Any:
        type(self).asked += 1
        if self.silent_s:
            time.sleep(self.silent_s)
        raise ConnectionError("no route to https://user:hunter2secret@host/cache")

    ls = info = _open = cat_file = makedirs = exists = _away


@pytest.fixture
def away() -> type[AwayFileSystem]:
    fsspec.register_implementation("away", AwayFileSystem, clobber=True)
    AwayFileSystem.asked, AwayFileSystem.silent_s = 0, 0.0
    return AwayFileSystem


@pytest.mark.parametrize("silent_s", [0.0, 5.0])
def test_without_network_a_run_goes_on_and_asks_once(
    silent_s: float, away: type[AwayFileSystem], tmp_path: Path
) -> None:
    away.silent_s = silent_s
    url = "away://user:hunter2secret@host/cache?token=hunter3secret"
    store = open_shared(tmp_path / "a", url, role="readwrite", patience_s=0.3)
    keep(store, a=1)
    assert restore(store) == {"a": 1}
    assert restore(store, "another") is None
    store.close()
    assert away.asked <= 2  # by the run, and by the thread that uploads
    assert "away" in store.notes[0]
    assert "hunter" not in str(store.notes)


def test_a_url_that_nothing_opens_is_refused_without_its_credentials() -> None:
    with pytest.raises(InputError, match="MNB841") as caught:
        SharedStore("nosuch://user:hunter2secret@host/cache")
    assert "hunter2" not in str(caught.value)


def test_an_upload_that_is_cut_off_is_not_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"file://{tmp_path}/team"
    writer = open_shared(tmp_path / "a", url, role="readwrite")
    fs = writer._shared._fs  # type: ignore[union-attr]

    def cut_off(source: str, _: str) -> None:
        Path(source).write_bytes(b"half")
        raise OSError("connection lost")

    monkeypatch.setattr(fs, "mv", cut_off)
    keep(writer, a=np.arange(9))
    writer.close()
    assert not [p for p in (tmp_path / "team/v1/blobs").rglob("*") if p.is_file()]
    assert restore(open_shared(tmp_path / "b", url)) is None


@pytest.mark.skipif(os.name == "nt", reason="modes of POSIX")
def test_a_folder_of_a_group_stays_open_to_the_group(tmp_path: Path) -> None:
    root = tmp_path / "cache" / "v1"
    root.mkdir(parents=True)
    root.chmod(0o2770)
    before = os.umask(0o077)
    try:
        store = Store(tmp_path / "cache", stamp="s", has_vanished=lives)
        keep(store)
    finally:
        os.umask(before)
    for path in root.rglob("*"):
        mode = path.stat().st_mode & 0o7777
        if path.is_dir():
            assert mode == 0o2770, path
        elif path.name not in ("lock",) and path.suffix != ".pin":
            assert mode & 0o440 == 0o440, path
            assert not mode & 0o007, path
