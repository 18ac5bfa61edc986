"""Fingerprints of fitted models and of data in other libraries: what was learnt counts."""

from __future__ import annotations

import copy
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    IsolationForest,
    RandomForestClassifier,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from mlops_nb.artifacts.fingerprint import fingerprint

_X = np.random.default_rng(0).random((120, 4))
_Y = (_X[:, 0] > 0.5).astype(int)
_FRAME = pd.DataFrame({"a": _X[:, 0], "b": _X[:, 1], "c": ["u", "v", "w"] * 40})


class Scaler(TransformerMixin, BaseEstimator):
    """An estimator of a notebook."""

    def __init__(self, shift: float = 0.0) -> None:
        self.shift = shift

    def fit(self, X: Any, y: Any) -> Scaler:
        self.means_ = X[y == 1].mean(axis=0)
        return self

    def transform(self, X: Any) -> Any:
        return X - self.means_ + self.shift


def _columns() -> Any:
    parts = [("n", StandardScaler(), ["a", "b"]), ("c", OneHotEncoder(), ["c"])]
    return make_pipeline(ColumnTransformer(parts), LogisticRegression())


ESTIMATORS: dict[str, Callable[[], Any]] = {
    "forest": lambda: RandomForestClassifier(5, random_state=0),
    "forest drawn": lambda: RandomForestClassifier(5, random_state=np.random.RandomState(0)),
    "tree": lambda: DecisionTreeClassifier(random_state=0),
    "boosting": lambda: GradientBoostingClassifier(n_estimators=5, random_state=0),
    "histogram boosting": lambda: HistGradientBoostingClassifier(max_iter=5, random_state=0),
    "logistic": LogisticRegression,
    "neighbours": KNeighborsClassifier,
    "naive": GaussianNB,
    "vectors": lambda: SVC(random_state=0),
    "gradient": lambda: SGDClassifier(random_state=0),
    "network": lambda: MLPClassifier((4,), max_iter=300, tol=1, random_state=0),
    "search": lambda: GridSearchCV(DecisionTreeClassifier(random_state=0), {"max_depth": [1, 2]}),
    "own": Scaler,
}


def digest(value: Any) -> str:
    found = fingerprint(value)
    assert found.digest is not None, found.obstacle
    return found.digest


def _fit(name: str, labels: Any = _Y) -> Any:
    model = ESTIMATORS[name]().fit(_X, labels)
    if hasattr(model, "cv_results_"):  # seconds of each fit, which differ
        model.cv_results_ = {k: v for k, v in model.cv_results_.items() if "time" not in k}
        model.refit_time_ = 0
    return model


@pytest.mark.parametrize("name", ESTIMATORS)
def test_equal_fits_agree_and_others_do_not(name: str) -> None:
    first = digest(_fit(name))
    assert digest(_fit(name)) == first
    assert digest(_fit(name, 1 - _Y)) != first
    assert digest(ESTIMATORS[name]()) != first


@pytest.mark.parametrize("name", ESTIMATORS)
def test_a_fitted_estimator_has_its_digest_after_pickling_copying_and_predicting(name: str) -> None:
    model = _fit(name)
    first = digest(model)
    assert digest(pickle.loads(pickle.dumps(model, 5))) == first
    assert digest(copy.deepcopy(model)) == first
    for method in ("predict", "transform", "predict_proba"):
        if hasattr(model, method):
            getattr(model, method)(_X)
    assert digest(model) == first


def test_a_parameter_of_an_estimator_counts() -> None:
    assert digest(LogisticRegression(C=1.0)) != digest(LogisticRegression(C=2.0))
    assert digest(LogisticRegression(C=1)) != digest(LogisticRegression(C=1.0))
    model = LogisticRegression()
    assert digest(clone(model)) == digest(model)


def test_a_pipeline_over_columns_is_what_its_steps_learnt() -> None:
    first = digest(_columns().fit(_FRAME, _Y))
    assert digest(_columns().fit(_FRAME, _Y)) == first
    assert digest(_columns().fit(_FRAME, 1 - _Y)) != first


def test_an_estimator_inside_others_is_seen() -> None:
    models = {"best": [IsolationForest(n_estimators=5, random_state=0).fit(_X)]}
    others = {"best": [IsolationForest(n_estimators=5, random_state=1).fit(_X)]}
    assert digest(models) != digest(others)


_ELSEWHERE = """
import json, sys
sys.path.insert(0, sys.argv[1])
import test_fingerprint_learners as here
print(json.dumps({name: here.digest(here._fit(name)) for name in here.ESTIMATORS}
                 | {"texts": here._texts(), "clusters": here._clusters()}))
"""


def _texts() -> str:
    return digest(TfidfVectorizer(stop_words=["the"]).fit(["the cat", "a dog"]))


