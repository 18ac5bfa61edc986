"""Where does this model come from? Only what a headless run of a committed notebook made may go on.

Such a run can be repeated by anybody; what a person did in a live kernel, or with changes nobody
committed, cannot. Told by the tags that the run carries.
"""

from __future__ import annotations

from mlops_nb.registry.promotion.obstacles import (
    NOT_COMMITTED,
    NOT_HEADLESS,
    PromotionObstacle,
)
from mlops_nb.registry.promotion.versions import RunInfo, VersionInfo
from mlops_nb.tracking.entries import CHANGED_TAG, DOOR_TAG, NOTEBOOK_TAG

_COMMIT_TAG = "mlflow.source.git.commit"
_DIRTY_TAG = "mlops_nb.dirty"
_AGAIN = "run it headless: mlops-nb run {notebook} --register {name}"


def is_live(run: RunInfo | None) -> bool:
    """Return whether a model was made in a live kernel."""
    return run is not None and run.tags.get(DOOR_TAG) == "interactive"


def origin_obstacles(version: VersionInfo, run: RunInfo | None) -> tuple[PromotionObstacle, ...]:
    """Return what stands against where a version comes from."""
    notebook = ("" if run is None else run.tags.get(NOTEBOOK_TAG, "")) or "NOTEBOOK"
    again = _AGAIN.format(notebook=notebook, name=version.name)
    if run is None or DOOR_TAG not in run.tags:
        reason = f"No run of mlops_nb made {version.label}"
        if run is None and version.run_id:
            reason += f": run {version.run_id[:8]} is gone"
        return (_not_headless(f"{reason}.", f"Make the model in a notebook, and {again}."),)
    if is_live(run):
        reason = f"{version.label} was made in a live kernel of {notebook}."
        return (_not_headless(reason, f"Commit the notebook, and {again}."),)
    if run.status == "RUNNING":
        reason = f"The run that made {version.label} is still going on."
        return (_not_headless(reason, "Wait until it has ended."),)
    if run.status != "FINISHED":
        reason = f"The run that made {version.label} ended as {run.status.lower()}."
        return (_not_headless(reason, f"Mend the notebook, and {again}."),)
    if not run.tags.get(_COMMIT_TAG):
        reason = f"{notebook} was in no git repository when {version.label} was made."
    elif run.tags.get(_DIRTY_TAG) == "true":
        commit = run.tags[_COMMIT_TAG][:8]
        changed = run.tags.get(CHANGED_TAG, "")
        told = f": {changed}" if changed else ""
        reason = f"There were changes after commit {commit} when {version.label} was made{told}."
    else:
        return ()
    remedy = f"Commit the notebook and all it uses, let git ignore what it writes, and {again}."
    return (PromotionObstacle(code=NOT_COMMITTED, reason=reason, remedy=remedy),)


def _not_headless(reason: str, remedy: str) -> PromotionObstacle:
    return PromotionObstacle(code=NOT_HEADLESS, reason=reason, remedy=remedy)
