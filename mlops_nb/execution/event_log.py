"""How does another process follow a run exactly? It reads a file of events, a JSON object a line.

Written as things happen, by the run itself: unlike the executed notebook it is neither saved with a
delay nor as large as the outputs. The last line may still be in the making.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from mlops_nb.errors import InfrastructureError
from mlops_nb.execution.events import RunPlan, SilentObserver
from mlops_nb.pipeline.cells import StageName
from mlops_nb.pipeline.records import CellStatus, RunRecord, StageRecord


class EventLog(SilentObserver):
    """Writes what happens to a file, which is replaced.

    Parameters
    ----------
    path : Path

    Raises
    ------
    InfrastructureError
        MNB423 if it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._stage_of: Mapping[int, StageName] = {}
        try:
            self._file: IO[str] = path.open("w", encoding="utf-8")
        except OSError as error:
            raise InfrastructureError(
                "MNB423",
                str(path),
                f"the events of the run cannot be written: {error.strerror or error}.",
                "Name a file in a folder that exists and is writable.",
            ) from error

    def run_started(self, plan: RunPlan) -> None:
        """Tell what is to run."""
        self._stage_of = plan.stage_of
        self._tell(
            "run_started",
            notebook=plan.notebook,
            output=plan.output,
            cells=list(plan.cells),
            stages=[
                {"name": s.name, "action": s.action, "reason": s.reason, "cells": list(s.cells)}
                for s in plan.stages
            ],
        )

    def cell_started(self, index: int) -> None:
        """Tell that a cell began."""
        self._tell("cell_started", cell=index, stage=self._stage_of.get(index))

    def cell_finished(self, index: int, status: CellStatus, seconds: float) -> None:
        """Tell how a cell ended."""
        told = {"cell": index, "stage": self._stage_of.get(index), "status": status}
        self._tell("cell_finished", **told, seconds=round(seconds, 3))

    def stage_started(self, name: StageName) -> None:
        """Tell that a stage began."""
        self._tell("stage_started", stage=name)

    def stage_finished(self, record: StageRecord, report: Mapping[str, Any]) -> None:
        """Tell how a stage ended, with its metrics."""
        told = {**record.to_json(), "metrics": record.final_metrics}
        self._tell("stage_finished", stage=record.name, record=told)

    def run_finished(self, record: RunRecord) -> None:
        """Tell how the cells ended; tracking and gates come after this."""
        self._tell("run_finished", status=record.status, seconds=record.seconds)
        self._file.close()

    def _tell(self, event: str, **told: Any) -> None:
        moment = datetime.now(UTC).isoformat()
        self._file.write(json.dumps({"event": event, "time": moment, **told}) + "\n")
        self._file.flush()
