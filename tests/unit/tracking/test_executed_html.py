"""The page of an executed notebook stands on its own."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from mlops_nb.pipeline.cells import StageName
from mlops_nb.pipeline.records import ErrorRecord, RunRecord, StageRecord
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
