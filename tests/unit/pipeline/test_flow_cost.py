"""What following calls costs is bounded by the code; what is not followed is still covered."""

from __future__ import annotations

import sys
import textwrap
from types import FrameType

import pytest

from mlops_nb.pipeline.dataflow import analyse_cells, analyse_notebook
from mlops_nb.pipeline.edges import find_edges
from notebooks import STARS, cells_of, flows_of

# Python functions entered by the analysis: two million take one to two seconds.
MOST_STEPS = 2_000_000


class TooMuchError(Exception):
    """The analysis did more than it may."""


def steps_of(*sources: str) -> int:
    """Return how many Python functions the analysis enters; raise soon after the most it may."""
    cells = cells_of(sources)
    n_steps = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal n_steps
        n_steps += event == "call"
        if n_steps > 2 * MOST_STEPS:
            raise TooMuchError

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        analyse_cells(cells, star_names=STARS.get)
    finally:
        sys.setprofile(before)
    return n_steps


SEARCH = (
    """
    from dataclasses import dataclass
    @dataclass
    class Puzzle:
        balls: list
        odd: set
    @dataclass
    class Weighing:
        L: list
        R: list
        gt: set
        eq: set
        lt: set
    def make(n, odd='+-'):
        balls = range(n)
        if isinstance(odd, str):
            odd = {b for b in balls for c in odd}
        else:
            odd = set(odd)
        return Puzzle(balls, odd)
    def weigh(L, R, odd):
        w = Weighing(L, R, set(), set(), set())
        for b in odd:
            if b in L: w.gt.add(b)
            elif b in R: w.lt.add(b)
            else: w.eq.add(b)
        return w
    def branches(t):
        return (t.gt, t.eq, t.lt)
    def partitions(puzzle, repeat=9):
        odd, balls = puzzle.odd, sorted(puzzle.balls)
        for _ in range(repeat):
            for n in range(len(balls)):
                p = weigh(balls[:n], balls[n:], odd)
                if all(branches(p)):
                    yield p
            shuffle(balls)
    def solve(puzzle):
        if len(puzzle.odd) <= 1:
            return puzzle.odd
        for p in partitions(puzzle):
            p.lt = solve(make(puzzle.balls, p.lt))
            p.eq = solve(make(puzzle.balls, p.eq))
            p.gt = solve(make(puzzle.balls, p.gt))
            if None not in branches(p):
                return p
    def leaves(t):
        return leaves(t.gt) + leaves(t.eq) + leaves(t.lt) if isinstance(t, Weighing) else [t]
    twelve = make(12)
    """,
    *("solve(twelve)", "leaves(solve(make(3)))") * 10,
)
TWICE = "def f0(x):\n    return [x]\n" + "".join(
    f"def f{n}(x):\n    for i in x:\n        y = f{n - 1}([i])\n        z = f{n - 1}([y, x])\n"
    "    return [y, z]\n"
    for n in range(1, 24)
)
MUTUAL = "".join(
    f"def f{n}(x, n):\n"
    + "".join(f"    a{k} = f{(n + k) % 8}([x, n], n - 1)\n" for k in range(1, 8))
    + "    return [a1, a2, a3, a4, a5, a6, a7]\n"
    for n in range(8)
)
CHAIN = "def f0(x):\n    return z\n" + "".join(
    f"def f{n}(x):\n    return f{n - 1}([x]) + [x]\n" for n in range(1, 500)
)


def _nested() -> str:
    lines, depth = ["def f(x, g):"], 1
    for n in range(18):
        opener = ("for a in x:", "if x:", "try:")[n % 3]
        lines.append("    " * depth + opener)
        depth += 1
    lines.append("    " * depth + "x.append(g(x))")
    for n in reversed(range(18)):
        depth -= 1
        if n % 3 == 1:
            lines += ["    " * depth + "else:", "    " * depth + "    x = [x, g(x)]"]
        if n % 3 == 2:
            lines += ["    " * depth + "except ValueError:", "    " * depth + "    g(x)"]
    return "\n".join([*lines, "def h(x):", "    return [x, z]"])


