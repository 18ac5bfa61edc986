"""What cells are seen to do when they run is what the analysis says they do."""

from __future__ import annotations

import re

from hypothesis import HealthCheck, assume, given, settings
from notebook_strategies import FIRST, notebooks, straight_cells
from tracing import run_cells

from mlops_nb.pipeline.dataflow import analyse_notebook
from mlops_nb.pipeline.edges import find_edges
from notebooks import STARS, cells_of, flows_of

many = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@many
@given(notebooks())
def test_what_a_run_shows_is_covered(sources):
    for source, flow, seen in zip(sources, flows_of(*sources), run_cells(sources), strict=False):
        # Names that a function of the cell declares global, or a comprehension binds by walrus,
        # Python binds past the traced namespace.
        untraced = set(re.findall(r"\w+", " ".join(re.findall(r"global (.*)", source))))
        untraced |= set(re.findall(r"(\w+) :=", source))
        assert seen.read - untraced <= set(flow.reads), source
        assert seen.changed <= set(flow.mutates) | set(flow.may_mutate) | set(flow.binds), source
        if seen.completed:
            assert seen.bound <= set(flow.binds), source
            assert seen.deleted <= set(flow.deletes), source
            assert set(flow.binds) - set(flow.conditional) <= seen.values.keys(), source


@many
@given(notebooks())
def test_a_cell_run_with_what_it_needs_gives_the_values_of_a_full_run(sources):
    full = run_cells(sources)
    assume(full[-1].completed)
    edges = find_edges(analyse_notebook(cells_of(sources), star_names=STARS.get))
    target = len(sources) - 1
    needed, todo = set(), [target]
    while todo:
        index = todo.pop()
        if index not in needed:
            needed.add(index)
            todo += edges.needs[index]
    part = run_cells([sources[i] for i in sorted(needed)])
    assert part[-1].completed, sorted(needed)
    names = full[-1].read | full[-1].bound
    assert {n: part[-1].values.get(n) for n in names} == {n: full[-1].values.get(n) for n in names}


@many
@given(straight_cells())
def test_of_straight_code_nothing_but_what_happens_is_said(source):
    flow = flows_of(FIRST, source)[1]
    seen = run_cells([FIRST, source])[1]
    assume(seen.completed)
    assert set(flow.binds) - set(flow.conditional) <= seen.bound <= set(flow.binds)
    assert set(flow.deletes) - set(flow.conditional) <= seen.deleted <= set(flow.deletes)
