"""Does every classifier and regressor of scikit-learn package and load back, or say why not?

The list is scikit-learn's own, so a new release brings new estimators here by itself.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import is_classifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.utils.discovery import all_estimators

from mlops_nb.errors import InputError
from mlops_nb.packaging import PackageRequest, build_package
from mlops_nb.packaging.golden import differing_rows

ESTIMATORS: dict[str, type] = dict(all_estimators(type_filter=["classifier", "regressor"]))

# What cannot be made without arguments, or not on a table of 60 rows with its own defaults.
ARGUMENTS: dict[str, dict[str, Any]] = {
    "CCA": {"n_components": 1},
    "ClassifierChain": {"estimator": LogisticRegression()},
    "FixedThresholdClassifier": {"estimator": LogisticRegression()},
    "MultiOutputClassifier": {"estimator": LogisticRegression()},
    "MultiOutputRegressor": {"estimator": Ridge()},
    "OneVsOneClassifier": {"estimator": LogisticRegression()},
    "OneVsRestClassifier": {"estimator": LogisticRegression()},
    "OutputCodeClassifier": {"estimator": LogisticRegression(), "random_state": 0},
    "PLSCanonical": {"n_components": 1},
    "PLSRegression": {"n_components": 1},
    "QuadraticDiscriminantAnalysis": {"reg_param": 0.1},
    "RadiusNeighborsClassifier": {"radius": 100.0},
    "RadiusNeighborsRegressor": {"radius": 100.0},
    "RegressorChain": {"estimator": Ridge()},
    "SelfTrainingClassifier": {"estimator": LogisticRegression()},
    "StackingClassifier": {"estimators": [("lr", LogisticRegression())]},
    "StackingRegressor": {"estimators": [("ridge", Ridge())]},
    "TunedThresholdClassifierCV": {"estimator": LogisticRegression()},
    "VotingClassifier": {"estimators": [("lr", LogisticRegression())]},
    "VotingRegressor": {"estimators": [("ridge", Ridge())]},
}
TWO_TARGETS = {
    "ClassifierChain",
    "MultiOutputClassifier",
    "MultiOutputRegressor",
    "MultiTaskElasticNet",
    "MultiTaskElasticNetCV",
    "MultiTaskLasso",
    "MultiTaskLassoCV",
    "RegressorChain",
}


def fit(name: str) -> tuple[Any, np.ndarray]:
    """Return the estimator fitted to a small table of positive numbers, and the table."""
    rng = np.random.default_rng(0)
    estimator = ESTIMATORS[name](**ARGUMENTS.get(name, {}))
    X = rng.uniform(0.1, 2.0, size=(60, 1 if name == "IsotonicRegression" else 4))
    if name == "CategoricalNB":
        X = np.tile(np.arange(3.0), (20, 1)).reshape(60, 1)
    y = (X[:, 0] + rng.uniform(0, 0.5, 60)).round(3)
    if is_classifier(estimator):
        y = np.where(y > np.median(y), "high", "low")
        if name == "SelfTrainingClassifier":
            y = np.where(y == "high", 1, 0)
    if name in TWO_TARGETS:
        flipped = y[::-1]
        y = np.column_stack([y, flipped])
        if name == "ClassifierChain":
            y = (y == "high").astype(int)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about convergence on a toy table
        return estimator.fit(X, y), X


# Classes that scikit-learn is going to drop warn when they are made; until then they must package.
@pytest.mark.filterwarnings("ignore:Class .* is deprecated:FutureWarning")
@pytest.mark.parametrize("name", sorted(ESTIMATORS))
def test_it_packages_as_skops_and_predicts_the_same_through_mlflow(
    name: str, tmp_path: Path
) -> None:
    import mlflow.pyfunc
    import mlflow.sklearn

    model, X = fit(name)
    expected = np.asarray(model.predict(X))
    request = PackageRequest(variable="model", stage="train", example=X)

    package = build_package(model, tmp_path / "package", request=request)

    uri = str(package.directory)
    assert package.serialization == "skops", package.reason
    assert "pytest" not in " ".join(package.requirements)
    assert not differing_rows(expected, np.asarray(mlflow.pyfunc.load_model(uri).predict(X)))
    assert not differing_rows(expected, np.asarray(mlflow.sklearn.load_model(uri).predict(X)))


def test_one_that_is_not_fitted_says_so(tmp_path: Path) -> None:
    request = PackageRequest(variable="clf", stage="train", example=np.zeros((2, 2)))

    with pytest.raises(InputError, match=r"MNB602 stage 'train', model 'clf': .*not fitted"):
        build_package(LogisticRegression(), tmp_path / "package", request=request)
