"""Files that code reads, looks for and writes are seen, whichever function it uses."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import pathlib
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from mlops_nb.kernels import watch_digests
from mlops_nb.kernels.watch_asker import Origins
from mlops_nb.kernels.watch_digests import Digests
from mlops_nb.kernels.watch_files import FileWatch
from mlops_nb.kernels.watch_hook import EventHook
from mlops_nb.kernels.watch_lookups import wrap_lookups
from mlops_nb.kernels.watch_paths import PathRules
from mlops_nb.kernels.watch_seen import Seen

Watched = Callable[[str], dict[str, Any]]


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    """Return a function that runs code in a project folder and tells what it did to files."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.csv").write_text("a,b\n1,2\n")
    (tmp_path / "sub").mkdir()
    with contextlib.closing(sqlite3.connect(tmp_path / "base.db")) as base:
        base.execute("create table t (x)")
    (tmp_path / "sub" / "one.txt").write_text("one")
    watch = FileWatch(PathRules(str(tmp_path)), Digests(), Origins())
    hook = EventHook(watch.listeners())
    undo = wrap_lookups(watch, hook)

    def run(source: str) -> dict[str, Any]:
        code = compile(source, "<cell>", "exec")
        space = {"np": np, "pd": pd, "os": os, "pathlib": pathlib, "Path": Path, "shutil": shutil}
        hook.on()
        try:
            exec(code, {**space, "sqlite3": sqlite3, "threading": threading, "Image": Image})
        finally:
            hook.off()
        seen = Seen()
        watch.stop(seen)
        return {
            "reads": {fact[5:]: digest for fact, digest in seen.reads.items()},
            "writes": {fact[5:]: digest for fact, digest in seen.writes.items()},
            "unsteady": [message for _, message, _ in seen.blockers],
        }

    yield run
    undo()


