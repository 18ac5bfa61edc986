"""What are sparse matrices, fitted estimators and boosters, where pickles would not tell?

Sparse matrices count as they are stored: order of entries and duplicates are visible and change
sums in their last bits; flags that scipy derives from them do not. Estimators of scikit-learn are
objects like others, but for search trees that count how often they were asked. Boosters are the
model they save, with its configuration.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import sys
from typing import Any

from .fingerprint_columns import encode_columns
from .fingerprint_node import Node, Read, ReaderTable, Visit

_SPARSE_PARTS = ("data", "indices", "indptr", "row", "col", "coords", "rows", "offsets", "_dict")
# In the state of a KDTree or BallTree: n_trims, n_leaves, n_splits, n_calls.
_COUNTS_OF_USE = slice(7, 11)


def read_sparse(matrix: Any, visit: Visit) -> Read:
    """Read a sparse matrix or array."""
    names = [
        name
        for name in _SPARSE_PARTS
        if name in vars(matrix) and not (name == "coords" and "row" in vars(matrix))
    ]
    face = [matrix.format, str(matrix.dtype), *matrix.shape, *names]
    children = [type(matrix), *(vars(matrix)[name] for name in names)]
    places = ("", *(f".{name}" for name in names))
    return Node(b"sparse", encode_columns(face) or [], children, label=places.__getitem__)


def scipy_readers(scipy: Any) -> ReaderTable:
    """Return the readers of scipy's types."""
    kinds = []
    sparse = sys.modules.get("scipy.sparse")
    for name in ("spmatrix", "sparray"):
        kind = getattr(sparse, name, None)
        if isinstance(kind, type):
            kinds.append(kind)
    return [(kind, read_sparse) for kind in kinds]


def _read_search_tree(tree: Any, visit: Visit) -> Read:
    state = list(tree.__getstate__())
    del state[_COUNTS_OF_USE]
    return Node(b"search tree", (), [type(tree), state], fresh=True, foreign=True)


def sklearn_readers(sklearn: Any) -> ReaderTable:
    """Return the readers of scikit-learn's types that are no plain objects."""
    neighbors = sys.modules.get("sklearn.neighbors")
    names = ("KDTree", "BallTree")
    kinds = [getattr(neighbors, name) for name in names if hasattr(neighbors, name)]
    # Each has a base class per type of number, which both real classes derive from.
    bases = [base for kind in kinds for base in kind.__mro__[:-1]]
    return [(base, _read_search_tree) for base in dict.fromkeys(bases)]


def _read_xgboost(booster: Any, visit: Visit) -> Node:
    children = [
        type(booster),
        bytes(booster.save_raw(raw_format="ubj")),
        booster.save_config(),
        booster.attributes(),
    ]
    return Node(b"xgboost", (), children, fresh=True)


def xgboost_readers(xgboost: Any) -> ReaderTable:
    """Return the readers of xgboost's types."""
    return [(xgboost.Booster, _read_xgboost)] if hasattr(xgboost, "Booster") else []


def _read_lightgbm(booster: Any, visit: Visit) -> Node:
    children = [
        type(booster),
        booster.model_to_string(num_iteration=-1),
        dict(getattr(booster, "params", {})),
        booster.best_iteration,
        {name: dict(scores) for name, scores in booster.best_score.items()},
        booster.pandas_categorical,
    ]
    return Node(b"lightgbm", (), children, fresh=True)


def lightgbm_readers(lightgbm: Any) -> ReaderTable:
    """Return the readers of lightgbm's types."""
    return [(lightgbm.Booster, _read_lightgbm)] if hasattr(lightgbm, "Booster") else []
