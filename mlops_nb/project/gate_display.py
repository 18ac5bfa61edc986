"""Where does a reader of the executed notebook see how the gates turned out? Under the cells that
declare them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlops_nb.pipeline.gate_lines import NotebookGate
    from mlops_nb.pipeline.records import RunRecord
    from mlops_nb.pipeline.stages import Pipeline
    from mlops_nb.registry.report import GateReport


def show_gates(node: dict[str, Any], record: RunRecord, pipeline: Pipeline) -> None:
    """Add to each cell of the executed notebook that declares gates a table of how they turned out.

    Parameters
    ----------
    node : dict
        The executed notebook; changed.
    record : RunRecord
    pipeline : Pipeline
        Of the source notebook.
    """
    if not record.gates or not pipeline.gates:
        return
    by_source: dict[str, list[NotebookGate]] = {}
    for gate in pipeline.gates:
        by_source.setdefault(pipeline.cells[gate.cell].source, []).append(gate)
    for cell in node["cells"]:
        own = by_source.get(_text(cell.get("source", "")), [])
        if cell.get("cell_type") == "code" and own:
            told = _report_on(record, {str(gate.gate) for gate in own})
            cell.setdefault("outputs", []).append(_display(told))


def read_report(record: RunRecord) -> GateReport | None:
    """Return the gate report that a run's record holds; None if nothing was judged."""
    from mlops_nb.registry.report import parse_report

    if record.gate_report is None:
        return None
    return parse_report({**record.gate_report, "outcomes": list(record.gates)})


def _report_on(record: RunRecord, gates: set[str]) -> GateReport:
    from mlops_nb.registry.report import parse_report

    outcomes = [outcome for outcome in record.gates if outcome["gate"] in gates]
    return parse_report({**(record.gate_report or {}), "outcomes": outcomes})


def _display(report: GateReport) -> dict[str, Any]:
    from mlops_nb.registry.report_html import render_html
    from mlops_nb.registry.report_text import render_text

    data = {"text/html": render_html(report), "text/plain": render_text(report)}
    return {"output_type": "display_data", "data": data, "metadata": {}}


def _text(source: str | Sequence[str]) -> str:
    return source if isinstance(source, str) else "".join(source)
