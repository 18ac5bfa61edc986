"""What did a model answer for the evaluation rows? Kept once, scored as often as needed.

Candidate and champion each answer all rows one time, in a process of their own; every metric,
slice and resample is then computed from the arrays. scikit-learn's scorers ask an estimator:
`replayed` is one that looks its answers up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

_POSITIVE_BY_CUSTOM: tuple[frozenset[Any], ...] = (frozenset({0, 1}), frozenset({-1, 1}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """A model's answers, row by row.

    Attributes
    ----------
    methods : Mapping of str to ndarray
        ``"predict"``, ``"predict_proba"``, ``"decision_function"`` where the model has them.
    classes : ndarray or None
        Labels in the order of the columns of ``predict_proba``; None if it is no classifier.
    """

    methods: Mapping[str, np.ndarray[Any, Any]] = field(default_factory=dict)
    classes: np.ndarray[Any, Any] | None = None

    @property
    def n_rows(self) -> int:
        return len(self.methods["predict"]) if self.methods else 0

    def take(self, rows: np.ndarray[Any, Any]) -> Answers:
        """Return the answers for some rows, by number or by mask."""
        return replace(self, methods={name: got[rows] for name, got in self.methods.items()})


class LabelError(ValueError):
    """Labels that do not say which of them is the positive one; the text is a full sentence."""


def as_labels(values: Any) -> np.ndarray[Any, Any]:
    """Return a target as a plain array: text as text, categories as what they are.

    Raises
    ------
    ValueError
        If it has more than one column.
    """
    import pandas as pd

    if isinstance(values, pd.DataFrame):
        values = values.iloc[:, 0] if values.shape[1] == 1 else values.to_numpy()
    array = values.to_numpy() if isinstance(values, pd.Series) else np.asarray(values)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.dtype == object:
        known = [entry for entry in array.flat if entry is not None]
        if all(isinstance(entry, str) for entry in known) and len(known) == array.size:
            return array.astype(str)
        if all(isinstance(entry, bool | np.bool_) for entry in known):
            return array.astype(bool)
        return np.asarray(array.tolist())
    return array


def binarise(
    target: np.ndarray[Any, Any], answers: Answers, *, positive: str | None
) -> tuple[np.ndarray[Any, Any], Answers]:
    """Return target and answers with 1 for the positive label and 0 for others.

    Parameters
    ----------
    positive : str or None
        The label as text. None: 1 of 0 and 1, of -1 and 1, and True of False and True.

    Raises
    ------
    LabelError
        If there is no such label, or None and the labels are others.
    """
    labels = np.unique(target) if answers.classes is None else np.unique(answers.classes)
    chosen = _choose_positive(labels, positive)
    methods: dict[str, np.ndarray[Any, Any]] = {}
    for name, got in answers.methods.items():
        if name == "predict":
            if got.dtype.kind == "f" and not np.isin(got, labels).all():
                raise LabelError("The model predicts numbers that are no labels.")
            methods[name] = (got == chosen).astype(int)
            continue
        classes = labels if answers.classes is None else answers.classes
        column = int(np.flatnonzero(classes == chosen)[0])
        if got.ndim == 2:
            score = got[:, column]
        else:
            score = got if column == 1 else -got
        methods[name] = np.column_stack([1 - score, score]) if name == "predict_proba" else score
    return (target == chosen).astype(int), Answers(methods=methods, classes=np.array([0, 1]))


def _choose_positive(labels: np.ndarray[Any, Any], positive: str | None) -> Any:
    if positive is not None:
        for label in labels:
            plain = label.item() if hasattr(label, "item") else label
            whole = str(int(plain)) if isinstance(plain, float) and plain == int(plain) else None
            if positive in (str(plain), whole):
                return label
        known = ", ".join(repr(str(label)) for label in labels[:10])
        raise LabelError(f"There is no label {positive!r}; the labels are {known}.")
    if len(labels) > 2:
        raise LabelError(f"There are {len(labels)} labels, and none is said to be positive.")
    if labels.dtype.kind in "iufb" and any(
        set(labels.tolist()) <= custom for custom in _POSITIVE_BY_CUSTOM
    ):
        return labels.dtype.type(1)
    known = " and ".join(repr(str(label)) for label in labels)
    raise LabelError(f"Which of {known} is positive? Add (positive {labels[-1]}) to the gate.")
