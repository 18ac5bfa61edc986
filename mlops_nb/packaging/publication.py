"""How does a package get into MLflow? As a LoggedModel under its run, then as a version in the
registry.

Public calls of one `MlflowClient`: the URIs are the client's and no active run is touched, so this
runs on any thread (for the one exception see `_global_uri`). The model's ids go into ``MLmodel``
before the upload, as MLflow's own ``log_model`` does, and the package is sealed again; the digest
that is tagged is that of the sealed package. The model is linked to its run once its files are
there: MLflow's own way leaves failed models linked.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from mlops_nb.errors import InfrastructureError, InputError
from mlops_nb.packaging.manifest import seal
from mlops_nb.packaging.package import OWN_DIRECTORY, ModelPackage
from mlops_nb.packaging.quiet import quiet_mlflow

_VERSIONS_TAG = "mlflow.modelVersions"  # what MLflow's UI links versions by
_GLOBAL_URI = threading.Lock()
_TAG_LIMIT = 5000  # characters, MLflow's limit for tag values


def log_package(
    package: ModelPackage,
    *,
    client: Any,
    run_id: str,
    params: Mapping[str, Any] | None = None,
    tags: Mapping[str, str] | None = None,
    step: int = 0,
) -> str:
    """Log `package` as a model of the run and return its URI, ``"models:/m-…"``.

    Parameters
    ----------
    package : ModelPackage
        Its ``MLmodel`` and manifest are rewritten with the model's ids.
    client : mlflow.MlflowClient
    run_id : str
        A run that exists.
    params : Mapping, optional
        Shown with the model, so that models can be compared.
    tags : Mapping of str to str, optional
        Besides those of the package.
    step : int
        The step of the run the model belongs to.

    Raises
    ------
    InfrastructureError
        MNB612 if the store refuses; the model is then marked as failed and not linked to the run.

    Notes
    -----
    Some 0.1 s on a local SQLite store, plus copying the files.
    """
    from mlflow.entities import LoggedModelOutput

    with _store_errors(f"model {package.name!r}, run {run_id}"):
        experiment_id = client.get_run(run_id).info.experiment_id
        model = client.create_logged_model(
            experiment_id,
            name=package.name,
            source_run_id=run_id,
            params={name: str(value) for name, value in (params or {}).items()},
            model_type=None,
        )
        try:
            sealed = _stamp(package, model=model, run_id=run_id)
            client.log_model_artifacts(model.model_id, str(package.directory))
            client.set_logged_model_tags(model.model_id, _clip({**(tags or {}), **sealed.tags()}))
            client.finalize_logged_model(model.model_id, "READY")
        except BaseException:
            client.finalize_logged_model(model.model_id, "FAILED")
            raise
        client.log_outputs(run_id, models=[LoggedModelOutput(model.model_id, step)])
        _log_evaluation(package, client=client, run_id=run_id, model=model)
    return f"models:/{model.model_id}"


def register_package(
    uri: str,
    name: str,
    *,
    client: Any,
    run_id: str,
    tags: Mapping[str, str] | None = None,
) -> int:
    """Register the logged model `uri` under `name` and return the version.

    The version carries the package's tags (digest, serialisation), and `tags`.

    Parameters
    ----------
    uri : str
        As `log_package` returns it.
    name : str
        Of the registered model; made if it does not exist.
    client : mlflow.MlflowClient
    run_id : str
    tags : Mapping of str to str, optional
        Such as the commit.

    Raises
    ------
    InputError
        MNB611 if `name` cannot be the name of a registered model.
    InfrastructureError
        MNB612 if the store refuses.
    """
    check_registered_name(name)
    model_id = uri.removeprefix("models:/")
    with _store_errors(f"registered model {name!r}"):
        model = client.get_logged_model(model_id)
        own = {key: value for key, value in model.tags.items() if key.startswith("mlops_nb.")}
        _ensure_registered(name, client=client)
        with _global_uri(client.tracking_uri), quiet_mlflow():
            version = client.create_model_version(
                name,
                source=uri,
                run_id=run_id,
                tags=_clip({**(tags or {}), **own}),
                model_id=model_id,
            )
        linked = json.loads(model.tags.get(_VERSIONS_TAG, "[]"))
        linked.append({"name": name, "version": version.version})
        client.set_logged_model_tags(model_id, {_VERSIONS_TAG: json.dumps(linked)})
    return int(version.version)


def link_metrics(
    uri: str, metrics: Mapping[str, float], *, client: Any, run_id: str, step: int = 0
) -> None:
    """Show metrics of the run with the logged model `uri`, so that models can be compared by them.

    Parameters
    ----------
    uri : str
        As `log_package` returns it.
    metrics : Mapping of str to float
        MLflow keeps a model's metrics as the run's: the run gets them too.
    client : mlflow.MlflowClient
    run_id : str
    step : int

    Raises
    ------
    InfrastructureError
        MNB612 if the store refuses.
    """
    from mlflow.entities import Metric

    model_id, now_ms = uri.removeprefix("models:/"), int(time.time() * 1000)
    entries = [
        Metric(name, float(value), now_ms, step, model_id=model_id, run_id=run_id)
        for name, value in sorted(metrics.items())
    ]
    if entries:
        with _store_errors(f"model {uri}, run {run_id}"):
            client.log_batch(run_id, metrics=entries)


def check_registered_name(name: str) -> None:
    """Raise MNB611 unless `name` can be the name of a registered model.

    Raises
    ------
    InputError
    """
    if name.strip() and not {"/", ":"}.intersection(name) and name.isprintable():
        return
    raise InputError(
        "MNB611",
        "--register",
        f"{name!r} cannot be the name of a registered model.",
        "Use a name without '/' and ':', such as 'churn'.",
    )


def _stamp(package: ModelPackage, *, model: Any, run_id: str) -> ModelPackage:
    """Write the model's ids and size into ``MLmodel`` and seal the package again."""
    from mlflow.models import Model

    file = package.directory / "MLmodel"
    description = Model.load(str(file))
    description.model_id = model.model_id
    description.model_uuid = model.model_id
    description.run_id = run_id
    description.artifact_path = model.artifact_location
    description.model_size_bytes = sum(
        path.stat().st_size for path in package.directory.rglob("*") if path.is_file()
    )
    description.save(str(file))
    return replace(package, digest=seal(package.directory))


