"""Names of star imports are read from source, without importing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mlops_nb.notebook.stars import star_names

# Of modules, the names are compared that are bound to anything but modules.
MOST_STARRED = (
    "numpy",
    "numpy.random",
    "typing",
    "tkinter",
    "os",
    "decimal",
)


def run_python(code: str) -> str:
    """Return what another Python prints."""
    command = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout


@pytest.mark.parametrize("module", ["bisect", "collections", "os.path", "math", "pandas"])
def test_every_name_a_star_import_binds_is_named(module: str) -> None:
    namespace: dict[str, object] = {}
    exec(f"from {module} import *", namespace)
    found = star_names(module)
    assert found is not None
    assert set(namespace) - {"__builtins__"} <= found


def test_a_module_that_is_not_installed_is_unknown() -> None:
    assert star_names("no_such_module_anywhere") is None


def test_a_local_module_is_read_and_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "local_star_module.py").write_text(
        "import os\nraise SystemExit('was run')\ndef f(): pass\n_h = 1\nx, (y, *z) = 1, (2, 3)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    star_names.cache_clear()
    assert star_names("local_star_module") == {"os", "f", "x", "y", "z"}
    assert "local_star_module" not in sys.modules


def test_a_package_is_not_imported_to_look_into_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "star_package"
    package.mkdir()
    (package / "__init__.py").write_text("raise SystemExit('was run')")
    (package / "inner.py").write_text("__all__ = ['a']\na = b = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert star_names("star_package.inner") == {"a"}


@pytest.mark.parametrize("module", MOST_STARRED)
def test_the_modules_that_people_star_import_are_read_whole(module: str) -> None:
    names = run_python(
        f"from {module} import *\n"
        "import sys\n"
        "print(*[n for n, v in globals().items() if not n.startswith('_')"
        " and type(v) is not type(sys)])"
    )
    found = star_names(module)
    assert found is not None
    assert set(names.split()) - {"sys"} <= found


# name -> (source of the module, names that a star import of it surely binds)
WRITTEN: dict[str, tuple[str, set[str]]] = {
    "added lists": ("__all__ = ['a'] + ['b']\n__all__ += ['c']\n", {"a", "b", "c"}),
    "grown lists": ("__all__ = []\n__all__.extend(['a'])\n__all__.append('b')\n", {"a", "b"}),
    "a list of its own": ("mine = ['a', *['b']]\n__all__ = list(mine)\n", {"a", "b"}),
    "words": ("__all__ = 'a b'.split()\n", {"a", "b"}),
    "without some": ("__all__ = list({'a', 'b'} - {'b'})\n", {"a"}),
    "another module's": ("import bisect\n__all__ = sorted(bisect.__all__)\n", set()),
    "what there is": ("a = _b = 1\n__all__ = [n for n in dir() if n[0] != '_']\n", {"a"}),
    "public names of globals": (
        "import os\na = 1\n__all__ = [n for n, v in globals().items() if not n.startswith('_')]\n",
        {"a", "os"},
    ),
    "a class that has one": ("a = 1\nclass io:\n    __all__ = ['x']\n", {"a", "io"}),
    "by key": ("for n in ('a', 'b'):\n    globals()[n] = 1\n", {"a", "b", "n"}),
    "a branch that cannot run": (
        "try:\n    from nowhere_at_all import *\nexcept ImportError:\n    a = 1\n",
        {"a"},
    ),
    "what is known of it": ("a = b = 1\n__all__ = pick(['a', 'b'])\n", {"a", "b"}),
    "deleted": ("a = b = 1\ndel b\n", {"a"}),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_what_a_module_exports_is_read_from_its_text(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, names = WRITTEN[name]
    (tmp_path / "written_module.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    star_names.cache_clear()
    found = star_names("written_module")
    assert found is not None
    assert names <= found
    assert names == found or name in ("another module's", "what there is", "what is known of it")


@pytest.mark.parametrize(
    "source",
    [
        "globals().update(make())\n",
        "import sys\nfor n in names():\n    setattr(sys.modules[__name__], n, 1)\n",
        "space = globals()\nspace[name()] = 1\n",
        "from written_module import *\n",
    ],
)
def test_names_made_at_run_time_are_unknown(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "written_module.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    star_names.cache_clear()
    assert star_names("written_module") is None
