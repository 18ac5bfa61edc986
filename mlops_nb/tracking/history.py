"""Which runs were there, and what is known about one of them?

Read through MLflow's client, so it is the same for every store. A run is named by the first
characters of its id, by its name in MLflow, or by ``last``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlops_nb.errors import InfrastructureError, InputError, nearest
from mlops_nb.pipeline.records import RunId
from mlops_nb.tracking.entries import (
    DOOR_TAG,
    MODEL_TAG,
    NOTEBOOK_TAG,
    PARENT_TAG,
    STAGE_TAG,
    STATUS_TAG,
)
from mlops_nb.tracking.reach import find_fault
from mlops_nb.tracking.store import TrackingStore
from mlops_nb.tracking.upkeep import look_after

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

EXPERIMENTS_PER_SEARCH = 1000
RUNS_SEARCHED = 1000
IS_OURS = f"tags.`{NOTEBOOK_TAG}` LIKE '%'"


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """A run or, under one, a stage.

    Attributes
    ----------
    run_id, name, experiment, notebook, stage, door, commit, model : str
        Empty where it does not apply.
    status : str
        Our word where the run has one (``"timeout"``), else MLflow's in small letters.
    started : datetime or None
    seconds : float or None
        None while it runs.
    parameters : Mapping of str to str
    metrics : Mapping of str to float
    artifact_uri : str
    """

    run_id: RunId
    name: str
    experiment: str
    status: str
    started: datetime | None
    seconds: float | None
    notebook: str = ""
    stage: str = ""
    door: str = ""
    commit: str = ""
    model: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    artifact_uri: str = ""

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
    """A run with what is under it: its stages, runs that user code opened, and its artifacts."""

    run: PastRun
    children: tuple[PastRun, ...]
    artifacts: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``runs show --json`` prints."""
        children = [child.to_stage_json() for child in self.children]
        return {**self.run.to_json(), "stages": children, "artifacts": list(self.artifacts)}


def list_runs(store: TrackingStore, *, limit: int) -> tuple[PastRun, ...]:
    """Return the newest `limit` runs of notebooks, newest first, over all experiments.

    Raises
    ------
    InfrastructureError
        If the store cannot be read.
    """
    client, experiments = _connect(store)
    runs = _search(client, list(experiments), IS_OURS, limit=limit)
    return tuple(_read(run, experiments) for run in runs)


def show_run(store: TrackingStore, key: str) -> PastRunDetail:
    """Return what is known about one run.

    Parameters
    ----------
    store : TrackingStore
    key : str
        ``"last"``, the first characters of an id, or a name.

    Raises
    ------
    InputError
        If no run is meant, or several are.
    InfrastructureError
        If the store cannot be read.
    """
    client, experiments = _connect(store)
    run = _find(client, list(experiments), key)
    children = _search(
        client,
        [run.info.experiment_id],
        f"tags.`{PARENT_TAG}` = '{run.info.run_id}'",
        limit=RUNS_SEARCHED,
    )
    return PastRunDetail(
        run=_read(run, experiments),
        children=tuple(
            sorted(
                (_read(child, experiments) for child in children),
                key=lambda child: (child.started or datetime.min.replace(tzinfo=UTC), child.name),
            )
        ),
        artifacts=tuple(sorted(item.path for item in client.list_artifacts(run.info.run_id))),
    )


def _connect(store: TrackingStore) -> tuple[MlflowClient, dict[str, str]]:
    """Return a client and the names of the experiments by id, after setting right what was left."""
    fault = find_fault(store.tracking_uri)
    if fault is not None:
        raise InfrastructureError(
            "MNB511",
            store.tracking_uri,
            f"the tracking server cannot be reached: {fault}.",
            "Start it, or unset MLFLOW_TRACKING_URI to use the project's own store.",
        )
    client = store.client()
    look_after(store, client, experiment=None)
    found = client.search_experiments(max_results=EXPERIMENTS_PER_SEARCH)
    return client, {str(each.experiment_id): str(each.name) for each in found}


def _find(client: MlflowClient, experiments: Sequence[str], key: str) -> Run:
    limit = 1 if key == "last" else RUNS_SEARCHED
    runs = _search(client, experiments, IS_OURS, limit=limit)
    if key == "last" and runs:
        return runs[0]
    met = [run for run in runs if run.info.run_id.startswith(key) or run.info.run_name == key]
    if key and len(met) == 1:
        return met[0]
    if key and met:
        ids = ", ".join(run.info.run_id[:12] for run in met[:5])
        raise InputError(
            "MNB512", key, f"{len(met)} runs begin with {key!r}: {ids}.", "Give more characters."
        )
    names = [run.info.run_id[:8] for run in runs[:10]]
    raise InputError(
        "MNB513",
        "",
        f"there is no run {key!r} among the newest {RUNS_SEARCHED:,}.",
        nearest(key, names) or "Run a notebook first: `mlops-nb run NB`.",
    )


def _search(
    client: MlflowClient, experiments: Sequence[str], wanted: str, *, limit: int
) -> list[Run]:
    return list(
        client.search_runs(
            list(experiments),
            filter_string=wanted,
            max_results=limit,
            order_by=["attributes.start_time DESC"],
        )
    )


def _read(run: Run, experiments: Mapping[str, str]) -> PastRun:
    tags, info = run.data.tags, run.info
    ended = info.end_time
    took = None if ended is None else round((ended - info.start_time) / 1000, 3)
    return PastRun(
        run_id=RunId(info.run_id),
        name=info.run_name or "",
        experiment=experiments.get(str(info.experiment_id), ""),
        status=tags.get(STATUS_TAG) or str(info.status).lower(),
        started=datetime.fromtimestamp(info.start_time / 1000, UTC) if info.start_time else None,
        seconds=run.data.metrics.get("stage/seconds", took),
        notebook=tags.get(NOTEBOOK_TAG, ""),
        stage=tags.get(STAGE_TAG, ""),
        door=tags.get(DOOR_TAG, ""),
        commit=tags.get("mlflow.source.git.commit", ""),
        model=tags.get(MODEL_TAG, ""),
        parameters=dict(sorted(run.data.params.items())),
        metrics=dict(sorted(run.data.metrics.items())),
        artifact_uri=info.artifact_uri or "",
    )
