"""How does a CI job get at the files of the model it has just registered? From the registry, so
that what the job keeps is what a user would load."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlops_nb.errors import InputError
from mlops_nb.tracking.store import TrackingStore


def copy_model(run: Mapping[str, Any], folder: Path, *, store: TrackingStore) -> Path:
    """Copy the files of the model that `run` (the object of ``run --json``) made into `folder`.

    Raises
    ------
    InputError
        ``MNB903`` if the run made no model.
    """
    if not run.get("model"):
        raise InputError(
            "MNB903",
            str(run.get("notebook", "")),
            "The run made no model.",
            "Name the model's variable on its stage: %%mlops_stage NAME --model VARIABLE.",
        )
    store.activate()
    from mlflow import artifacts

    folder.mkdir(parents=True, exist_ok=True)
    return Path(
        artifacts.download_artifacts(artifact_uri=run["model"]["uri"], dst_path=str(folder))
    )
