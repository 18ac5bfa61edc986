"""Methods that Python calls by itself, and memory that values share: frozen cases, run and held
against the analysis."""

from __future__ import annotations

import textwrap

import pytest
from coverage_of_runs import missed_by_analysis
from tracing import run_cells

from notebooks import flows_of

# A class each of whose special methods reads a name of its own.
_SPECIALS = {
    "__getattr__(self, name)": "a.missing",
    "__setattr__(self, name, value)": "a.content = 1",
    "__delattr__(self, name)": "del a.content",
    "__call__(self)": "a()",
    "__len__(self)": "len(a)",
    "__iter__(self)": "[*a]",
    "__contains__(self, item)": "3 in a",
    "__bool__(self)": "if a: pass",
    "__hash__(self)": "{a: 1}",
    "__eq__(self, other)": "a == 3",
    "__ne__(self, other)": "a != 3",
    "__lt__(self, other)": "sorted([a, a])",
    "__ge__(self, other)": "[a >= 1]",
    "__str__(self)": "print(a)",
    "__repr__(self)": "'%s' % [a]",
    "__format__(self, how)": "f'{a}'",
    "__enter__(self)": "with a: pass",
    "__exit__(self, *what)": "with a: pass",
    "__neg__(self)": "-a",
    "__invert__(self)": "~a",
    "__index__(self)": "[1, 2][a]",
    "__int__(self)": "int(a)",
    "__float__(self)": "float(a)",
    "__abs__(self)": "abs(a)",
    "__round__(self, n=0)": "round(a)",
    "__reversed__(self)": "reversed(a)",
    "__getitem__(self, key)": "a[3]",
    "__setitem__(self, key, value)": "a[3] = 1",
    "__delitem__(self, key)": "del a[3]",
    "__add__(self, other)": "a + 1",
    "__radd__(self, other)": "1 + a",
    "__iadd__(self, other)": "a += 1",
    "__matmul__(self, other)": "a @ a",
}
_RESULTS = {
    "__bool__": "True",
    "__hash__": "1",
    "__len__": "1",
    "__str__": "'text'",
    "__repr__": "'text'",
    "__format__": "'text'",
    "__index__": "1",
    "__int__": "1",
    "__float__": "1.0",
    "__iter__": "iter([1, 2])",
    "__reversed__": "[]",
    "__exit__": "None",
}


@pytest.mark.parametrize("signature", _SPECIALS)
def test_a_special_method_is_run_by_what_asks_for_it(signature):
    name = signature.partition("(")[0]
    body = f"log.append(limit); return {_RESULTS.get(name, 'self')}"
    enter = "" if name not in {"__enter__", "__exit__"} else "    def __enter__(self): return 1\n"
    leave = "" if name not in {"__enter__", "__exit__"} else "    def __exit__(self, *w): pass\n"
    definition = f"class A:\n{enter}{leave}    def {signature}: {body}\n"
    before = f"log, limit = [], 3\n{definition}a = A()\na.__dict__['content'] = 2"
    sources = [before, _SPECIALS[signature]]
    seen = run_cells(sources)[-1]
    assert {"log", "limit"} <= seen.read
    assert missed_by_analysis(sources) == []
    assert {"log", "limit"} <= set(flows_of(*sources)[-1].reads)


@pytest.mark.parametrize(
    "use",
    ["if not a: pass", "while a: break", "x = a and 3", "x = a or 3", "x = 1 if a else 2",
     "assert a", "[i for i in [1] if a]", "bool(a)", "any([a])", "all([a])", "filter(None, [a])"],
)  # fmt: skip
def test_the_truth_of_an_object_is_asked_for_by_every_condition(use):
    sources = [
        "log = []\nclass A:\n    def __bool__(self): return log.append(1) is None",
        "a = A()",
    ]
    assert missed_by_analysis([*sources, f"{use}"]) == []
    assert "log" in flows_of(*sources, use)[-1].reads


ACCESSORS = """
log = []
class Typed:
    def __get__(self, owner, kind): return log
    def __set__(self, owner, value): log.append(value)
    def __delete__(self, owner): log.clear()
class P:
    typed = Typed()
    def __init__(self): self._v = []
    @property
    def v(self): return self._v
    @v.setter
    def v(self, x): log.append(x)
    @v.deleter
    def v(self): log.clear()
p = P()
"""

CASES = {
    "a property is set": (ACCESSORS, "p.v = 3"),
    "a property is deleted": (ACCESSORS, "del p.v"),
    "what a property gives is changed": (ACCESSORS, "p.v.append(5)"),
    "a descriptor is read": (ACCESSORS, "p.typed.append(1)"),
    "a descriptor is set": (ACCESSORS, "p.typed = 3"),
    "a descriptor is deleted": (ACCESSORS, "del p.typed"),
    "an object is unpacked": (
        "z = 1\nclass A:\n    def __iter__(self): yield z\na = A()",
        "p, = a",
    ),
    "an object's length is asked for by a star": (
        "z = 1\nclass A:\n    def __iter__(self): return iter([z])\n"
        "    def __len__(self): return z\na = A()",
        "print(*a)",
    ),
    "objects in a list are hashed": (
        "z = 1\nclass A:\n    def __hash__(self): return z\na = [A()]",
        "set(a)",
        "dict.fromkeys(a)",
    ),
    "a view changes with its array": (
        "import numpy as np\na = np.arange(6.0)\nv = a[1:4]\nw = a.reshape(2, 3)",
        "a[0] = 9",
        "a[2] = 10",
        "np.add(a, 1, out=a)",
    ),
    "a view changes with another view": (
        "import numpy as np\na = np.arange(6.0)\nv = a[1:4]\nw = a.reshape(2, 3)",
        "w += 1",
        "v[:] = 0",
        "w.T.sort()",
    ),
    "an attribute that was taken out changes with its object": (
        "from types import SimpleNamespace\ns = SimpleNamespace(a=[1])\nt = s.a",
        "s.a.append(3)",
        "t.append(1)",
    ),
    "a ufunc adds in place": (
        "import numpy as np\na = np.zeros(4)\nv = a[:2]",
        "np.add.at(a, [0, 1], 1)",
    ),
    "an element changes where it was put": (
        "q = [[[3]], 4]\nb = q[0]",
        "q[0][0].append(1)",
        "b.append(2)",
        "b[0].append(2)",
    ),
    "reading a missing key puts it in": (
        "import collections\nd = collections.defaultdict(list)\ne = d",
        "d['a']",
        "e['b'].append(3)",
        "x = d['b']\nx.append(1)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("sources", CASES.values(), ids=CASES)
def test_what_runs_and_changes_out_of_sight_is_said(sources):
    cells = [textwrap.dedent(source) for source in sources]
    assert all(seen.completed for seen in run_cells(cells))
    assert missed_by_analysis(cells) == []


@pytest.mark.parametrize("show", ["a", "[a]", "{'key': [a]}", "display(a)", "x = 1; a"])
@pytest.mark.parametrize("method", ["__repr__", "_repr_html_", "_repr_mimebundle_"])
def test_showing_an_object_runs_what_shows_it(show, method):
    """IPython asks for it, so no plain run can be compared with."""
    definition = f"class A:\n    def {method}(self, *more): return z"
    flows = flows_of("z = 'text'", definition, "a = A()", show, "a = A()")
    assert "z" in flows[3].reads
    assert "z" not in flows[4].reads