def _log_evaluation(package: ModelPackage, *, client: Any, run_id: str, model: Any) -> None:
    """Show the evaluation data with the run, by our digest over their full content."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    place = f"{model.artifact_location}/{OWN_DIRECTORY}/evaluation"
    datasets = [
        DatasetInput(
            Dataset(
                name=entry.name,
                digest=entry.digest.removeprefix("sha256:")[:32],
                source_type="local",
                source=json.dumps({"uri": f"{place}/{entry.stored.get('file', '')}"}),
                profile=json.dumps({"num_rows": entry.n_rows, "role": entry.role}),
            ),
            [InputTag("mlflow.data.context", "evaluation")],
        )
        for entry in package.evaluation
    ]
    if datasets:
        client.log_inputs(run_id, datasets=datasets)


def _ensure_registered(name: str, *, client: Any) -> None:
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


@contextmanager
def _global_uri(uri: str) -> Iterator[None]:
    """Make `uri` MLflow's global tracking URI while a version is made, and put back what was.

    MLflow's own registry on a database looks the model up through the global URI instead of the
    client's (a remark in its source says so); this can go when it does not. Not by
    `mlflow.set_tracking_uri`, which writes the environment of the whole process: a store that is
    opened meanwhile on another thread would be this one.
    """
    from mlflow.tracking._tracking_service import utils

    with _GLOBAL_URI:
        before = utils._tracking_uri
        utils._tracking_uri = uri
        try:
            yield
        finally:
            utils._tracking_uri = before


def _clip(tags: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(value)[:_TAG_LIMIT] for key, value in tags.items()}


@contextmanager
def _store_errors(place: str) -> Iterator[None]:
    """Translate what the store raises."""
    from mlflow.exceptions import MlflowException

    try:
        yield
    except (MlflowException, OSError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InfrastructureError(
            "MNB612",
            place,
            f"was refused by the tracking store: {reason}",
            "Check that the store can be reached and written; the package is whole and can be"
            " logged again.",
        ) from error
