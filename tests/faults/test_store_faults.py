"""What a store survives: kill -9, a full disk, no rights, strange files, other machines."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mlops_nb.artifacts import blob_pins
from mlops_nb.artifacts.blob_faults import BlobError
from mlops_nb.artifacts.blob_folder import BlobFolder
from mlops_nb.artifacts.blob_pins import Pin, pinned_digests, store_lock
from mlops_nb.artifacts.codec_reading import decode
from mlops_nb.artifacts.codec_writing import encode
from mlops_nb.artifacts.store import Store
from mlops_nb.artifacts.store_survey import survey_store, verify_store

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and modes of POSIX")

# Each value says what it must be: text of its own number, many times.
WRITER = """
import random, sys
from pathlib import Path
from mlops_nb.artifacts.store import Store
from mlops_nb.artifacts.codec_writing import encode
folder, seed, cap = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
chance = random.Random(seed)
lives = lambda stamp: False
store = Store(folder, stamp=f"w{seed}", has_vanished=lives, cap_bytes=cap, fsync=False)
print("ready", flush=True)
while True:
    number = chance.randrange(8)
    values = {"v": f"{number} " * chance.choice([10, 1000, 200_000]), "n": number}
    done = encode(values, blobs=store.blobs, namespace={})
    assert not done.obstacles, done.obstacles
    store.put(f"key{number}", {"values": done.manifest}, blobs=done.digests)
    if chance.random() < 0.2:
        store.tidy()
    print(number, flush=True)
"""


def start(code: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)], stdout=subprocess.PIPE, text=True
    )


def open_store(folder: Path, stamp: str = "reader") -> Store:
    return Store(folder, stamp=stamp, has_vanished=lambda _: True, fsync=False)


def read_all(store: Store) -> int:
    """Return how many records restore; fail on one that restores another value."""
    whole = 0
    for number in range(8):
        for record in store.find(f"key{number}"):
            if store.fetch(record.blobs):
                continue
            found = decode(record.content["values"], blobs=store.blobs).values
            if set(found) == {"v", "n"}:
                assert found["n"] == number
                assert set(found["v"].split()) == {str(number)}
                whole += 1
    return whole


@pytest.mark.parametrize("cap", [10**9, 2_000_000], ids=["room enough", "removing all the time"])
def test_writers_that_are_killed_at_any_moment_leave_a_whole_store(
    cap: int, tmp_path: Path
) -> None:
    chance = random.Random(cap)
    writers = []
    for seed in range(3):
        writers.append(start(WRITER, tmp_path, seed, cap))
    for seed, writer in enumerate(writers):
        assert writer.stdout is not None
        for _ in range(chance.randrange(4, 12)):
            assert writer.stdout.readline(), seed
    store = open_store(tmp_path)
    whole = read_all(store)
    for writer in writers:
        time.sleep(chance.random() * 0.02)  # a moment nobody chose
        writer.send_signal(signal.SIGKILL)
    for writer in writers:
        writer.wait()
        assert writer.stdout is not None
        writer.stdout.close()
    whole = read_all(store)
    assert whole > 0 or cap < 10**9
    faults = verify_store(store.root)
    assert all("not there" in fault.reason for fault in faults), faults
    if cap == 10**9:
        assert not faults
    store.close()
    assert not open_store(tmp_path).tidy().note
    assert not list((store.root / "pins").iterdir())
    survey = survey_store(store.root)
    assert survey.unnamed_bytes == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Yield a folder on a disk of two megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("only root may mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_leaves_nothing_half_and_is_told(small_disk: Path) -> None:
    store = open_store(small_disk)
    stored = encode(
        {"small": 1, "big": np.random.default_rng(0).random(500_000), "last": 2}, blobs=store.blobs
    )
    (obstacle,) = stored.obstacles
    assert obstacle.name == "big"
    assert "No space left" in obstacle.reason
    assert "cache gc" in obstacle.remedy
    assert not list((store.root / "drafts").iterdir())
    assert decode(stored.manifest, blobs=store.blobs).values == {"small": 1, "last": 2}
    (small_disk / "rest").write_bytes(b"")
    try:
        with (small_disk / "rest").open("wb", buffering=0) as rest:
            while True:
                rest.write(bytes(4096))
    except OSError:
        pass
    assert store.put("key", {"text": "x" * 50_000}) is None
    assert "No space left" in store.notes[0]
    assert not list((store.root / "drafts").iterdir())
    assert verify_store(store.root) == ()


LIMITED = """
import resource, sys
from pathlib import Path
from mlops_nb.artifacts.blob_folder import BlobFolder
from mlops_nb.artifacts.codec_writing import encode
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
blobs = BlobFolder(Path(sys.argv[1]))
done = encode({"big": "x" * 1_000_000, "small": 1}, blobs=blobs, namespace={})
print([o.name for o in done.obstacles], [g["names"] for g in done.manifest["groups"]],
      list((blobs.root / "drafts").iterdir()))
