"""The description of a run reads well in MLflow's interface."""

from __future__ import annotations

import dataclasses

from mlops_nb.pipeline.cells import StageName
from mlops_nb.pipeline.records import ErrorRecord, ModelRecord, RunRecord, StageRecord
from mlops_nb.tracking.summary import headline, render_note

STAGES = (
    StageRecord(name=StageName("load"), action="run", reason="first run", seconds=0.5),
    StageRecord(name=StageName("train"), action="restore", reason="nothing | changed"),
)
RECORD = RunRecord(
    run_id="r",
    notebook="nb/churn.ipynb",
    output=None,
    status="completed",
    stages=STAGES,
    metrics={"f1": 0.123456789, "accuracy": 0.9},
    model=ModelRecord(name="churn", version=3, uri="models:/churn/3"),
    seconds=75.2,
)


def test_a_completed_run_tells_time_stages_metrics_model_and_graph():
    note = render_note(RECORD, graph="load\n└─ train\n")

    assert note.startswith("**Completed after 1 min 15 s** · `nb/churn.ipynb`")
    assert "| load | run | completed | 0.50 s | first run |" in note
    assert "| accuracy | 0.9 |\n| f1 | 0.123457 |" in note
    assert "models:/churn/3" in note
    assert note.endswith("```\nload\n└─ train\n```")


def test_a_reason_cannot_break_the_table():
    assert "| nothing \\| changed |" in render_note(RECORD)


def test_a_failure_comes_before_everything_else():
    error = ErrorRecord(
        code="MNB401", message="KeyError: 'x'\nin ```code```", cell=4, stage="train"
    )
    record = dataclasses.replace(RECORD, status="failed", error=error)

    note = render_note(record)

    assert headline(record) == "Failed in stage train (cell 4) after 1 min 15 s"
    assert note.index("KeyError") < note.index("| stage |")
    assert "````\nKeyError: 'x'\nin ```code```\n````" in note


def test_a_kernel_that_died_is_called_so():
    assert headline(dataclasses.replace(RECORD, status="died", seconds=None)) == "Kernel died"


def test_many_metrics_are_counted_and_not_all_shown():
    record = dataclasses.replace(RECORD, metrics={f"m{n:03}": 1.0 for n in range(50)})

    assert "| … 20 more | |" in render_note(record)
