"""What a process has once comes back as that very object, or not at all."""

from __future__ import annotations

import copy
import decimal
import os
import sys
import types
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
import scipy.stats
from sklearn.utils import check_random_state

from mlops_nb.artifacts.blob_folder import BlobFolder
from mlops_nb.artifacts.codec_process import SharedObjects
from mlops_nb.artifacts.codec_reading import decode
from mlops_nb.artifacts.codec_writing import encode
from mlops_nb.artifacts.fingerprint import fingerprint


class Settings:
    def __init__(self) -> None:
        self.width = 3


@pytest.fixture
def module() -> Iterator[Any]:
    made: Any = types.ModuleType("a_library_of_settings")
    made.defaults = Settings()
    sys.modules[made.__name__] = made
    yield made
    del sys.modules[made.__name__]


def stored(value: object, folder: Path) -> tuple[Any, Any]:
    """Return what a value was stored as, and a function that reads it."""
    blobs = BlobFolder(folder, stamp="test")
    encoded = encode({"x": value}, blobs=blobs, namespace={})

    def read() -> Any:
        found = decode(encoded.manifest, ["x"], blobs=blobs, namespace={}, may_run_code=True)
        return found.values.get("x")

    return encoded, read


def test_an_object_of_the_notebooks_own_class_is_looked_for_too(
    module: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = type("Own", (), {"__module__": "__main__"})
    monkeypatch.setattr(sys.modules["__main__"], "Own", own, raising=False)
    module.registered = own()
    _, read = stored([own(), module.registered], tmp_path)
    first, second = read()
    assert first is not module.registered
    assert second is module.registered


# What a library does to its globals after they were looked at.
LATER = {
    "made when it is first asked for": "made.lazy = Settings()",
    "made in the place of what says that there is none": "made.missing = Settings()",
    "made in the place of a flag": "made.flag = Settings()",
    "another one in its place": "made.defaults = Settings()",
    "under a new name": "made.other = made.defaults; made.defaults = Settings()",
    "gone for a time": "made.defaults = None; load('first'); found(); made.defaults = Settings()",
    "in a module that is executed once more": "made.__dict__.update(defaults=Settings(), more=1)",
    "in another module of that name": "made = load(made.__name__); made.lazy = Settings()",
}


@pytest.mark.parametrize("later", LATER)
def test_what_a_library_makes_later_is_found_when_a_module_was_loaded(
    module: Any, later: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(name: str) -> types.ModuleType:
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
        return sys.modules[name]

    vars(module).update(lazy=None, missing=object(), flag=False)
    shared = SharedObjects()

    def found() -> set[tuple[str, str]]:
        objects = [one for one in vars(module).values() if isinstance(one, Settings)]
        return {place for one in objects if (place := shared.find(one)) is not None}

    assert found() == {(module.__name__, "defaults")}
    space = {"made": module, "Settings": Settings, "load": load, "found": found}
    exec(LATER[later], space)
    load("a_module_that_was_loaded")
    made = space["made"]
    expected = {n: one for n, one in vars(made).items() if isinstance(one, Settings)}
    assert {n: shared.find(one) for n, one in expected.items()} == {
        name: (made.__name__, name) for name in expected
    }


@pytest.mark.parametrize(
    "find",
    [
        lambda module: module.defaults,
        lambda module: matplotlib.rcParams,
        lambda module: np.random.mtrand._rand,
        lambda module: check_random_state(None),
        lambda module: np.c_,
        lambda module: matplotlib.colormaps,
    ],
)
def test_an_object_of_a_library_comes_back_as_itself(
    module: Any, tmp_path: Path, find: Any
) -> None:
    _, read = stored(find(module), tmp_path)
    assert read() is find(module)
    _, read = stored([1, {"of": find(module)}], tmp_path)
    assert read()[1]["of"] is find(module)


def test_it_does_not_come_back_where_it_holds_something_else(module: Any, tmp_path: Path) -> None:
    _, read = stored(module.defaults, tmp_path)
    module.defaults.width = 4
    assert read() is None
    module.defaults.width = 3
    assert read() is module.defaults
    module.defaults = Settings()
    assert read() is module.defaults
    del module.defaults
    assert read() is None


@pytest.mark.parametrize(
    "make",
    [lambda: scipy.stats.norm, lambda: scipy.stats.norm(1, 2), lambda: check_random_state(None)],
)
def test_what_draws_from_the_generator_of_the_process_is_the_same_after_a_draw(
    tmp_path: Path, make: Any
) -> None:
    value = make()
    before = fingerprint(value)
    _, read = stored(value, tmp_path)
    np.random.rand()
    assert fingerprint(value) == before
    assert getattr(read(), "random_state", read()) is np.random.mtrand._rand


def test_a_copy_of_the_generator_of_the_process_is_told_by_its_state() -> None:
    before = fingerprint(copy.deepcopy(np.random.mtrand._rand))
    np.random.rand()
    assert fingerprint(copy.deepcopy(np.random.mtrand._rand)) != before


@pytest.mark.parametrize(
    "find",
    [lambda: sys.path, lambda: os.environ, lambda: warnings.filters, decimal.getcontext],
)
def test_what_cannot_be_found_again_is_refused(tmp_path: Path, find: Any) -> None:
    encoded, _ = stored(find(), tmp_path)
    assert "belongs to this process" in encoded.obstacles[0].reason


def test_equal_objects_of_the_notebook_and_constants_are_values(
    module: Any, tmp_path: Path
) -> None:
    made = Settings()
    _, read = stored(made, tmp_path)
    assert type(read()) is Settings
    assert read() is not module.defaults
    for constant in (np.pi, np.nan, decimal.Decimal(3), list(sys.path)):
        _, read = stored(constant, tmp_path)
        assert repr(read()) == repr(constant)


def test_a_compiled_function_of_the_notebook_is_refused_since_it_holds_globals_of_now(
    tmp_path: Path,
) -> None:
    kind = type("CPUDispatcher", (), {"__module__": "numba.core.registry"})
    compiled: Any = kind()
    compiled.py_func = types.FunctionType(stored.__code__, {"__name__": "__main__"}, "scale")
    encoded, _ = stored(compiled, tmp_path)
    assert "Numba" in encoded.obstacles[0].reason