"""


def test_a_limit_on_the_size_of_files_is_told(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "['big'] [['small']] []"


STRANGER = """
import fcntl, mmap, os, sys
from pathlib import Path
from mlops_nb.artifacts.store import Store
from mlops_nb.artifacts.codec_writing import encode
from mlops_nb.artifacts.codec_reading import decode
os.setgid(65534); os.setuid(65534)
store = Store(Path(sys.argv[1]), stamp="stranger", has_vanished=lambda s: False)
for record in store.find("key"):
    assert not store.fetch(record.blobs)
    print(decode(record.content["values"], blobs=store.blobs).values)
    store.use(record)
done = encode({"new": "n" * 5000}, blobs=store.blobs, namespace={})
print([o.name for o in done.obstacles], store.put("key", {}), store.tidy().note)
store.close()
"""


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become another user"
)
def test_a_store_that_may_only_be_read_is_read() -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        folder.chmod(0o755)
        store = Store(folder, stamp="owner", has_vanished=lambda _: False)
        stored = encode({"v": [1, 2]}, blobs=store.blobs)
        assert store.put("key", {"values": stored.manifest}, blobs=stored.digests)
        done = subprocess.run(
            [sys.executable, "-c", STRANGER, str(folder)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        first, second = done.stdout.splitlines()
        assert first == "{'v': [1, 2]}"
        assert second.startswith("['new'] None Nothing was removed")
    finally:
        shutil.rmtree(folder)


def blob_of(blobs: BlobFolder) -> tuple[str, Path]:
    digest = blobs.put(b"content" * 10).digest
    path = blobs.path_of(digest)
    path.unlink()
    return digest, path


STRANGE = {
    "a link to a secret": lambda path: path.symlink_to("/etc/passwd"),
    "a link to nothing": lambda path: path.symlink_to("/nowhere"),
    "a pipe that nobody writes": lambda path: os.mkfifo(path),
    "a folder": lambda path: path.mkdir(),
    "an endless device": lambda path: path.symlink_to("/dev/zero"),
    "an empty file": lambda path: path.touch(),
    "zeros after a power failure": lambda path: path.write_bytes(bytes(70)),
}


@pytest.mark.parametrize("plant", STRANGE.values(), ids=STRANGE.keys())
def test_what_lies_in_the_place_of_a_blob_is_a_miss_and_replaced(
    plant: object, tmp_path: Path
) -> None:
    blobs = BlobFolder(tmp_path, fsync=False)
    digest, path = blob_of(blobs)
    plant(path)  # type: ignore[operator]
    with pytest.raises(BlobError):
        blobs.view(digest)
    if path.is_dir():
        with pytest.raises(OSError):
            blobs.put(b"content" * 10)
    else:
        assert blobs.put(b"content" * 10).digest == digest
        assert bytes(blobs.view(digest)) == b"content" * 10
        assert not path.is_symlink()
    assert Path("/etc/passwd").stat().st_size > 100
    assert not list((tmp_path / "drafts").iterdir())


def test_a_store_that_vanishes_is_a_miss_and_made_again(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    stored = encode({"a": np.arange(400_000)}, blobs=store.blobs)
    record = store.put("key", {"values": stored.manifest}, blobs=stored.digests)
    assert record is not None
    mapped = decode(stored.manifest, blobs=store.blobs).values["a"]
    shutil.rmtree(store.root)
    assert mapped.sum() == np.arange(400_000).sum()
    assert list(store.find("key")) == []
    assert store.fetch(record.blobs)
    assert decode(stored.manifest, blobs=store.blobs).obstacles
    again = encode({"a": 1}, blobs=store.blobs)
    assert store.put("key", {"values": again.manifest}, blobs=again.digests) is not None
    assert len(list(store.find("key"))) == 1


def test_where_the_store_cannot_be_made_a_run_has_no_cache_and_is_told(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    store = open_store(tmp_path / "cache")
    told = encode({"a": np.arange(3), "b": 1}, blobs=store.blobs).obstacles
    assert [obstacle.name for obstacle in told] == ["a"]
    assert told[0].reason.startswith("The store cannot")
    assert store.put("key", {}) is None
    assert store.notes
    assert list(store.find("key")) == []
    assert store.tidy().freed_bytes == 0
    store.close()


def test_pins_of_another_machine_are_believed_for_three_days(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = BlobFolder(tmp_path, stamp="elsewhere")
    blob = blobs.put(b"x")
    assert pinned_digests(tmp_path, has_vanished=lambda _: False) == {blob.digest}
    now = time.time()
    monkeypatch.setattr(blob_pins.time, "time", lambda: now + blob_pins.FOREIGN_PIN_LIVES_S + 1)
    assert pinned_digests(tmp_path, has_vanished=lambda _: False) == frozenset()


def test_a_pin_that_somebody_removed_is_written_again(tmp_path: Path) -> None:
    blobs = BlobFolder(tmp_path, stamp="live", fsync=False)
    first = blobs.put(b"first")
    shutil.rmtree(tmp_path / "pins")
    second = blobs.put(b"second")
    assert pinned_digests(tmp_path, has_vanished=lambda _: False) == {first.digest, second.digest}


def test_a_pin_that_was_cut_off_or_is_damaged_stops_nobody(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    blob = store.blobs.put(b"x")
    pins = store.root / "pins"
    (pins / "cut.pin").write_text('{"schema": 1, "sta')
    (pins / "odd.pin").write_text('{"schema": 1, "stamp": "a"}\nsha256:ab\nnonsense\n')
    held = pinned_digests(store.root, has_vanished=lambda _: False)
    assert blob.digest in held
    assert "nonsense" not in held
    Pin(store.root, "p").release()


def test_while_somebody_writes_nothing_is_removed_and_the_other_way_round(tmp_path: Path) -> None:
    (tmp_path / "pins").mkdir()
    with store_lock(tmp_path, alone=False) as one, store_lock(tmp_path, alone=False) as two:
        assert one
        assert two
        with store_lock(tmp_path, alone=True, patience_s=0.02) as alone:
            assert not alone
    with store_lock(tmp_path, alone=True) as alone:
        assert alone
        with store_lock(tmp_path, alone=False, patience_s=0.02) as one:
            assert not one


def test_a_newer_format_is_ignored_and_an_odd_record_is_told(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    record = store.put("key", {"a": 1})
    assert record is not None
    (place,) = (store.root / "records").rglob("*.json")
    envelope = json.loads(place.read_bytes())
    place.with_name("0-0.json").write_text(json.dumps({**envelope, "schema": 2}))
    place.with_name("1-1.json").write_bytes(place.read_bytes())
    (place.with_name("2-2.json")).mkdir()
    (place.with_name("3-3.json")).symlink_to("/etc/passwd")
    assert [found.id for found in store.find("key")] == [record.id]
    assert len(store.notes) == 4
    assert "schema 2" in str(store.notes)
