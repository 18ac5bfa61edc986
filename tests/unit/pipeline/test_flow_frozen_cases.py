"""Cells that generated or real notebooks brought up: what a run shows, the analysis says."""

from __future__ import annotations

import textwrap

import pytest
from coverage_of_runs import missed_by_analysis
from tracing import run_cells

NAMES = "import strange\np, q, r, i = [1], [[3], 4], [5], 1\nd = {'a': p}\n"

CASES = {
    "a namespace holds what it was made with": (
        "from types import SimpleNamespace\np = [1]\nns = SimpleNamespace(b=p)",
        "p.pop(0)",
        "ns.b += [2]",
    ),
    "a dict holds what it was made with": (
        "p = [1]\nd = dict(a=p)",
        "p.append(2)",
        "d['a'] += [1]",
    ),
    "a dict is updated by keyword": (NAMES, "d.update(b=q)", "q.append(1)"),
    "what map makes has its class": (
        "z = 1\nclass A:\n    def __init__(self, x): pass\n    def __add__(self, other): return z\n"
        "a, b = map(A, [1, 2])",
        "a + 1",
    ),
    "an iterator changes with its list": ("p = [1]\ng = iter(p)\nm = map(str, p)", "p.append(2)"),
    "a class changes with what it holds": ("p = [1]\nclass A:\n    kept = p", "p.append(2)"),
    "a function out of sight changes what is inside": (
        NAMES,
        "strange.change_inside([p])",
        "strange.change_inside(d)",
        "strange.change(strange.part([q]))",
    ),
    "a continue passes finally": (
        NAMES,
        "for x in range(2):\n    try:\n        p.append(1)\n        continue\n    finally:\n"
        "        k = 1",
    ),
    "a break passes finally": (
        NAMES,
        "for x in range(2):\n    try:\n        break\n    finally:\n        p = q",
        "p.append(1)",
    ),
    "a return passes finally": (
        NAMES,
        "def f():\n    global k\n    try:\n        return i\n    finally:\n        k = 1\nf()",
    ),
    "a handler meets what was bound on the way": (
        NAMES,
        "try:\n    x = p\n    x[9]\n    x = q\nexcept IndexError:\n    x.append(1)",
    ),
    "a handler meets what was bound before a raise in a branch": (
        NAMES,
        "try:\n    if i:\n        x = p\n        raise ValueError\n    x = q\n"
        "except ValueError:\n    x.append(1)",
    ),
    "a handler in a function meets local names": (
        NAMES,
        "def f():\n    x = q\n    try:\n        x = p\n        x[9]\n        x = q\n"
        "    except IndexError:\n        x.append(1)\nf()",
    ),
    "suppress goes on with what was bound on the way": (
        NAMES + "import contextlib",
        "with contextlib.suppress(IndexError):\n    x = p\n    x[9]\n    x = q\nx.append(1)",
    ),
    "finally runs though nothing here catches": (
        NAMES,
        "try:\n    try:\n        x = p\n        x[9]\n        x = q\n    finally:\n"
        "        x.append(1)\nexcept IndexError:\n    pass",
    ),
    "a break in a function keeps local names": (
        NAMES,
        "def f():\n    for x in [1]:\n        if i:\n            y = p\n            break\n"
        "        y = q\n    y.append(1)\nf()",
    ),
    "names go round in a loop": (
        NAMES,
        "a, b, c, e = [1], [2], [3], [4]\nfor x in range(5):\n    a = b\n    b = c\n    c = e\n"
        "    e = p\na.append(1)",
    ),
    "a continue leads into the next round": (
        NAMES,
        "x = q\nfor n in range(3):\n    x.append(n)\n    x = p\n    continue",
    ),
    "what is in an attribute grows in place": (
        "class A: pass\na, p = A(), []\na.x = p",
        "a.x += [1]",
        "def f(o):\n    o.x += [2]\nf(a)",
    ),
    "what is in a dict grows in place": (NAMES, "d['a'] += [1]", "d['b'] = q\nd['b'] *= 2"),
}


@pytest.mark.parametrize("sources", CASES.values(), ids=CASES)
def test_what_a_run_shows_is_said(sources):
    cells = [textwrap.dedent(source) for source in sources]
    assert all(seen.completed for seen in run_cells(cells))
    assert missed_by_analysis(cells) == []
