"""Who approved this version, and is that enough? An approval is bound to the version's digest.

Identities are asserted: whoever can write to the store can write any name. The history keeps where
a name came from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from mlops_nb.registry.promotion.obstacles import APPROVAL_MISSING, PromotionObstacle
from mlops_nb.registry.promotion.rules import PromotionRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One person's yes to one version.

    Attributes
    ----------
    version : int
    digest : str
        Of the version when it was approved.
    actor : str
    at : datetime
    names : tuple of str
        Other names of the same person.
    reason : str
    seq : int
        Of its line in the history.
    """

    version: int
    digest: str
    actor: str
    at: datetime
    names: tuple[str, ...] = ()
    reason: str = ""
    seq: int = 0

    def to_json(self) -> dict[str, Any]:
        told = {**asdict(self), "names": list(self.names), "at": self.at.isoformat()}
        told["entry"] = told.pop("seq")
        return told


@dataclass(frozen=True, slots=True, kw_only=True)
class Approvals:
    """What approvals there are of a version, and what is missing.

    Attributes
    ----------
    needed : int
    counted : tuple of Approval
        One of each person who may approve.
    ignored : tuple of str
        Why another approval does not count: sentences.
    """

    needed: int = 0
    counted: tuple[Approval, ...] = ()
    ignored: tuple[str, ...] = ()

    @property
    def missing(self) -> int:
        return max(0, self.needed - len(self.counted))

    def to_json(self) -> dict[str, Any]:
        return {
            "needed": self.needed,
            "missing": self.missing,
            "counted": [approval.to_json() for approval in self.counted],
            "ignored": list(self.ignored),
        }


def count_approvals(
    given: Sequence[Approval],
    rules: PromotionRules,
    *,
    version: int,
    digest: str,
    authors: frozenset[str],
) -> Approvals:
    """Return which approvals count for a version.

    Parameters
    ----------
    given : sequence of Approval
        Of all versions, oldest first.
    rules : PromotionRules
    version : int
    digest : str
        Of the version now.
    authors : frozenset of str
        Who made it.
    """
    counted: dict[str, Approval] = {}
    ignored = []
    for approval in given:
        if approval.version != version:
            continue
        why = _why_not(approval, rules, digest=digest, authors=authors)
        if why:
            ignored.append(f"The approval of {approval.actor} does not count: {why}.")
        else:
            counted.setdefault(approval.actor, approval)
    return Approvals(
        needed=rules.approvals, counted=tuple(counted.values()), ignored=tuple(ignored)
    )


def approval_obstacle(
    approvals: Approvals, *, label: str, rules: PromotionRules
) -> PromotionObstacle | None:
    """Return what says that approvals are missing; None if there are enough."""
    if not approvals.missing:
        return None
    who = f" of {', '.join(rules.approvers)}" if rules.approvers else ""
    had = len(approvals.counted)
    reason = f"{label} has {had} of {approvals.needed} approvals{who}."
    return PromotionObstacle(
        code=APPROVAL_MISSING,
        reason=" ".join((reason, *approvals.ignored)),
        remedy=f"Let somebody approve it: mlops-nb approve {label}.",
        overridable=False,
    )


def _why_not(
    approval: Approval, rules: PromotionRules, *, digest: str, authors: frozenset[str]
) -> str:
    if approval.digest != digest:
        return "the version was another one then"
    if rules.approvers and approval.actor not in rules.approvers:
        return "they are not among the approvers"
    if authors.intersection((approval.actor, *approval.names)) and not rules.approve_own:
        return "they made the model"
    return ""
