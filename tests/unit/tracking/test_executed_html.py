"""The page of an executed notebook stands on its own."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mlops_nb.pipeline.cells import StageName
from mlops_nb.pipeline.records import ErrorRecord, RunRecord, StageRecord
from mlops_nb.tracking.artifacts import RunFiles
from mlops_nb.tracking.gitinfo import GitState
from mlops_nb.tracking.html import render_html
from mlops_nb.tracking.html_outputs import WIDGET_MIME
from mlops_nb.tracking.html_summary import render_summary

WIDGET = {
    "output_type": "display_data",
    "metadata": {},
    "data": {
        WIDGET_MIME: {"model_id": "m"},
        "text/plain": "Panel()",
        "text/html": "<b>a table</b>",
    },
}
BARE_WIDGET = {
    "output_type": "display_data",
    "metadata": {},
    "data": {WIDGET_MIME: {"model_id": "m"}, "text/plain": "IntSlider(value=3)"},
}
NODE = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {"widgets": {"application/vnd.jupyter.widget-state+json": {"state": {}}}},
    "cells": [
        {"cell_type": "markdown", "id": "m", "metadata": {}, "source": "```mermaid\na-->b\n```"},
        {
            "cell_type": "code",
            "id": "c1",
            "metadata": {},
            "source": "panel",
            "execution_count": 1,
            "outputs": [WIDGET, BARE_WIDGET],
        },
    ],
}
RECORD = RunRecord(
    run_id="r",
    notebook="nb/churn.ipynb",
    output=None,
    status="failed",
    parameters={"who": "<i>"},
    stages=(StageRecord(name=StageName("train"), action="run", reason="<b>", seconds=1.0),),
    metrics={"f1": 0.5},
    error=ErrorRecord(code="MNB401", message="ValueError: <script>", cell=1, stage="train"),
    started=datetime(2026, 3, 1, tzinfo=UTC),
)


@pytest.fixture(scope="module")
def page() -> str:
    return render_html(NODE, RECORD, title="churn <1>")


def test_nothing_is_loaded_from_anywhere(page):
    loads = re.findall(r"""(?:src|href)\s*=\s*["']?(https?:[^"'> ]+)""", page)
    loads += re.findall(r"""(?:import\s*\(|@import|url\()\s*["']?(https?:[^"')]+)""", page)

    assert loads == []
    assert "<script" not in page.lower()


def test_the_failure_is_told_first_and_leads_to_its_cell(page):
    body = page[page.index("<body") :]

    assert body.index("Failed in stage train (cell 1)") < body.index("c1")
    assert '<a href="#cell-id=c1">' in body
    assert 'id="cell-id=c1"' in body


def test_widgets_are_shown_by_their_static_form(page):
    assert "<b>a table</b>" in page
    assert "IntSlider(value=3)" in page
    assert "it lives in the notebook only" in page
    assert WIDGET_MIME not in page


def test_the_page_has_the_notebooks_title(page):
    assert "<title>churn &lt;1&gt;</title>" in page


def test_hostile_text_in_a_record_is_shown_as_text():
    summary = render_summary(NODE, RECORD, title="<title>")

    assert not re.search(r"<(script|b|i|title)>(?!Failed)", summary)
    assert "ValueError: &lt;script&gt;" in summary


def test_the_notebook_itself_is_not_changed():
    assert "widgets" in NODE["metadata"]
    assert WIDGET_MIME in WIDGET["data"]


def test_a_sanitised_page_has_a_policy_that_knows_its_one_style_sheet():
    page = render_html(NODE, RECORD, title="t", sanitize=True)
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()

    assert f"style-src-elem 'sha256-{digest}'" in page
    assert "default-src 'none'; script-src 'none'" in page
    assert page.index("Content-Security-Policy") < page.index("<style>")
    assert "<b>a table</b>" in page


@pytest.mark.parametrize("sanitize", [True, False])
def test_the_tracked_page_is_sanitised_where_that_was_asked_for(sanitize):
    files = RunFiles(sanitize_html=sanitize)
    try:
        made = files.write(
            RECORD,
            git=GitState(),
            kernel_python=None,
            executed=json.dumps(NODE).encode(),
        )
        page = made["executed.html"].read_text(encoding="utf-8")
    finally:
        files.discard()
    assert ("Content-Security-Policy" in page) is sanitize


def test_of_a_run_without_a_notebook_the_page_is_the_summary():
    record = RunRecord(
        run_id=None,
        notebook="nb.ipynb",
        output=None,
        status="failed",
        error=ErrorRecord(code="MNB301", message="no such parameter"),
    )
    page = render_html({}, record, title="nb")

    assert "<h2>Not started</h2><pre>MNB301 no such parameter</pre>" in page
    assert len(page) < 10_000


def test_the_failing_cell_is_found_where_parameters_were_injected_before_it():
    def cell(ident: str, status: str) -> dict[str, object]:
        return {"cell_type": "code", "id": ident, "metadata": {"mlops_nb": {"status": status}}}

    cells = [cell("p", "completed"), cell("injected", "completed"), cell("broken", "failed")]
    summary = render_summary({"cells": cells}, RECORD, title="t")  # the error's cell is 1

    assert '<a href="#cell-id=broken">' in summary


@pytest.mark.parametrize(
    ("steps", "is_drawn"),
    [((1.0, 2.0), True), ((1.0,), False), ((1.0, float("nan")), False), ((0.0,) * 1000, True)],
)
def test_a_metric_by_step_is_drawn_where_it_has_a_course(steps, is_drawn):
    stage = StageRecord(name=StageName("a"), action="run", reason="", series={"loss": steps})
    record = replace(RECORD, stages=(stage,), metrics={"loss": steps[-1]})
    summary = render_summary(NODE, record, title="t")

    assert ("<svg" in summary) is is_drawn
    assert len(summary) < 10_000


@pytest.mark.parametrize(
    ("bundle", "shown"),
    [
        ({"application/json": {"a": 1}}, "(an output of application/json: see the notebook)"),
        ({}, "(an output of no type: see the notebook)"),
        ({"image/gif": "R0lGODlh\n"}, 'src="data:image/gif;base64,R0lGODlh"'),
        ({"image/gif": '"><script>x()</script>'}, "(an output of image/gif: see the notebook)"),
        ({"text/vnd.mermaid": "a-->b"}, "a--&gt;b"),
    ],
)
@pytest.mark.parametrize("sanitize", [True, False])
def test_an_output_that_cannot_be_shown_is_named(bundle, shown, sanitize):
    output = {"output_type": "display_data", "metadata": {}, "data": bundle}
    cell = {"cell_type": "code", "id": "c", "metadata": {}, "source": "", "outputs": [output]}
    page = render_html({"cells": [cell]}, RECORD, title="t", sanitize=sanitize)
    assert shown in page
    assert "<script" not in page


def test_pictures_have_a_text():
    output = {"output_type": "display_data", "metadata": {}, "data": {"image/png": "AAAA"}}
    cell = {"cell_type": "code", "id": "c", "metadata": {}, "source": "", "outputs": [output]}
    page = render_html({"cells": [cell]}, RECORD, title="t")
    assert '<img alt="figure" src="data:image/png;base64,AAAA"' in page
