"""Does what was written load and answer as the variable does? Asked before it has a name."""

from __future__ import annotations

from pathlib import Path

from mlops_nb.errors import InputError
from mlops_nb.packaging.verification import PYFUNC, reproduce


def prove_package(building: Path, *, flavour: str, place: str) -> str:
    """Load the package, compare golden predictions, and return a note; empty if all is well.

    MLflow converts what comes in to the signature's types, and has none for some that models tell
    apart (a category is a string to it). Then the model is better without.
    """
    differing = _try_reproduce(building, flavour=flavour, place=place)
    note = ""
    if set(differing) == {PYFUNC} and _drop_signature(building):
        note = (
            "The model has no signature: MLflow's conversion to one would change what it predicts."
        )
        differing = _try_reproduce(building, flavour=flavour, place=place)
    if differing:
        method, rows = min(differing.items())
        raise InputError(
            "MNB606",
            place,
            f"answers otherwise once saved and loaded: {method} differs in {len(rows)} of the"
            f" golden rows, first in row {rows[0]}.",
            "Make its predictions repeatable: fix random states, keep no state outside the object.",
        )
    return note


def _try_reproduce(building: Path, *, flavour: str, place: str) -> dict[str, tuple[int, ...]]:
    try:
        return reproduce(building, flavour=flavour)
    except OSError:
        raise
    except Exception as error:
        reason = (str(error).splitlines() or [""])[0]
        raise InputError(
            "MNB603",
            place,
            f"cannot be loaded once saved: {type(error).__name__}: {reason}",
            "Check that its class can be unpickled, or name another variable with --model.",
        ) from error


def _drop_signature(building: Path) -> bool:
    """Remove the signature from ``MLmodel``; False if there was none."""
    from mlflow.models import Model

    description = Model.load(str(building / "MLmodel"))
    if description.signature is None:
        return False
    description.signature = None
    description.save(str(building / "MLmodel"))
    return True
