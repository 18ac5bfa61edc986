"""Which types may a skops file rebuild? Those on our list, and those the project adds; never those
the file names.

MLflow believes the list inside the model, and its own default refuses random forests. Ours is by
origin: what scikit-learn, NumPy and SciPy define, plus the few data classes of xgboost and lightgbm
that end up in pipelines. Modules made for testing and building are left out: they run code by
design (``numpy.testing`` has ``runstring``).
"""

from __future__ import annotations

from collections.abc import Iterable

_ORIGINS = ("sklearn.", "numpy.", "scipy.")
_NAMES = frozenset(
    {
        "collections.OrderedDict",
        "collections.defaultdict",
        "functools.partial",  # the function in it is asked about on its own
        "lightgbm.basic.Booster",
        "lightgbm.sklearn.LGBMClassifier",
        "lightgbm.sklearn.LGBMModel",
        "lightgbm.sklearn.LGBMRanker",
        "lightgbm.sklearn.LGBMRegressor",
        "xgboost.core.Booster",
        "xgboost.sklearn.XGBClassifier",
        "xgboost.sklearn.XGBModel",
        "xgboost.sklearn.XGBRFClassifier",
        "xgboost.sklearn.XGBRFRegressor",
        "xgboost.sklearn.XGBRanker",
        "xgboost.sklearn.XGBRegressor",
    }
)
_UNFIT_PARTS = frozenset(
    {
        "testing",
        "_testing",
        "tests",
        "f2py",
        "distutils",
        "externals",
        "conftest",
        "setup",
        "ctypeslib",
    }
)


def untrusted(names: Iterable[str], *, allow: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the full names in `names` that neither we nor `allow` trust, sorted.

    Parameters
    ----------
    names : iterable of str
        Full names of types and functions, as skops reports them.
    allow : iterable of str
        Full names, or prefixes that end with a dot.

    Examples
    --------
    >>> names = ["sklearn.tree._tree.Tree", "os.system", "numpy.testing.runstring", "churn.Clip"]
    >>> untrusted(names, allow=["churn."])
    ('numpy.testing.runstring', 'os.system')
    """
    exact = set(allow)
    prefixes = tuple(entry for entry in exact if entry.endswith("."))
    return tuple(
        sorted(
            name
            for name in set(names)
            if not (_is_ours(name) or name in exact or (prefixes and name.startswith(prefixes)))
        )
    )


def _is_ours(name: str) -> bool:
    if name in _NAMES:
        return True
    return name.startswith(_ORIGINS) and not _UNFIT_PARTS.intersection(name.split("."))
