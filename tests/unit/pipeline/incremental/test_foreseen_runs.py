"""What a plan says before a run is what the run then does, or that nobody knows yet."""

from __future__ import annotations

from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from toy_kernel import World
from toy_notebooks import START, Edit, apply_edit, toy_cells, toy_edits
from toy_runs import Memory, Outcome, ToyCell, run_again

NOTEBOOKS = st.lists(toy_cells(), min_size=1, max_size=8)
EDITS = st.lists(toy_edits(toy_cells()), max_size=5)


def told_and_done(outcome: Outcome) -> list[tuple[str, str]]:
    """Return what was told of each cell that a run came to, and what became of it."""
    last = len(outcome.foreseen) if outcome.error is None else outcome.error[0] + 1
    done = ["run" if cell in outcome.ran else "restore" for cell in range(last)]
    return list(zip(outcome.foreseen[:last], done, strict=True))


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(NOTEBOOKS, EDITS)
def test_what_is_told_before_a_run_is_what_it_does(
    notebook: list[ToyCell], changes: list[Edit]
) -> None:
    cells, world, memory = [*START, *notebook], World(files={"in": "text"}), Memory()
    for step, change in enumerate([("nothing", 0, None), *changes]):
        what, at, more = change
        cells, world.clock = apply_edit(cells, change), step
        if what == "file":
            world.files[str(more)] = "x" * at
        elif what == "remove":
            world.files.pop(str(more), None)
        now = cells[: at % (len(cells) + 1)] if what == "stop" else cells
        outcome = run_again(now, world, memory)
        told = told_and_done(outcome)
        wrong = [(i, t, d) for i, (t, d) in enumerate(told) if t not in (d, "undecided")]
        assert not wrong, (step, [(c.kind, c.source) for c in now], told)


def test_a_plan_says_more_than_that_nothing_is_known() -> None:
    world, memory = World(), Memory()
    cells = [*START, ToyCell("seed(1)"), ToyCell("k = draw()"), ToyCell("print(k)")]
    run_again(cells, world, memory)
    edited = [*cells[:3], ToyCell("seed(2)"), *cells[4:]]
    told = told_and_done(run_again(edited, world, memory))
    assert told[3:] == [("run", "run"), ("undecided", "run"), ("undecided", "run")]
    shown = [*cells[:5], ToyCell("print(m)"), cells[5]]
    assert Counter(told_and_done(run_again(shown, world, memory)))[("run", "run")] == 1
