"""A cell that asks IPython for what was shown before is found by the names in it."""

from __future__ import annotations

import pytest

from mlops_nb.pipeline.cells import CellFlow, Code
from mlops_nb.pipeline.incremental.history import reads_history


@pytest.mark.parametrize(
    ("python", "asked"),
    [
        ("x = _ + 1", "_"),
        ("x = __", "__"),
        ("print(Out[3])", "Out"),
        ("y = [Out[i] for i in (1, 2)]", "Out"),
        ("def last():\n    return _", "_"),
        ("x = await _", "_"),
        ("_ = _ + 1", "_"),
        ("print(_)\n_ = 1", "_"),
        ("_ += 1", "_"),
        ("for x in _:\n    print(x)", "_"),
        ("exec(In[2])", "In"),
        ("for _ in range(3):\n    print(_)", ""),
        ("_, x = pair", ""),
        ("_ = f()\nprint(_)", ""),
        ("y = [_ for _ in xs]", ""),
        ("def f(_):\n    return _", ""),
        ("x = a_ + 1", ""),
        ("x = (", ""),
    ],
)
def test_names_of_the_history_count_where_the_cell_does_not_bind_them(
    python: str, asked: str
) -> None:
    assert reads_history(Code(python=python), CellFlow()) == asked


def test_magics_that_look_back_count() -> None:
    assert reads_history(Code(python="pass", magics=("%rerun",)), CellFlow()) == "%rerun"


@pytest.mark.parametrize(
    ("what", "is_file"),
    [
        *((place, True) for place in ("clean.py", "http://a.b/c", "-y a/b")),
        *((other, False) for other in ("3", "2-4 7", "~1/3", "steps", "-n np.mean", "")),
    ],
)
def test_only_the_cell_itself_runs_for_a_file_that_is_put_in_its_place(
    what: str, is_file: bool
) -> None:
    code = Code(python=f"get_ipython().run_line_magic('load', '{what}')", magics=("%load",))
    assert reads_history(code, CellFlow()) == ("" if is_file else "%load")


@pytest.mark.parametrize(
    ("python", "asked"),
    [
        ("print(sorted(globals()))", ""),
        ("[n for n in dir() if not n.startswith('_')]", ""),
        ("print(vars()['_'])\nprint(_)", "_"),
        ("eval('_ + 1')", "_"),
        ("eval('_')", "_"),
    ],
)
def test_who_looks_at_all_names_asks_for_nothing_shown_though_the_notebook_binds_it(
    python: str, asked: str
) -> None:
    flow = CellFlow(reads=("_", "x"), opaque=("globals",))
    assert reads_history(Code(python=python), flow) == asked
