"""Entries say what is written about a run, before any store is known."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_nb.pipeline.cells import StageName
from mlops_nb.pipeline.records import ErrorRecord, ModelRecord, RunRecord, StageRecord
from mlops_nb.tracking.entries import (
    NOTE_TAG,
    PARAM_CAP,
    TAG_CAP,
    RunSource,
    cap,
    finish_entry,
    run_entry,
    safe_key,
    stage_entry,
)
from mlops_nb.tracking.gitinfo import GitState

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ROOT = Path("/data/shop")


def open_run(**parameters: object):
    return run_entry(
        RunSource(notebook=ROOT / "nb/churn.ipynb", root=ROOT, digest="ab"),
        GitState(commit="c0ffee", branch="main", is_dirty=True),
        experiment="shop/nb/churn",
        parameters=parameters,
        door="headless",
        started=NOW,
    )


def a_stage(**changes):
    fields = {"name": StageName("train"), "action": "run", "reason": "first run", "seconds": 2.0}
    return StageRecord(**{**fields, **changes})


def test_a_run_is_named_after_its_notebook_and_carries_where_it_comes_from():
    entry = open_run(lr=0.1)

    assert entry.name.startswith("churn ")
    assert entry.params == {"lr": "0.1"}
    assert entry.tags["mlflow.source.name"] == "nb/churn.ipynb"
    assert entry.tags["mlflow.source.git.commit"] == "c0ffee"
    assert entry.tags["mlflow.source.git.branch"] == "main"
    assert entry.tags["mlops_nb.dirty"] == "true"
    assert entry.tags["mlops_nb.door"] == "headless"
    assert entry.tags["mlops_nb.notebook_digest"] == "sha256:ab"


def test_the_run_id_variable_of_mlflow_is_in_no_tag_and_no_tag_is_empty():
    assert all(value for value in open_run().tags.values())


def test_a_long_parameter_is_cut_with_a_mark():
    value = open_run(text="x" * 10_000).params["text"]

    assert len(value) == PARAM_CAP
    assert value.endswith(" …")


@pytest.mark.parametrize("action", ["restore", "skip", "undecided"])
def test_a_stage_that_was_not_executed_has_no_child_run(action):
    assert stage_entry(a_stage(action=action), now=NOW) is None


def test_a_stage_lasts_as_long_as_it_was_measured():
    entry = stage_entry(a_stage(started=NOW, seconds=2.5), now=NOW)

    assert entry is not None
    assert entry.ended_ms - entry.started_ms == 2500


def test_resources_stay_with_the_stage_while_its_metrics_also_go_to_the_run():
    record = a_stage(
        metrics={"acc": 0.9},
        series={"loss": (1.0, 0.5)},
        cpu_seconds=1.5,
        peak_memory_bytes=2_000_000,
    )

    entry = stage_entry(record, now=NOW)

    assert entry is not None
    assert entry.shared == (("acc", 0.9, 0), ("loss", 1.0, 0), ("loss", 0.5, 1))
    assert entry.measured == (
        ("stage/seconds", 2.0, 0),
        ("stage/cpu_seconds", 1.5, 0),
        ("stage/peak_memory_mb", 2.0, 0),
        *entry.shared,
    )


@pytest.mark.parametrize(
    ("status", "end"),
    [
        ("completed", "FINISHED"),
        ("expected error", "FINISHED"),
        ("failed", "FAILED"),
        ("timeout", "FAILED"),
        ("kernel died", "FAILED"),
        ("interrupted", "KILLED"),
    ],
)
def test_a_stage_ends_as_its_worst_cell_did(status, end):
    entry = stage_entry(a_stage(status=status), now=NOW)

    assert entry is not None
    assert entry.status == end


@pytest.mark.parametrize(
    ("status", "end"),
    [
        ("completed", "FINISHED"),
        ("failed", "FAILED"),
        ("timeout", "FAILED"),
        ("died", "FAILED"),
        ("interrupted", "KILLED"),
        ("terminated", "KILLED"),
    ],
)
def test_a_run_ends_with_the_status_mlflow_has_for_it(status, end):
    record = RunRecord(run_id=None, notebook="n.ipynb", output=None, status=status)

    entry = finish_entry(record, note="n", files={}, now=NOW)

    assert entry.status == end
    assert entry.tags["mlops_nb.status"] == status


def test_a_run_tells_the_address_of_its_model():
    model = ModelRecord(name="churn", version=3, uri="models:/churn/3")
    record = RunRecord(
        run_id=None, notebook="n.ipynb", output=None, status="completed", model=model
    )

    assert finish_entry(record, note="", files={}, now=NOW).tags["mlops_nb.model"] == model.uri


def test_a_failed_stage_tells_its_error_in_its_description():
    error = ErrorRecord(code="MNB401", message="ValueError: no", cell=3, stage="train")

    entry = stage_entry(a_stage(status="failed", error=error), now=NOW)

    assert entry is not None
    assert "ValueError: no" in entry.tags[NOTE_TAG]


@given(st.text(max_size=400) | st.text(alphabet="a/. :", max_size=8))
def test_any_name_becomes_one_mlflow_accepts(name):
    from mlflow.utils.validation import _validate_metric_name, _validate_param_name

    key = safe_key(name)

    _validate_metric_name(key)
    _validate_param_name(key)


@given(st.text(max_size=50), st.integers(min_value=2, max_value=20))
def test_a_capped_text_is_never_longer_than_its_limit(text, limit):
    assert len(cap(text, limit)) <= max(limit, 2)
    assert cap(text, TAG_CAP) == text
