"""How do entries become MLflow runs?

One batched write per stage for its child run and one for the run itself; every call goes
through `MlflowClient` with explicit ids, so that neither the active run nor the environment of
this process matters. A writer remembers what it has written: after a failure the rest can be
written later, to the same run.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from shutil import copyfile
from typing import TYPE_CHECKING, Any, TypeVar

from mlops_nb.pipeline.records import RunId
from mlops_nb.tracking.database import EXPERIMENT_TAGS
from mlops_nb.tracking.entries import (
    PARENT_TAG,
    PROCESS_TAG,
    FinishEntry,
    Point,
    RunEntry,
    StageEntry,
)
from mlops_nb.tracking.store import TrackingStore

if TYPE_CHECKING:
    from mlflow import MlflowClient

METRICS_PER_BATCH = 1000
PARAMS_PER_BATCH = 100
Entry = RunEntry | StageEntry | FinishEntry
T = TypeVar("T")


class RunWriter:
    """Writes the entries of one run, in order.

    Parameters
    ----------
    store : TrackingStore
    client : MlflowClient
        Of that store.
    run_id : RunId, optional
        A run that exists already and is continued.

    Attributes
    ----------
    refusals : list of str
        What MLflow found wrong with values; they are not written.
    """

    def __init__(
        self, store: TrackingStore, client: MlflowClient, *, run_id: RunId | None = None
    ) -> None:
        self._store = store
        self._client = client
        self.run_id = run_id
        self.experiment_id = ""
        self.refusals: list[str] = []

    @property
    def tracking_uri(self) -> str:
        return self._store.tracking_uri

    def write(self, entry: Entry) -> None:
        """Write one entry; a `RunEntry` comes first, and makes no second run if it is continued."""
        if isinstance(entry, RunEntry):
            self._open(entry)
        elif isinstance(entry, StageEntry):
            self._write_stage(entry)
        else:
            self._finish(entry)

    def _open(self, entry: RunEntry) -> None:
        self.experiment_id = find_experiment(self._store, self._client, name=entry.experiment)
        if self.run_id is None:
            run = self._client.create_run(
                self.experiment_id,
                start_time=entry.started_ms,
                tags=dict(entry.tags),
                run_name=entry.name,
            )
            self.run_id = RunId(run.info.run_id)
        for part in _batches(entry.params.items(), PARAMS_PER_BATCH):
            with self._refusable("parameters"):
                self._client.log_batch(self.run_id, params=_params(part))

    def _write_stage(self, entry: StageEntry) -> None:
        parent = self._require_run()
        if entry.is_restored:
            self._write_points(parent, entry.shared, at_ms=entry.ended_ms)
            return
        run = self._client.create_run(
            self.experiment_id,
            start_time=entry.started_ms,
            tags={**entry.tags, PARENT_TAG: parent},
            run_name=entry.name,
        )
        self._write_points(RunId(run.info.run_id), entry.measured, at_ms=entry.ended_ms)
        self._client.set_terminated(run.info.run_id, entry.status, entry.ended_ms)
        self._write_points(parent, entry.shared, at_ms=entry.ended_ms)

    def _write_points(self, run_id: RunId, points: Sequence[Point], *, at_ms: int) -> None:
        from mlflow.entities import Metric

        metrics = [Metric(key, value, at_ms, step) for key, value, step in points]
        for part in _batches(metrics, METRICS_PER_BATCH):
            with self._refusable("metrics"):
                self._client.log_batch(run_id, metrics=part)

    def _finish(self, entry: FinishEntry) -> None:
        from mlflow.entities import RunTag

        run_id = self._require_run()
        tags = [RunTag(key, value) for key, value in entry.tags.items()]
        with self._refusable("tags"):
            self._client.log_batch(run_id, tags=tags)
        self.write_files(entry.files)
        self._client.set_terminated(run_id, entry.status, entry.ended_ms)
        unstamp(self._client, run_id)

    def write_files(self, files: Mapping[str, str]) -> None:
        """Log files as artifacts under their names; a file that is gone is left out."""
        with tempfile.TemporaryDirectory() as folder:
            found = False
            for name, path in files.items():
                if Path(path).is_file():
                    target = Path(folder) / name
                    target.parent.mkdir(parents=True, exist_ok=True)
                    copyfile(path, target)
                    found = True
            if found:
                self._client.log_artifacts(self._require_run(), folder)

    @contextlib.contextmanager
    def _refusable(self, what: str) -> Iterator[None]:
        """Note what MLflow finds wrong with values, and go on: trying again would not mend it."""
        from mlflow.exceptions import MlflowException

        try:
            yield
        except MlflowException as error:
            if error.error_code != "INVALID_PARAMETER_VALUE":
                raise
            first = str(error).strip().splitlines()[0]
            self.refusals.append(f"MLflow refused some {what}: {first}")

    def _require_run(self) -> RunId:
        if self.run_id is None:
            raise RuntimeError("an entry was written before the run was opened")
        return self.run_id


def unstamp(client: MlflowClient, run_id: RunId) -> None:
    """Remove the process's stamp: it tells running from vanished, and an ended run is neither."""
    from mlflow.exceptions import MlflowException

    with contextlib.suppress(MlflowException):  # removed already
        client.delete_tag(run_id, PROCESS_TAG)


def find_experiment(store: TrackingStore, client: MlflowClient, *, name: str) -> str:
    """Return the id of the experiment called `name`; made, or brought back if it was deleted."""
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
    if found is None:
        location = store.artifact_location(name)
        try:
            return str(
                client.create_experiment(
                    name, artifact_location=location, tags=dict(EXPERIMENT_TAGS)
                )
            )
        except MlflowException:
            found = client.get_experiment_by_name(name)  # somebody else was faster
            if found is None:
                raise
    if found.lifecycle_stage == "deleted":
        client.restore_experiment(found.experiment_id)
    return str(found.experiment_id)


def _params(items: Iterable[tuple[str, str]]) -> list[Any]:
    from mlflow.entities import Param

    return [Param(key, value) for key, value in items]


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
