"""Files that code reads, looks for and writes are seen, whichever function it uses."""

from __future__ import annotations

import hashlib
import os
import pathlib
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlops_nb.kernels.watch_files import FileWatch, digest_path, wrap_lookups
from mlops_nb.kernels.watch_hook import EventHook
from mlops_nb.kernels.watch_paths import PathRules

Watched = Callable[[str], dict[str, Any]]


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    """Return a function that runs code in a project folder and tells what it did to files."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.csv").write_text("a,b\n1,2\n")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "one.txt").write_text("one")
    watch = FileWatch(PathRules(str(tmp_path)))
    hook = EventHook(watch.listeners())
    undo = wrap_lookups(watch, hook)

    def run(source: str) -> dict[str, Any]:
        code = compile(source, "<cell>", "exec")
        space = {"np": np, "pd": pd, "os": os, "pathlib": pathlib, "Path": Path, "shutil": shutil}
        watch.start()
        hook.on()
        try:
            exec(code, {**space, "sqlite3": sqlite3, "threading": threading})
        finally:
            hook.off()
        return watch.stop()

    yield run
    undo()


def sha(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


DATA = sha("a,b\n1,2\n")
READS = {
    "open('data.csv').read()": {"data.csv": DATA},
    "Path('data.csv').read_bytes()": {"data.csv": DATA},
    "pd.read_csv('data.csv')": {"data.csv": DATA},
    "np.loadtxt('data.csv', delimiter=',', skiprows=1)": {"data.csv": DATA},
    "os.close(os.open('data.csv', os.O_RDONLY))": {"data.csv": DATA},
    "open(os.path.abspath('sub/../data.csv'))": {"data.csv": DATA},
    "os.path.exists('data.csv')": {"data.csv": DATA},
    "os.path.exists('none.csv')": {"none.csv": None},
    "Path('none.csv').exists()": {"none.csv": None},
    "os.access('none.csv', os.R_OK)": {"none.csv": None},
    "try: open('none.csv')\nexcept OSError: pass": {"none.csv": None},
    "os.path.getsize('sub/one.txt')": {"sub/one.txt": sha("one")},
    "os.listdir('sub')": {"sub/": sha("one.txt")},
    "sorted(Path('sub').iterdir())": {"sub/": sha("one.txt")},
    "os.path.isdir('sub')": {"sub": "folder"},
    "open(os.__file__).read()": {},
    "open('/proc/self/status').read()": {},
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
    assert seen["reads"] == READS[source]
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
        {".": "folder"},
        {"out": sha("a\n1\n")},
    ),
    "np.save('out.npy', np.zeros(1))": ({}, {"out.npy": "*"}),
    "os.mkdir('new')": ({}, {"new": "folder"}),
    "shutil.copy('data.csv', 'copy.csv')": (
        {"data.csv": DATA, "copy.csv": None},
        {"copy.csv": DATA},
    ),
    "os.rename('data.csv', 'moved.csv')": (
        {"data.csv": DATA},
        {"data.csv": None, "moved.csv": DATA},
    ),
    "c = sqlite3.connect('new.db'); c.execute('create table t (x)'); c.close()": (
        {"new.db": None},
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


def test_a_cell_knows_nothing_of_the_one_before(watched: Watched) -> None:
    watched("Path('data.csv').read_text(); Path('out').write_text('x')")
    assert watched("pass") == {"reads": {}, "writes": {}, "unsteady": []}


def test_a_file_that_somebody_else_changes_meanwhile_is_told(
    watched: Watched, tmp_path: Path
) -> None:
    other = f"import subprocess; subprocess.run(['sh', '-c', 'echo new >> {tmp_path}/data.csv'])"
    seen = watched(f"Path('data.csv').read_text()\n{other}")
    assert seen["unsteady"] == ["data.csv"]


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
    assert digest_path(str(tmp_path / "pipe")) == "special"
    assert digest_path(str(tmp_path / "none")) is None
