"""What is known about a run of the past, or about one that is going on?

Plain values, read from MLflow (`history`) or from the sheets of runs (`sheets`), and how they are
told as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from mlops_nb.pipeline.records import RunId
from mlops_nb.tracking.sheets import RunSheet


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """A run or, under one, a stage.

    Attributes
    ----------
    run_id, name, experiment, experiment_id, notebook, stage, door, commit, model : str
        Empty where it does not apply.
    status : str
        Our word where the run has one (``"timeout"``), else MLflow's in small letters.
    started : datetime or None
    seconds : float or None
        What the run's record says; None while it runs.
    parameters : Mapping of str to str
    metrics : Mapping of str to float
    restored : Mapping of str to str
        Stages that were restored, and the run that each was restored from, where it is known.
    artifact_uri : str
    process : str
        The stamp of the process that runs it; empty once it has ended.
    """

    run_id: RunId
    name: str
    experiment: str
    status: str
    started: datetime | None
    seconds: float | None
    experiment_id: str = ""
    notebook: str = ""
    stage: str = ""
    door: str = ""
    commit: str = ""
    model: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    restored: Mapping[str, str] = field(default_factory=dict)
    artifact_uri: str = ""
    process: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``runs list --json`` prints."""
        return {
            "run_id": self.run_id,
            "name": self.name,
            "experiment": self.experiment,
            "notebook": self.notebook,
            "status": self.status,
            "started": None if self.started is None else self.started.isoformat(),
            "seconds": self.seconds,
            "door": self.door,
            "commit": self.commit or None,
            "parameters": dict(self.parameters),
            "metrics": dict(self.metrics),
            "restored": dict(self.restored),
            "model": self.model or None,
            "artifact_uri": self.artifact_uri,
        }

    def to_stage_json(self) -> dict[str, Any]:
        """Return the object that ``runs show --json`` prints for a stage or a run of user code."""
        return {
            "run_id": self.run_id,
            "name": self.stage or self.name,
            "is_stage": bool(self.stage),
            "status": self.status,
            "seconds": self.seconds,
            "metrics": dict(self.metrics),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRunDetail:
    """A run with what is under it.

    Attributes
    ----------
    run : PastRun
    children : tuple of PastRun
        Its stages, and runs that user code opened.
    artifacts : tuple of str
    versions : tuple of (str, int)
        Registered models that the run made a version of, and the version.
    """

    run: PastRun
    children: tuple[PastRun, ...]
    artifacts: tuple[str, ...]
    versions: tuple[tuple[str, int], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``runs show --json`` prints."""
        children = [child.to_stage_json() for child in self.children]
        versions = [
            {"name": name, "version": version, "uri": f"models:/{name}/{version}"}
            for name, version in self.versions
        ]
        return {
            **self.run.to_json(),
            "registered": versions,
            "stages": children,
            "artifacts": list(self.artifacts),
        }


def add_running(
    past: Sequence[PastRun], sheets: Sequence[RunSheet], *, now: datetime
) -> tuple[PastRun, ...]:
    """Return runs with those that are going on, newest first; these have the time so far.

    A run that is not tracked, or not yet, goes by its sheet's id.
    """
    rows = {run.run_id: run for run in past}
    known = {sheet.run_id for sheet in sheets}
    ids = {(r.process, r.notebook): r.run_id for r in past if r.process and r.run_id not in known}
    for sheet in sheets:
        took = round((now - sheet.started).total_seconds(), 3)
        # A run is tracked a little before its sheet knows.
        found = sheet.run_id or ids.get((str(sheet.process), sheet.notebook))
        run_id = RunId(found or sheet.id)
        rows[run_id] = replace(rows.get(run_id) or _untracked(run_id, sheet), seconds=took)
    oldest = datetime.min.replace(tzinfo=UTC)
    return tuple(sorted(rows.values(), key=lambda run: run.started or oldest, reverse=True))


def _untracked(run_id: RunId, sheet: RunSheet) -> PastRun:
    return PastRun(
        run_id=run_id,
        name="",
        experiment="",
        status="running",
        started=sheet.started,
        seconds=None,
        notebook=sheet.notebook,
        door=sheet.door,
    )
