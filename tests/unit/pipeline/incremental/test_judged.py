"""What is known of a cell by earlier plans is what it would be found to be now."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mlops_nb.pipeline.incremental.facts import Fact, FactKind, State, Unknown
from mlops_nb.pipeline.incremental.judged import Judged
from mlops_nb.pipeline.incremental.judging import choose
from mlops_nb.pipeline.incremental.ledger import Ledger
from mlops_nb.pipeline.incremental.traces import Trace

_NAMES = st.sampled_from("wxyz")
_DIGESTS = st.none() | st.sampled_from("12")
_READS = st.lists(st.dictionaries(_NAMES, _DIGESTS), max_size=4)
_STATES = st.dictionaries(_NAMES, _DIGESTS | st.builds(Unknown, until=st.integers(0, 2)))


def traces_of(reads: list[dict[str, str | None]]) -> tuple[Trace, ...]:
    return tuple(
        Trace(
            id=str(number),
            key="k",
            reads={Fact(FactKind.NAME, name): digest for name, digest in each.items()},
            writes={},
        )
        for number, each in enumerate(reads)
    )


@given(
    cells=st.lists(_READS, min_size=1, max_size=3),
    asked=st.lists(st.tuples(st.integers(0, 2), _STATES), max_size=30),
)
def test_a_verdict_that_is_known_is_the_one_that_the_traces_give_now(
    cells: list[list[dict[str, str | None]]], asked: list[tuple[int, dict[str, State]]]
) -> None:
    judged, traces = Judged(), [traces_of(reads) for reads in cells]
    for number, states in asked:
        cell = number % len(cells)

        def look(fact: Fact, states: dict[str, State] = states) -> State:
            return states.get(fact.key)

        assert judged.choose(cell, traces[cell], look) == choose(traces[cell], look)


def test_a_cell_with_other_traces_is_judged_anew() -> None:
    judged = Judged()
    first, second = traces_of([{"x": "1"}]), traces_of([{"x": "2"}])
    assert not judged.choose(0, first, lambda _: "2").holds
    assert judged.choose(0, second, lambda _: "2").holds


def test_the_world_is_asked_once_for_each_fact_while_nothing_runs() -> None:
    asked: list[Fact] = []
    data = Fact(FactKind.FILE, "data.csv")

    def world(fact: Fact) -> State:
        asked.append(fact)
        return str(len(asked))

    ledger = Ledger(world)
    standing = ledger.standing()
    assert [standing.look(data), standing.copy().look(data)] == ["1", "1"]
    assert ledger.look(data) == "2"
