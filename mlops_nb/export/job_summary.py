"""What does a CI job say of a run? Markdown for its summary page, made from ``run --json``.

A run that left no record is told as such: the summary is written also when the run failed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from mlops_nb.tracking.summary import render_restored


def render_summary(run: Mapping[str, Any] | None) -> str:
    """Return Markdown: status, stages, metrics, model and error of a run; None is no record."""
    if run is None:
        return "# No run\n\nThe run left no record: it failed before the notebook was started.\n"
    parts = [f"# {_plain(run['notebook'])}: {_plain(run['status'])}"]
    if run.get("error"):
        error = run["error"]
        place = f", cell {error['cell']}" if error.get("cell") is not None else ""
        parts.append(f"> **{_plain(error['code'])}{place}** {_plain(error['message'])}")
    if run.get("model"):
        model = run["model"]
        version = f" version {model['version']}" if model.get("version") is not None else ""
        parts.append(f"Model **{_plain(model['name'])}**{version} ({_plain(model['uri'])})")
    told = render_restored(run.get("restored"), [stage["status"] for stage in run["stages"]])
    parts += [f"{_plain(told)}."] if told else []
    stages = [
        (stage["name"], stage["action"], _seconds(stage.get("seconds")), stage["reason"])
        for stage in run["stages"]
    ]
    parts += _table(("stage", "action", "seconds", "reason"), stages)
    metrics = [(name, f"{value:.6g}") for name, value in sorted(run["metrics"].items())]
    parts += _table(("metric", "value"), metrics)
    parameters = [(name, repr(value)) for name, value in run["parameters"].items()]
    parts += _table(("parameter", "value"), parameters)
    return "\n\n".join(parts) + "\n"


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    if not rows:
        return []
    lines = [heads, tuple("---" for _ in heads), *(tuple(map(_plain, row)) for row in rows)]
    return ["\n".join("| " + " | ".join(line) + " |" for line in lines)]


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _plain(text: object) -> str:
    """Return `text` on one line, with what Markdown or HTML would act upon escaped."""
    flat = " ".join(str(text).split())
    return re.sub(r"([\\`*_{}\[\]<>|#!~])", r"\\\1", flat).replace("&", "&amp;")
