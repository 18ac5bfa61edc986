"""Which names a cell reads and binds: Python's scopes, and what paths through a cell mean."""

from __future__ import annotations

import pytest
from flow_case import Case, check

from notebooks import flows_of

DESIGN = (
    Case(name="augmented assignment", cell="x += 1", reads="x", binds="x"),
    Case(name="item assignment", cell="df['a'] = s", reads="df s", mutates="df"),
    Case(name="attribute assignment", cell="obj.a = s", reads="obj s", mutates="obj"),
    Case(name="append", cell="lst.append(q)", reads="lst q", mutates="lst"),
    Case(name="fit", cell="m.fit(X)", reads="m X", mutates="m"),
    Case(name="unknown function", cell="f(df)", reads="f df", may_mutate="df"),
    Case(name="comprehension", cell="y = [i for i in xs]", reads="xs", binds="y"),
    Case(name="with", cell="with open(p) as fh: t = fh.read()", reads="p", binds="fh t"),
    Case(name="definition", cell="def g(n=d): return n + z", reads="d", binds="g"),
    Case(name="conditional", cell="if c: m = 1", reads="c", binds="m", conditional="m"),
    Case(name="del", cell="del x", reads="x", deletes="x"),
    Case(name="timed", cell="%%time\nout = fn(a)", reads="fn a", binds="out", may_mutate="a"),
    Case(name="shell", cell="files = !ls {d}", reads="d", binds="files"),
)

