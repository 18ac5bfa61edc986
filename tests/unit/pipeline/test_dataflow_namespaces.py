"""Names bound through ``globals()`` and the notebook's module count as bound."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flow_case import Case, check

from mlops_nb.pipeline.dataflow import analyse_notebook
from mlops_nb.pipeline.edges import find_edges
from notebooks import STARS, cells_of

NAMES = ("n = 'k'", "import sys, __main__", "k = 1\nd = {}")

KNOWN = (
    Case(name="augmented item", cell="globals()['k'] += 1", reads="k", binds="k"),
    Case(name="item", cell="globals()['k'] = 1", binds="k"),
    Case(name="vars at the top", cell="vars()['k'] = d", reads="d", binds="k"),
    Case(name="locals at the top", cell="locals()['k'] = d", reads="d", binds="k"),
    Case(name="augmented vars", cell="vars()['k'] += 1", reads="k", binds="k"),
    Case(name="read of one name", cell="x = globals()['k']", reads="k", binds="x"),
    Case(name="update by keywords", cell="globals().update(k=d, j=2)", reads="d", binds="k j"),
    Case(
        name="update by a literal",
        cell="globals().update({'k': 1, 'j': d})",
        reads="d",
        binds="k j",
    ),
    Case(name="set by its method", cell="globals().__setitem__('k', 2)", binds="k"),
    Case(name="deleted item", cell="del globals()['k']", reads="k", deletes="k"),
    Case(name="popped", cell="x = globals().pop('k')", reads="k", binds="x", deletes="k"),
    Case(
        name="popped if there",
        cell="globals().pop('k', None)",
        reads="k",
        deletes="k",
    ),
    Case(name="asked for", cell="x = globals().get('k', 0)", reads="k", binds="x"),
    Case(
        name="set if missing",
        cell="globals().setdefault('k', 0)",
        reads="k",
        binds="k",
        conditional="k",
    ),
    Case(
        name="in a function",
        cell="def f(v):\n    globals()['k'] = v\nf(d)",
        reads="d",
        binds="f k",
    ),
    Case(
        name="vars in a function are its own",
        cell="def f(v):\n    vars()['k'] = v\n    locals().update(k=1)\nf(d)",
        reads="d",
        binds="f",
    ),
    Case(name="a module attribute", cell="sys.modules[__name__].k = d", reads="sys d", binds="k"),
    Case(
        name="setattr on the module",
        cell="setattr(sys.modules[__name__], 'k', d)",
        reads="sys d",
        binds="k",
    ),
    Case(
        name="setattr on the module by its name",
        cell="setattr(sys.modules['__main__'], 'k', d)",
        reads="sys d",
        binds="k",
    ),
    Case(name="the module imported", cell="__main__.k += 1", reads="__main__ k", binds="k"),
    Case(
        name="the module's dict",
        cell="vars(sys.modules[__name__])['k'] = 1\n__main__.__dict__.update(j=1)",
        reads="sys __main__",
        binds="k j",
    ),
    Case(
        name="delattr on the module",
        cell="delattr(sys.modules[__name__], 'k')",
        reads="sys k",
        deletes="k",
    ),
    Case(name="IPython's names", cell="get_ipython().user_ns['k'] = 1", binds="k"),
)


@pytest.mark.parametrize("case", KNOWN, ids=lambda case: case.name)
def test_names_written_out_are_bound(case):
    check(replace(case, before=NAMES))


@pytest.mark.parametrize(
    "cells",
    [
        ("globals()['k'] += 1",),
        ("globals().update(k=1)",),
        ("globals().update(d)",),
        ("globals().update([('k', 1)])",),
        ("globals().update({n: 1})",),
        ("globals().update(**d)",),
        ("globals()[n] += 1",),
        ("globals()[n] = 1",),
        ("globals().__setitem__(n, 1)",),
        ("globals().setdefault(n, 1)",),
        ("globals().clear()",),
        ("del globals()[n]",),
        ("g = globals(); g['k'] = 1",),
        ("g = globals(); g[n] = 1",),
        ("g = globals(); g |= d",),
        ("g = globals()", "g.update(k=2)"),
        ("g = globals()", "g.update(d)"),
        ("v = vars(); v['k'] = 1",),
        ("vars()[n] = 1",),
        ("locals().update(d)",),
        ("for a in [n]: vars()[a] = 1",),
        ("def f(g):\n    g['k'] = 1\nf(globals())",),
        ("def f(g, a):\n    g[a] = 1\nf(globals(), n)",),
        ("fill(globals())",),
        ("fill(into=vars())",),
        ("exec(n, globals())",),
        ("setattr(sys.modules[__name__], 'k', 1)",),
        ("setattr(sys.modules[__name__], n, 1)",),
        ("this = sys.modules[__name__]\nsetattr(this, n, 1)",),
        ("this = sys.modules[__name__]", "this.k = 1"),
        ("from sys import modules", "modules[__name__].k = 1"),
        ("sys.modules[__name__].__dict__.update(d)",),
        ("__main__.k = 1",),
        ("get_ipython().user_ns[n] = 1",),
        ("get_ipython().user_ns.update(d)",),
        ("get_ipython().push(d)",),
    ],
    ids="; ".join,
)
def test_a_later_reader_needs_the_cell_that_bound_its_name_out_of_sight(cells):
    sources = (*NAMES, "def fill(into): pass", "del fill", *cells, "print(k)")
    edges = find_edges(analyse_notebook(cells_of(sources), star_names=STARS.get))
    last = len(sources) - 1
    assert last - 1 in edges.needs[last]


@pytest.mark.parametrize(
    "cell",
    [
        "x = globals()['k']",
        "print(globals())",
        "print('k' in globals())",
        "x = [a for a in globals() if a]",
        "x = list(globals().items())",
        "x = '{k}'.format(**globals())",
        "x = eval('k', globals())",
        "def f():\n    vars()[n] = 1\nf()",
        "x = {}\nx['globals'] = 1",
    ],
)
def test_looking_at_names_binds_none(cell):
    sources = (*NAMES, cell, "print(k)")
    edges = find_edges(analyse_notebook(cells_of(sources), star_names=STARS.get))
    assert edges.needs[4] == (2,)
