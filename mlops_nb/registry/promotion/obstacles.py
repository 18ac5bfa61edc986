"""What can stand between a version and an alias, and which exit code does it mean?

Each obstacle has a code and a remedy. One that can be overridden is by ``--force --reason``, which
the history keeps; approvals, a changed package and one that does not exist cannot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mlops_nb.errors import ApprovalMissingError, InputError, MlopsNbError, NotBlessedError

GATES_FAILED = "MNB720"
NO_GATES = "MNB721"
DOES_NOT_SERVE = "MNB722"
PACKAGE_CHANGED = "MNB723"
NOT_HEADLESS = "MNB724"
NOT_COMMITTED = "MNB725"
APPROVAL_MISSING = "MNB726"
ARCHIVED = "MNB727"
HISTORY_BROKEN = "MNB728"
NEVER_BLESSED = "MNB729"
NOT_PACKAGED = "MNB730"
REPORT_CHANGED = "MNB735"

_NOT_BLESSED = frozenset({GATES_FAILED, NO_GATES, DOES_NOT_SERVE, NEVER_BLESSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionObstacle:
    """One thing that stands in the way.

    Attributes
    ----------
    code : str
    reason : str
        What is wrong: one or more sentences.
    remedy : str
        What a person can do: a sentence.
    overridable : bool
        Whether ``--force --reason`` goes past it.
    """

    code: str
    reason: str
    remedy: str
    overridable: bool = True

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def not_packaged(label: str) -> PromotionObstacle:
    """Return what says that a version was not made by mlops_nb."""
    return PromotionObstacle(
        code=NOT_PACKAGED,
        reason=f"{label} was not packaged by mlops_nb: nothing says what its files were.",
        remedy="Register what a run made: mlops-nb run NOTEBOOK --register NAME.",
    )


def report_changed(label: str, fault: str) -> PromotionObstacle:
    """Return what says that nobody knows what a version was judged by."""
    return PromotionObstacle(
        code=REPORT_CHANGED,
        reason=f"What {label} was judged by when it was made is not known. {fault}",
        remedy="Find out who changed it, and run the notebook again.",
    )


def archived(label: str, why: str) -> PromotionObstacle:
    """Return what says that a version is not to be used any more."""
    return PromotionObstacle(
        code=ARCHIVED,
        reason=f"{label} is archived: {why}",
        remedy=f"Take another version, or bring it back: mlops-nb models archive {label} --undo.",
    )


def refusal(place: str, obstacles: Sequence[PromotionObstacle]) -> MlopsNbError:
    """Return the error that tells of `obstacles`: it has the code of the first one.

    What says that the version is unfit comes before what is merely missing: its exit code is 2 for
    what may not be promoted at all, 3 for what is not blessed, 4 for an approval that is missing.
    """
    ranked = sorted(obstacles, key=_rank)
    first = ranked[0]
    kind: type[MlopsNbError] = (InputError, NotBlessedError, ApprovalMissingError)[_rank(first)]
    remedies = list(dict.fromkeys(obstacle.remedy for obstacle in ranked))
    reasons = " ".join(obstacle.reason for obstacle in ranked)
    return kind(first.code, place, reasons, " ".join(remedies))


def _rank(obstacle: PromotionObstacle) -> int:
    if obstacle.code == APPROVAL_MISSING:
        return 2
    return 1 if obstacle.code in _NOT_BLESSED else 0
