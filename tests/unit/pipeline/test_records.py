"""A record survives being written as JSON, as far as the contract goes."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from mlops_nb.pipeline.cells import StageName
from mlops_nb.pipeline.records import (
    ErrorRecord,
    ModelRecord,
    RunRecord,
    StageRecord,
    parse_record,
)

RECORD = RunRecord(
    run_id="r",
    notebook="nb.ipynb",
    output="out.ipynb",
    status="failed",
    parameters={"n": 3},
    stages=(
        StageRecord(
            name=StageName("train"),
            action="run",
            reason="it is run headless",
            status="failed",
            seconds=1.5,
            outputs={"clf": None},
        ),
    ),
    metrics={"f1": 0.5},
    gates=({"name": "g", "passed": True},),
    model=ModelRecord(name="forest", version=2, uri="models:/m-1"),
    error=ErrorRecord(code="MNB410", message="ValueError: no", cell=3, stage="train"),
    started=datetime(2026, 3, 1, 12, tzinfo=UTC),
    seconds=2.25,
    notes=("a note",),
)


def test_a_record_is_read_as_it_was_written() -> None:
    assert parse_record(json.loads(json.dumps(RECORD.to_json()))) == RECORD


@pytest.mark.parametrize("content", [{}, {**RECORD.to_json(), "status": "running"}])
def test_what_is_no_record_of_a_run_that_ended_is_refused(content: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        parse_record(content)
