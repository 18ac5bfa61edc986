"""Fingerprints of code: what it does and reaches counts, how it is written does not."""

from __future__ import annotations

import functools
import importlib
import sys
import textwrap
from pathlib import Path
from typing import Any, NamedTuple

import cloudpickle
import pytest

from mlops_nb.artifacts.fingerprint import fingerprint


def digest(value: Any) -> str:
    found = fingerprint(value)
    assert found.digest is not None, found.obstacle
    return found.digest


def run(source: str, name: str = "f", **names: Any) -> Any:
    """Return what a notebook's cell binds to `name`."""
    space = {"__name__": "__main__", **names}
    exec(compile(textwrap.dedent(source), "<cell>", "exec"), space)
    return space[name]


class Case(NamedTuple):
    name: str
    first: str
    second: str


SAME = [
    Case(
        "a comment",
        "def f(x):\n    return x + 1",
        "def f(x):\n    # one\n    return x + 1",
    ),
    Case(
        "blank lines and place",
        "def f(x): return x + 1",
        "\n\n\ndef f(x):\n\n    return x + 1",
    ),
    Case(
        "parentheses",
        "def f(x): return x + 1",
        "def f(x): return (\n  x\n  + 1\n)",
    ),
    Case(
        "layout of control flow",
        "def f(xs):\n for x in xs:\n  if x: continue\n  print(x)\n try: pass\n finally: g()",
        "def f(xs):\n"
        "    for x in xs:\n"
        "        if x:\n"
        "            continue\n"
        "        print(x)\n"
        "\n"
        "    try:\n"
        "        pass\n"
        "    finally:\n"
        "        g()",
    ),
    Case(
        "a loop with a body of nothing",
        "def f():\n while True: pass",
        "def f():\n    while True:\n        # wait\n        pass",
    ),
    Case(
        "quotes",
        "def f(): return 'a'",
        'def f(): return "a"',
    ),
    Case(
        "a number's spelling",
        "def f(): return 1000",
        "def f(): return 1_000",
    ),
    Case(
        "folded constants",
        "def f(): return 30",
        "def f(): return 5 * 6",
    ),
    Case(
        "what is not reached",
        "a = 1\ndef f(): return 1",
        "a = 2\ndef f(): return 1",
    ),
    Case(
        "order of private methods",
        "class f:\n def _a(self): return 1\n def _b(self): return 2",
        "class f:\n def _b(self): return 2\n def _a(self): return 1",
    ),
    Case(
        "order of a set constant",
        "def f(x): return x in {'a', 'b', 'c'}",
        "def f(x): return x in {'c', 'b', 'a'}",
    ),
    Case(
        "attribute of a library",
        "import math\nz = 1\ndef f(): return math.pi",
        "import math\ndef f(): return math.pi",
    ),
]
DIFFERENT = [
    Case(
        "order of a body, as vars lists it",
        "class f:\n def a(self): return 1\n def b(self): return 2",
        "class f:\n def b(self): return 2\n def a(self): return 1",
    ),
    Case(
        "a constant",
        "def f(): return 1",
        "def f(): return 2",
    ),
    Case(
        "a constant's type",
        "def f(): return 1",
        "def f(): return True",
    ),
    Case(
        "a sign of zero",
        "def f(): return 0.0",
        "def f(): return -0.0",
    ),
    Case(
        "a default",
        "def f(a=1): return a",
        "def f(a=2): return a",
    ),
    Case(
        "a keyword default",
        "def f(*, a=1): return a",
        "def f(*, a=2): return a",
    ),
    Case(
        "a mutable default",
        "def f(a=[1]): return a",
        "def f(a=[2]): return a",
    ),
    Case(
        "an operator",
        "def f(a): return a + 1",
        "def f(a): return a - 1",
    ),
    Case(
        "a comparison",
        "def f(a): return a < 1",
        "def f(a): return a <= 1",
    ),
    Case(
        "an attribute",
        "def f(a): return a.x",
        "def f(a): return a.y",
    ),
    Case(
        "a branch",
        "def f(a):\n if a: return 1\n return 2",
        "def f(a):\n if not a: return 1\n return 2",
    ),
    Case(
        "an argument's name",
        "def f(a): return a",
        "def f(b): return b",
    ),
    Case(
        "a function's name",
        "def f(a): return a\n",
        "def g(a): return a\nf = g",
    ),
    Case(
        "a docstring",
        'def f(a):\n "one"\n return a',
        'def f(a):\n "two"\n return a',
    ),
    Case(
        "a global",
        "k = 1\ndef f(): return k",
        "k = 2\ndef f(): return k",
    ),
    Case(
        "a global that is gone",
        "k = 1\ndef f(): return k",
        "def f(): return k",
    ),
    Case(
        "a shadowed builtin",
        "def f(x): return len(x)",
        "len = max\ndef f(x): return len(x)",
    ),
    Case(
        "a helper",
        "def h(x): return x + 1\ndef f(x): return h(x)",
        "def h(x): return x + 2\ndef f(x): return h(x)",
    ),
    Case(
        "a helper's helper",
        "k = [1]\ndef g(): return k\ndef h(x): return g()\ndef f(x): return h(x)",
        "k = [2]\ndef g(): return k\ndef h(x): return g()\ndef f(x): return h(x)",
    ),
    Case(
        "mutual recursion",
        "def g(n): return n and f(n - 1)\ndef f(n): return n and g(n - 1)",
        "def g(n): return n and f(n - 2)\ndef f(n): return n and g(n - 1)",
    ),
    Case(
        "a global in an inner function",
        "k = 1\ndef f():\n def g(): return k\n return g",
        "k = 2\ndef f():\n def g(): return k\n return g",
    ),
    Case(
        "a global in a comprehension",
        "k = 1\ndef f(): return [k for _ in range(3)]",
        "k = 2\ndef f(): return [k for _ in range(3)]",
    ),
    Case(
        "a closure",
        "def m(n):\n def g(): return n\n return g\nf = m(1)",
        "def m(n):\n def g(): return n\n return g\nf = m(2)",
    ),
    Case(
        "a lambda of one line",
        "f, g = (lambda: 1), (lambda: 2)",
        "g, f = (lambda: 1), (lambda: 2)",
    ),
    Case(
        "a library's attribute",
        "import math\ndef f(): return math.pi",
        "import math\ndef f(): return math.e",
    ),
    Case(
        "a decorator",
        "def d(g): return lambda: g() + 1\n@d\ndef f(): return 1",
        "def d(g): return lambda: g() + 2\n@d\ndef f(): return 1",
    ),
    Case(
        "a wrapped function",
        "from functools import wraps\n"
        "def d(g):\n"
        " @wraps(g)\n"
        " def w(): return g()\n"
        " return w\n"
        "@d\n"
        "def f(): return 1",
        "from functools import wraps\n"
        "def d(g):\n"
        " @wraps(g)\n"
        " def w(): return g()\n"
        " return w\n"
        "@d\n"
        "def f(): return 2",
    ),
    Case(
        "a cached function",
        "from functools import lru_cache\n@lru_cache\ndef f(): return 1",
        "from functools import lru_cache\n@lru_cache\ndef f(): return 2",
    ),
    Case(
        "an annotation",
        "def f(a: int): return a",
        "def f(a: str): return a",
    ),
    Case(
        "an attribute of the function",
        "def f(): pass\nf.a = 1",
        "def f(): pass\nf.a = 2",
    ),
    Case(
        "a generator",
        "def f(): return 1",
        "def f(): yield 1",
    ),
    Case(
        "an exception that is caught",
        "def f():\n try: g()\n except KeyError: return 1\n",
        "def f():\n try: g()\n except ValueError: return 1\n",
    ),
    Case(
        "what a try holds",
        "def f():\n try: g(); h()\n except KeyError: pass\n",
        "def f():\n try: g()\n except KeyError: pass\n else: h()",
    ),
    Case(
        "a method",
        "class f:\n def a(self): return 1",
        "class f:\n def a(self): return 2",
    ),
    Case(
        "a class attribute",
        "class f:\n a = 1",
        "class f:\n a = 2",
    ),
    Case(
        "a base",
        "class b: x = 1\nclass f(b): pass",
        "class b: x = 2\nclass f(b): pass",
    ),
    Case(
        "a property",
        "class f:\n @property\n def a(self): return 1",
        "class f:\n @property\n def a(self): return 2",
    ),
    Case(
        "a static method",
        "class f:\n @staticmethod\n def a(): return 1",
        "class f:\n @staticmethod\n def a(): return 2",
    ),
    Case(
        "a method's global",
        "k = 1\nclass f:\n def a(self): return k",
        "k = 2\nclass f:\n def a(self): return k",
    ),
    Case(
        "a default of a dataclass",
        "from dataclasses import dataclass\n@dataclass\nclass f:\n a: int = 1",
        "from dataclasses import dataclass\n@dataclass\nclass f:\n a: int = 2",
    ),
    Case(
        "order of a dataclass",
        "from dataclasses import dataclass\n@dataclass\nclass f:\n a: int\n b: int",
        "from dataclasses import dataclass\n@dataclass\nclass f:\n b: int\n a: int",
    ),
    Case(
        "a member of an enumeration",
        "from enum import Enum\nclass f(Enum):\n A = 1",
        "from enum import Enum\nclass f(Enum):\n A = 2",
    ),
    Case(
        "what was set on a member of an enumeration",
        "from enum import Enum\nclass f(Enum):\n A = 1\nf.A.more = 1",
        "from enum import Enum\nclass f(Enum):\n A = 1\nf.A.more = 2",
    ),
    Case(
        "a metaclass",
        "class f: pass",
        "class m(type): pass\nclass f(metaclass=m): pass",
    ),
    Case(
        "slots",
        "class f: __slots__ = ('a',)",
        "class f: __slots__ = ('b',)",
    ),
    Case(
        "an instance's class",
        "class c:\n def a(self): return 1\nf = c()",
        "class c:\n def a(self): return 2\nf = c()",
    ),
    Case(
        "a method's object",
        "class c:\n def a(self): return 1\no = c(); o.x = 1; f = o.a",
        "class c:\n def a(self): return 1\no = c(); o.x = 2; f = o.a",
    ),
    Case(
        "a partial",
        "from functools import partial\nf = partial(print, 1)",
        "from functools import partial\nf = partial(print, 2)",
    ),
    Case(
        "a dispatcher",
        "from functools import singledispatch\n"
        "@singledispatch\n"
        "def f(x): return 1\n"
        "@f.register\n"
        "def _(x: int): return 2",
        "from functools import singledispatch\n"
        "@singledispatch\n"
        "def f(x): return 1\n"
        "@f.register\n"
        "def _(x: int): return 3",
    ),
]


