"""Local modules count by the source that was loaded, libraries by their versions."""

from __future__ import annotations

import copy
import importlib
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy
import pytest

from mlops_nb.kernels.watch import Watch
from mlops_nb.kernels.watch_packages import distribution_version, python_version
from mlops_nb.kernels.watch_requirements import Packages
from mlops_nb.kernels.watch_sources import digest_code, digest_source

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    write(tmp_path / "helpers.py", "from parts import deep\ndef clean(x): return deep.f(x)\n")
    write(tmp_path / "parts" / "__init__.py", "")
    write(tmp_path / "parts" / "deep.py", "def f(x):\n    import lazy\n    return x\n")
    write(tmp_path / "parts" / "unused.py", "")
    write(tmp_path / "lazy.py", "import numpy\n")
    yield tmp_path
    for name, module in list(sys.modules.items()):
        space = getattr(module, "__dict__", {})  # some libraries make up every other attribute
        paths = [space.get("__file__") or "", *(space.get("__path__") or ())]
        if any(str(path).startswith(str(tmp_path)) for path in paths):
            del sys.modules[name]


@pytest.fixture
def watch(project: Path) -> Iterator[Watch]:
    made = Watch(str(project), b"key")
    yield made
    made.close()


@pytest.fixture
def run(watch: Watch) -> Run:
    space: dict[str, Any] = {
        "__name__": "__main__",
        "importlib": importlib,
        "sys": sys,
        "threading": threading,
    }

    def run(
        source: str, before: Iterable[str] | None = (), after: Iterable[str] | None = ()
    ) -> dict[str, Any]:
        watch.start(before)
        try:
            exec(compile(source, "<cell>", "exec"), space)
        finally:
            seen = watch.stop(after)
        return seen

    return run


def write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(text, encoding="utf-8")
    importlib.invalidate_caches()


def modules(seen: dict[str, Any]) -> set[str]:
    return {fact.partition(":")[2] for fact in seen["reads"] if fact.startswith("module:")}


def test_a_module_that_a_cell_imports_counts_with_all_that_it_imports(
    run: Run, project: Path
) -> None:
    seen = run("import helpers")
    assert modules(seen) == {"helpers.py", "parts/__init__.py", "parts/deep.py"}
    assert seen["reads"]["module:helpers.py"] == digest_source(str(project / "helpers.py"))
    assert not [fact for fact in seen["reads"] if fact.startswith("file:") and "?" not in fact]
    assert seen["writes"]["import:helpers"] == "loaded"


@pytest.mark.parametrize(
    "source",
    [
        "sys.path.insert(0, 'inner')\nimport {name}",
        "sys.path.insert(0, 'inner')\nimport {name}\nsys.path.remove('inner')",
        "sys.path.insert(0, '')\nos.chdir('inner')\nimport {name}\nos.chdir('..')",
    ],
    ids=["added", "added for a while", "entered for a while"],
)
@pytest.mark.parametrize("name", ["colorsys", "nested"])
def test_what_comes_back_is_imported_from_where_its_cell_found_it(
    name: str,
    source: str,
    project: Path,
    watch: Watch,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write(project / "inner" / f"{name}.py", "")
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, name, raising=False)
    before = list(sys.path)
    seen = run(f"import os\n{source.format(name=name)}")
    del sys.modules[name]
    sys.path[:] = before
    fact = f"import:{name}"
    assert watch.restore({fact: seen["effects"][fact]}) == []
    assert Path(str(sys.modules[name].__file__)).parent.resolve().name == "inner"
    assert (sys.path, Path.cwd()) == (before, project)


def test_modules_that_names_lead_to_count_and_no_others(run: Run) -> None:
    run("import helpers, parts.unused")
    assert modules(run("x = 1")) == set()
    assert modules(run("y = helpers.clean", ["helpers"])) == {
        "helpers.py",
        "parts/__init__.py",
        "parts/deep.py",
    }
    assert modules(run("pass", ["parts.deep"])) == {"parts/__init__.py", "parts/deep.py"}
    assert "parts/unused.py" in modules(run("pass", None, None))


def test_a_module_that_a_function_imports_late_counts_for_the_cell_that_calls_it(run: Run) -> None:
    run("import helpers")
    seen = run("helpers.clean(1)", ["helpers"])
    assert "lazy.py" in modules(seen)
    assert "package:numpy" in seen["reads"]


def test_a_module_imported_by_a_computed_name_counts(run: Run) -> None:
    assert "lazy.py" in modules(run("m = importlib.import_module('la' + 'zy')"))
    assert "parts/unused.py" in modules(run("m = __import__('parts.unused')"))


