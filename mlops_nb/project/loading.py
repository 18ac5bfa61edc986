"""How does a value of a past run come into a Python process? `mlops_nb.load`, by stage and name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_nb.errors import InputError, nearest
from mlops_nb.execution.past_values import MissingValueError

if TYPE_CHECKING:
    from mlops_nb.project.past_runs import PastRun


def load(value: str, *, run: str | None = None, project: Path | str | None = None) -> Any:
    """Return a value that a stage of a past run left.

    Parameters
    ----------
    value : str
        ``"STAGE.NAME"``: as the stage left it; ``"NAME"``: as the run left it.
    run : str, optional
        The executed notebook's path, or the first characters of the run's id; the newest run by
        default.
    project : Path or str, optional
        A notebook or folder of the project; the working directory by default.

    Returns
    -------
    object
        A copy of its own. Arrays and frames are mapped into memory where that pays. Functions and
        objects of classes of the notebook come with what they refer to.

    Raises
    ------
    InputError
        MNB850 no such run, MNB851 no such stage or name in it, MNB852 the value is not to be had:
        it was not stored, was removed from the store since, or is a pickle from a shared store
        without our signature.

    Notes
    -----
    A pickle is code: what was stored here, or bears the signature of ``MLOPS_NB_STORE_KEY``, is
    trusted.
    """
    from mlops_nb.project.past_runs import find_past_run

    start = None if project is None else Path(project)
    past = find_past_run(run, start=start.parent if start and start.is_file() else start)
    stage, dot, name = value.rpartition(".")
    until = _after(past, stage, value) if dot else len(past.file.node["cells"])
    if name not in past.values.ledger(until).names():
        place = f"stage {stage!r}" if stage else "the run"
        raise InputError(
            "MNB851",
            f"run {past.told}",
            f"{place} left no {name!r}.",
            nearest(name, past.values.ledger(until).names()) or "It left no names.",
        )
    try:
        return past.values.load(name, until=until)
    except MissingValueError as error:
        missing, reason = error.args
        told = reason if missing == name else f"{missing!r}, which it needs: {reason}"
        raise InputError(
            "MNB852",
            f"run {past.told}",
            f"{value!r} is not to be had: {told.rstrip('.')}.",
            "Run the notebook again: what a stage left can be loaded until the cache removes it, "
            "and what another cell left after a run with --cache all.",
        ) from error


def _after(past: PastRun, stage: str, value: str) -> int:
    """Return the position behind the last cell of a stage."""
    own = [cell.position for cell in past.values.cells if cell.stage == stage]
    if own:
        return own[-1] + 1
    names = list(dict.fromkeys(cell.stage for cell in past.values.cells if cell.stage))
    raise InputError(
        "MNB851",
        f"run {past.told}",
        f"{value!r}: its notebook has no stage {stage!r}.",
        nearest(stage, names) or "It has no stages: give the name alone.",
    )
