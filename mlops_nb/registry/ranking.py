"""How sure is an area under the ROC curve? DeLong's structural components, by ranks.

Source: DeLong, DeLong, Clarke-Pearson, Biometrics 44 (1988); by ranks after Sun and Xu, IEEE Signal
Processing Letters 21 (2014).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """An area under the curve, with each row's part in it.

    Attributes
    ----------
    value : float
    parts : ndarray of shape (n_rows,)
        What each row moves the area by, times the number of rows.
    n_positive, n_negative : int
    """

    value: float
    parts: Array
    n_positive: int
    n_negative: int

    def influences(self) -> Array:
        return self.parts


def rank_area(is_positive: Array, score: Array) -> Ranking | None:
    """Return the area under the ROC curve of `score`; None unless both kinds of rows are there.

    Cost: sorting the rows.
    """
    is_positive = is_positive.astype(bool)
    m, n = int(is_positive.sum()), int((~is_positive).sum())
    if not m or not n or not np.isfinite(score).all():
        return None
    ranks = _ranks(score)
    own = np.empty(len(score))
    own[is_positive] = _ranks(score[is_positive])
    own[~is_positive] = _ranks(score[~is_positive])
    won = np.where(is_positive, (ranks - own) / n, 1 - (ranks - own) / m)
    area = float(won[is_positive].mean())
    scale = np.where(is_positive, (m + n) / m, (m + n) / n)
    return Ranking(value=area, parts=(won - area) * scale, n_positive=m, n_negative=n)


def _ranks(values: Array) -> Array:
    """Return ranks from 1; equal values share the mean of theirs."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return np.asarray((last - (count - 1) / 2)[place])
