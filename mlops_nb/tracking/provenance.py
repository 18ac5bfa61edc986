"""What made this model? The run behind a model version, as MLflow keeps it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_nb.pipeline.records import RunRecord, parse_record
from mlops_nb.tracking.entries import DOOR_TAG

if TYPE_CHECKING:
    from mlflow import MlflowClient

COMMIT_TAG = "mlflow.source.git.commit"
DIRTY_TAG = "mlops_nb.dirty"
RECORD_FILE = "run.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """A run.

    Attributes
    ----------
    door : str
        Empty: the run is not one of ours.
    commit : str
        Empty: none was known.
    is_dirty : bool
        Whether the working tree differed from the commit.
    metrics : Mapping of str to float
        Of a series the last value.
    record : RunRecord or None
        None if it was not asked for, or the run keeps none that can be read.
    """

    door: str
    commit: str
    is_dirty: bool
    metrics: Mapping[str, float] = field(default_factory=dict)
    record: RunRecord | None = None


def read_run_facts(
    run_id: str, *, client: MlflowClient, with_record: bool = False
) -> RunFacts | None:
    """Return what is known of a run; None if there is none."""
    from mlflow.exceptions import MlflowException

    try:
        data = client.get_run(run_id).data
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return None
    return RunFacts(
        door=data.tags.get(DOOR_TAG, ""),
        commit=data.tags.get(COMMIT_TAG, ""),
        is_dirty=data.tags.get(DIRTY_TAG) == "true",
        metrics=dict(data.metrics),
        record=_read_record(run_id, client) if with_record else None,
    )


def _read_record(run_id: str, client: MlflowClient) -> RunRecord | None:
    from mlflow.exceptions import MlflowException

    with tempfile.TemporaryDirectory() as folder:
        try:
            file = Path(client.download_artifacts(run_id, RECORD_FILE, folder))
            return parse_record(json.loads(file.read_text(encoding="utf-8")))
        except (MlflowException, OSError, ValueError, KeyError, TypeError):
            return None
