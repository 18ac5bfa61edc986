"""What is told of a cell that was restored? The execution it stands for, and its stage's line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbformat import from_dict

from mlops_nb.kernels.stage_line import render_line
from mlops_nb.pipeline.incremental.planning import Step
from mlops_nb.pipeline.incremental.reasons import describe_restored
from mlops_nb.pipeline.records import Origin


def origin_of(step: Step) -> Origin:
    """Return the execution that a restored cell stands for."""
    trace = step.verdict.trace
    assert trace is not None
    return Origin(
        run_id=trace.place.get("run") or None,
        time=trace.place.get("time", ""),
        seconds=trace.seconds,
    )


def line_of(report: Mapping[str, Any], step: Step, *, terms: Any, detail: Any) -> Any:
    """Return the output that is the line of a stage, from the report of when it ran."""
    trace = step.verdict.trace
    assert trace is not None
    line = render_line(
        {**report, "restored": describe_restored(trace, terms)},
        detail=detail,
        namespace={},
        link=None,
    )
    return from_dict({"output_type": "display_data", "data": line, "metadata": {}})
