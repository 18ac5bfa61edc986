"""Which metrics are shares of rows, and which rows do they count?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """`hits` among the rows that `counted` names, both masks over all rows."""

    hits: Array
    counted: Array

    @property
    def value(self) -> float:
        """Return the share; NaN if no row counts."""
        n = int(self.counted.sum())
        return float(self.hits[self.counted].sum() / n) if n else float("nan")

    def influences(self) -> Array:
        """Return what each row moves the share by, times the number of rows."""
        n = max(int(self.counted.sum()), 1)
        return np.where(self.counted, self.hits - self.value, 0.0) * (len(self.hits) / n)


def share_of(metric: str, target: Array, predicted: Array) -> Share | None:
    """Return `metric` as a share of rows; None if it is none.

    Recall and precision need labels 0 and 1, the latter positive.
    """
    if target.ndim != 1 or predicted.ndim != 1:
        return None
    everywhere = np.ones(len(target), dtype=bool)
    match metric:
        case "accuracy" | "recall_micro" | "precision_micro" | "f1_micro":
            return Share(hits=target == predicted, counted=everywhere)
        case "recall" | "true_positive_rate":
            return Share(hits=predicted == 1, counted=target == 1)
        case "precision":
            return Share(hits=target == 1, counted=predicted == 1)
        case "selection_rate":
            return Share(hits=predicted == 1, counted=everywhere)
        case "false_positive_rate":
            return Share(hits=predicted == 1, counted=target == 0)
        case "true_negative_rate":
            return Share(hits=predicted == 0, counted=target == 0)
        case "false_negative_rate":
            return Share(hits=predicted == 0, counted=target == 1)
    return None