@pytest.mark.parametrize("case", SAME, ids=lambda case: case.name)
def test_what_is_written_otherwise_is_the_same_code(case: Case) -> None:
    assert digest(run(case.first)) == digest(run(case.second))


@pytest.mark.parametrize("case", DIFFERENT, ids=lambda case: case.name)
def test_what_behaves_otherwise_is_other_code(case: Case) -> None:
    assert digest(run(case.first)) == digest(run(case.first))
    assert digest(run(case.first)) != digest(run(case.second))


def test_what_a_dispatcher_has_looked_up_is_no_part_of_it() -> None:
    source = "import functools\n@functools.singledispatch\ndef f(x): return x"
    used = run(source)
    used(1)
    assert digest(used) == digest(run(source))


def test_a_function_that_reads_numpys_random_state_does_not_change_with_it() -> None:
    import numpy as np

    function = run("import numpy as np\ndef f(): return np.random.rand()")
    before = digest(function)
    np.random.rand()
    assert digest(function) == before


def test_a_global_that_has_no_fingerprint_is_named_with_its_place() -> None:
    source = "h = open('/dev/null')\ndef g(): return h\ndef f(): return g()"
    space: dict[str, Any] = {"__name__": "__main__"}
    exec(source, space)
    with space["h"]:
        obstacle = fingerprint({"helper": space["f"]}).obstacle
    assert obstacle is not None
    assert obstacle.path == "['helper'].__globals__['g'].__globals__['h']"
    assert obstacle.type == "_io.TextIOWrapper"


