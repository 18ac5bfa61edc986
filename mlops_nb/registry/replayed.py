"""How does a scorer of scikit-learn ask a model that has answered already? By row number.

Apart from `answers`, since importing scikit-learn takes seconds that most gates need not pay.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.metaestimators import available_if

from mlops_nb.registry.answers import Answers


class _Replayed(BaseEstimator):  # type: ignore[misc]  # scikit-learn is not typed
    """Answers for rows given by number, as a column."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def _look_up(self, name: str, X: Any) -> Any:
        return self.answers.methods[name][np.asarray(X)[:, 0]]

    def predict(self, X: Any) -> Any:
        return self._look_up("predict", X)


def _has(estimator: Any, *, name: str) -> bool:
    return name in estimator.answers.methods


class _ReplayedClassifier(ClassifierMixin, _Replayed):  # type: ignore[misc]  # as above
    """A classifier; it has the methods that the model had."""

    @property
    def classes_(self) -> Any:
        return self.answers.classes

    @available_if(partial(_has, name="predict_proba"))  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> Any:
        return self._look_up("predict_proba", X)

    @available_if(partial(_has, name="decision_function"))  # type: ignore[untyped-decorator]
    def decision_function(self, X: Any) -> Any:
        return self._look_up("decision_function", X)


class _ReplayedRegressor(RegressorMixin, _Replayed):  # type: ignore[misc]  # as above
    """A regressor."""


def replay(answers: Answers) -> Any:
    """Return an estimator that gives `answers` for row numbers ``X`` of shape (n, 1)."""
    kind = _ReplayedRegressor if answers.classes is None else _ReplayedClassifier
    return kind(answers)
