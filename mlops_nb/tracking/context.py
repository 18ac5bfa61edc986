"""Whose child is a run that user code starts in a kernel?

MLflow asks every run-context provider for tags when ``mlflow.start_run``, a bare
``mlflow.log_metric`` or autologging opens a run. This one answers with the pipeline run: from
the file the recorder writes once the run exists (headless), or from the live session of this
process. The pipeline run itself is never the active run of a kernel, so nothing a kernel does
can end it. Imports nothing heavy: MLflow loads it at its start.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from mlops_nb.tracking.gitinfo import strip_credentials

RUN_FILE_VARIABLE = "MLOPS_NB_RUN_FILE"
WAIT_S = 10.0
POLL_S = 0.02

# Set by the live session of this process: returns the run's id and store, opening it if need be.
live_run: Callable[[], tuple[str, str] | None] | None = None
# Set by the live session: called when user code imports MLflow, before its first call.
on_mlflow_import: Callable[[], None] | None = None


class PipelineRunContext:
    """An MLflow run-context provider (entry point group ``mlflow.run_context_provider``)."""

    def __init__(self) -> None:
        if on_mlflow_import is not None:
            on_mlflow_import()

    def in_context(self) -> bool:
        """Return whether this process belongs to a pipeline run."""
        return live_run is not None or bool(os.environ.get(RUN_FILE_VARIABLE))

    def tags(self) -> dict[str, str]:
        """Return the tag that makes a new run a child of the pipeline run, if there is one."""
        parent = find_parent()
        return {} if parent is None else {"mlflow.parentRunId": parent}


def find_parent(*, wait_s: float = WAIT_S) -> str | None:
    """Return the id of the pipeline run this process belongs to.

    Parameters
    ----------
    wait_s : float, default=10.0
        How long to wait for the recorder to have opened the run.

    Returns
    -------
    str or None
        None outside a run, without tracking, or if user code has turned to another store: an id
        means nothing there.
    """
    if live_run is not None:
        answer = live_run()
    else:
        path = os.environ.get(RUN_FILE_VARIABLE)
        answer = read_run_file(Path(path), wait_s=wait_s) if path else None
    if answer is None:
        return None
    run_id, tracking_uri = answer
    current = strip_credentials(_current_tracking_uri())
    return run_id if strip_credentials(tracking_uri) in {"", current} else None


def write_run_file(path: Path, *, run_id: str | None, tracking_uri: str) -> None:
    """Write which run a kernel belongs to, atomically; None says that there will be no run.

    The store is named without user name and password.
    """
    place = strip_credentials(tracking_uri)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(json.dumps({"schema": 1, "run_id": run_id, "tracking_uri": place}))
    draft.replace(path)


def read_run_file(path: Path, *, wait_s: float) -> tuple[str, str] | None:
    """Return run id and store from a run file, waiting for it; None if there is or comes none."""
    deadline = time.monotonic() + wait_s
    while True:
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            if not path.parent.is_dir() or time.monotonic() >= deadline:
                return None
            time.sleep(POLL_S)
            continue
        except (OSError, ValueError):
            return None
        run_id = content.get("run_id")
        return None if run_id is None else (str(run_id), str(content.get("tracking_uri", "")))


def _current_tracking_uri() -> str:
    mlflow = sys.modules.get("mlflow")
    return "" if mlflow is None else str(mlflow.get_tracking_uri())
