"""Names of star imports are read from source, without importing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mlops_nb.notebook.stars import star_names


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


def test_names_made_at_run_time_are_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dynamic_all.py").write_text("__all__ = [n for n in dir()]\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert star_names("dynamic_all") is None
