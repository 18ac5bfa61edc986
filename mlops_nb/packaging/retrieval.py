"""How does a package come out of MLflow again? Copied from where a version's files are.

Nothing is decoded here: whoever reads the copy holds it against the registered digest first. A copy
and not the files in place, since importing a model's code writes beside it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_nb.errors import InfrastructureError

if TYPE_CHECKING:
    from mlflow import MlflowClient


@contextmanager
def fetched_package(
    name: str, version: int, *, client: MlflowClient, scratch: Path | None = None
) -> Iterator[Path]:
    """Copy the files of a model version into a folder of their own, which goes again at the end.

    Parameters
    ----------
    name : str
    version : int
    client : mlflow.MlflowClient
    scratch : Path, optional
        Where the folder is made; the system's folder for temporary files by default.

    Raises
    ------
    InfrastructureError
        MNB741 if the files cannot be had.
    """
    with _copied(
        lambda: client.get_model_version_download_uri(name, str(version)),
        told=f"{name}@{version}",
        client=client,
        scratch=scratch,
    ) as copied:
        yield copied


@contextmanager
def fetched_logged(
    uri: str, *, client: MlflowClient, scratch: Path | None = None
) -> Iterator[Path]:
    """Copy the files of a logged model, ``"models:/m-…"``, as `fetched_package` does.

    Raises
    ------
    InfrastructureError
        MNB741 if the files cannot be had.
    """
    model_id = uri.removeprefix("models:/")
    with _copied(
        lambda: str(client.get_logged_model(model_id).artifact_location),
        told=uri,
        client=client,
        scratch=scratch,
    ) as copied:
        yield copied


@contextmanager
def _copied(
    find: Callable[[], str], *, told: str, client: MlflowClient, scratch: Path | None
) -> Iterator[Path]:
    """Copy the files that are where `find` says."""
    from mlflow.exceptions import MlflowException
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    if scratch is not None:
        scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(
        prefix="package-", dir=scratch, ignore_cleanup_errors=True
    ) as folder:
        try:
            place = find()
            repository = get_artifact_repository(place, tracking_uri=client.tracking_uri)
            copied = Path(repository.download_artifacts("", folder))
        except (MlflowException, OSError) as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise InfrastructureError(
                "MNB741",
                told,
                f"its files cannot be copied from the store: {reason}",
                "Check that the store can be reached and that nobody removed the files.",
            ) from error
        yield copied


def read_files(
    name: str, version: int, files: Sequence[str], *, client: MlflowClient
) -> dict[str, bytes]:
    """Return small files of a model version by their names; those it has not are left out.

    Raises
    ------
    InfrastructureError
        MNB741 if the files cannot be had.
    """
    from mlflow.exceptions import MlflowException
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    found: dict[str, bytes] = {}
    try:
        place = client.get_model_version_download_uri(name, str(version))
        repository = get_artifact_repository(place, tracking_uri=client.tracking_uri)
        folders = {file.rpartition("/")[0] for file in files}
        there = {e.path for folder in folders for e in repository.list_artifacts(folder or None)}
        with tempfile.TemporaryDirectory(prefix="files-", ignore_cleanup_errors=True) as folder:
            for file in there.intersection(files):
                found[file] = Path(repository.download_artifacts(file, folder)).read_bytes()
    except (MlflowException, OSError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InfrastructureError(
            "MNB741",
            f"{name}@{version}",
            f"its files cannot be read from the store: {reason}",
            "Check that the store can be reached and that nobody removed the files.",
        ) from error
    return found


def read_run_file(run_id: str, file: str, *, client: MlflowClient) -> bytes | None:
    """Return one file among the artifacts of a run; None if it cannot be had."""
    from mlflow.exceptions import MlflowException

    with tempfile.TemporaryDirectory(prefix="files-", ignore_cleanup_errors=True) as folder:
        try:
            return Path(client.download_artifacts(run_id, file, folder)).read_bytes()
        except (MlflowException, OSError):
            return None