def sha(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


DATA = sha("a,b\n1,2\n")
READS = {
    "open('data.csv').read()": {"data.csv": DATA},
    "Path('data.csv').read_bytes()": {"data.csv": DATA},
    "pd.read_csv('data.csv')": {"data.csv": DATA},
    "np.loadtxt('data.csv', delimiter=',', skiprows=1)": {
        "data.csv": DATA,
        "data.csv?": "file",
    },
    "os.close(os.open('data.csv', os.O_RDONLY))": {"data.csv": DATA},
    "open(os.path.abspath('sub/../data.csv'))": {"data.csv": DATA},
    "os.path.exists('data.csv')": {"data.csv?": "file"},
    "Path('data.csv').is_file()": {"data.csv?": "file"},
    "os.path.exists('data.csv') and open('data.csv').read()": {
        "data.csv?": "file",
        "data.csv": DATA,
    },
    "os.path.getsize('data.csv')": {"data.csv": DATA},
    "Path('data.csv').stat()": {"data.csv": DATA, "data.csv?mode": "*", "data.csv?time": "*"},
    "os.stat('data.csv')": {"data.csv": DATA, "data.csv?mode": "*", "data.csv?time": "*"},
    "os.stat('data.csv').st_size": {"data.csv": DATA},
    "Path('data.csv').stat().st_mtime": {"data.csv?time": "*"},
    "max(['data.csv'], key=os.path.getmtime)": {"data.csv?time": "*"},
    "pd.Series(['data.csv']).map(os.path.getmtime)": {"data.csv?time": "*"},
    "[entry.stat().st_mode for entry in os.scandir('sub')]": {
        "sub/": sha("one.txt"),
        "sub/one.txt": sha("one"),
        "sub/one.txt?mode": "*",
    },
    "os.path.islink('data.csv')": {"data.csv?link": "file"},
    "Path('data.csv').is_symlink()": {"data.csv?link": "file"},
    "os.listxattr('data.csv')": {"data.csv?changed": "*"},
    "Path('data.csv').resolve()": {"data.csv?link": "file", "data.csv?": "file"},
    "os.path.realpath('data.csv')": {"data.csv?link": "file"},
    "os.path.exists('none.csv')": {"none.csv?": None},
    "Path('none.csv').exists()": {"none.csv?": None},
    "os.access('none.csv', os.R_OK)": {"none.csv?": None, "none.csv?mode": None},
    "os.access('none.csv', os.F_OK)": {"none.csv?": None},
    "os.close(os.open('one.txt', os.O_RDONLY, dir_fd=os.open('sub', os.O_RDONLY)))": {
        "sub": "folder",
        "sub/one.txt": sha("one"),
    },
    "os.stat('one.txt', dir_fd=os.open('sub', os.O_RDONLY)).st_size": {
        "sub": "folder",
        "sub/one.txt": sha("one"),
    },
    "sum(entry.stat().st_size for entry in os.scandir('sub'))": {
        "sub/": sha("one.txt"),
        "sub/one.txt": sha("one"),
    },
    "import ctypes\ntry: ctypes.CDLL(os.path.abspath('sub/one.txt'))\nexcept OSError: pass": {
        "sub/one.txt": sha("one")
    },
    "list(os.walk('sub'))": {"sub/": sha("one.txt")},
    "import glob; glob.glob('*/*.txt')": {
        "./": sha("base.db\0data.csv\0sub/"),
        "sub/": sha("one.txt"),
    },
    "os.listdir(os.open('sub', os.O_RDONLY))": {"sub": "folder", "sub/": sha("one.txt")},
    "c = sqlite3.connect('base.db'); c.execute('select * from t').fetchall(); c.close()": {
        "base.db": "*",
        "base.db-wal": None,
    },
    "np.memmap('data.csv', mode='r')": {"data.csv": DATA},
    "try: open('none.csv')\nexcept OSError: pass": {"none.csv": None},
    "os.path.getsize('sub/one.txt')": {"sub/one.txt": sha("one")},
    "os.listdir('sub')": {"sub/": sha("one.txt")},
    "sorted(Path('sub').iterdir())": {"sub/": sha("one.txt")},
    "os.path.isdir('sub')": {"sub?": "folder"},
    "open(os.__file__).read()": {},
    "from importlib import metadata; metadata.version('numpy')": {},
    "import linecache; linecache.getlines(os.path.abspath('sub/one.py'))": {},
    "x = 1": {},
    "t = threading.Thread(target=lambda: open('data.csv').read()); t.start(); t.join()": {
        "data.csv": DATA
    },
}


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("source", READS)
def test_what_code_reads_or_looks_for_is_seen(watched: Watched, source: str) -> None:
    seen = watched(source)
    told = {
        k: "*" if READS[source].get(k) == "*" else digest for k, digest in seen["reads"].items()
    }
    assert told == READS[source]
    assert seen["writes"] == {}
    assert seen["unsteady"] == []


WRITES: dict[str, tuple[dict[str, str | None], dict[str, str | None]]] = {
    "Path('out').write_text('x')": ({}, {"out": sha("x")}),
    "Path('data.csv').write_text('x')": ({}, {"data.csv": sha("x")}),
    "f = open('data.csv', 'a'); f.write('x'); f.close()": (
        {"data.csv": DATA},
        {"data.csv": sha("a,b\n1,2\nx")},
    ),
    "f = open('data.csv', 'r+'); f.write('x'); f.close()": (
        {"data.csv": DATA},
        {"data.csv": sha("x,b\n1,2\n")},
    ),
    "t = Path('data.csv').read_text(); Path('data.csv').write_text(t + t)": (
        {"data.csv": DATA},
        {"data.csv": sha("a,b\n1,2\n" * 2)},
    ),
    "Path('out').write_text('x'); Path('out').read_text()": ({}, {"out": sha("x")}),
    "Path('out').write_text('x'); os.remove('out')": ({}, {}),
    "pd.DataFrame({'a': [1]}).to_csv('out', index=False)": (
        {".?": "folder"},
        {"out": sha("a\n1\n")},
    ),
    "np.save('out.npy', np.zeros(1))": ({}, {"out.npy": "*"}),
    "open('out', 'x').close()": ({"out?": None}, {"out": sha("")}),
    "os.listdir('sub'); Path('sub/two').write_text('x')": (
        {"sub/": sha("one.txt")},
        {"sub/two": sha("x")},
    ),
    "os.path.exists('out') or Path('out').write_text('x')": ({"out?": None}, {"out": sha("x")}),
    "shutil.rmtree('sub')": (
        {
            "sub": "folder",
            "sub?link": "folder",
            "sub/": sha("one.txt"),
            "sub/one.txt?": "file",
        },
        {"sub": None, "sub/one.txt": None},
    ),
    "m = np.memmap('data.csv', mode='r+'); m[0] = 66; m.flush()": (
        {"data.csv": DATA},
        {"data.csv": sha("B,b\n1,2\n")},
    ),
    "os.makedirs('sub', exist_ok=True)": ({}, {"sub": "folder"}),
    "Path('sub').mkdir(exist_ok=True)": ({}, {"sub": "folder"}),
    "os.makedirs('new/er', exist_ok=True)": ({}, {"new": "folder", "new/er": "folder"}),
    "os.mkdir('new')": ({"new?": None}, {"new": "folder"}),
    "shutil.copy('data.csv', 'copy.csv')": (
        {
            "data.csv": DATA,
            "data.csv?": "file",
            "data.csv?link": "file",
        },
        {"copy.csv": DATA},
    ),
    "shutil.copy('data.csv', 'sub')": (
        {
            "data.csv": DATA,
            "data.csv?": "file",
            "data.csv?link": "file",
            "sub?": "folder",
        },
        {"sub/data.csv": DATA},
    ),
    "Image.new('L', (1, 1)).save('out.png')": ({}, {"out.png": "*"}),
    "Image.new('L', (1, 1)).save('out.png') if os.path.exists('out.png') else 0": (
        {"out.png?": None},
        {},
    ),
    "os.rename('data.csv', 'moved.csv')": (
        {"data.csv": DATA},
        {"data.csv": None, "moved.csv": DATA},
    ),
    "c = sqlite3.connect('new.db'); c.execute('create table t (x)'); c.close()": (
        {"new.db": None, "new.db-wal": None},
        {"new.db": "*"},
    ),
}


@pytest.mark.parametrize("source", WRITES)
def test_what_code_writes_is_seen_and_what_it_depended_on(watched: Watched, source: str) -> None:
    reads, writes = WRITES[source]
    seen = watched(source)
    assert seen["reads"] == reads
    assert seen["writes"].keys() == writes.keys()
    for key, digest in writes.items():
        assert digest in ("*", seen["writes"][key])


UNKEPT = (
    "os.chmod('data.csv', 0o600)",
    "Path('data.csv').chmod(0o600)",
    "os.utime('data.csv', (5, 5))",
    "os.symlink('data.csv', 'link.csv')",
    "Path('link.csv').symlink_to('data.csv')",
    "Path('/proc/uptime').read_text()",
)


def test_modes_times_and_links_that_a_cell_sets_are_told_for_the_store_has_none(
    watched: Watched,
) -> None:
    assert [len(watched(source)["unsteady"]) for source in UNKEPT[:4]] == [1] * 4
    assert len(watched(UNKEPT[5])["unsteady"]) == 1
    assert watched("os.remove('link.csv')\n" + UNKEPT[4])["unsteady"] == [
        "made the link 'link.csv'"
    ]
    assert watched("Path('data.csv').touch(); shutil.copy('data.csv', 'b.csv')")["unsteady"] == []


def test_a_cell_knows_nothing_of_the_one_before(watched: Watched) -> None:
    watched("Path('data.csv').read_text(); Path('out').write_text('x')")
    assert watched("pass") == {"reads": {}, "writes": {}, "unsteady": []}


def test_a_file_that_somebody_else_changes_meanwhile_is_told(
    watched: Watched, tmp_path: Path
) -> None:
    other = f"import subprocess; subprocess.run(['sh', '-c', 'echo new >> {tmp_path}/data.csv'])"
    seen = watched(f"Path('data.csv').read_text()\n{other}")
    assert seen["unsteady"] == ["read 'data.csv', which somebody else changed meanwhile"]


def test_paths_that_are_none_do_not_disturb(watched: Watched) -> None:
    seen = watched("for p in ('', 'a\\0b', 3.5):\n    try: open(p)\n    except Exception: pass")
    assert seen["reads"] == {}


def test_files_outside_the_project_have_their_whole_path(
    watched: Watched, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("elsewhere") / "x.txt"
    other.write_text("x")
    assert watched(f"Path({str(other)!r}).read_text()")["reads"] == {str(other): sha("x")}


def test_an_environment_or_a_cache_in_the_project_is_no_data(tmp_path: Path) -> None:
    rules = PathRules(str(tmp_path), ignored=[str(tmp_path / "connection")])
    assert rules.key(tmp_path / ".mlops_nb" / "cache" / "x") is None
    assert rules.key(tmp_path / "sub" / "__pycache__" / "x.pyc") is None
    assert rules.key(tmp_path / "connection" / "k.json") is None
    assert rules.key(tmp_path) == "."
    assert rules.path("sub/x") == str(tmp_path / "sub" / "x")


def test_what_is_neither_file_nor_folder_has_no_content(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert Digests().look(str(tmp_path / "pipe")) == "special"
    assert Digests().look(str(tmp_path / "none")) is None


def test_a_file_that_an_earlier_cell_left_open_is_written_by_who_writes_it(
    watched: Watched, tmp_path: Path
) -> None:
    import builtins

    builtins.kept = None  # type: ignore[attr-defined]
    try:
        watched("import builtins; builtins.kept = open('log', 'w')")
        seen = watched("import builtins; builtins.kept.write('x'); builtins.kept.flush()")
        builtins.kept.close()  # type: ignore[attr-defined]
    finally:
        del builtins.kept  # type: ignore[attr-defined]
    assert seen["writes"] == {"log": sha("x")}
    assert seen["reads"]["log"] == sha(""), "what stands there now follows from what stood there"


def test_a_file_is_read_again_only_if_something_touched_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "data"
    path.write_text("one")
    digests, hashed = Digests(), []
    original = watch_digests._hash
    monkeypatch.setattr(watch_digests, "_hash", lambda p: hashed.append(p) or original(p))
    now = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: now)
    assert digests.look(str(path)) == digests.look(str(path)) == sha("one")
    assert len(hashed) == 2, "it was changed just before it was read"
    monkeypatch.setattr(time, "time_ns", lambda: now + 10_000_000_000)
    known = Digests(json.loads(json.dumps(digests.table())))
    assert known.look(str(path)) == sha("one")
    assert len(hashed) == 3, "the reading that is known was too near to the change"
    assert known.look(str(path)) == sha("one")
    assert len(hashed) == 3
    os.utime(path, ns=(1, 1))
    assert known.look(str(path)) == sha("one")
    assert len(hashed) == 4
    monkeypatch.setattr(watch_digests, "_LOCAL", frozenset())
    remote = Digests(known.table())
    assert remote.look(str(path)) == sha("one")
    assert len(hashed) == 5, "other machines write to its file system"


def test_settings_of_a_person_are_no_data_when_a_library_looks_at_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    rules = PathRules(str(tmp_path / "project"))
    assert rules.is_personal(str(tmp_path / ".netrc"))
    assert not rules.is_personal(str(tmp_path / ".cache" / "models" / "x"))
    assert not rules.is_personal(str(tmp_path / "data" / "x"))


def test_settings_of_the_machine_are_data_when_the_notebook_asks_for_them(
    watched: Watched,
) -> None:
    known = "/etc/passwd"
    assert known in watched(f"open({known!r}).close()")["reads"]
    assert known in watched(f"Path({known!r}).read_text()")["reads"]
    assert known in watched(f"pd.read_csv({known!r}, sep=':', header=None)")["reads"]
    assert f"{known}?" in watched(f"os.path.exists({known!r})")["reads"]
    assert "/etc/" in watched("os.listdir('/etc')")["reads"]
    read = watched("import mimetypes; mimetypes.init()")["reads"]
    assert not any(key.startswith("/etc") for key in read)


def test_our_own_sources_are_nobodys_data(tmp_path: Path) -> None:
    assert PathRules(str(tmp_path)).key(PathRules.key.__code__.co_filename) is None


def test_a_project_is_the_same_through_a_link_that_leads_to_it(tmp_path: Path) -> None:
    (tmp_path / "real" / "deep").mkdir(parents=True)
    (tmp_path / "link").symlink_to("real")
    rules = PathRules(str(tmp_path / "link"))
    assert rules.key(str(tmp_path / "link" / "deep")) == "deep"
    # As a process tells its working directory.
    assert rules.key(str(tmp_path / "real" / "deep")) == "deep"
    assert rules.key(str(tmp_path / "real")) == "."
    assert rules.key(str(tmp_path / "really" / "x.csv")) == str(tmp_path / "really" / "x.csv")
