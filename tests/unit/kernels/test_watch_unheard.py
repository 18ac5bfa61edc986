"""Files that a library without wrappers may have opened in native code are those the code names."""

from __future__ import annotations

import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import PIL.ImageFont
import polars as pl
import pytest

from mlops_nb.kernels.watch import Watch
from mlops_nb.kernels.watch_asker import Origins
from mlops_nb.kernels.watch_homes import class_home
from mlops_nb.kernels.watch_named_files import NamedFiles
from mlops_nb.kernels.watch_unheard import _now

FILES = ("data/a.scan", "data/b.scan", "data/deep/c.scan", "here.dat", "notes.txt")


def library() -> types.ModuleType:
    """Return a module of an installed library that opens files where nobody hears of it."""
    made = types.ModuleType("scanlib")

    def load(*given: Any) -> None: ...

    load.__module__ = "scanlib"
    vars(made).update(load=load, Scan=type("Scan", (), {"__module__": "scanlib"}))
    return made


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def named(code: str, *cells: str, **names: Any) -> set[str]:
    """Return the files that a cell names, after other cells."""
    space: dict[str, Any] = {"__name__": "__main__", "scanlib": library(), "Path": Path, **names}
    for cell in (*cells, code):
        tree = compile(cell, "<cell>", "exec")
        if "get_ipython" not in cell:
            exec(tree, space)
    found = NamedFiles(frozenset({"scanlib"}), space, Origins())
    found.look(code)
    return {str(Path(path)) for path in found.files()} if found.is_called else set()


ALL = {"data/a.scan", "data/b.scan"}
CODES: dict[str, tuple[tuple[str, ...], set[str]]] = {
    "a text": (("scanlib.load('here.dat')",), {"here.dat"}),
    "a name's text": (("p = 'here.dat'", "scanlib.load(p)"), {"here.dat"}),
    "a name's path": (("p = Path('data') / 'a.scan'", "scanlib.load(p)"), {"data/a.scan"}),
    "a list's texts": (
        ("ps = ['data/a.scan', 'data/b.scan']", "for p in ps: scanlib.load(p)"),
        ALL,
    ),
    "a folder and a name": (
        ("folder = Path('data')", "scanlib.load(folder / 'a.scan')"),
        {"data/a.scan"},
    ),
    "a folder in a folder": (
        ("folder = 'data'", "scanlib.load(Path(folder) / 'deep' / 'c.scan')"),
        {"data/deep/c.scan"},
    ),
    "an f-string": (
        ("folder = 'data'", "for i in 'ab': scanlib.load(f'{folder}/{i}.scan')"),
        ALL,
    ),
    "a format": (("for i in 'ab': scanlib.load('data/{}.scan'.format(i))",), ALL),
    "a suffix": (("folder = 'data/'", "for i in 'ab': scanlib.load(folder + i + '.scan')"), ALL),
    "a pattern": (("for p in Path('data').glob('*.scan'): scanlib.load(p)",), ALL),
    "a settings object": (
        ("class Settings:\n    scan = 'here.dat'", "scanlib.load(Settings.scan)"),
        {"here.dat"},
    ),
    "a function of the notebook": (
        ("def read():\n    return scanlib.load('here.dat')", "x = read()"),
        {"here.dat"},
    ),
    "a function that asks another": (
        (
            "def inner(p): return scanlib.load(p)",
            "def read(): return inner('data/a.scan')",
            "x = read()",
        ),
        {"data/a.scan"},
    ),
    "a method": (
        ("class Reader:\n    def go(self): return scanlib.load('here.dat')", "Reader().go()"),
        {"here.dat"},
    ),
    "a cached function": (
        (
            "import functools\n@functools.cache\ndef read(p): return scanlib.load(p)",
            "x = read('here.dat')",
        ),
        {"here.dat"},
    ),
    "a default": (
        ("def read(p='here.dat'): return scanlib.load(p)", "x = read()"),
        {"here.dat"},
    ),
    "an import in a function": (
        ("def read(p):\n    if 0:\n        import scanlib\n    return p", "read('here.dat')"),
        {"here.dat"},
    ),
    "a class of the library": (
        ("Scan = scanlib.Scan", "x = isinstance(Scan(), Scan), 'here.dat'"),
        {"here.dat"},
    ),
    "an object that has one of the library's": (
        (
            "class Reader:\n    def __init__(self): self.scan = scanlib.Scan()",
            "reader = Reader()",
            "reader.go if 0 else reader.__str__(), 'here.dat'",
        ),
        {"here.dat"},
    ),
    "the body of a magic": (
        ("get_ipython().run_cell_magic('time', '', \"x = scanlib.load('here.dat')\\n\")",),
        {"here.dat"},
    ),
    "a line magic": (
        ("get_ipython().run_line_magic('time', \"x = scanlib.load('here.dat')\")",),
        {"here.dat"},
    ),
    "nothing, as it calls no such library": (("x = len('here.dat')",), set()),
    "nothing, as it only sets a name": (("import json\np = 'here.dat'",), set()),
    "nothing, as no such file is there": (("scanlib.load('gone.scan', 'read me')",), set()),
}


@pytest.mark.parametrize("what", CODES)
def test_a_cell_that_calls_such_a_library_names_files_by(what: str, folder: Path) -> None:
    cells, expected = CODES[what]
    assert named(cells[-1], *cells[:-1]) == expected


