from mlops_nb.pipeline.incremental.facts import Fact, FactKind, Unknown
from mlops_nb.pipeline.incremental.figures import CLOSED, FIGURES, add_figures, tell_figures
from mlops_nb.pipeline.incremental.ledger import Ledger
from mlops_nb.pipeline.incremental.planning import Task, missing_figures
from mlops_nb.pipeline.incremental.traces import Trace

NAME = Fact(FactKind.NAME, "x")


def test_what_a_cell_left_open_follows_from_its_code_and_from_what_it_read() -> None:
    told = {FIGURES: "as the kernel counts"}
    _, one = tell_figures({NAME: "1"}, told, before=CLOSED, key="k")
    _, same = tell_figures({NAME: "1"}, {FIGURES: "another count"}, before=CLOSED, key="k")
    _, other = tell_figures({NAME: "2"}, told, before=CLOSED, key="k")
    assert one == same != other


def test_who_asks_for_figures_reads_all_that_are_open_in_the_run() -> None:
    reads, writes = tell_figures({FIGURES: "a count"}, {FIGURES: CLOSED}, before="all", key="k")
    assert reads[FIGURES] == "all"
    assert writes[FIGURES] == CLOSED


def test_figures_are_added_to_those_before_them_until_all_are_closed() -> None:
    both = add_figures(add_figures(CLOSED, "a"), "b")
    assert both != add_figures(add_figures(CLOSED, "b"), "a")
    assert add_figures(both, CLOSED) == CLOSED
    assert add_figures(Unknown(until=3), "a") == Unknown(until=3)


def test_only_who_asked_for_figures_needs_the_cells_that_left_them_open() -> None:
    ledger = Ledger(lambda fact: CLOSED)
    ledger.restore(0, _trace(writes={FIGURES: "a"}))
    ledger.restore(1, _trace(writes={NAME: "b"}))
    asking = Task(cell=2, label="", traces=(_trace(reads={FIGURES: "then"}),))
    assert list(missing_figures(asking, ledger)) == [0]
    assert not missing_figures(Task(cell=2, label="", traces=(_trace(),)), ledger)
    assert not [fact for fact, _ in ledger.unsettled()]
    ledger.write(2, {FIGURES: CLOSED})
    assert not missing_figures(asking, ledger)


def _trace(**facts: dict[Fact, str | None]) -> Trace:
    return Trace(id="t", key="k", **{"reads": {}, "writes": {}, **facts})
