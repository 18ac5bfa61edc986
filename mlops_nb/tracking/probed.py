"""What must be loaded whole before MLflow is imported beside user code? What others probe for.

scikit-learn asks `sys.modules` for these libraries and, if it finds one, for its classes. MLflow
imports them, too, and while a thread of ours is at it, they are there by half: a `fit` of the
user's on the main thread would fail. So the main thread loads them first, once per kernel.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import sys

_PROBED = ("pandas", "pyarrow", "polars")


def load_probed() -> None:
    """Import the libraries that are installed; what cannot be imported is left alone."""
    for name in _PROBED:
        if name in sys.modules or importlib.util.find_spec(name) is None:
            continue
        with contextlib.suppress(Exception):  # MLflow does without it, and so does the user
            importlib.import_module(name)
