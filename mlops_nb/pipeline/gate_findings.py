"""Which gates of a notebook can only fail, as it stands? MNB222, told while it is written.

A warning: the run itself goes well, and a metric may be logged by means that are not seen here.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence

from mlops_nb.pipeline.cells import Cell
from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.gate_lines import NotebookGate
from mlops_nb.pipeline.gates.gate import MetricGate
from mlops_nb.pipeline.gates.requirements import needs_model, needs_rows
from mlops_nb.pipeline.stages import StageOptions

_LOGGING = ("log_metric", "autolog", "log_dict")


def unmet_gates(
    gates: Sequence[NotebookGate], options: Iterable[StageOptions], cells: Sequence[Cell]
) -> list[Diagnostic]:
    """Return a finding for each gate that lacks what it is decided on."""
    if not gates:
        return []
    said = list(options)
    metrics = {name for one in said for name in one.metrics}
    logs_itself = any(word in cell.source for cell in cells for word in _LOGGING)
    has_model = any(one.model for one in said)
    has_rows = any(one.model and one.eval for one in said)

    def faults(gate: NotebookGate) -> Iterator[tuple[str, str]]:
        wanted = gate.gate
        if needs_model(wanted) and not has_model:
            yield (
                f"'{wanted}' is decided on a model, and no stage names one.",
                "Name its variable at the stage that makes it: --model clf.",
            )
        elif needs_rows(wanted) and not has_rows:
            yield (
                f"'{wanted}' is decided on evaluation data, and no stage names any.",
                "Name them at the stage that makes the model: --eval X_test,y_test.",
            )
        elif isinstance(wanted, MetricGate) and not wanted.is_scored and not logs_itself:
            near = difflib.get_close_matches(wanted.metric, metrics, n=1, cutoff=0.75)
            if wanted.metric not in metrics and near:
                yield (
                    f"no stage logs a metric {wanted.metric!r}.",
                    f"The nearest that one logs is {near[0]!r}.",
                )

    return [
        Diagnostic(
            code="MNB222",
            severity="warning",
            cell=gate.cell,
            line=gate.line,
            message=message,
            remedy=remedy,
        )
        for gate in gates
        for message, remedy in faults(gate)
    ]