def test_a_function_of_a_local_module_names_its_files(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = "ROOT = 'data'\ndef read():\n    return scanlib.load(ROOT + '/a.scan')\n"
    loader = types.ModuleType("loader")
    vars(loader)["scanlib"] = library()
    exec(compile(source, str(folder / "loader.py"), "exec"), vars(loader))
    vars(loader)["__file__"] = str(folder / "loader.py")
    monkeypatch.setitem(__import__("sys").modules, "loader", loader)
    assert named("x = loader.read()", loader=loader) == {"data/a.scan"}
    assert named("x = read()", read=loader.read) == {"data/a.scan"}


def test_a_compiled_class_that_names_no_module_is_of_the_one_that_has_it() -> None:
    assert class_home(int) == "builtins"
    assert class_home(types.FunctionType) in ("types", "builtins")
    assert class_home(pl.DataFrame) == "polars.dataframe.frame"


@pytest.fixture(scope="module")
def watch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:
    made = Watch(str(tmp_path_factory.mktemp("project")), b"key")
    yield made
    made.close()


@pytest.fixture
def home(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = Path(watch._rules.path("."))
    monkeypatch.chdir(root)
    return root


def seen(watch: Watch, code: str, *modules: str, **names: Any) -> dict[str, Any]:
    watch.start(modules)
    try:
        exec(compile(code, "<cell>", "exec"), names)
    finally:
        found = watch.stop(modules, code, names)
    return found


def test_what_was_opened_in_native_code_counts_as_read(watch: Watch, home: Path) -> None:
    pl.DataFrame({"a": [1]}).write_parquet(home / "t.parquet")
    found = seen(watch, "pl.read_parquet_schema('t.parquet')", "polars", pl=pl)
    assert "file:t.parquet" in found["reads"]


def test_so_does_what_a_folder_lists_of_which_the_names_are_unknown(
    watch: Watch, home: Path
) -> None:
    (home / "fonts").mkdir()
    source = next(Path(__import__("matplotlib").get_data_path()).rglob("DejaVuSans.ttf"))
    (home / "fonts" / "one.ttf").write_bytes(source.read_bytes())
    code = "import os\nfor f in os.listdir('fonts'): ImageFont.truetype('fonts/' + f, 9)"
    found = seen(watch, code, "PIL.ImageFont", ImageFont=PIL.ImageFont)
    assert "file:fonts/one.ttf" in found["reads"]


def test_a_cell_that_may_have_written_in_native_code_is_not_restored(
    watch: Watch, home: Path
) -> None:
    code = "pl.DataFrame({'a': [1]}); save('made.bin')"
    found = seen(watch, code, "polars", pl=pl, save=lambda p: quietly(watch, home / p))
    assert [message for _, message, _ in found["blockers"]] == [
        "may have written 'made.bin' in native code, where nobody hears of it"
    ]
    assert "file:made.bin" not in found["effects"]
    again = seen(watch, "pl.DataFrame({'a': [1]}); 'made.bin'", "polars", pl=pl)
    assert "file:made.bin" in again["reads"]
    assert not again["blockers"]


def test_what_a_cell_was_heard_writing_is_its_product(watch: Watch, home: Path) -> None:
    code = "pl.DataFrame({'a': [1]}).write_csv('made.csv')"
    found = seen(watch, code, "polars", pl=pl)
    assert "file:made.csv" in found["effects"]
    assert not found["blockers"]


def quietly(watch: Watch, path: Path) -> None:
    """Write as native code does, later than the clock of files can tell from the beginning."""
    begun = _now()
    while _now() == begun:
        pass
    with watch._hook.deaf():
        path.write_bytes(b"x")


def test_a_cell_that_names_more_than_is_looked_at_is_not_restored(
    watch: Watch, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "many").mkdir()
    for number in range(4):
        (home / "many" / f"{number}.bin").touch()
    code = "pl.DataFrame({'a': [1]}); [f'many/{i}.bin' for i in range(4)]"
    assert seen(watch, code, "polars", pl=pl)["blockers"] == []
    monkeypatch.setattr("mlops_nb.kernels.watch_named_files._MAX_FOUND", 3)
    told = [message for _, message, _ in seen(watch, code, "polars", pl=pl)["blockers"]]
    assert told == ["names more files than are looked at, for a library that nobody hears"]
    code = "import os; pl.DataFrame({'a': os.listdir('many')})"
    assert seen(watch, code, "polars", pl=pl)["blockers"] == []
    monkeypatch.setattr("mlops_nb.kernels.watch_unheard._MAX_LISTED", 3)
    assert len(seen(watch, code, "polars", pl=pl)["blockers"]) == 1


def test_of_long_collections_names_of_files_are_found_and_texts_are_data(folder: Path) -> None:
    texts = [f"No. {number}/9." for number in range(200_000)]
    found = named("scanlib.load(names)", names=["here.dat", *texts[:50_000], "data/a.scan"])
    assert found == {"here.dat", "data/a.scan"}
    records = [{"text": text, "more": {"n": text[::-1]}} for text in texts]
    for held in (texts, records):
        many = NamedFiles(frozenset({"scanlib"}), {"held": held}, Origins())
        many.look("scanlib.load(held, held)")
        assert (list(many.files()), many.is_cut) == ([], False)


def test_a_library_whose_files_are_heard_adds_none(watch: Watch, home: Path) -> None:
    (home / "kept.csv").write_text("a\n1\n")
    import pandas as pd

    found = seen(watch, "pd.DataFrame({'file': ['kept.csv']})", "pandas", pd=pd)
    assert "file:kept.csv" not in found["reads"]
