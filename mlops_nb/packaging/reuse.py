"""Was this model packaged before? Then a run that restored it shows the model that is there.

What a kernel handed over has a digest, which the logged model carries as a tag. A model is used
again only if its files are whole by its own manifest, and only if it ships no local module: what
such a module says today is not in the digest.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from mlops_nb.errors import InputError
from mlops_nb.packaging.manifest import MANIFEST_FILE, check_manifest, digest_of_file
from mlops_nb.version import __version__

if TYPE_CHECKING:
    from mlflow import MlflowClient

_COMMIT_TAG = "mlflow.source.git.commit"
_DIRTY_TAG = "mlops_nb.dirty"
HANDOVER_TAG = "mlops_nb.handover"
_DIGEST_TAG = "mlops_nb.digest"
# Where the kernel and the runner were, which makes no other model.
_PLACES = ("folder", "path")


def handover_digest(handover: Path, *, trusted: Sequence[str]) -> str:
    """Return the digest of what becomes of a handover: its files, the types that are trusted, and
    our version.

    Raises
    ------
    OSError, ValueError
        If it cannot be read.
    """
    meta = json.loads((handover / "meta.json").read_bytes())
    known = {
        "version": __version__,
        "trusted": sorted(trusted),
        "meta": {key: value for key, value in meta.items() if key not in _PLACES},
        "files": {path.name: digest_of_file(path) for path in sorted(handover.glob("*.pkl"))},
    }
    return "sha256:" + hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()


def find_logged(digest: str, *, client: MlflowClient, run_id: str) -> str | None:
    """Return the URI of a model in the run's experiment that was made of this handover, is whole
    and ships no local module; None if there is none.

    Parameters
    ----------
    digest : str
        As `handover_digest` returns it.
    client : mlflow.MlflowClient
    run_id : str
        The run that wants it.

    Notes
    -----
    A model on this machine is read whole; of one elsewhere the manifest is.
    """
    experiment_id = client.get_run(run_id).info.experiment_id
    found = client.search_logged_models(
        experiment_ids=[experiment_id],
        filter_string=f"tags.`{HANDOVER_TAG}` = '{digest}'",
        order_by=[{"field_name": "creation_timestamp", "ascending": False}],
        max_results=1,
    )
    for model in found:
        if str(model.status) == "READY" and _is_whole(model, client):
            return f"models:/{model.model_id}"
    return None


def link_logged(uri: str, *, client: MlflowClient, run_id: str) -> None:
    """Show a model that another run logged as an output of this one, too."""
    from mlflow.entities import LoggedModelOutput

    client.log_outputs(run_id, models=[LoggedModelOutput(uri.removeprefix("models:/"), 0)])


def newest_version(
    uri: str, name: str, *, client: MlflowClient, tags: Mapping[str, str]
) -> int | None:
    """Return the newest version of a registered model if it was made of this logged model.

    None also where the run with `tags` can say more of the model's code: it is that of a commit,
    and the version was made with changes that nobody committed. Only so can what was held back
    for that reason be promoted after all.
    """
    versions = client.search_model_versions(f"name = '{name}'")
    newest = max(versions, key=lambda version: int(version.version), default=None)
    if newest is None or newest.source != uri:
        return None
    if _is_committed(tags) and not _is_committed(newest.tags):
        return None
    return int(newest.version)


def _is_committed(tags: Mapping[str, str]) -> bool:
    return bool(tags.get(_COMMIT_TAG)) and tags.get(_DIRTY_TAG) == "false"


def _is_whole(model: Any, client: MlflowClient) -> bool:
    location = urlsplit(model.artifact_location)
    try:
        if location.scheme in ("", "file"):
            folder = Path(unquote(location.path))
            digest, problems = check_manifest(folder)
            manifest = json.loads((folder / MANIFEST_FILE).read_bytes())
        else:
            digest, manifest = _read_manifest(model.artifact_location, client)
            problems = ()
    except (InputError, OSError, ValueError):
        return False
    ships_code = any(name.startswith("code/") for name in manifest["files"])
    return not problems and not ships_code and digest == model.tags.get(_DIGEST_TAG)


def _read_manifest(location: str, client: MlflowClient) -> tuple[str, dict[str, Any]]:
    from mlflow.exceptions import MlflowException
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    try:
        with tempfile.TemporaryDirectory() as folder:
            repository = get_artifact_repository(location, tracking_uri=client.tracking_uri)
            raw = Path(repository.download_artifacts(MANIFEST_FILE, folder)).read_bytes()
            names = {item.path for item in repository.list_artifacts()}
    except MlflowException as error:
        raise OSError(str(error)) from error
    if "MLmodel" not in names:
        raise ValueError("no model")
    return "sha256:" + hashlib.sha256(raw).hexdigest(), json.loads(raw)
