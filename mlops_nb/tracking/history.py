"""Which runs were there, and what is known about one of them?

Read through MLflow's client, so it is the same for every store. A run is named by the first
characters of its id, by its name in MLflow, or by ``last``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mlops_nb.errors import InfrastructureError, InputError, nearest
from mlops_nb.pipeline.records import RunId
from mlops_nb.tracking.entries import (
    DOOR_TAG,
    MODEL_TAG,
    NOTEBOOK_TAG,
    PARENT_TAG,
    PROCESS_TAG,
    RESTORED_TAG,
    SECONDS_TAG,
    STAGE_TAG,
    STATUS_TAG,
)
from mlops_nb.tracking.past import PastRun, PastRunDetail
from mlops_nb.tracking.reach import find_fault
from mlops_nb.tracking.store import TrackingStore
from mlops_nb.tracking.upkeep import look_after

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

EXPERIMENTS_PER_SEARCH = 1000
RUNS_SEARCHED = 1000
IS_OURS = f"tags.`{NOTEBOOK_TAG}` LIKE '%'"


def list_runs(
    store: TrackingStore, *, limit: int, notebook: str | None = None
) -> tuple[PastRun, ...]:
    """Return the newest `limit` runs of notebooks, newest first, over all experiments.

    Parameters
    ----------
    store : TrackingStore
    limit : int
    notebook : str, optional
        Only runs of this one, named as runs name it.

    Raises
    ------
    InfrastructureError
        If the store cannot be read.
    """
    client, experiments = _connect(store)
    wanted = IS_OURS if notebook is None else _is_of(notebook)
    runs = _search(client, list(experiments), wanted, limit=limit)
    return tuple(_read(run, experiments) for run in runs)


def _is_of(notebook: str) -> str:
    """Return what MLflow is asked for; a text has no escapes there, but either kind of quote."""
    if "'" not in notebook:
        return f"tags.`{NOTEBOOK_TAG}` = '{notebook}'"
    if '"' not in notebook:
        return f'tags.`{NOTEBOOK_TAG}` = "{notebook}"'
    pattern = notebook.replace("'", "_")
    return f"tags.`{NOTEBOOK_TAG}` LIKE '{pattern}'"


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
        versions=_registered_versions(client, RunId(run.info.run_id)),
    )


def _registered_versions(client: MlflowClient, run_id: RunId) -> tuple[tuple[str, int], ...]:
    from mlflow.exceptions import MlflowException

    try:
        found = client.search_model_versions(f"run_id = '{run_id}'")
    except MlflowException:  # a store without a registry
        return ()
    return tuple(sorted((str(version.name), int(version.version)) for version in found))


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
    raise no_such_run(key, [run.info.run_id[:8] for run in runs[:10]])


def no_such_run(key: str, ids: Sequence[str], *, place: str = "") -> InputError:
    """Return the error for a run that is not there; `ids` are the newest, `place` where it was
    looked for."""
    return InputError(
        "MNB513",
        place,
        f"there is no run {key!r} among the newest {RUNS_SEARCHED:,}."
        if ids
        else f"there is no run {key!r}, nor any other.",
        nearest(key, ids) or "Run a notebook first: `mlops-nb run NB`.",
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
        experiment_id=str(info.experiment_id),
        status=tags.get(STATUS_TAG) or str(info.status).lower(),
        started=datetime.fromtimestamp(info.start_time / 1000, UTC) if info.start_time else None,
        seconds=_own_seconds(run) or took,
        notebook=tags.get(NOTEBOOK_TAG, ""),
        stage=tags.get(STAGE_TAG, ""),
        door=tags.get(DOOR_TAG, ""),
        commit=tags.get("mlflow.source.git.commit", ""),
        model=tags.get(MODEL_TAG, ""),
        parameters=dict(sorted(run.data.params.items())),
        metrics=dict(sorted(run.data.metrics.items())),
        restored=_read_restored(tags.get(RESTORED_TAG, "")),
        artifact_uri=info.artifact_uri or "",
        process=tags.get(PROCESS_TAG, ""),
    )


def _read_restored(text: str) -> dict[str, str]:
    """Return by stage the run that it was restored from; what is cut or not ours is none."""
    try:
        told = json.loads(text) if text else {}
    except ValueError:
        return {}
    return {str(k): str(v) for k, v in told.items()} if isinstance(told, dict) else {}


def _own_seconds(run: Run) -> float | None:
    """Return what the record of a run or a stage said it took; None where it said nothing."""
    said = run.data.tags.get(SECONDS_TAG, run.data.metrics.get("stage/seconds"))
    try:
        return None if said is None else float(said)
    except ValueError:
        return None
