from __future__ import annotations

from mlops_nb.export.job_summary import render_summary
from mlops_nb.pipeline.cells import StageName
from mlops_nb.pipeline.records import ErrorRecord, ModelRecord, RunRecord, StageRecord

RUN = RunRecord(
    run_id="r1",
    notebook="churn.ipynb",
    output="out.ipynb",
    status="completed",
    parameters={"trees": 200},
    stages=(
        StageRecord(name=StageName("train"), action="run", reason="no cache yet", seconds=1.25),
    ),
    metrics={"accuracy": 0.91234567},
    model=ModelRecord(name="churn", version=3, uri="models:/churn/3"),
)


def test_a_run_is_told_with_its_model_stages_metrics_and_parameters() -> None:
    text = render_summary(RUN.to_json())

    assert text.startswith("# churn.ipynb: completed\n")
    assert "Model **churn** version 3 (models:/churn/3)" in text
    assert "| train | run | 1.2 | no cache yet |" in text
    assert "| accuracy | 0.912346 |" in text
    assert "| trees | 200 |" in text


def test_a_failed_run_says_where_and_why_in_text_that_stays_text() -> None:
    run = RunRecord(
        run_id=None,
        notebook="a|b.ipynb",
        output=None,
        status="failed",
        error=ErrorRecord(code="MNB401", message="<b>ValueError</b>\n| x |", cell=4),
    )

    text = render_summary(run.to_json())

    assert "**MNB401, cell 4**" in text
    assert "<b>" not in text
    assert "\\| x \\|" in text


def test_no_record_is_told_too() -> None:
    assert "left no record" in render_summary(None)
