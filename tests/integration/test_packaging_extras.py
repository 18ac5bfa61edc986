"""Models of libraries that have a flavour of their own in MLflow; each library is optional."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlflow.pyfunc
import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mlops_nb.packaging import ModelPackage, PackageRequest, build_package, verify_package

pytestmark = pytest.mark.extras

RNG = np.random.default_rng(0)
X = pd.DataFrame(RNG.random((60, 4)).astype("float32"), columns=list("abcd"))
y = (X["a"] > 0.5).astype(int)


def package(model: Any, tmp_path: Path, rows: Any = X) -> ModelPackage:
    request = PackageRequest(variable="clf", stage="train", example=rows)
    made = build_package(model, tmp_path / "package", request=request)
    assert verify_package(made.directory).problems == ()
    return made


def predict(made: ModelPackage, rows: Any) -> np.ndarray[Any, Any]:
    return np.asarray(mlflow.pyfunc.load_model(str(made.directory)).predict(rows))


def pinned(made: ModelPackage) -> set[str]:
    return {line.split("==")[0] for line in made.requirements}


class TestXgboost:
    @pytest.fixture(autouse=True)
    def library(self) -> None:
        self.xgboost = pytest.importorskip("xgboost", reason="the extra xgboost is not installed")

    def test_a_classifier_keeps_xgboosts_own_format(self, tmp_path: Path) -> None:
        model = self.xgboost.XGBClassifier(n_estimators=3).fit(X, y)

        made = package(model, tmp_path)

        assert (made.flavour, made.serialization, made.notes) == ("xgboost", "native", ())
        assert {"xgboost", "scikit-learn", "numpy", "pandas"} <= pinned(made)
        assert predict(made, X).tolist() == model.predict(X).tolist()

    def test_a_booster_packages_without_scikit_learn(self, tmp_path: Path) -> None:
        model = self.xgboost.train({}, self.xgboost.DMatrix(X, y), 3)

        made = package(model, tmp_path)

        assert (made.flavour, made.serialization) == ("xgboost", "native")
        assert np.allclose(predict(made, X), model.predict(self.xgboost.DMatrix(X)))

    def test_a_pipeline_with_it_is_scikit_learns_and_no_pickle(self, tmp_path: Path) -> None:
        model = make_pipeline(StandardScaler(), self.xgboost.XGBRegressor(n_estimators=3))
        model.fit(X, y)

        made = package(model, tmp_path)

        assert (made.flavour, made.serialization) == ("sklearn", "skops")
        assert "xgboost" in pinned(made)


class TestLightgbm:
    @pytest.fixture(autouse=True)
    def library(self) -> None:
        self.lightgbm = pytest.importorskip(
            "lightgbm", reason="the extra lightgbm is not installed"
        )

    def test_a_classifier_keeps_its_categories_and_is_no_pickle(self, tmp_path: Path) -> None:
        rows = X.assign(kind=pd.Categorical(RNG.choice(["x", "y"], len(X))))
        model = self.lightgbm.LGBMClassifier(n_estimators=3, verbose=-1, min_child_samples=2)
        model.fit(rows, y)

        made = package(model, tmp_path, rows)

        assert (made.flavour, made.serialization) == ("lightgbm", "skops")
        assert made.notes == (
            "The model has no signature: MLflow's conversion to one would change what it predicts.",
        )
        assert predict(made, rows).tolist() == model.predict(rows).tolist()

    def test_a_booster_keeps_lightgbms_own_format(self, tmp_path: Path) -> None:
        data = self.lightgbm.Dataset(X, y)
        model = self.lightgbm.train({"verbose": -1, "min_data_in_leaf": 2}, data, 3)

        made = package(model, tmp_path)

        assert (made.flavour, made.serialization) == ("lightgbm", "native")
        assert np.allclose(predict(made, X), model.predict(X))


class TestTorch:
    @pytest.fixture(autouse=True)
    def library(self) -> None:
        self.torch = pytest.importorskip("torch", reason="the extra torch is not installed")

    def network(self) -> Any:
        nn = self.torch.nn
        return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 2))

    @pytest.mark.parametrize("form", ["array", "tensor"])
    def test_a_network_with_an_array_or_tensor_is_exported_as_a_graph(
        self, form: str, tmp_path: Path
    ) -> None:
        model = self.network()
        rows = X.to_numpy(copy=True)

        made = package(model, tmp_path, rows if form == "array" else self.torch.from_numpy(rows))

        assert (made.flavour, made.serialization, made.notes) == ("pytorch", "pt2", ())
        assert model.training
        with self.torch.no_grad():
            expected = model.eval()(self.torch.from_numpy(rows)).numpy()
        assert np.allclose(predict(made, rows), expected, atol=1e-5)
        assert not [line for line in made.requirements if "+" in line]

    def test_a_network_that_decides_by_its_data_is_a_pickle_with_a_mark(
        self, tmp_path: Path
    ) -> None:
        torch = self.torch

        class Undecided(torch.nn.Module):  # type: ignore[misc,name-defined]  # torch is optional
            def forward(self, rows: Any) -> Any:
                return rows if rows.sum() > 0 else -rows

        made = package(Undecided(), tmp_path, X.to_numpy(copy=True))

        assert (made.serialization, made.is_pickle) == ("pickle", True)
        assert "cannot export" in made.reason

    def test_a_network_on_a_table_is_a_pickle_with_a_mark(self, tmp_path: Path) -> None:
        made = package(self.network(), tmp_path)

        assert made.is_pickle
        assert "only with an example that is an array or a tensor" in made.reason