@pytest.mark.parametrize("case", DIFFERENT[:20], ids=lambda case: case.name)
def test_a_function_of_a_notebook_survives_cloudpickle(case: Case) -> None:
    function = run(case.first)
    assert digest(cloudpickle.loads(cloudpickle.dumps(function))) == digest(function)


@pytest.fixture
def helper_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def load(source: str) -> Any:
        sys.modules.pop("local_helper", None)
        importlib.invalidate_caches()
        (tmp_path / "local_helper.py").write_text(textwrap.dedent(source), "utf-8")
        return importlib.import_module("local_helper")

    yield load
    sys.modules.pop("local_helper", None)


def test_a_local_module_is_what_it_holds_in_memory(helper_module: Any) -> None:
    first = digest(helper_module("def clean(x): return x\nLIMIT = 1"))
    assert digest(helper_module("# new\n\ndef clean(x): return x\nLIMIT = 1")) == first
    assert digest(helper_module("def clean(x): return x\nLIMIT = 2")) != first
    loaded = helper_module("def clean(x): return x\nLIMIT = 1")
    Path(loaded.__file__).write_text("def clean(x): return -x\nLIMIT = 1", "utf-8")
    assert digest(loaded) == first


def test_a_function_depends_on_what_it_takes_from_a_local_module(helper_module: Any) -> None:
    source = "def f(x): return helper.clean(x)"
    first = digest(run(source, helper=helper_module("def clean(x): return x\nLIMIT = 1")))
    second = digest(run(source, helper=helper_module("def clean(x): return x\nLIMIT = 2")))
    third = digest(run(source, helper=helper_module("def clean(x): return -x\nLIMIT = 1")))
    assert first == second
    assert first != third


def test_a_module_that_a_function_imports_itself_counts(helper_module: Any) -> None:
    source = "def f(x):\n    import local_helper\n    return local_helper.clean(x)"
    helper_module("def clean(x): return x")
    first = digest(run(source))
    helper_module("def clean(x): return -x")
    assert digest(run(source)) != first


def test_the_namespace_of_the_notebook_is_no_value() -> None:
    obstacle = fingerprint(sys.modules["__main__"]).obstacle
    assert obstacle is not None
    assert "notebook itself" in obstacle.reason


def test_a_library_function_under_another_name_is_the_same_function() -> None:
    import numpy.linalg

    assert digest(numpy.linalg.norm) == digest(run("from numpy.linalg import norm as f"))
    assert digest(functools.reduce) != digest(functools.partial)
