"""Is more of this metric better? By the name under which it was logged.

People log ``test_accuracy`` and ``rmse/valid``: what says on which rows is taken off, the rest must
be a metric that is known. A name that is not says nothing, and no change of it is called better.
"""

from __future__ import annotations

import re

from mlops_nb.pipeline.gates.metrics import find_metric

_ROWS = frozenset(
    {"train", "training", "test", "testing", "val", "valid", "validation", "eval", "evaluation"}
    | {"holdout", "cv", "oof", "dev", "mean", "avg", "average", "best", "final"}
)
_PARTS = re.compile(r"[_.\-/\s]+")
_LESS = ("loss", "error", "deviance", "latency", "seconds")


def greater_is_better(name: str) -> bool | None:
    """Return whether more is better; None if the name does not tell.

    >>> [greater_is_better(name) for name in ("accuracy", "test_accuracy", "rmse/valid", "clicks")]
    [True, True, False, None]
    >>> greater_is_better("loss"), greater_is_better("val_loss"), greater_is_better("f1_macro")
    (False, False, True)
    """
    parts = [part for part in _PARTS.split(name.lower()) if part]
    while parts:
        found = find_metric("_".join(parts))
        if found is not None:
            return found.greater_is_better
        if parts[-1] in _ROWS:
            parts.pop()
        elif parts[0] in _ROWS:
            parts.pop(0)
        else:
            return False if parts[-1] in _LESS else None
    return None