HIGHER = """
def twice(f):
    return lambda x: f(f(x))
def compose(*fs):
    def run(x):
        for f in fs:
            x = f(x)
        return x
    return run
def inc(x):
    return [x, z]
g = inc
for i in range(9):
    g = twice(g)
h = compose(g, twice(g), twice(twice(g)), inc)
k = twice(twice(twice(twice(twice(twice(compose(h, g, h)))))))
"""
CHURCH = "def a(f): return lambda x: f(f(x))\n" + "r = a(a)(a)(a)(a)(a)(a)(a)(len)\nr(1)"


@pytest.mark.parametrize(
    "sources",
    [
        pytest.param(
            SEARCH, id="a search that calls itself three times in a loop over a generator"
        ),
        pytest.param((TWICE, *["f23([1])"] * 20), id="helpers that call each other twice in loops"),
        pytest.param((MUTUAL, *["f0([1], 9)"] * 20), id="eight functions that all call all others"),
        pytest.param((CHAIN, *["f499(1)"] * 20), id="a chain of five hundred helpers"),
        pytest.param((_nested(), "\n".join(["f([1], h)"] * 50)), id="deeply nested statements"),
        pytest.param((HIGHER, *["k([1])"] * 20), id="functions made of functions"),
        pytest.param((CHURCH,), id="a function applied to itself"),
        pytest.param(
            (
                "rows = []\ndef f(x):\n    rows.append(x)\n    return rows",
                *(f"x{n} = f([{n}])\nx{n // 2}.append(f(x{n}))" for n in range(300)),
            ),
            id="everything shares one list",
        ),
    ],
)
def test_following_calls_costs_a_bounded_number_of_steps(sources):
    assert steps_of(*map(textwrap.dedent, sources)) < MOST_STEPS


def _handing_on(definitions: str) -> str:
    """Return functions that hand on what they are given, where they hand on a list of it."""
    lists = {"([x])": "(x)", "([y, x])": "(x)", "([x, n],": "(x,"}
    for made, given in lists.items():
        definitions = definitions.replace(made, given)
    return definitions


@pytest.mark.parametrize("is_handed_on", [True, False])
@pytest.mark.parametrize("definitions", [TWICE, MUTUAL, CHAIN], ids=["twice", "mutual", "chain"])
def test_calls_that_are_not_followed_still_read_and_change(definitions, is_handed_on):
    """Whatever the way there, the names that the last function in the chain uses are seen."""
    definitions = _handing_on(definitions) if is_handed_on else definitions
    last = definitions.replace("def f0(x):\n", "def f0(x):\n    g(x)\n").replace(
        "def f0(x, n):\n", "def f0(x, n):\n    g(x)\n"
    )
    uses = (
        "z, log, texts = 1, [], {}\n"
        "def g(x):\n    global count\n    count = z\n    log.append(x)\n    x.append(limit)\n"
        "    return texts.query('a > @bound')"
    )
    names = definitions.count("def f") - 1
    call = f"f{names}(mine)" if "x, n" not in definitions else "f1(mine, 9)"
    flow = flows_of("limit, bound, count, mine = 1, 2, 3, []", uses, last, call)[-1]
    assert {"z", "log", "limit", "texts", "bound", "mine"} <= set(flow.reads)
    assert "log" in {*flow.mutates, *flow.may_mutate}
    assert ("mine" in {*flow.mutates, *flow.may_mutate}) is is_handed_on
    assert "count" in flow.binds


DEEP = "\n".join(
    ["def f0(x):\n    return END"] + [f"def f{n}(x):\n    return f{n - 1}(x)" for n in range(1, 40)]
)

BOX = """
class Box:
    def run(self):
        return z
    def __add__(self, other):
        return z
"""


