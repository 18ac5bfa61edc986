"""How a store stays small: what goes, in which order, and what stays whatever the cap."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mlops_nb.artifacts import store_cap
from mlops_nb.artifacts.store import Store
from mlops_nb.artifacts.store_cap import default_cap, remove_surplus
from mlops_nb.artifacts.store_records import PER_KEY_AT_MOST, Record
from mlops_nb.artifacts.store_survey import survey_store, verify_store

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def gone(stamp: str) -> bool:
    return stamp == "gone"


def open_store(folder: Path, stamp: str = "gone") -> Store:
    return Store(folder, stamp=stamp, has_vanished=gone, fsync=False)


def keep(store: Store, key: str, *contents: bytes, minute: int = 0) -> Record:
    blobs = [store.blobs.put(content).digest for content in contents]
    now = BEGIN + timedelta(minutes=minute)
    record = store.put(key, {"n": minute}, blobs=blobs, about={"stage": key}, now=now)
    assert record is not None
    place = next(p for p in (store.root / "records").rglob(f"{record.id}.json"))
    os.utime(place, (now.timestamp(), now.timestamp()))
    return record


def keys(store: Store) -> set[str]:
    return {entry.record.key for entry in survey_store(store.root).entries}


def test_what_was_used_longest_ago_goes_first(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    records = {k: keep(store, k, k.encode() * 10_000, minute=i) for i, k in enumerate("abcd")}
    store.use(records["a"])
    removal = remove_surplus(store.root, cap_bytes=25_000, has_vanished=gone)
    assert keys(store) == {"a", "d"}
    assert (removal.records, removal.blobs) == (2, 2)
    assert removal.freed_bytes == 20_000 + sum(len(records[k].document) for k in "bc")
    assert removal.size_bytes == survey_store(store.root).size_bytes
    assert not removal.note


def test_what_two_records_name_goes_with_the_last(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    keep(store, "a", b"s" * 10_000, b"a" * 5_000, minute=1)
    keep(store, "b", b"s" * 10_000, b"b" * 5_000, minute=2)
    entries = {e.record.key: e for e in survey_store(store.root).entries}
    assert entries["a"].size_bytes - entries["a"].own_bytes == 10_000
    remove_surplus(store.root, cap_bytes=17_000, has_vanished=gone)
    assert keys(store) == {"b"}
    assert sum(survey_store(store.root).blob_sizes.values()) == 15_000
    remove_surplus(store.root, cap_bytes=0, has_vanished=gone)
    assert survey_store(store.root).size_bytes == 0


def test_what_no_record_names_goes_unless_a_live_process_pins_it(tmp_path: Path) -> None:
    live, dead = open_store(tmp_path, "live"), open_store(tmp_path, "gone")
    mine, theirs = live.blobs.put(b"live" * 9), dead.blobs.put(b"dead" * 9)
    remove_surplus(live.root, cap_bytes=10**9, has_vanished=gone)
    assert live.blobs.has(mine.digest)
    assert not live.blobs.has(theirs.digest)
    assert len(list((live.root / "pins").iterdir())) == 1
    live.close()
    remove_surplus(live.root, cap_bytes=10**9, has_vanished=gone)
    assert not live.blobs.has(mine.digest)


def test_what_a_live_process_is_about_to_restore_stays_whatever_the_cap(tmp_path: Path) -> None:
    keep(open_store(tmp_path), "old", b"o" * 100)
    keep(open_store(tmp_path), "new", b"n" * 100, minute=1)
    reader = open_store(tmp_path, "live")
    (record,) = reader.find("old")
    assert not reader.fetch(record.blobs)
    removal = remove_surplus(reader.root, cap_bytes=0, has_vanished=gone)
    assert keys(reader) == {"old"}
    assert removal.note


def test_what_a_live_process_pinned_before_it_was_written_stays(tmp_path: Path) -> None:
    first = open_store(tmp_path)
    blob = first.blobs.put(b"same" * 30)
    writer = open_store(tmp_path, "live")
    assert writer.blobs.put(b"same" * 30) == blob
    remove_surplus(first.root, cap_bytes=0, has_vanished=gone)
    assert writer.put("key", {}, blobs=[blob.digest]) is not None


def test_damaged_records_and_old_drafts_go_and_new_drafts_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(tmp_path)
    keep(store, "a", b"a")
    (place,) = (store.root / "records").rglob("*.json")
    place.write_bytes(b"{")
    old, new = store.root / "drafts" / "old.part", store.root / "drafts" / "new.part"
    for draft in (old, new):
        draft.touch()
    past = time.time() - 2 * store_cap._DRAFT_LIVES_S
    os.utime(old, (past, past))
    remove_surplus(store.root, cap_bytes=10**9, has_vanished=gone)
    assert not place.exists()
    assert not old.exists()
    assert new.exists()


def test_a_key_keeps_its_newest_records(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    for minute in range(PER_KEY_AT_MOST + 3):
        keep(store, "k", minute=minute)
    found = list(store.find("k"))
    assert len(found) == PER_KEY_AT_MOST
    assert found[0].content == {"n": PER_KEY_AT_MOST + 2}


def test_other_formats_are_told_and_left_alone(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    keep(store, "a", b"a")
    (tmp_path / "v2" / "blobs").mkdir(parents=True)
    (tmp_path / "v2" / "blobs" / "x").write_bytes(b"newer")
    (tmp_path / "handover").mkdir()
    remove_surplus(store.root, cap_bytes=0, has_vanished=gone)
    assert survey_store(store.root).other_formats == {"v2": 5}
    assert (tmp_path / "v2" / "blobs" / "x").exists()


def test_the_default_cap_is_ten_gigabytes_or_a_tenth_of_the_free_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Disk:
        free = 60 * 10**9

    monkeypatch.setattr(store_cap.shutil, "disk_usage", lambda _: Disk)
    assert default_cap(tmp_path / "not" / "yet", 0) == 6 * 10**9
    assert default_cap(tmp_path, 10 * 10**9) == 7 * 10**9
    Disk.free = 10**12
    assert default_cap(tmp_path, 0) == 10 * 10**9


def test_a_store_removes_its_surplus_once_it_wrote_a_tenth_of_the_cap(tmp_path: Path) -> None:
    store = Store(tmp_path, stamp="gone", has_vanished=gone, cap_bytes=100_000, fsync=False)
    for minute in range(20):
        keep(store, f"k{minute}", bytes([minute]) * 60_000, minute=minute)
        assert survey_store(store.root).size_bytes < 170_000


def test_records_without_blobs_count_too(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    for minute in range(30):
        keep(store, f"k{minute}", minute=minute)
    before = survey_store(store.root).size_bytes
    remove_surplus(store.root, cap_bytes=before // 2, has_vanished=gone)
    assert 0 < survey_store(store.root).size_bytes <= before // 2
    assert "k29" in keys(store)


def test_verifying_finds_what_was_damaged_behind_the_back_of_this_process(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    whole, damaged = b"w" * (2 << 20), b"d" * (2 << 20)
    record = keep(store, "a", whole, damaged)
    keep(store, "b", b"lost")
    lost = store.blobs.path_of(store.blobs.put(b"lost").digest)
    lost.unlink()
    path = store.blobs.path_of(store.blobs.put(damaged).digest)
    assert path.name in str(record.blobs)
    status = path.stat()
    path.chmod(0o600)
    path.write_bytes(b"x" + damaged[1:])
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    faults = verify_store(store.root)
    assert {fault.path.name for fault in faults} == {path.name, faults[-1].path.name}
    assert len(faults) == 2
    assert "blobs that are not there" in faults[-1].reason


def test_where_there_is_no_store_nothing_is_found_or_made(tmp_path: Path) -> None:
    store = open_store(tmp_path / "none")
    assert survey_store(store.root).entries == ()
    assert verify_store(store.root) == ()
    assert store.tidy().freed_bytes == 0
    assert list(store.find("k")) == []
    store.close()
    assert not (tmp_path / "none").exists()
