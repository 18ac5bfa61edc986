"""Two cells have one key if they mean the same to Python and to the display of their last value."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_nb.notebook.transform import transform_source
from mlops_nb.pipeline.incremental.keys import cell_key, tree_text


def key(source: str) -> str:
    return cell_key(transform_source(source))


SAME = [
    ("x = 1", "x = 1  # one"),
    ("x = 1", "\n\nx=1\n"),
    ("f(a,\n  b)", "f(a, b)"),
    ("x = 'a'", 'x = "a"'),
    ("%%mlops_stage train\nx = 1", "# mlops: stage other\nx = 1"),
    ("x = (1)", "x = 1"),
    ("plt.plot(x);", "plt.plot(x) ; # no text"),
    ("x = 1;", "x = 1"),
    ("if a:\n  b", "if a:\n    b"),
    ("x = 0x10", "x = 16"),
    ("%%time  \nx = 1", "%%time\nx = 1"),
    ("%%mlops_stage a --env B\n%%time\nx = 1", "%%time\nx = 1"),
]
DIFFERENT = [
    ("x = 1", "x = 2"),
    ("x = 1", "x = 1.0"),
    ("x = 1", "x = True"),
    ("x = 0.0", "x = -0.0"),
    ("x = 'a'", "x = b'a'"),
    ("x = None", "x = ..."),
    ("x = 1", "y = 1"),
    ("df", "df;"),
    ("a + b", "a - b"),
    ("a; b", "b; a"),
    ("f(a, b)", "f(*a, b)"),
    ("def f(a=1): pass", "def f(a=2): pass"),
    ("def f(a, /): pass", "def f(a): pass"),
    ("def f():\n    '''one'''", "def f():\n    '''two'''"),
    ("x = f'{a}'", "x = f'{a!r}'"),
    ("x = f'{a:.2f}'", "x = f'{a:.3f}'"),
    ("%matplotlib inline", "%matplotlib widget"),
    ("%%bash\nls", "%%bash\nls -l"),
    ("!ls", "!ls -a"),
    ("x = !ls", "x = !pwd"),
    ("{**a}", "{'a': 1}"),
    ("lambda: None", "lambda: ..."),
    ("return_ = [None]", "return_ = []"),
    ("x: int = 1", "x = 1"),
    ("async with a: pass", "with a: pass"),
    ("x = 'a' 'b'", "x = 'a', 'b'"),
    ("%%time\nx = 1", "x = 1"),
    ("%%timeit -n 2\nf()", "%%timeit -n 3\nf()"),
    ("%%timeit\nf()", "%%timeit x = 1\nf()"),
    ("%%capture out\nf()", "%%capture --no-stderr out\nf()"),
    ("# note\n%%prun -l 2\nf()", "# note\n%%prun -l 3\nf()"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_what_means_the_same_has_one_key(one: str, other: str) -> None:
    assert key(one) == key(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_means_something_else_has_another_key(one: str, other: str) -> None:
    assert key(one) != key(other)


def test_what_a_stage_promises_is_part_of_the_key() -> None:
    code = transform_source("accuracy = 1")
    keys = {
        cell_key(code),
        cell_key(code, {"metrics": ["accuracy"]}),
        cell_key(code, {"model": "m"}),
    }
    assert len(keys) == 3
    assert cell_key(code, {"a": 1, "b": 2}) == cell_key(code, {"b": 2, "a": 1})


def test_a_cell_that_does_not_parse_is_keyed_by_its_text() -> None:
    assert key("x = (") != key("x = [")
    assert key("x = (") == key("x = (")


def test_an_expression_as_deep_as_python_parses_has_a_key() -> None:
    assert len(key("x = " + "-" * 900 + "1")) == 64
    assert key("x = " + "+".join(["1"] * 3000)) != key("x = " + "+".join(["1"] * 2999 + ["2"]))


@given(
    st.recursive(
        st.one_of(st.integers(), st.text(), st.booleans(), st.none(), st.floats(allow_nan=False)),
        lambda inner: st.one_of(
            st.lists(inner), st.tuples(inner), st.dictionaries(st.text(), inner)
        ),
        max_leaves=8,
    ),
    st.data(),
)
def test_literals_have_one_text_exactly_if_they_are_equal_in_value_and_type(
    value: object, data: st.DataObject
) -> None:
    other = data.draw(st.one_of(st.just(value), st.integers(), st.text(), st.lists(st.integers())))
    one, two = ast.parse(repr(value)), ast.parse(repr(other))
    assert (tree_text(one) == tree_text(two)) == (ast.dump(one) == ast.dump(two))
