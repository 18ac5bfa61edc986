"""How does a finished run read to a person?

One Markdown text, shown as the run's description in MLflow's UI: the failure first, then stages
with decisions and times, metrics, and the graph as text. Pure; the same record gives the same
text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mlops_nb.pipeline.gates.shown import show
from mlops_nb.pipeline.records import RunRecord, StageRecord

METRICS_SHOWN = 30


def render_note(record: RunRecord, *, graph: str = "") -> str:
    """Return the summary of `record` in Markdown."""
    parts = [_headline(record)]
    if told := describe_restored(record):
        parts.append(f"{told[:1].upper()}{told[1:]}.")
    if record.error is not None:
        parts.append(_fence(record.error.message))
    if record.stages:
        parts.append(_stages_table(record.stages))
    if record.gate_report is not None:
        parts.append(_gates_table(record))
    if record.metrics:
        parts.append(_metrics_table(record))
    if record.model is not None:
        parts.append(f"Model: `{record.model.name}` — {record.model.uri}")
    parts.extend(f"Note: {note}" for note in record.notes)
    if graph.strip():
        parts.append(_fence(graph.rstrip()))
    return "\n\n".join(parts)


def render_seconds(seconds: float | None) -> str:
    """Return a duration as a person says it.

    >>> [render_seconds(s) for s in (None, 0.012, 3.14159, 75, 7322)]
    ['–', '0.01 s', '3.1 s', '1 min 15 s', '2 h 2 min']
    """
    if seconds is None:
        return "–"
    if seconds < 1:
        return f"{seconds:.2f} s"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def describe_restored(record: RunRecord) -> str:
    """Return how much of a run was restored, and what that saved; empty if nothing was."""
    told = None if record.restored is None else record.restored.to_json()
    return render_restored(told, [stage.status for stage in record.stages])


def render_restored(restored: Mapping[str, Any] | None, statuses: Sequence[str]) -> str:
    """Return how much of a run was restored, by its JSON and the statuses of its stages.

    >>> told = {"cells": 3, "of": 5, "seconds": 41.2}
    >>> render_restored(told, ["restored", "completed", "skipped"])
    '1 of 2 stages restored, 41.2 s saved'
    >>> render_restored(told, []), render_restored(None, [])
    ('3 of 5 cells restored, 41.2 s saved', '')
    """
    if restored is None or not restored["cells"]:
        return ""
    count = sum(status == "restored" for status in statuses)
    of = sum(status not in ("skipped", "not run") for status in statuses)
    what = f"{count} of {of} stage{'s' * (of != 1)}"
    if not count:
        of = restored["of"]
        what = f"{restored['cells']} of {of} cell{'s' * (of != 1)}"
    return f"{what} restored, {render_seconds(restored['seconds'])} saved"


def render_number(value: float) -> str:
    """Return a metric with six significant digits."""
    return f"{value:.6g}"


def headline(record: RunRecord) -> str:
    """Return one sentence on how the run ended, without markup."""
    took = "" if record.seconds is None else f" after {render_seconds(record.seconds)}"
    where = ""
    if record.error is not None and record.error.stage is not None:
        where = f" in stage {record.error.stage}"
    if record.error is not None and record.error.cell is not None:
        where += f" (cell {record.error.cell})"
    is_kernels = record.error is None or record.error.code == "MNB412"
    words = {"died": "kernel died" if is_kernels else "broke off", "timeout": "timed out"}
    head = words.get(record.status, record.status)
    gates = "; gates failed" if record.has_failed_gates else ""
    return f"{head[:1].upper()}{head[1:]}{where}{took}{gates}"


def _headline(record: RunRecord) -> str:
    return f"**{_inline(headline(record))}** · `{record.notebook}`"


def _stages_table(stages: tuple[StageRecord, ...]) -> str:
    rows = [
        f"| {_inline(stage.name)} | {stage.action} | {stage.status} | "
        f"{render_seconds(stage.seconds)} | {_inline(stage.reason)} |"
        for stage in stages
    ]
    head = "| stage | decision | result | time | why |\n|---|---|---|---:|---|"
    return "\n".join([head, *rows])


def _metrics_table(record: RunRecord) -> str:
    names = sorted(record.metrics)
    rows = [
        f"| {_inline(name)} | {render_number(record.metrics[name])} |"
        for name in names[:METRICS_SHOWN]
    ]
    if len(names) > METRICS_SHOWN:
        rows.append(f"| … {len(names) - METRICS_SHOWN} more | |")
    return "\n".join(["| metric | value |\n|---|---:|", *rows])


def _gates_table(record: RunRecord) -> str:
    rows = [
        f"| {gate['verdict']} | {_inline(gate['gate'])} | {show(gate['value'], gate['unit'])} | "
        f"{_inline(gate['reason'])} |"
        for gate in record.gates
    ]
    head = "| verdict | gate | value | why |\n|---|---|---:|---|"
    told = "" if record.gate_report is None else str(record.gate_report["summary"])
    return "\n".join([f"Gates: {_inline(told)}\n", head, *rows])


def _inline(text: str) -> str:
    """Return `text` on one line, with what Markdown would take for markup escaped."""
    flat = " ".join(text.split())
    for mark in "\\`*_|<>[]":
        flat = flat.replace(mark, f"\\{mark}")
    return flat


def _fence(text: str) -> str:
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}\n{text}\n{fence}"
