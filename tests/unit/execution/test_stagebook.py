"""What is known of a stage: times, names and metrics over its cells, and its worst status."""

from typing import Any

from mlops_nb.execution.events import PlannedStage
from mlops_nb.execution.stagebook import StageBook
from mlops_nb.pipeline.cells import StageName
from mlops_nb.pipeline.records import ErrorRecord
from mlops_nb.pipeline.stages import Pipeline, Stage, StageOptions

_TRAIN = StageName("train")


def _book(*cells: int) -> StageBook:
    stage = Stage(
        name=_TRAIN,
        cells=cells,
        inputs=(),
        outputs=("clf",),
        upstream=(),
        options=StageOptions(),
    )
    pipeline = Pipeline(
        name="nb",
        cells=(),
        kinds={},
        flows={},
        directives={},
        edges={},
        stages=(stage,),
        diagnostics=(),
    )
    planned = PlannedStage(name=_TRAIN, action="run", reason="it is run headless", cells=cells)
    return StageBook(pipeline, [planned])


def _end(book: StageBook, index: int, **options: Any) -> Any:
    given = {"status": "completed", "seconds": 1.0, "error": None, **options}
    return book.end_cell(_TRAIN, index, **given)


def test_a_stage_is_the_sum_of_its_cells() -> None:
    book = _book(2, 5)
    assert book.begin_cell(_TRAIN)
    book.take_report(_TRAIN, {"bound": ["a", "tmp"], "metrics": {"m": 1}, "cpu_seconds": 1.0})
    assert _end(book, 2) is None
    assert not book.begin_cell(_TRAIN)
    last = {
        "bound": ["clf"],
        "deleted": ["tmp"],
        "metrics": {"m": 2, "n": 3},
        "series": {"loss": [3, 2, 1]},
        "cpu_seconds": 2.0,
        "peak_memory_bytes": 10,
    }
    book.take_report(_TRAIN, last)
    record = _end(book, 5)
    assert (record.seconds, record.cpu_seconds, record.peak_memory_bytes) == (2.0, 3.0, 10)
    assert (record.bound, record.metrics) == (("a", "clf"), {"m": 2, "n": 3})
    assert record.series == {"loss": (3, 2, 1)}
    assert record.outputs == {"clf": None}
    assert book.reports == {"train": last}


def test_a_failure_closes_the_stage_with_its_worst_status() -> None:
    book = _book(2, 5)
    book.begin_cell(_TRAIN)
    error = ErrorRecord(code="MNB410", message="ValueError: no")
    record = _end(book, 2, status="failed", error=error)
    assert (record.status, record.error) == ("failed", error)
    assert book.close_open() == []


def test_a_stage_that_was_begun_and_left_is_not_completed() -> None:
    book = _book(2, 5)
    book.begin_cell(_TRAIN)
    _end(book, 2)
    assert [record.status for record in book.close_open()] == ["not run"]


def test_a_stage_that_never_began_did_not_run() -> None:
    assert [(record.action, record.status) for record in _book(2).records()] == [
        ("skip", "not run")
    ]
