"""Which gates a run has, and what they mean for its exit code."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mlops_nb.cli.gate_output import append_step_summary
from mlops_nb.errors import InputError
from mlops_nb.execution.endings import exit_code_of
from mlops_nb.pipeline.gates.tokens import GateError
from mlops_nb.pipeline.records import RunRecord, parse_record
from mlops_nb.project import Project
from mlops_nb.project.doctor import list_settings
from mlops_nb.project.gate_display import read_report, show_gates
from mlops_nb.project.gatekeeping import collect_gates
from mlops_nb.registry.report import GateOutcome, GateReport
from mlops_nb.registry.report_text import render_text

TABLE = """\
[tool.mlops_nb.gates]
"*" = "clean_run"
churn = ["accuracy >= 90%", "size <= 5 MB"]
"""
SOURCE = "%mlops_gate accuracy >= 0.9\n%mlops_gate accuracy>=0.9"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "pyproject.toml").write_text(TABLE, encoding="utf-8")
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": SOURCE, "outputs": []}
    node = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {},
        "cells": [{**cell, "execution_count": None}],
    }
    (tmp_path / "churn.ipynb").write_text(json.dumps(node), encoding="utf-8")
    return Project.find(tmp_path)


def gates_of(project: Project, *asked: str, register: str | None) -> dict[str, tuple[str, ...]]:
    notebook = project.root / "churn.ipynb"
    settings = project.settings_for(notebook, {"register": register})
    found = collect_gates(project.read_pipeline(notebook), settings, asked=asked)
    return {str(one.gate): one.origins for one in found}


def test_gates_add_up_and_said_twice_they_are_one(project: Project) -> None:
    file = "pyproject.toml [tool.mlops_nb]"

    assert gates_of(project, "size<=5MB", register="churn") == {
        "accuracy >= 0.9": ("churn.ipynb, cell 0", file),
        "clean_run": (file,),
        "size <= 5 MB": (file, "--gate"),
    }
    assert list(gates_of(project, register="other")) == ["accuracy >= 0.9", "clean_run"]
    assert list(gates_of(project, register=None)) == ["accuracy >= 0.9"]


def test_doctor_lists_the_gates_of_the_settings(project: Project) -> None:
    row = next(row for row in list_settings(project.settings) if row["name"] == "gates")

    assert row["value"] == ["clean_run", "churn: accuracy >= 0.9", "churn: size <= 5 MB"]


WRONG = {
    "not a gate": ('gates = ["accuracy >= 0.9", "auc => 1"]', "MNB701", "gates[1]"),
    "not a gate of a model": ('gates = {churn = "auc => 1"}', "MNB701", "gates.churn"),
    "not a text": ("gates = [1]", "MNB802", "a gate, a list of gates"),
    "a number": ("gates = {churn = 0.9}", "MNB802", "a gate, a list of gates"),
}


@pytest.mark.parametrize(("text", "code", "says"), WRONG.values(), ids=list(WRONG))
def test_a_setting_that_is_no_gate_is_told_with_its_place(
    tmp_path: Path, text: str, code: str, says: str
) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[tool.mlops_nb]\n{text}\n", encoding="utf-8")

    with pytest.raises(InputError) as caught:
        _ = Project.find(tmp_path).settings

    assert caught.value.code == code
    assert says in str(caught.value)
    assert "^^" in str(caught.value) or not isinstance(caught.value, GateError)


OUTCOMES = (
    GateOutcome(gate="accuracy >= 0.9", verdict="failed", reason="0.8 is not >= 0.9.", value=0.8),
    GateOutcome(gate="clean_run", verdict="passed", reason="Clean.", origins=("--gate",)),
)
REPORT = GateReport(candidate="churn@2", outcomes=OUTCOMES)
SOUND = RunRecord(run_id="r", notebook="churn.ipynb", output=None, status="completed")


def judged(report: GateReport, **said: Any) -> RunRecord:
    told = report.to_json()
    gates = tuple(told.pop("outcomes"))
    return replace(SOUND, gates=gates, gate_report=told, **said)


def test_the_exit_code_is_that_of_the_run_then_of_its_gates_then_of_its_promotion() -> None:
    passed = GateReport(candidate="churn@2", outcomes=OUTCOMES[1:])
    refused = {"promoted": False, "exit_code": 4, "message": "No."}

    assert exit_code_of(SOUND) == 0
    assert exit_code_of(judged(REPORT)) == 3
    assert exit_code_of(judged(REPORT, promotion=refused)) == 3
    assert exit_code_of(judged(passed, promotion=refused)) == 4
    assert exit_code_of(replace(judged(REPORT), status="died")) == 5


def test_a_record_keeps_its_gate_report_through_json() -> None:
    record = parse_record(json.loads(json.dumps(judged(REPORT).to_json())))

    assert read_report(record) == REPORT
    assert read_report(SOUND) is None


def test_cells_that_declare_gates_show_how_those_turned_out(project: Project) -> None:
    notebook = project.root / "churn.ipynb"
    node = json.loads(notebook.read_text("utf-8"))
    show_gates(node, judged(REPORT), project.read_pipeline(notebook))

    (shown,) = node["cells"][0]["outputs"]
    own = GateReport(candidate="churn@2", outcomes=OUTCOMES[:1])
    assert shown["data"]["text/plain"] == render_text(own)
    assert "clean_run" not in shown["data"]["text/html"]


def test_the_report_is_appended_to_the_summary_of_a_job(tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("# Job\n", encoding="utf-8")
    variables = {"GITHUB_STEP_SUMMARY": str(summary)}

    assert append_step_summary(judged(REPORT), variables) is None
    assert append_step_summary(SOUND, variables) is None
    assert append_step_summary(judged(REPORT), {}) is None
    text = summary.read_text("utf-8")
    assert text.startswith("# Job\n\n### Gates failed: churn")
    assert text.count("### Gates failed") == 1
    fault = append_step_summary(judged(REPORT), {"GITHUB_STEP_SUMMARY": str(tmp_path)})
    assert fault is not None
    assert fault.code == "MNB746"
