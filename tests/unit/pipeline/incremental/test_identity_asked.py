"""Values that are compared by identity are not taken from the store."""

from __future__ import annotations

import pytest

from mlops_nb.pipeline.cells import Code
from mlops_nb.pipeline.incremental.facts import name_fact
from mlops_nb.pipeline.incremental.identity_asked import names_compared, without_values
from mlops_nb.pipeline.incremental.traces import Group, Trace


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("print(a is b)", "a b"),
        ("x = [v is not w[0] for v in vs]", "v vs w"),
        ("a.b is c['d']", "a c"),
        ("id(a) == id(b.c)", "a b"),
        ("import operator\noperator.is_(a, b)", "a b"),
        ("a is b is None", "a b"),
        ("a is None or b is not True or c is ...", ""),
        ("import numpy as np\na is np.nan or b is np.dtype('f8')", "b"),
        ("type(a) is int or a.__class__ is B", ""),
        ("def f(a, b):\n    return a is b", ""),
        ("def f(a, b):\n    return a is b\nf(c, d[0])", "c d"),
        ("def f(a):\n    return a is None\nf(c)", ""),
        ("f = lambda a, b: a is b\ndef g(x):\n    return f(x, y)\nfilter(g, z)", "f x y z"),
        ("class A:\n    def has(self, b):\n        return self.b is b\nx.has(y)", "x y"),
        ("class A:\n    def __init__(self, b):\n        self.c = b is M\nA(y)", "M y"),
        ("class A:\n    def __eq__(self, b):\n        return self is b\nx = A()\nx == y", ""),
        ("for a in rows:\n    n += a is mark", "a mark rows"),
        ("a = rows[0]\nb = len(rows)\na is c", "a c rows"),
        ("n = float('nan')\nx = [n, m]\nk = 1", "m n x"),
        ("def has(a):\n    return any(a is row for row in rows)\nhas(b)", "b rows"),
        ("import helper\nhelper.same(a, b)", "a b"),
        ("a == b; n = id(a)", ""),
        ("text = 'what is it'", ""),
    ],
)
def test_names_are_compared_where_cells_ask_for_one_object(source: str, names: str) -> None:
    helper = "def same(x, y):\n    return x is y"
    texts = [helper] if "helper" in source else []
    assert names_compared([Code(python=source)], texts) == frozenset(names.split())


def test_a_value_that_is_compared_counts_as_not_stored_with_all_that_shares_it() -> None:
    groups = (Group(names=("a", "x"), content="{}"), Group(names=("c",), content="{}"))
    writes = {name_fact(name): "1" for name in "axc"}
    trace = Trace(id="i", key="k", reads={}, writes=writes, groups=groups)
    (seen,) = without_values([trace], frozenset("a"))
    assert [group.content for group in seen.groups] == [None, "{}"]
    assert seen.groups[0].obstacle.startswith("a: ")
    assert list(without_values([trace], frozenset("z"))) == [trace]