@pytest.mark.parametrize(
    ("end", "then", "read"),
    [
        ("lambda: z", "r()", "z"),
        ("x", "r.append(1)", "mine"),
        ("Box()", "r.run()", "z"),
        ("Box().run", "r()", "z"),
        ("Box()", "r + 1", "z"),
        ("[Box()]", "for b in r: b.run()", "z"),
        ("show(lambda: z)", "pass", "z"),
        ("x.run()", "pass", "z"),
    ],
)
def test_what_comes_out_of_a_call_that_was_not_followed_may_do_what_it_could(end, then, read):
    mine = "mine = Box()" if end == "x.run()" else "mine = []"
    flows = flows_of("z = 1", BOX, mine, DEEP.replace("END", end), f"r = f39(mine)\n{then}")
    assert read in flows[-1].reads
    assert read in {*flows[-1].reads, *flows[-1].may_mutate}
    alone = flows_of("z = 1", BOX, mine, DEEP.replace("END", end), "r = f39(mine)", then)
    assert read in {*alone[-1].reads, *alone[-1].may_mutate, *alone[-2].reads}


@pytest.mark.parametrize(
    "body",
    ["exec(x)", "globals().__setitem__(x, 1)", "globals().update(x)", "get_ipython().run_cell(x)"],
)
def test_a_call_that_was_not_followed_is_a_barrier_if_it_runs_code(body):
    flow = flows_of("z = 1", DEEP.replace("END", body), "f39('z = 2')")[-1]
    assert flow.opaque
    assert "z" in flow.reads


def test_repeated_calls_make_things_of_their_own():
    """Fifty calls in one cell are told apart: only one of their results is changed."""
    lines = [f"x{n} = make({n})" for n in range(50)]
    flow = flows_of("def make(n):\n    return [n]", "\n".join(lines), "x7.append(1)")[-1]
    assert flow.mutates == ("x7",)
    assert flow.may_mutate == ()


def test_remembered_calls_see_what_was_put_into_their_arguments_since():
    cell = "box.items = p\nf(box)\nbox.items = q\nf(box)"
    before = "class Box: pass\nbox, p, q = Box(), [], []\ndef f(b):\n    b.items.append(1)"
    flow = flows_of(before, cell)[-1]
    assert {"box", "p", "q"} <= {*flow.mutates, *flow.may_mutate}


def test_a_name_that_many_cells_changed_needs_its_binder_and_the_last_of_them():
    """Else edges would grow with the square of the cells, and finding them with the cube."""
    helper = "rows = []\ndef keep(x):\n    rows.append(x)\n    return rows"
    sources = [helper, *(f"x{n} = keep({n})" for n in range(200)), "x5"]
    edges = find_edges(analyse_notebook(cells_of(sources), star_names=STARS.get))
    assert edges.needs[201] == (6, 200)


@pytest.mark.parametrize(
    "cell",
    [
        "x = unknown(x)",
        "x = stamp(x)",
        "x{i} = unknown(x{before})",
        "v{i} = 1\nexec(code)",
        "v{i} = eval(code)",
        "v{i} = 1\nglobals()[code] = 2",
        "v{i} = getattr(x, code)",
    ],
)
def test_the_same_cell_again_and_again_costs_no_more_each_time(cell: str) -> None:
    def cost(n: int) -> int:
        first = "from other import unknown, x, code\ndef stamp(d):\n    return unknown(d)"
        return steps_of(first, *(cell.format(i=i, before=i - 1) for i in range(n)))

    assert cost(600) < 2.2 * cost(300)


def test_what_is_left_out_of_a_chain_is_put_back_when_it_is_named_again() -> None:
    flows = flows_of(
        "from other import make\na = []\ndef keep(v):\n    return lambda: v\nget = keep(a)",
        "a = make(a)",
        "a = make(a)",
        "b = get()",
        "a.append(1)",
    )
    assert "b" in flows[4].may_mutate


def test_cells_that_look_at_all_names_need_those_who_bound_them() -> None:
    sources = (
        "a = 1",
        "exec(code)",
        "b = 2",
        "v = eval(code)",
        "exec(code)",
        "a = 3",
        "w = eval(code)",
    )
    edges = find_edges(analyse_notebook(cells_of(sources), star_names=STARS.get))
    assert edges.sources[3]["a"] == (0, 1)
    assert edges.sources[3]["b"] == (2,)
    assert edges.sources[6]["a"] == (5,)
    assert edges.sources[6]["b"] == (2, 4)
    assert edges.needs[3] == (1, 2)
    assert edges.needs[6] == (4, 5)
    assert set(edges.order[5]) >= {4}
