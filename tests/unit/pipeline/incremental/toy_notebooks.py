"""Notebooks made by chance and edits of them: for the law that restoring changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis import strategies as st
from toy_runs import ToyCell

LISTS = ("a", "b", "c")
START = (
    ToyCell("k, m = 1, 0", "setup"),
    ToyCell("a, b, c, d = [1], [2], [3], {'a': [0]}"),
    ToyCell("def f(v):\n    return v\ndef g(v):\n    return v", "setup"),
)

# What may stand in a set-up cell: definitions and literals.
DEFINITIONS = (
    "k = {n}",
    "z = [{n}]",
    "def f(v):\n    return v + {n}",
    "def f(v):\n    return v + k",
    "def f(v, w=k):\n    return v + w",
    "def f(v):\n    return g(v) + {n}",
    "def g(v):\n    return len({x}) + v",
    "def g(v, kept=[]):\n    kept.append(v)\n    return len(kept)",
    "def g(v):\n    {x}.append(v)\n    return len({x})",
    "def f(v):\n    global m\n    m = v + {n}\n    return m",
    "f = lambda v: v * {n}",
    "len = lambda v: {n}",
)
STAGES = (
    *DEFINITIONS,
    "{x} = [{n}]",
    "{x} = {y}",
    "{x} = [{y}]",
    "{x} = list({y})",
    "{x}.append({n})",
    "{x} += [k]",
    "{x} = {x} + [m]",
    "{x}.append(len({y}))",
    "{x}[0] = {n}",
    "{x}.append({y})",
    "a, b = b, a",
    "{x} = [v for v in {y} if v != {n}]",
    "for i in range({n}):\n    {x}.append(i)",
    "if k > {n}:\n    {x} = [{n}]",
    "if len({x}) > {n}:\n    m = k",
    "d = {{'a': {x}, 'b': {y}}}",
    "d['b'] = {x}",
    "d['a'].append({n})",
    "k = f({n})",
    "m = g({n})",
    "m = f(g(k))",
    "print(len({x}), k)",
    "print({x}, m)",
    "seed({n})",
    "k = draw()",
    "{x}.append(draw())",
    "seed({n})\nm = draw()",
    "write('out', {x})",
    "append('log', {n})",
    "{x} = [len(read('in'))]",
    "{x} = [read('out')] if exists('out') else [0]",
    "set_option('p', {n})",
    "{x}.append(option('p'))",
    "metric('acc', len({x}))",
    "h = handle({x})",
    "h.of.append({n})",
    "{x} = h.of",
    "k = now()",
    "try:\n    {x} = z\nexcept NameError:\n    {x} = [0]",
    "exec('{x} = [{n}]')",
    "print(sorted(n for n in globals() if n[:1] != '_'))",
    "del {x}",
    "del z",
    "z = {x}",
    "raise ValueError({n})",
)


@st.composite
def toy_cells(
    draw: Callable[..., object], definitions: Sequence[str] = (), stages: Sequence[str] = ()
) -> ToyCell:
    """One cell: mostly of a stage, sometimes set-up or untagged; of these templates and ours."""
    kind = draw(st.sampled_from(["stage", "stage", "stage", "inline", "setup"]))
    templates = (*definitions, *DEFINITIONS)
    if kind != "setup":
        templates = (*stages, *stages, *definitions, *STAGES)
    source = draw(st.sampled_from(templates)).format(
        x=draw(st.sampled_from(LISTS)),
        y=draw(st.sampled_from(LISTS)),
        n=draw(st.integers(0, 3)),
    )
    return ToyCell(source, kind)


Edit = tuple[str, int, object]


def toy_edits(cells: st.SearchStrategy[ToyCell]) -> st.SearchStrategy[Edit]:
    """Return edits of a notebook, of files, and stops of a run."""
    return st.one_of(
        st.tuples(st.just("replace"), st.integers(0, 30), cells),
        st.tuples(st.just("insert"), st.integers(0, 30), cells),
        st.tuples(st.just("delete"), st.integers(0, 30), st.none()),
        st.tuples(st.just("move"), st.integers(0, 30), st.integers(0, 30)),
        st.tuples(st.just("retag"), st.integers(0, 30), st.sampled_from(["stage", "inline"])),
        st.tuples(st.just("file"), st.integers(0, 3), st.sampled_from(["in", "out", "log"])),
        st.tuples(st.just("remove"), st.just(0), st.sampled_from(["in", "out", "log"])),
        st.tuples(st.just("stop"), st.integers(0, 30), st.none()),
        st.tuples(st.just("nothing"), st.just(0), st.none()),
    )


def apply_edit(cells: list[ToyCell], edit: Edit) -> list[ToyCell]:
    """Return the cells after an edit of the notebook; edits of files are not for here."""
    what, at, more = edit
    cells = list(cells)
    at %= max(1, len(cells))
    if what == "replace" and cells:
        cells[at] = more  # type: ignore[call-overload]
    elif what == "insert":
        cells.insert(at, more)  # type: ignore[arg-type]
    elif what == "delete" and cells:
        del cells[at]
    elif what == "move" and cells:
        cell = cells.pop(at)
        cells.insert(int(more) % (len(cells) + 1), cell)  # type: ignore[call-overload]
    elif what == "retag" and cells and cells[at].kind != "setup":
        cells[at] = ToyCell(cells[at].source, str(more))
    return cells