SCOPES = (
    Case(name="bound before read", cell="x = 1\ny = x", binds="x y"),
    Case(name="read before bound", cell="y = x\nx = 1", reads="x", binds="x y"),
    Case(name="annotation without value", cell="x: int", binds=""),
    Case(name="annotation is read", cell="x: Price = 1", reads="Price", binds="x"),
    Case(
        name="annotations after the future import",
        before=("from __future__ import annotations",),
        cell="x: Price = 1\ndef f(a: Row) -> Table: pass",
        binds="f x",
    ),
    Case(name="local annotations are not run", cell="def f():\n    x: Price = 1\nf()", binds="f"),
    Case(
        name="parameter annotation",
        cell="def f(a: Row) -> Table: pass",
        reads="Row Table",
        binds="f",
    ),
    Case(name="decorator", cell="@cached\ndef f(): return z", reads="cached", binds="f"),
    Case(
        name="class body runs",
        cell="class A(Base, metaclass=M):\n    limit = n\n    half = limit / 2",
        reads="Base M n",
        binds="A",
    ),
    Case(
        name="methods do not see the class",
        cell="class A:\n    n = 1\n    def f(self): return n\nA().f()",
        reads="n",
        binds="A",
    ),
    Case(
        name="comprehension in a class sees its first iterable",
        cell="class A:\n    rows = [1]\n    half = [r / 2 for r in rows]",
        binds="A",
    ),
    Case(
        name="nested comprehension",
        cell="y = [a * b for a in xs for b in a]",
        reads="xs",
        binds="y",
    ),
    Case(
        name="comprehension condition",
        cell="y = {k: v for k, v in d.items() if v > t}",
        reads="d t",
        binds="y",
    ),
    Case(
        name="walrus leaves a comprehension",
        cell="y = [last := i for i in xs]",
        reads="xs",
        binds="last y",
        conditional="last",
    ),
    Case(name="walrus", cell="if (n := len(xs)) > 2: print(n)", reads="xs", binds="n"),
    Case(
        name="lambda binds nothing", cell="f = lambda a, *b, c=d, **e: a + z", reads="d", binds="f"
    ),
    Case(
        name="global in a function binds when it is called",
        cell="def f():\n    global total\n    total = 1\nf()",
        binds="f total",
    ),
    Case(
        name="global in a function that is not called",
        cell="def f():\n    global total\n    total = 1",
        binds="f",
    ),
    Case(
        name="nonlocal stays inside",
        cell="def f():\n"
        "    n = 0\n"
        "    def g():\n"
        "        nonlocal n\n"
        "        n += 1\n"
        "    g()\n"
        "    return n\n"
        "y = f()",
        binds="f y",
    ),
    Case(
        name="star and nested targets",
        cell="(a, *b), c.d, e[i] = xs",
        reads="xs c e i",
        binds="a b",
        mutates="c e",
    ),
    Case(
        name="for target",
        cell="for i, (a, b) in rows: t = a",
        reads="rows",
        binds="i a b t",
        conditional="i a b t",
    ),
    Case(name="loop that surely runs", cell="for i in range(3): t = i\nprint(t)", binds="i t"),
    Case(
        name="for over an attribute", cell="for self.x in xs: pass", reads="self xs", mutates="self"
    ),
    Case(
        name="except as is gone after the handler",
        cell="try: f()\nexcept E as err: print(err)",
        reads="f E",
    ),
    Case(
        name="except as with the name in use",
        before=("err = 1",),
        cell="try: pass\nexcept ValueError as err: log = err\nprint(err)",
        reads="err",
        binds="log",
        conditional="log",
        deletes="err",
    ),
    Case(
        name="import in try and except",
        cell="try:\n    import fast as m\nexcept ImportError:\n    import slow as m\nm.run()",
        binds="m",
    ),
    Case(
        name="try body may stop anywhere",
        cell="try:\n    a = f()\nexcept E:\n    pass\nprint(a)",
        reads="f E a",
        binds="a",
        conditional="a",
    ),
    Case(
        name="handler that raises leaves no path",
        cell="try:\n    a = f()\nexcept E:\n    raise\nprint(a)",
        reads="f E",
        binds="a",
    ),
    Case(
        name="else and finally",
        cell="try:\n"
        "    a = 1\n"
        "except E:\n"
        "    b = 2\n"
        "else:\n"
        "    b = a\n"
        "finally:\n"
        "    c = 3\n"
        "print(b, c)",
        reads="E",
        binds="a b c",
        conditional="a",
    ),
    Case(
        name="both branches bind", cell="if c: m = 1\nelse: m = 2\nprint(m)", reads="c", binds="m"
    ),
    Case(
        name="one branch binds",
        cell="if c: m = 1\nprint(m)",
        reads="c m",
        binds="m",
        conditional="m",
    ),
    Case(
        name="a branch that raises does not count",
        cell="if c: m = 1\nelse: raise ValueError\nprint(m)",
        reads="c",
        binds="m",
    ),
    Case(name="if False binds nothing", cell="if False: m = f(x)\nif 0: n = 1", binds=""),
    Case(
        name="type checking block",
        cell="from typing import TYPE_CHECKING\nif TYPE_CHECKING: from a import B",
        binds="TYPE_CHECKING",
    ),
    Case(name="main guard", cell="if __name__ == '__main__': m = 1", binds="m"),
    Case(
        name="while True",
        cell="while True:\n    x = step()\n    if x: break\nprint(x)",
        reads="step",
        binds="x",
    ),
    Case(
        name="while may not run",
        cell="while c: x = 1\nprint(c)",
        reads="c",
        binds="x",
        conditional="x",
    ),
    Case(
        name="for else",
        cell="for i in xs:\n    if i: break\nelse:\n    found = 0\nprint(1)",
        reads="xs",
        binds="i found",
        conditional="i found",
    ),
    Case(
        name="with several targets",
        cell="with a() as b, c(b) as (d, e): pass",
        reads="a c",
        binds="b d e",
        may_mutate="",
    ),
    Case(
        name="suppress may stop anywhere",
        cell="from contextlib import suppress\nwith suppress(KeyError):\n    v = d['k']\nprint(v)",
        reads="d v",
        binds="suppress v",
        conditional="v",
    ),
    Case(
        name="match",
        cell="match cmd:\n"
        "    case {'a': x, **rest}: y = 1\n"
        "    case Point(x=0, y=z) | [z, *_]: y = 2\n"
        "    case K.red: y = 3",
        reads="cmd Point K",
        binds="x rest y z",
        conditional="x rest y z",
    ),
    Case(
        name="match with a last resort",
        cell="match cmd:\n    case 1: y = 1\n    case _: y = 2\nprint(y)",
        reads="cmd",
        binds="y",
    ),
    Case(
        name="async",
        cell="async with s() as r:\n    async for x in r: t = await x",
        reads="s",
        binds="r x t",
        conditional="x t",
    ),
    Case(name="async comprehension", cell="ys = [y async for y in gen()]", reads="gen", binds="ys"),
    Case(name="bound and deleted", cell="tmp = 1\ndel tmp", deletes="tmp"),
    Case(name="deleted and bound again", cell="del x\nx = 1", reads="x", binds="x"),
    Case(name="deleted on one path", cell="if c: del x", reads="c x", deletes="x"),
    Case(name="del of several", cell="del a, (b, c[0])", reads="a b c", deletes="a b", mutates="c"),
    Case(name="imports", cell="import a.b, c.d as e\nfrom f import g as h, i", binds="a e h i"),
    Case(
        name="star import that is known",
        cell="from math import *\nprint(sqrt(pi))",
        binds="sqrt pi",
    ),
    Case(
        name="star import in a later cell",
        before=("from math import *",),
        cell="y = sqrt(pi)",
        reads="sqrt pi",
        binds="y",
    ),
    Case(name="f-string", cell="s = f'{x:>{width}} {y!r}'", reads="x y width", binds="s"),
    Case(name="builtins are not read", cell="print(len(open), display, get_ipython, _, __name__)"),
    Case(
        name="a builtin's name that a cell bound is read",
        before=("input = 3",),
        cell="y = input",
        reads="input",
        binds="y",
    ),
    Case(name="chained assignment", cell="a = b = c", reads="c", binds="a b"),
    Case(name="subscript reads its index", cell="y = a[i:j, k]", reads="a i j k", binds="y"),
    Case(name="assert", cell="assert ok, message", reads="ok message"),
    Case(name="after sys.exit nothing runs", cell="import sys\nsys.exit()\nx = y", binds="sys"),
    Case(name="generator", cell="def g():\n    yield z\nlist(g())", reads="z", binds="g"),
)


@pytest.mark.parametrize("case", DESIGN, ids=lambda c: c.name)
def test_the_table_of_the_design_holds(case):
    check(case)


@pytest.mark.parametrize("case", SCOPES, ids=lambda c: c.name)
def test_names_are_read_and_bound_as_python_does(case):
    check(case)


def test_a_loop_that_may_not_run_reads_a_name_from_outside_only_if_a_cell_before_binds_it():
    loop = "for i in xs: t = i\nprint(t)"
    assert flows_of(loop)[0].reads == ("xs",)
    assert flows_of("t = 0", loop)[1].reads == ("t", "xs")


def test_a_cell_that_does_not_parse_says_nothing():
    flow = flows_of("x = (")[0]
    assert (flow.reads, flow.binds) == ((), ())
