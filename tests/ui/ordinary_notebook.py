"""A notebook as people write them: tables, pictures, a figure that needs a script, a failure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from mlops_nb.pipeline.cells import StageName
from mlops_nb.pipeline.records import ErrorRecord, ModelRecord, RunRecord, StageRecord

PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)
TABLE = (
    "<style scoped>.dataframe td{color:red}</style>"
    '<table border="1" class="dataframe"><thead><tr style="text-align: right;"><th></th><th>a</th>'
    "<th>b</th></tr></thead><tbody><tr><th>0</th><td>1</td><td>2</td></tr></tbody></table>"
)
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><circle r="9"/></svg>'
INLINE_SVG = '<p>drawn:</p><svg width="30" height="30"><circle r="9" fill="orange"/></svg>'


def ordinary_notebook() -> dict[str, Any]:
    """Return the notebook as executed; cell 3 failed."""
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": "# Churn\n\nWho *leaves*?"},
        _code("df", "completed", {"text/html": TABLE, "text/plain": "   a  b\n0  1  2"}),
        _code(
            "plot()",
            "completed",
            {"image/png": PIXEL, "text/plain": "<Figure>"},
            {"image/svg+xml": SVG},
            {"text/html": INLINE_SVG},
            {"text/html": "<div id='p'></div><script>Plotly.newPlot('p')</script>"},
            {"application/vnd.jupyter.widget-view+json": {}, "text/plain": "IntSlider()"},
        ),
        {**_code("1 / 0", "failed"), "outputs": [_error(), _printed()]},
        _code("done()", "not run"),
    ]
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"language_info": {"name": "python"}},
        "cells": [{"id": f"c{number}", **cell} for number, cell in enumerate(cells)],
    }


def ordinary_record() -> RunRecord:
    """Return the record of the run that left it."""
    error = ErrorRecord(
        code="MNB410",
        message="ZeroDivisionError: division by zero",
        cell=3,
        stage="judge",
        traceback="Traceback\nZeroDivisionError: division by zero",
    )
    stages = (
        StageRecord(
            name=StageName("train"),
            action="run",
            reason="it is run headless",
            seconds=61.0,
            metrics={"f1": 0.91},
            series={"loss": tuple(1 / step for step in range(1, 40))},
        ),
        StageRecord(
            name=StageName("judge"),
            action="run",
            reason="it is run headless",
            status="failed",
            seconds=0.2,
        ),
        StageRecord(
            name=StageName("report"),
            action="skip",
            reason="the run ended before it",
            status="not run",
        ),
    )
    return RunRecord(
        run_id="5d41402abc4b2a76b9719d911017c592",
        notebook="notebooks/churn.ipynb",
        output="out.ipynb",
        status="failed",
        parameters={"rows": 500, "name": "Ada"},
        stages=stages,
        metrics={"f1": 0.91, "loss": 1 / 39},
        model=ModelRecord(name="forest", version=3, uri="models:/m-1"),
        error=error,
        started=datetime(2026, 3, 1, 12, 30, tzinfo=UTC),
        seconds=63.5,
        notes=("a note of the run",),
    )


def _error() -> dict[str, Any]:
    coloured = "".join(f"\x1b[{number}mcolour {number}\x1b[0m " for number in range(31, 37))
    trace = [coloured, "ZeroDivisionError: division by zero"]
    return {"output_type": "error", "ename": "E", "evalue": "e", "traceback": trace}


def _printed() -> dict[str, Any]:
    text = "".join(f"\x1b[1;{number}mbold {number}\x1b[0m " for number in range(31, 37))
    return {"output_type": "stream", "name": "stdout", "text": text}


def _code(source: str, status: str, *bundles: dict[str, Any]) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": 1,
        "metadata": {"mlops_nb": {"status": status, "seconds": 0.2}},
        "source": source,
        "outputs": [
            {"output_type": "display_data", "data": bundle, "metadata": {}} for bundle in bundles
        ],
    }
