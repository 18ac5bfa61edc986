"""Whether a module is a library's is told as its version is, and without looking that up."""

from __future__ import annotations

import json
import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from mlops_nb.artifacts import fingerprint_origin
from mlops_nb.artifacts.fingerprint_origin import is_library, library_version


def test_what_has_a_version_is_a_librarys_and_nothing_else() -> None:
    tops = {"numpy", "json", "pytest", "mlops_nb", "sys", "encodings"}
    loaded = [name for name in sys.modules if name.partition(".")[0] in tops]
    names = [*loaded, "__main__", "", "no_such_module", None, 3]
    assert [is_library(name) for name in names] == [
        library_version(name) is not None for name in names
    ]


def test_no_version_is_looked_up_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(top: str) -> Any:
        raise AssertionError(top)

    monkeypatch.setattr(fingerprint_origin, "_distribution_version", refuse)
    assert is_library(np.linalg.__name__)
    assert is_library(json.__name__)


def test_a_module_beside_the_notebook_is_none_also_in_the_place_of_a_librarys(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    name = "taken_twice"
    for folder, expected in ((tmp_path / "site-packages", True), (tmp_path, False)):
        module = ModuleType(name)
        module.__file__ = str(folder / f"{name}.py")
        monkeypatch.setitem(sys.modules, name, module)
        assert is_library(name) == expected
