"""Where is the history on a server? Parameters of one MLflow run, which every machine sees.

MLflow lets nobody give a parameter of a run another value, so one parameter for each line is what
the registry lacks: an append that the first writer wins. Two promoters can never both write line
12, and nothing is changed afterwards through MLflow's API. All models' runs are in one experiment,
where MLflow's interface shows them.

Which run it is must be agreed on too, and the one thing MLflow makes at most once by a name of our
choosing is an experiment: the run is made first and published by an (empty, then deleted)
experiment that names it. A run that lost is deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from mlops_nb.errors import InfrastructureError
from mlops_nb.tracking.gitinfo import strip_credentials
from mlops_nb.tracking.store import TrackingStore

if TYPE_CHECKING:
    from mlflow import MlflowClient

EXPERIMENT = "mlops_nb history"
MODEL_TAG = "mlops_nb.history.model"
RUN_TAG = "mlops_nb.history.run"
LINE_LIMIT = 6000
"""Characters that MLflow takes as a parameter's value."""

T = TypeVar("T")


class LineTakenError(Exception):
    """Another writer was first with a line of this number."""


class RunLog:
    """The lines of one model on a server.

    Parameters
    ----------
    client : mlflow.MlflowClient
    store : TrackingStore
        For messages, and for where an embedded store keeps artifacts.
    model : str
    """

    def __init__(self, client: MlflowClient, store: TrackingStore, model: str) -> None:
        self._client = client
        self._store = store
        self._model = model
        self._known: str | None = None

    @property
    def place(self) -> str:
        where = strip_credentials(self._store.tracking_uri)
        return f"{where}, experiment {EXPERIMENT!r}, run {self._model!r}"

    def lines(self) -> tuple[str, ...]:
        """Return all lines."""
        run_id = self._find()
        if run_id is None:
            return ()
        with self._asked("read"):
            params = self._client.get_run(run_id).data.params
        numbered = {int(name): line for name, line in params.items() if name.isdecimal()}
        return tuple(numbered[number] for number in sorted(numbered))

    def append(self, seq: int, line: str) -> None:
        """Add a line.

        Raises
        ------
        LineTakenError
            If there is a line `seq` already.
        InfrastructureError
            MNB714 if it cannot be written.
        """
        from mlflow.exceptions import MlflowException

        if len(line) > LINE_LIMIT:
            raise InfrastructureError(
                "MNB714",
                self.place,
                f"an entry of {len(line)} characters is too long for MLflow.",
                "Give a shorter reason.",
            )
        run_id = self._find() or self._make()
        with self._asked("written"):
            try:
                self._client.log_param(run_id, f"{seq:06d}", line)
            except MlflowException as error:
                if error.error_code == "INVALID_PARAMETER_VALUE":
                    raise LineTakenError(seq) from error
                raise

    def _find(self) -> str | None:
        """Return the run, if there is one."""
        if self._known is None:
            with self._asked("read"):
                published = self._client.get_experiment_by_name(self._published)
            self._known = published.tags.get(RUN_TAG) if published else self._find_written()
        return self._known

    def _find_written(self) -> str | None:
        """Return the run that has lines: ``mlflow gc`` removes what published it for good."""
        experiment = self._client.get_experiment_by_name(EXPERIMENT)
        if experiment is None:
            return None
        runs = self._client.search_runs(
            [experiment.experiment_id], order_by=["attributes.start_time ASC"], max_results=10_000
        )
        for run in runs:
            if run.data.tags.get(MODEL_TAG) == self._model and run.data.params:
                return str(run.info.run_id)
        return None

    def _make(self) -> str:
        """Return the run, made here or by whoever was first."""
        with self._asked("written"):
            experiment = self._experiment()
            made = self._client.create_run(
                experiment, run_name=self._model, tags={MODEL_TAG: self._model}
            ).info.run_id
            tags = {RUN_TAG: made}
            mine = _once(lambda: self._client.create_experiment(self._published, tags=tags))
            if mine is None:
                self._client.delete_run(made)
            else:
                self._client.delete_experiment(mine)
                self._client.set_terminated(made)
        found = self._find()
        if found is None:
            raise InfrastructureError(
                "MNB714",
                self.place,
                "the history's run cannot be found again.",
                f"Look for an experiment {self._published!r} without the tag {RUN_TAG!r}.",
            )
        return found

    def _experiment(self) -> str:
        found = self._client.get_experiment_by_name(EXPERIMENT)
        if found is None:
            _once(lambda: self._client.create_experiment(EXPERIMENT))
            found = self._client.get_experiment_by_name(EXPERIMENT)
        return str(found.experiment_id)

    @property
    def _published(self) -> str:
        return f"{EXPERIMENT} of {self._model}"

    @contextmanager
    def _asked(self, what: str) -> Iterator[None]:
        from mlflow.exceptions import MlflowException

        try:
            yield
        except (MlflowException, OSError) as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise InfrastructureError(
                "MNB714",
                self.place,
                f"the history cannot be {what}: {reason.rstrip('.')}.",
                "Check that the server can be reached and written, and try again.",
            ) from error


def _once(make: Callable[[], T]) -> T | None:
    """Return what is made; None if it is there already."""
    from mlflow.exceptions import MlflowException

    try:
        return make()
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
        return None