def test_a_source_that_was_edited_and_not_loaded_again_is_told(run: Run, project: Path) -> None:
    run("import helpers")
    write(project / "helpers.py", "from parts import deep\ndef clean(x): return 2 * x\n")
    seen = run("helpers.clean(1)", ["helpers"])
    assert [(b[0], "helpers.py" in b[1]) for b in seen["blockers"]] == [("module", True)]
    seen = run("importlib.reload(helpers)", ["helpers"])
    assert seen["blockers"] == []
    assert seen["reads"]["module:helpers.py"] == digest_source(str(project / "helpers.py"))


def test_comments_and_layout_of_a_module_do_not_count(run: Run, project: Path) -> None:
    first = run("import helpers")["reads"]["module:helpers.py"]
    text = (project / "helpers.py").read_text()
    write(project / "helpers.py", "# said\n" + text.replace("(x): return", "( x ):  return"))
    seen = run("helpers", ["helpers"])
    assert (seen["blockers"], seen["reads"]["module:helpers.py"]) == ([], first)


def test_a_module_that_is_gone_is_told(run: Run, project: Path) -> None:
    run("import lazy")
    (project / "lazy.py").unlink()
    assert run("lazy", ["lazy"])["blockers"]


def test_a_file_that_would_be_imported_instead_is_a_dependency(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    seen = run(f"sys.path.append({str(project / 'src')!r}); import colorsys")
    assert seen["reads"]["file:colorsys.py?"] is None
    write(project / "src" / "late.py", "")
    seen = run("import late")
    assert seen["reads"]["file:late.py?"] is None
    assert seen["reads"]["file:src/late/__init__.py?"] is None
    assert modules(seen) == {"src/late.py"}
    sys.path.remove(str(project / "src"))


def test_which_modules_a_folder_has_is_a_dependency_where_the_notebook_asks(run: Run) -> None:
    seen = run("import pkgutil; [one.name for one in pkgutil.iter_modules(['parts'])]")
    assert "file:parts/" in seen["reads"]


def test_a_module_that_is_not_there_is_a_dependency(run: Run, project: Path) -> None:
    missing = "try:\n    import {0}\nexcept ImportError:\n    pass"
    seen = run(missing.format("not_yet"))
    assert seen["reads"]["file:not_yet.py?"] is None
    assert seen["reads"]["file:not_yet?"] is None
    assert seen["reads"]["package:not_yet?"] is None
    assert distribution_version("numpy?") == distribution_version("sklearn?") == "there"
    assert run("importlib.util.find_spec('later')")["reads"]["file:later.py?"] is None
    assert run(missing.format("parts.later"))["reads"]["file:parts/later.py?"] is None
    write(project / "not_yet.py", "")
    importlib.invalidate_caches()
    assert "file:not_yet.py?" not in run("import not_yet")["reads"]


def test_a_module_that_is_loaded_past_the_import_counts_as_a_file(run: Run) -> None:
    source = (
        "from importlib import util\n"
        "spec = util.spec_from_file_location('own', 'lazy.py')\n"
        "own = util.module_from_spec(spec)\nspec.loader.exec_module(own)"
    )
    for _ in range(2):
        assert "file:lazy.py" in run(source)["reads"]
    assert "file:helpers.py" not in run("import helpers")["reads"]


def test_what_a_library_looks_for_in_vain_is_its_own_business(run: Run) -> None:
    source = "try:\n    import not_yet\nexcept ImportError:\n    pass"
    seen = run(f"exec(compile({source!r}, {copy.__file__!r}, 'exec'), {{}})")
    assert not any("not_yet" in fact for fact in seen["reads"])


def test_an_import_that_fails_shows_no_frames_of_ours(run: Run, project: Path) -> None:
    write(project / "broken.py", "1 / 0\n")
    with pytest.raises(ZeroDivisionError) as raised:
        run("import broken")
    assert [frame.name for frame in raised.traceback[2:]] == ["<module>", "<module>"]
    assert "broken" not in sys.modules


def test_a_namespace_package_has_parts_and_no_source(run: Run, project: Path) -> None:
    write(project / "space" / "one.py", "x = 1\n")
    assert modules(run("import space.one")) == {"space/one.py"}


def test_a_module_made_at_run_time_disturbs_nobody(run: Run) -> None:
    seen = run("import types; sys.modules['made'] = types.ModuleType('made')", ["made"], ["made"])
    assert modules(seen) == set()
    del sys.modules["made"]


def test_submodules_the_notebook_imported_count_for_cells_that_reach_them_by_their_package(
    run: Run,
) -> None:
    run("import parts")
    run("import parts.unused")
    assert run("parts", ["parts"])["reads"]["import:parts.unused"] == "loaded"
    assert "import:parts.unused" not in run("pass", ["lazy"])["reads"]


def test_libraries_count_by_the_version_of_their_distribution(run: Run) -> None:
    seen = run("import sklearn.linear_model", ["sklearn"], ["sklearn"])
    versions = {f.partition(":")[2]: d for f, d in seen["reads"].items() if f.startswith("package")}
    assert versions["python"] == python_version()
    assert versions["numpy"] == numpy.__version__
    assert {"scikit-learn", "scipy", "joblib"} <= versions.keys()
    assert "mlops-nb" not in versions
    assert all(distribution_version(name) == version for name, version in versions.items())


def test_a_cell_that_uses_no_library_depends_on_python_alone(run: Run) -> None:
    seen = run("x = 1")
    assert [fact for fact in seen["reads"] if fact.startswith("package")] == ["package:python"]


def test_distributions_are_found_by_whatever_name_they_import_as() -> None:
    packages = Packages()
    for top, name in {
        "yaml": "pyyaml",
        "PIL": "pillow",
        "zmq": "pyzmq",
        "_pytest": "pytest",
    }.items():
        assert name in packages.used([top])
    assert packages.used(["no_such_module"]) == {"python": python_version()}
    assert distribution_version("no-such-distribution") is None


@pytest.mark.parametrize("content", [b"x = (", b"\xff\xfe\x00", b"def f(:", b"", b"\x00"])
def test_what_is_no_python_counts_byte_for_byte(content: bytes) -> None:
    assert digest_code(content) == digest_code(bytes(content))
    assert digest_code(content) != digest_code(content + b"y = 1")


def test_indentation_is_no_layout() -> None:
    assert digest_code(b"if x:\n  a\n  b\n") == digest_code(b"if x:\n    a\n    b\n")
    assert digest_code(b"if x:\n  a\n  b\n") != digest_code(b"if x:\n  a\nb\n")
    assert digest_code(b"x = 'a  b'") != digest_code(b"x = 'a b'")


def test_extensions_built_in_place_count_by_their_bytes(tmp_path: Path) -> None:
    path = tmp_path / "fast.so"
    path.write_bytes(b"one")
    first = digest_source(str(path))
    path.write_bytes(b"two")
    assert digest_source(str(path)) != first
    path.unlink()
    assert digest_source(str(path)) is None


def test_a_folder_that_distributions_were_installed_into_holds_libraries(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project / "vendor"
    write(folder / "bought.py", "VALUE = 1\n")
    write(folder / "bought-2.0.dist-info" / "METADATA", "Name: bought\nVersion: 2.0\n")
    monkeypatch.syspath_prepend(str(folder))
    watch = Watch(str(project), b"key")
    try:
        watch.start(())
        importlib.import_module("bought")
        seen = watch.stop(("bought",))
    finally:
        watch.close()
    assert seen["reads"]["package:bought"] == "2.0"
    assert not any(fact.startswith("module:") for fact in seen["reads"])


def test_a_source_that_is_touched_within_one_step_of_the_clock_is_read_again(
    project: Path,
) -> None:
    path = project / "quick.py"
    path.write_text("x = 1\n")
    first = digest_source(str(path))
    path.write_text("x = 2\n")
    assert digest_source(str(path)) != first


KEEPER = """
import logging, threading
from collections import OrderedDict
log, lock, kept, setting, opened = logging.getLogger("keeper"), threading.Lock(), [], 1, None
class Shelf:
    def __init__(self):
        self.lock, self.rows, self.connection = threading.Lock(), [], threading.Event()
shelf = Shelf()
class Registry:
    entries = {}
    def add(self, value):
        kept.append(value)
    def enter(self, value):
        self.entries[value] = value
def choose(value):
    global setting
    setting = value
def look():
    log.debug("looked")
    return len(kept)
"""
CHANGES = {
    "made.add(3)": {"kept"},
    "made.enter(3)": {"Registry.entries"},
    "keeper.choose(2)": {"setting"},
    "keeper.setting = 5": {"setting"},
    "keeper.added = 1": {"added"},
    "del keeper.setting": {"setting"},
    "keeper.shelf.rows.append(3)": {"shelf"},
    "keeper.shelf.lock.acquire(); keeper.shelf.lock.release()": set(),
    "keeper.shelf.connection = threading.Event()": set(),
    "keeper.look(); keeper.choose(1)": set(),
    "keeper.kept.append(3); keeper.kept.pop()": set(),
}


@pytest.mark.parametrize("source", CHANGES)
def test_what_a_local_module_keeps_is_a_state_of_the_process(
    run: Run, project: Path, source: str
) -> None:
    write(project / "keeper.py", KEEPER)
    assert "ambient:" not in run("import keeper\nmade = keeper.Registry()")["writes"]
    seen = run(source)
    assert ("ambient:" in seen["writes"]) == bool(CHANGES[source])
    assert seen["effects"] == {}
    again = run("pass")
    assert again["reads"]["ambient:"] == seen["writes"].get("ambient:")
    if "del" not in source and "added" not in source:  # which stays where it is
        run("importlib.reload(keeper)")
        assert run("pass")["reads"]["ambient:"] is None


@pytest.mark.parametrize(
    ("source", "is_changed"),
    [("keeper.table[3]['n'].append(3)", True), ("keeper.table[3]['n'][0] += 0", False)],
)
def test_a_large_table_of_a_module_is_read_only_where_it_was_changed(
    run: Run, project: Path, source: str, is_changed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlops_nb.kernels.watch_module_state._MOST_PARTS", 500)
    write(project / "keeper.py", "table = [{'n': [n]} for n in range(500)]\n")
    run("import keeper")
    assert ("ambient:" in run(source)["writes"]) == is_changed


def test_a_module_that_is_executed_again_is_compared_with_what_it_kept_at_first(
    run: Run, project: Path
) -> None:
    write(project / "level.txt", "1")
    write(
        project / "keeper.py", "from pathlib import Path\nlevel = Path('level.txt').read_text()\n"
    )
    run("import keeper")
    assert "ambient:" not in run("z = importlib.reload(keeper)")["writes"]
    write(project / "level.txt", "2")
    assert "ambient:" in run("z = importlib.reload(keeper)")["writes"]


HOLDING = """
import functools
def listing(value, seen=[]):
    seen.append(value)
    return len(seen)
def naming(value, *, seen={}):
    seen[value] = 1
def counting():
    counting.n = getattr(counting, "n", 0) + 1
def make():
    n = 0
    def tick():
        nonlocal n
        n += 1
        return n
    return tick
tick = make()
def keep(function):
    kept = []
    @functools.wraps(function)
    def outer(value):
        kept.append(value)
        return function(value)
    return outer
@keep
def wrapped(value, seen=[]):
    seen += [value] if value > 5 else []
class Keeper:
    def __init__(self, value, seen=[]):
        seen.append(value)
    @staticmethod
    def enter(value, seen=[]):
        seen.append(value)
    def __call__(self):
        self.n = 1
called = Keeper(0)
def plain(value, by=3, *, other=None):
    return value + by
"""


@pytest.mark.parametrize(
    ("source", "is_changed"),
    [
        ("x = keeper.listing(1)", True),
        ("keeper.naming(1)", True),
        ("keeper.counting()", True),
        ("x = keeper.tick()", True),
        ("x = keeper.wrapped(1)", True),
        ("x = keeper.Keeper(1)", True),
        ("keeper.Keeper.enter(1)", True),
        ("keeper.called()", True),
        ("x = keeper.plain(1)", False),
        ("x = keeper.make()", False),
    ],
)
def test_what_functions_of_a_local_module_hold_is_a_state_of_the_process(
    run: Run, project: Path, source: str, is_changed: bool
) -> None:
    write(project / "keeper.py", HOLDING)
    assert "ambient:" not in run("import keeper")["writes"]
    assert ("ambient:" in run(source)["writes"]) == is_changed


def test_calls_of_cached_functions_and_classes_made_from_a_modules_are_states_of_the_process(
    run: Run, project: Path
) -> None:
    write(
        project / "keeper.py",
        "import functools\nclass Base: pass\ndef look(): return Base.__subclasses__()\n"
        "@functools.cache\ndef load(x): return [x]\n",
    )
    run("import keeper")
    assert "ambient:" in run("keeper.load(3)")["writes"]
    assert "ambient:" not in run("keeper.load(3)")["writes"]
    assert "ambient:" in run("class Own(keeper.Base): pass")["writes"]


def test_what_would_make_a_folder_of_modules_a_package_is_not_there(
    run: Run, project: Path
) -> None:
    write(project / "space" / "part.py", "")
    reads = run("import space.part")["reads"]
    assert reads["file:space/__init__.py?"] == reads["file:space.py?"]


def test_a_build_from_a_folder_counts_by_its_files_where_its_version_is_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    folder = tmp_path / "labels-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Name: labels\nVersion: 1.0\n")
    (folder / "direct_url.json").write_text('{"url": "file:///w/labels", "dir_info": {}}')

    def built(**digests: str) -> str | None:
        rows = {
            "labels/__init__.py": "a",
            "labels/names.json": "b",
            "labels/__pycache__/__init__.cpython-311.pyc": "",
            "../../../bin/labels": "c",
            "labels-1.0.dist-info/direct_url.json": "d",
        }
        for path in rows:
            rows[path] = digests.get(path.rpartition("/")[2].partition(".")[0], rows[path])
        lines = (f"{path},sha256={digest},1" for path, digest in rows.items())
        (folder / "RECORD").write_text("\n".join(lines))
        return distribution_version("labels")

    first = built()
    assert first == built(labels="other", direct_url="other")
    assert len({first, built(names="other"), built(__init__="other")}) == 3