def _clusters() -> str:
    return digest(KMeans(2, n_init=1, random_state=0).fit(_X))


@pytest.mark.slow
def test_fits_of_another_process_have_the_same_digests() -> None:
    folder = os.path.dirname(__file__)  # noqa: PTH120
    environment = {**os.environ, "PYTHONHASHSEED": "3"}
    found = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _ELSEWHERE, folder],
        capture_output=True,
        env=environment,
    )
    assert found.returncode == 0, found.stderr
    here = {name: digest(_fit(name)) for name in ESTIMATORS}
    assert json.loads(found.stdout) == {**here, "texts": _texts(), "clusters": _clusters()}


@pytest.mark.extras
@pytest.mark.parametrize("library", ["xgboost", "lightgbm"])
def test_boosters_are_what_they_learnt(library: str) -> None:
    module = pytest.importorskip(library)
    classifier = module.XGBClassifier if library == "xgboost" else module.LGBMClassifier
    options = {"n_estimators": 5, "n_jobs": 1, "random_state": 0}
    if library == "lightgbm":
        options["verbose"] = -1

    def fit(labels: Any) -> Any:
        return classifier(**options).fit(_X, labels)

    model = fit(_Y)
    first = digest(model)
    assert digest(fit(_Y)) == first
    assert digest(fit(1 - _Y)) != first
    assert digest(pickle.loads(pickle.dumps(model))) == first
    model.predict_proba(_X)
    assert digest(model) == first


@pytest.mark.extras
def test_tensors_and_modules_are_their_numbers() -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    values = [
        torch.arange(5.0),
        torch.arange(5),
        torch.arange(5.0).double(),
        torch.arange(5.0, requires_grad=True),
        torch.nn.Parameter(torch.arange(5.0)),
        torch.ones(5, dtype=torch.bfloat16),
        torch.ones(5, dtype=torch.float16),
        torch.tensor(1.0),
        torch.empty(0),
        torch.arange(12.0).reshape(3, 4),
        torch.arange(12.0).reshape(3, 4).t(),
        torch.eye(3),
        torch.eye(3).to_sparse(),
        torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU()),
        torch.nn.Linear(3, 4),
        torch.optim.Adam(torch.nn.Linear(3, 4).parameters()),
        torch.Generator().manual_seed(1),
        torch.float32,
        torch.device("cpu"),
        torch.Size([1]),
    ]
    digests = [digest(value) for value in values]
    assert len(set(digests)) == len(values)
    assert [digest(pickle.loads(pickle.dumps(value))) for value in values] == digests
    model = values[-6]
    result = model(torch.ones(1, 3)).sum()
    obstacle = fingerprint({"loss": result}).obstacle
    assert obstacle is not None
    assert (obstacle.path, obstacle.remedy) == ("['loss']", "Bind .detach().")
    result.backward()
    assert digest(model) != digests[-6]  # gradients are part of it
    model.zero_grad(set_to_none=True)
    assert digest(model) == digests[-6]


def test_polars_frames_are_names_types_and_values() -> None:
    pl = pytest.importorskip("polars")
    columns: dict[str, Any] = {"n": [1, 2, None], "s": ["a", None, "b"], "f": [0.5, None, 1.0]}
    variants: list[dict[str, Any]] = [
        columns,
        {**columns, "n": [1, 2, 3]},
        {**columns, "n": [1.0, 2.0, None]},
        {**columns, "s": ["a", "", "b"]},
        {**columns, "b": [True, None, False]},
        {**columns, "b": [[1], None, []]},
        {**columns, "b": [{"x": 1}, None, {"x": 2}]},
        {**columns, "b": pl.Series(["u", "v", "u"], dtype=pl.Categorical)},
        {**columns, "b": pd.date_range("2024", periods=3).to_pydatetime().tolist()},
        {"m": columns["n"], "s": columns["s"], "f": columns["f"]},
        {"s": columns["s"], "n": columns["n"], "f": columns["f"]},
    ]
    frames = [pl.DataFrame(variant) for variant in variants]
    frames.append(pl.DataFrame(columns, schema_overrides={"n": pl.Int32}))
    frames.append(pl.DataFrame())
    values = [*frames, *(frame.to_series(0) for frame in frames[:1]), pl.Int8, pl.Int16]
    digests = [digest(value) for value in values]
    assert len(set(digests)) == len(values)
    assert [digest(pickle.loads(pickle.dumps(value))) for value in values] == digests
    halves = pl.concat([frames[0][:1], frames[0][1:]], rechunk=False)
    assert digest(halves) == digests[0]
    obstacle = fingerprint(frames[0].lazy()).obstacle
    assert obstacle is not None
    assert "collect" in obstacle.remedy
