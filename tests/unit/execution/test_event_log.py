"""A run's events in a file: a line each, as they happen."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mlops_nb.errors import InfrastructureError
from mlops_nb.execution.event_log import EventLog
from mlops_nb.execution.events import PlannedStage, RunPlan
from mlops_nb.pipeline.cells import StageName
from mlops_nb.pipeline.records import RunRecord, StageRecord

_TRAIN = StageName("train")
_PLAN = RunPlan(
    notebook="nb.ipynb",
    output="out.ipynb",
    cells=(1, 2),
    stage_of={2: _TRAIN},
    stages=(PlannedStage(name=_TRAIN, action="run", reason="it is new", cells=(2,)),),
    started=datetime(2026, 11, 22, tzinfo=UTC),
)


def test_what_happens_is_a_line_at_once(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text("of an earlier run\n", "utf-8")
    log = EventLog(path)
    log.run_started(_PLAN)
    log.cell_started(2)
    told = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [one["event"] for one in told] == ["run_started", "cell_started"]
    assert told[0]["stages"] == [
        {"name": "train", "action": "run", "reason": "it is new", "cells": [2]}
    ]
    assert (told[1]["cell"], told[1]["stage"]) == (2, "train")
    log.stage_started(_TRAIN)
    log.cell_finished(2, "completed", 0.12345)
    record = StageRecord(name=_TRAIN, action="run", reason="", metrics={"f1": 0.5})
    log.stage_finished(record, {})
    log.run_finished(RunRecord(run_id=None, notebook="nb", output=None, status="failed"))
    told = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert told[3] | {"time": ""} == {
        "event": "cell_finished",
        "time": "",
        "cell": 2,
        "stage": "train",
        "status": "completed",
        "seconds": 0.123,
    }
    assert told[4]["record"]["metrics"] == {"f1": 0.5}
    assert told[5]["status"] == "failed"


def test_events_that_cannot_be_written_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InfrastructureError) as caught:
        EventLog(tmp_path / "none" / "events.jsonl")
    assert caught.value.code == "MNB423"
