from __future__ import annotations

import importlib
import sys
import threading
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from mlops_nb.errors import InputError
from mlops_nb.packaging.needs import find_modules, find_unpicklable
from mlops_nb.packaging.pins import find_sources, pin


@pytest.fixture
def notebook_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory on ``sys.path`` whose modules are forgotten afterwards."""
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def notebook_function(source: str) -> Any:
    """Return the function `source` defines, as a notebook's cell would."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(source, namespace)
    return next(value for value in namespace.values() if isinstance(value, types.FunctionType))


def tops(*objects: Any) -> set[str]:
    return {name.split(".")[0] for name in find_modules(*objects)} - set(sys.stdlib_module_names)


def test_a_model_needs_what_it_holds_and_nothing_else() -> None:
    assert tops(make_pipeline(StandardScaler().fit(np.eye(3)))) == {"numpy", "sklearn"}


def test_a_notebook_function_needs_what_its_body_uses_and_imports() -> None:
    clean = notebook_function(
        "import pandas as pd\n"
        "def clean(X):\n"
        "    import scipy.stats\n"
        "    from . import nothing_absolute\n"
        "    return pd.DataFrame(X)\n"
    )

    assert tops(FunctionTransformer(clean)) == {"pandas", "scipy", "sklearn"}


def test_what_cannot_be_pickled_is_walked_all_the_same() -> None:
    assert "numpy" in tops({"scaler": np.eye(2), "lock": threading.Lock()})


def test_the_attribute_that_cannot_be_pickled_is_found() -> None:
    model = types.SimpleNamespace(weights=[1.0], pool={"lock": threading.Lock()})

    assert find_unpicklable(model) == ("pool", "_thread.lock")
    assert find_unpicklable(types.SimpleNamespace(weights=[1.0])) is None


def test_installed_modules_become_distributions_by_their_own_names() -> None:
    sources = find_sources(["sklearn.tree", "yaml", "numpy", "json", "pytest"], place="")

    assert sources.distributions == ("numpy", "PyYAML", "scikit-learn")
    assert sources.local == ()


def test_local_modules_are_shipped_with_the_local_modules_they_import(
    notebook_directory: Path,
) -> None:
    (notebook_directory / "features.py").write_text("import yaml\nfrom shop.prices import rate\n")
    (notebook_directory / "shop").mkdir()
    (notebook_directory / "shop" / "__init__.py").write_text("")
    (notebook_directory / "shop" / "prices.py").write_text("rate = 1.0\n")
    (notebook_directory / "shop" / "test_prices.py").write_text("import pytest\n")
    importlib.import_module("features")

    sources = find_sources(["features"], place="")

    assert sources.local == (notebook_directory / "features.py", notebook_directory / "shop")
    assert sources.distributions == ("PyYAML",)


def test_an_optional_import_of_a_local_module_that_is_not_there_is_no_need(
    notebook_directory: Path,
) -> None:
    (notebook_directory / "fast.py").write_text(
        "try:\n    import not_installed_here\nexcept ImportError:\n    pass\n"
    )

    assert find_sources(["fast"], place="").distributions == ()


def test_a_module_that_is_neither_installed_nor_a_file_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "made_up", types.ModuleType("made_up"))

    with pytest.raises(InputError, match=r"MNB604 stage 'train': needs module 'made_up\.inner'"):
        find_sources(["made_up.inner"], place="stage 'train'")


def test_pins_are_exact_and_without_local_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    versions = {"torch": "2.13.0+cpu", "NumPy": "2.4.6"}
    monkeypatch.setattr("mlops_nb.packaging.pins.metadata.version", versions.__getitem__)

    assert pin(["torch", "NumPy"], versions={}, place="") == ("NumPy==2.4.6", "torch==2.13.0")


def test_another_version_in_the_kernel_is_an_error_with_both_versions() -> None:
    with pytest.raises(
        InputError, match=r"MNB607 here: was made with numpy 1\.0, but .* has numpy"
    ):
        pin(["numpy"], versions={"Numpy": "1.0"}, place="here")
