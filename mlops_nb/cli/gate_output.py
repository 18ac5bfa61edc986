"""What does ``mlops-nb run`` say of gates and promotion, and a CI service beside its job?"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_nb.errors import InfrastructureError

if TYPE_CHECKING:
    from mlops_nb.pipeline.records import RunRecord

SUMMARY_VARIABLE = "GITHUB_STEP_SUMMARY"


def tell_gates(record: RunRecord) -> str:
    """Return how the gates of a run turned out as text; empty if it has none."""
    from mlops_nb.project.gate_display import read_report
    from mlops_nb.registry.report_text import render_text

    report = read_report(record)
    return "" if report is None else render_text(report)


def tell_promotion(record: RunRecord) -> str:
    """Return what became of ``--promote-if-passed`` as one line; empty if it was not asked for."""
    told = record.promotion
    return "" if told is None else str(told["message"])


def append_step_summary(
    record: RunRecord, environment: Mapping[str, str] = os.environ
) -> InfrastructureError | None:
    """Append the gate report as Markdown to the file that GitHub shows with the job; return what
    kept it from being written. Nothing is done elsewhere, or without gates."""
    from mlops_nb.project.gate_display import read_report
    from mlops_nb.registry.report_markdown import render_markdown

    place = environment.get(SUMMARY_VARIABLE)
    report = read_report(record) if place else None
    if not place or report is None:
        return None
    text = render_markdown(report)
    if promotion := tell_promotion(record):
        text += f"\n{promotion}\n"
    try:
        with Path(place).open("a", encoding="utf-8") as stream:
            stream.write(f"\n{text}")
    except OSError as error:
        return InfrastructureError(
            "MNB746",
            f"{SUMMARY_VARIABLE}={place}",
            f"the gate report cannot be appended: {error.strerror or error}.",
            "Make the file writable, or unset the variable.",
        )
    return None
