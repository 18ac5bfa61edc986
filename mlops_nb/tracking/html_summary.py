"""What does a run's page say before the notebook? How it ended, then what was decided, measured and
made.

HTML of ours, with every text escaped: it is the one part of the page that is always to be trusted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from mlops_nb.pipeline.records import RunRecord, StageRecord
from mlops_nb.tracking.html_gates import render_gates
from mlops_nb.tracking.summary import describe_restored, headline, render_number, render_seconds

METRICS_SHOWN = 200
_VALUE_SHOWN = 500
_BAD = frozenset({"failed", "timeout", "kernel died", "interrupted", "running"})
_CURVE_POINTS = 100


def render_summary(node: Mapping[str, Any], record: RunRecord, *, title: str) -> str:
    """Return the summary that stands on top of the page."""
    moment = "" if record.started is None else f"{record.started.astimezone():%Y-%m-%d %H:%M %Z}"
    run = "" if record.run_id is None else f"run {record.run_id}"
    line = " · ".join(_text(fact) for fact in (moment, record.notebook, run) if fact)
    tables = "".join([_metrics(record), _parameters(record), _model(record)])
    return "".join(
        [
            f'<header class="mnb"><h1>{_text(title)}</h1>',
            f'<p class="mnb-quiet">{line}</p>',
            _state(node, record),
            render_gates(record),
            _stages(record.stages, describe_restored(record)),
            f'<div class="mnb-tables">{tables}</div>' if tables else "",
            _notes(record.notes),
            "</header>",
        ]
    )


def render_cell_states(node: Mapping[str, Any]) -> dict[str, str]:
    """Return by cell id the line above a cell that says how it ended or why it did not run."""
    states: dict[str, str] = {}
    for cell in node.get("cells", ()):
        ours = cell.get("metadata", {}).get("mlops_nb")
        status = ours.get("status") if isinstance(ours, Mapping) else None
        if not isinstance(status, str) or cell.get("cell_type") != "code":
            continue
        seconds = ours.get("seconds")
        took = f" · {render_seconds(seconds)}" if isinstance(seconds, int | float) else ""
        why = f" · {ours['reason']}" if isinstance(ours.get("reason"), str) else ""
        kind = "mnb-cell mnb-bad-word" if status in _BAD else "mnb-cell"
        states[str(cell.get("id"))] = f'<div class="{kind}">{_text(status + took + why)}</div>'
    return states


def _state(node: Mapping[str, Any], record: RunRecord) -> str:
    """Return how the run ended: the failure with its message, place and traceback."""
    error = record.error
    is_good = record.status == "completed" and not record.has_failed_gates
    kind = "mnb-state" if is_good else "mnb-state mnb-bad"
    is_refused = error is not None and record.started is None
    head = "Not started" if is_refused else headline(record)
    parts = [f'<section class="{kind}"><h2>{_text(head)}</h2>']
    if error is not None:
        parts.append(f"<pre>{_text(f'{error.code} {error.message}')}</pre>")
        cell = _failing_cell(node, error.cell)
        if cell:
            parts.append(f'<p><a href="#cell-id={_text(cell)}">Go to the cell</a></p>')
        if error.traceback:
            trace = f"<pre>{_text(error.traceback)}</pre>"
            parts.append(f"<details><summary>Traceback</summary>{trace}</details>")
    return "".join([*parts, "</section>"])


def _failing_cell(node: Mapping[str, Any], index: int | None) -> str:
    """Return the id of the cell that ended the run, by its mark.

    The index alone would not do: it counts the cells of the source, and the executed notebook may
    have one more, of injected parameters.
    """
    cells = node.get("cells", [])
    if index is None or not cells:
        return ""
    for cell in cells:
        ours = cell.get("metadata", {}).get("mlops_nb")
        if isinstance(ours, Mapping) and ours.get("status") in _BAD:
            return str(cell.get("id", ""))
    return str(cells[index].get("id", "")) if 0 <= index < len(cells) else ""


def _stages(stages: Sequence[StageRecord], restored: str) -> str:
    if not stages:
        return ""
    longest = max((stage.seconds or 0.0 for stage in stages), default=0.0)
    rows = "".join(_stage_row(stage, longest) for stage in stages)
    heads = _heads(("Stage", "Decision", "Result", "Why")) + '<th scope="col">Time</th>'
    told = f'<p class="mnb-quiet">{_text(restored)}</p>' if restored else ""
    return f'<h2>Stages</h2>{told}<div class="mnb-wide">{_table(heads, rows)}</div>'


def _stage_row(stage: StageRecord, longest: float) -> str:
    word = _text(stage.status)
    result = f'<span class="mnb-bad-word">{word}</span>' if stage.status in _BAD else word
    took = render_seconds(stage.seconds)
    if stage.status == "restored":
        result = f'<span class="mnb-restored">{word}</span>'
        saved = None if stage.origin is None else stage.origin.seconds
        took = f'<span class="mnb-quiet">{render_seconds(saved)} saved</span>'
    bar = ""
    if stage.seconds and longest > 0:
        share = max(1, round(100 * stage.seconds / longest))
        bar = f'<span class="mnb-bar" aria-hidden="true" style="width:{share}%"></span>'
    return (
        f'<tr><th scope="row">{_text(stage.name)}</th><td>{_text(stage.action)}</td>'
        f'<td>{result}</td><td class="mnb-quiet">{_text(stage.reason)}</td>'
        f'<td class="mnb-number">{took}{bar}</td></tr>'
    )


def _metrics(record: RunRecord) -> str:
    curves = {name: steps for stage in record.stages for name, steps in stage.series.items()}
    names = sorted(record.metrics)
    rows = [
        f'<tr><th scope="row">{_text(name)}</th>'
        f'<td class="mnb-number">{render_number(record.metrics[name])}</td>'
        f"<td>{_curve(name, curves[name]) if name in curves else ''}</td></tr>"
        for name in names[:METRICS_SHOWN]
    ]
    if len(names) > METRICS_SHOWN:
        more = len(names) - METRICS_SHOWN
        rows.append(f'<tr><th scope="row">… {more} more</th><td></td><td></td></tr>')
    heads = '<th scope="col">Metric</th><th scope="col" class="mnb-number">Value</th><td></td>'
    return _section("Metrics", heads, rows)


def _curve(name: str, steps: Sequence[float]) -> str:
    """Return a metric by step as a small drawing; empty for fewer than two steps that are finite.

    Of many steps every k-th is drawn, and the last.
    """
    stride, last = max(1, len(steps) // _CURVE_POINTS), len(steps) - 1
    kept = sorted({*range(0, len(steps), stride), max(0, last)})
    points = [(step, steps[step]) for step in kept if last > 0 and math.isfinite(steps[step])]
    low, high = min((y for _, y in points), default=0.0), max((y for _, y in points), default=0.0)
    if len(points) < 2 or not math.isfinite(high - low):
        return ""
    span = (high - low) or 1.0
    line = " L".join(f"{100 * x / last:.1f} {22 - 20 * (y - low) / span:.1f}" for x, y in points)
    label = f"{name} over {len(steps)} steps"
    return (
        f'<svg class="mnb-curve" viewBox="0 0 100 24" preserveAspectRatio="none" role="img" '
        f'aria-label="{_text(label)}"><path vector-effect="non-scaling-stroke" d="M{line}"/></svg>'
    )


def _parameters(record: RunRecord) -> str:
    rows = [
        f'<tr><th scope="row">{_text(name)}</th><td>{_text(_short(repr(value)))}</td></tr>'
        for name, value in record.parameters.items()
    ]
    return _section("Parameters", _heads(("Parameter", "Value")), rows)


def _model(record: RunRecord) -> str:
    model = record.model
    if model is None:
        return ""
    facts = {"name": model.name}
    if model.version is not None:
        facts["version"] = f"{model.version} (models:/{model.name}/{model.version})"
    facts["uri"] = model.uri
    rows = [
        f'<tr><th scope="row">{key}</th><td>{_text(value)}</td></tr>'
        for key, value in facts.items()
    ]
    return _section("Model", "", rows)


def _notes(notes: Sequence[str]) -> str:
    items = "".join(f"<li>{_text(note)}</li>" for note in notes)
    return f"<h2>Notes</h2><ul>{items}</ul>" if items else ""


def _section(title: str, heads: str, rows: Sequence[str]) -> str:
    if not rows:
        return ""
    return f'<section class="mnb-wide"><h2>{title}</h2>{_table(heads, "".join(rows))}</section>'


def _table(heads: str, rows: str) -> str:
    head = f"<thead><tr>{heads}</tr></thead>" if heads else ""
    return f"<table>{head}<tbody>{rows}</tbody></table>"


def _heads(names: Iterable[str]) -> str:
    return "".join(f'<th scope="col">{name}</th>' for name in names)


def _short(text: str) -> str:
    return text if len(text) <= _VALUE_SHOWN else text[: _VALUE_SHOWN - 2] + " …"


def _text(text: str) -> str:
    """Return `text` as HTML text or attribute value; what UTF-8 cannot hold is replaced."""
    return escape(text.encode("utf-8", "replace").decode(), quote=True)
