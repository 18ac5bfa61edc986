"""``mlops-nb runs compare``: what differs between two runs, as the panel in JupyterLab shows it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

_NOTHING = "–"


@click.command(
    "compare",
    help="Compare RUN with OTHER: parameters, metrics and stages, what differs first.",
)
@click.argument("run")
@click.argument("other", default="last")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def compare(run: str, other: str, as_json: bool) -> int:
    """Print two runs side by side."""
    from mlops_nb.project.roots import find_kept
    from mlops_nb.project.run_records import compare_records

    found = compare_records(find_kept(), run, other)
    click.echo(json.dumps(found, indent=2) if as_json else render_compared(found))
    return 0


def render_compared(found: Mapping[str, Any]) -> str:
    """Return two runs for a terminal; what is alike is counted, not listed."""
    from mlops_nb.cli.runs import ID_SHOWN, render_table

    a, b = found["a"], found["b"]
    heads = (a["run_id"][:ID_SHOWN], b["run_id"][:ID_SHOWN])
    about = [("", *heads), *((name, *_both(name, a, b)) for name in ("notebook", "status"))]
    if a["commit"] != b["commit"]:
        about.append(("commit", *_both("commit", a, b)))
    parts = [render_table(about)]
    parts += _section("METRIC", heads, found["metrics"])
    parts += _section("PARAMETER", heads, found["parameters"])
    stages = [
        {**row, "a": _told_stage(row["a"]), "b": _told_stage(row["b"])} for row in found["stages"]
    ]
    parts += _section("STAGE", heads, stages)
    return "\n\n".join(parts)


def _both(name: str, a: Mapping[str, Any], b: Mapping[str, Any]) -> tuple[str, str]:
    return _told(a[name]), _told(b[name])


def _section(
    title: str, heads: tuple[str, str], rows: Sequence[Mapping[str, Any]]
) -> Iterator[str]:
    from mlops_nb.cli.runs import render_table

    if not rows:
        return
    others = [row for row in rows if not row["same"]]
    alike = len(rows) - len(others)
    table = [(title, *heads, "")] if others else []
    table += [
        (row["name"], _told(row["a"]), _told(row["b"]), _difference(row.get("difference")))
        for row in others
    ]
    lines = [render_table(table)] if table else []
    if alike:
        lines.append(f"{alike} {title.lower()}{'s' if alike > 1 else ''} alike")
    yield "\n".join(lines)


def _told(value: Any) -> str:
    from mlops_nb.tracking.summary import render_number

    if value is None or value == "":
        return _NOTHING
    return render_number(value) if isinstance(value, float) else str(value)


def _told_stage(stage: Mapping[str, Any] | None) -> str | None:
    from mlops_nb.tracking.summary import render_seconds

    if stage is None:
        return None
    took = stage.get("seconds")
    return stage["status"] if took is None else f"{stage['status']}, {render_seconds(took)}"


def _difference(value: float | None) -> str:
    from mlops_nb.tracking.summary import render_number

    if not value:
        return ""
    return f"{'+' if value > 0 else '−'}{render_number(abs(value))}"
