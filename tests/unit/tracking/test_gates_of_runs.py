"""How a run's gates are told in MLflow and on its page."""

from __future__ import annotations

from typing import Any

from mlops_nb.pipeline.records import RunRecord
from mlops_nb.tracking.entries import gate_tags
from mlops_nb.tracking.html import render_html
from mlops_nb.tracking.html_gates import render_gates
from mlops_nb.tracking.summary import headline, render_note

SLICE = {
    "name": "sex = <F>",
    "n_rows": 1200,
    "verdict": "failed",
    "value": 0.7,
    "champion": None,
    "interval": None,
    "reason": "0.7 is not >= 0.8.",
}
GATE: dict[str, Any] = {
    "gate": "recall >= 0.8 by sex",
    "verdict": "failed",
    "reason": "1 of 2 slices fail.",
    "value": 0.7,
    "champion": None,
    "bound": ">= 0.8",
    "interval": {"low": 0.65, "high": 0.75, "method": "wilson"},
    "unit": "number",
    "n_rows": 2400,
    "slices": [{**SLICE, "name": "sex = M", "verdict": "passed"}, SLICE],
    "origins": ["a.ipynb, cell 3", "--gate"],
}
REPORT = {"candidate": "m@2", "champion": "m@1", "summary": "1 of 1 gate failed."}
PLAIN = RunRecord(run_id="r", notebook="a.ipynb", output=None, status="completed", seconds=2.0)
GATED = RunRecord(
    run_id="r",
    notebook="a.ipynb",
    output=None,
    status="completed",
    seconds=2.0,
    gates=(GATE,),
    gate_report=REPORT,
    promotion={"promoted": False, "exit_code": 3, "message": "m@2 is not promoted: <why>"},
)


def test_a_run_without_gates_says_nothing_of_them() -> None:
    assert (gate_tags(PLAIN), render_gates(PLAIN)) == ({}, "")
    assert headline(PLAIN) == "Completed after 2.0 s"
    assert "Gates" not in render_note(PLAIN)


def test_tags_and_description_in_mlflow_say_how_the_gates_turned_out() -> None:
    assert gate_tags(GATED) == {
        "mlops_nb.gates": "failed",
        "mlops_nb.gates.summary": "1 of 1 gate failed.",
    }
    note = render_note(GATED)
    assert "Completed after 2.0 s; gates failed" in note
    assert "| failed | recall \\>= 0.8 by sex | 0.7 | 1 of 2 slices fail. |" in note


def test_the_page_has_a_row_for_each_gate_and_slice_failed_slices_first() -> None:
    page = render_html({}, GATED, title="a")

    assert "<p>m@2 against m@1. 1 of 1 gate failed.</p>" in page
    assert "m@2 is not promoted: &lt;why&gt;" in page
    assert "0.65 to 0.75" in page
    assert "a.ipynb, cell 3 and --gate" in page
    assert page.index("sex = &lt;F&gt; (1,200 rows)") < page.index("sex = M (1,200 rows)")
    assert 'class="mnb-state mnb-bad"' in page
