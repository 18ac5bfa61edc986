"""How is MLflow's registry asked? Through one `MlflowClient`, by public calls only.

What MLflow raises does not leave this module: what is not there is an `InputError` that names what
is, all else an `InfrastructureError`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_nb.errors import InfrastructureError, InputError, nearest
from mlops_nb.packaging.retrieval import fetched_package, read_files, read_run_file
from mlops_nb.registry.promotion.versions import DIGEST_TAG, ModelInfo, RunInfo, VersionInfo
from mlops_nb.tracking.gitinfo import strip_credentials
from mlops_nb.tracking.reach import find_fault
from mlops_nb.tracking.store import TrackingStore, quiet_mlflow

if TYPE_CHECKING:
    from mlflow import MlflowClient

_MISSING = frozenset({"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"})
_PAGE = 1000


class ClientRegistry:
    """The registry of a store, through MLflow's client; MLflow is imported on first use."""

    def __init__(self, store: TrackingStore) -> None:
        self._store = store
        self._runs: dict[str, RunInfo | None] = {}

    @property
    def store(self) -> TrackingStore:
        return self._store

    @cached_property
    def client(self) -> MlflowClient:
        """Return the client; raises MNB713 at once where nobody listens."""
        fault = find_fault(self._store.tracking_uri)
        if fault is not None:
            raise self._refused(fault)
        return self._store.client()

    def names(self) -> tuple[str, ...]:
        with self._asked():
            pages = _pages(
                lambda token: self.client.search_registered_models(
                    max_results=_PAGE, page_token=token
                )
            )
            return tuple(sorted(model.name for model in pages))

    def model(self, name: str) -> ModelInfo:
        found = self._model(name)
        aliases = {alias: int(version) for alias, version in found.aliases.items()}
        return ModelInfo(name=name, aliases=aliases, tags=dict(found.tags))

    def alias(self, name: str, alias: str) -> int | None:
        return self.model(name).aliases.get(alias)

    def version(self, name: str, version: int | str) -> VersionInfo:
        model = self.model(name)
        number = version if isinstance(version, int) else _number(model, version)
        found = None if number is None else self._version(name, number)
        if found is None:
            raise self._no_version(name, version)
        return self._describe(found, model, with_metrics=True)

    def versions(self, name: str, *, with_metrics: bool = False) -> tuple[VersionInfo, ...]:
        model = self.model(name)
        mark = '"' if "'" in name else "'"  # MLflow's filters know no escapes
        with self._asked():
            found = list(
                _pages(
                    lambda token: self.client.search_model_versions(
                        f"name = {mark}{name}{mark}", max_results=_PAGE, page_token=token
                    )
                )
            )
        described = (self._describe(one, model, with_metrics=with_metrics) for one in found)
        return tuple(sorted(described, key=lambda info: info.version, reverse=True))

    def run(self, run_id: str) -> RunInfo | None:
        if run_id not in self._runs:
            self._runs[run_id] = self._read_run(run_id)
        return self._runs[run_id]

    def set_tags(self, name: str, version: int, tags: Mapping[str, str]) -> None:
        with self._asked(name):
            for key, value in tags.items():
                self.client.set_model_version_tag(name, str(version), key, value)

    def set_model_tags(self, name: str, tags: Mapping[str, str]) -> None:
        with self._asked(name):
            for key, value in tags.items():
                self.client.set_registered_model_tag(name, key, value)

    def move_alias(self, name: str, alias: str, version: int | None) -> None:
        with self._asked(name):
            if version is None:
                self.client.delete_registered_model_alias(name, alias)
                return
            moved = _or_none(lambda: self._set_alias(name, alias, version))
        if moved is None:
            raise self._no_version(name, version)

    def fetch(self, name: str, version: int) -> AbstractContextManager[Path]:
        return fetched_package(name, version, client=self.client)

    def read_files(self, name: str, version: int, files: Sequence[str]) -> Mapping[str, bytes]:
        return read_files(name, version, files, client=self.client)

    def read_run_file(self, run_id: str, file: str) -> bytes | None:
        return read_run_file(run_id, file, client=self.client)

    def add_files(self, run_id: str, files: Mapping[str, str]) -> None:
        with self._asked(f"run {run_id}"):
            for file, text in files.items():
                self.client.log_text(run_id, text, file)

    def _model(self, name: str) -> Any:
        with self._asked(name):
            found = _or_none(lambda: self.client.get_registered_model(name))
        if found is None:
            raise self._no_model(name)
        return found

    def _no_model(self, name: str) -> InputError:
        return InputError(
            "MNB711",
            name,
            f"there is no registered model {name!r}.",
            nearest(name, self.names())
            or "Register one: mlops-nb run NOTEBOOK --register NAME registers the run's model.",
        )

    def _no_version(self, name: str, version: int | str) -> InputError:
        numbers = ", ".join(str(info.version) for info in self.versions(name)[:10])
        aliases = ", ".join(self.model(name).aliases)
        known = f"Versions are {numbers}." if numbers else "It has none."
        return InputError(
            "MNB712",
            f"{name}@{version}",
            f"there is no version or alias {version!r} of {name!r}.",
            f"{known} Aliases are {aliases}." if aliases else known,
        )

    def _set_alias(self, name: str, alias: str, version: int) -> bool:
        self.client.set_registered_model_alias(name, alias, str(version))
        return True

    def _version(self, name: str, number: int) -> Any:
        with self._asked(name):
            return _or_none(lambda: self.client.get_model_version(name, str(number)))

    def _read_run(self, run_id: str) -> RunInfo | None:
        with self._asked(f"run {run_id}"):
            run = _or_none(lambda: self.client.get_run(run_id))
        if run is None:
            return None
        return RunInfo(
            run_id=run_id,
            status=str(run.info.status),
            tags=dict(run.data.tags),
            metrics=dict(run.data.metrics),
            params=dict(run.data.params),
            started=datetime.fromtimestamp(run.info.start_time / 1000, UTC),
        )

    def _describe(self, found: Any, model: ModelInfo, *, with_metrics: bool) -> VersionInfo:
        number = int(found.version)
        digest = found.tags.get(DIGEST_TAG, "")
        if with_metrics and not digest:
            digest = self._logged_digest(found.source or "")
        run = self.run(found.run_id) if with_metrics and found.run_id else None
        return VersionInfo(
            name=found.name,
            version=number,
            aliases=tuple(sorted(a for a, v in model.aliases.items() if v == number)),
            run_id=found.run_id or "",
            source=found.source or "",
            digest=digest,
            tags=dict(found.tags),
            created=datetime.fromtimestamp(found.creation_timestamp / 1000, UTC),
            metrics={} if run is None else run.metrics,
        )

    def _logged_digest(self, source: str) -> str:
        """Return the digest of a logged model; one registered in MLflow's interface has it there
        alone."""
        if not source.startswith("models:/m-"):
            return ""
        with self._asked(source):
            model = _or_none(lambda: self.client.get_logged_model(source.removeprefix("models:/")))
        return "" if model is None else str(model.tags.get(DIGEST_TAG, ""))

    @contextmanager
    def _asked(self, place: str = "") -> Iterator[None]:
        """Translate what MLflow raises."""
        quiet_mlflow()
        from mlflow.exceptions import MlflowException

        try:
            yield
        except (MlflowException, OSError) as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise self._refused(reason, place) from error

    def _refused(self, reason: str, place: str = "") -> InfrastructureError:
        where = strip_credentials(self._store.tracking_uri)
        return InfrastructureError(
            "MNB713",
            ", ".join(part for part in (place, where) if part),
            f"the registry refused or cannot be reached: {reason.rstrip('.')}.",
            "Check that it can be reached and written, and try again.",
        )


def _number(model: ModelInfo, version: str) -> int | None:
    """Return the number that a text names: an alias, else a number."""
    if version in model.aliases:
        return model.aliases[version]
    return int(version) if version.isdecimal() else None


def _or_none(ask: Any) -> Any:
    """Return what is asked for; None where MLflow says that there is none."""
    from mlflow.exceptions import MlflowException

    try:
        return ask()
    except MlflowException as error:
        if error.error_code in _MISSING:
            return None
        raise


def _pages(search: Any) -> Iterator[Any]:
    """Yield what all pages of a search hold."""
    token: str | None = None
    while True:
        page = search(token)
        yield from page
        token = page.token
        if not token:
            return
