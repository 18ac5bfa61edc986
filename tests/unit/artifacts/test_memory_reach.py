"""Names that code looks up are found in any value that holds the code, not followed."""

from __future__ import annotations

import types
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlops_nb.artifacts.fingerprint import Fingerprinter
from mlops_nb.artifacts.memory_reach import Searches, reach

CELL = """
import math
def area(r): return math.pi * r * scale
def outer(r): return area(r) + offset
def factory(n):
    def inner(x): return x + n + late
    return inner
class Model:
    rate = 2
    def predict(self, X): return X * weight
    @property
    def size(self): return limit
class Child(Model): pass
small = lambda x: x < limit
made = factory(3)
def with_default(f=small): return f(1)
"""


@pytest.fixture(scope="module")
def space() -> dict[str, Any]:
    space: dict[str, Any] = {"__name__": "__main__", "limit": 3}
    exec(CELL, space)
    return space


CASES = [
    ("area", {"math", "scale"}),
    ("outer", {"area", "offset"}),
    ("made", {"late"}),
    ("small", {"limit"}),
    ("with_default", {"limit"}),
    ("[{'f': small}]", {"limit"}),
    ("Model", {"weight", "limit"}),
    ("Model()", {"weight", "limit"}),
    ("Child().predict", {"weight", "limit"}),
    ("partial(small, 1)", {"limit"}),
    ("np.array([small, None])", {"limit"}),
    ("pd.Series([small])", {"limit"}),
    ("pd.DataFrame({'f': [small]})", {"limit"}),
    ("np.arange(3)", set()),
    ("pd.DataFrame({'a': [1.5]})", set()),
    ("{'a': [1, 'text', None]}", set()),
    ("sorted", set()),
    ("np.mean", set()),
    ("math", set()),
]


@pytest.mark.parametrize(("expression", "expected"), CASES)
def test_code_is_found_wherever_a_value_holds_it(
    space: dict[str, Any], expression: str, expected: set[str]
) -> None:
    tools = {"np": np, "pd": pd, "partial": partial}
    value = eval(expression, {**space, **tools})
    assert reach(value, space) == expected


def test_what_stands_in_a_name_is_no_part_of_the_function_if_names_are_compared_apart() -> None:
    def digest(limit: int, *, apart: bool) -> str | None:
        space: dict[str, Any] = {"__name__": "__main__", "limit": limit}
        exec("def small(x): return x < limit", space)
        with Fingerprinter(apart=space if apart else None) as fingerprinter:
            return fingerprinter.fingerprint(space["small"]).digest

    assert digest(3, apart=True) == digest(4, apart=True)
    assert digest(3, apart=False) != digest(4, apart=False)


def test_which_names_a_function_looks_up_is_part_of_it() -> None:
    def digest(source: str) -> str | None:
        space: dict[str, Any] = {"__name__": "__main__"}
        exec(source, space)
        with Fingerprinter(apart=space) as fingerprinter:
            return fingerprinter.fingerprint(space["f"]).digest

    assert digest("def f(): return a") != digest("def f(): return b")
    assert digest("def f(): return a") == digest("def f():\n    return a  # the same")


def test_code_in_arrays_of_objects_inside_collections_is_found() -> None:
    numpy = pytest.importorskip("numpy")
    space: dict[str, Any] = {"limit": 3}
    exec("def small(x): return x < limit", space)
    held = numpy.array([space["small"], 1], dtype=object)
    for value in ([held], {"a": held}, [{"a": held}], ({"b": (held,)},), [[{1: {2: held}}]]):
        assert reach(value, space) == {"limit"}


def test_searches_of_one_moment_find_what_each_alone_would_find(space: dict[str, Any]) -> None:
    plain, code = {"rows": [[1], [2]]}, [space["small"]]
    values = [plain, [plain, code], [code], [plain], [space["outer"], code], [[code], plain]]
    searches = Searches()
    together = [searches.reach(value, space) for value in values]
    assert together == [reach(value, space) for value in values]
    assert together[1] == {"limit"}


def test_a_module_without_a_name_is_looked_into_and_told_by_what_it_holds() -> None:
    module = types.ModuleType("gone")
    del module.__name__  # as `%run` leaves the module that it made
    space: dict[str, Any] = {"limit": 3}
    exec("def small(x): return x < limit", space)
    module.__dict__.update(small=space["small"], start=1)
    assert reach([module], space) == {"limit"}
    before = Fingerprinter().fingerprint(module).digest
    module.__dict__["start"] = 2
    assert None is not before != Fingerprinter().fingerprint(module).digest
