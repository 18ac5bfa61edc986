"""What would a promotion do, and what stands in its way? The plan: plain values, shown by any door.

A plan moves nothing. It is made afresh for each promotion, since it holds what was true when it was
made; `promote` refuses to carry out one whose champion has moved meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlops_nb.registry.promotion.approvals import Approvals
from mlops_nb.registry.promotion.obstacles import PromotionObstacle
from mlops_nb.registry.promotion.rules import PromotionRules
from mlops_nb.registry.promotion.versions import CHAMPION, VersionInfo

if TYPE_CHECKING:
    from mlops_nb.registry.infra import InfraReport
    from mlops_nb.registry.promotion.registry import Registry
    from mlops_nb.registry.report import GateReport

_KEPT = 1000
JUDGED = frozenset({"MNB720", "MNB721", "MNB722", "MNB723"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionPlan:
    """A promotion that may be.

    Attributes
    ----------
    registry : Registry
        Where it would happen.
    name : str
    version : int
    to : str
        The alias.
    candidate : VersionInfo
    current : VersionInfo or None
        What the alias names now.
    already : bool
        Whether that is the candidate: then nothing is judged, and there is nothing to do.
    report : GateReport or None
        None if the gates were not evaluated: nothing to do, or the package cannot be judged.
    infra : InfraReport or None
    approvals : Approvals
    obstacles : tuple of PromotionObstacle
        What stands in the way; empty: nothing does.
    notes : tuple of str
        What a person should know.
    is_live : bool
        Whether the model comes from a live kernel.
    rules : PromotionRules
    """

    registry: Registry = field(repr=False, compare=False)
    name: str
    version: int
    to: str = CHAMPION
    candidate: VersionInfo
    current: VersionInfo | None = None
    already: bool = False
    report: GateReport | None = None
    infra: InfraReport | None = None
    approvals: Approvals = field(default_factory=Approvals)
    obstacles: tuple[PromotionObstacle, ...] = ()
    notes: tuple[str, ...] = ()
    is_live: bool = False
    rules: PromotionRules = field(default_factory=PromotionRules)

    @property
    def label(self) -> str:
        return self.candidate.label

    @property
    def blessed(self) -> bool:
        """True if the gates and the infra check were asked and hold."""
        was_judged = self.report is not None and self.infra is not None
        return was_judged and not any(obstacle.code in JUDGED for obstacle in self.obstacles)

    @property
    def ready(self) -> bool:
        """True if nothing stands in the way."""
        return not self.obstacles

    @property
    def can_be_forced(self) -> bool:
        """True if what stands in the way can all be overridden."""
        return bool(self.obstacles) and all(one.overridable for one in self.obstacles)

    def evidence(self) -> dict[str, str]:
        """Return what a promotion rests on, as the history keeps it."""
        tags, report = self.candidate.tags, self.report
        known = {
            "run_id": self.candidate.run_id,
            "notebook": tags.get("mlops_nb.notebook", ""),
            "commit": tags.get("mlflow.source.git.commit", ""),
            "gates": "" if report is None else report.summary,
            "evaluation": "" if report is None else report.evaluation_digest,
            "champion": "" if report is None else report.champion,
            "approved_by": ", ".join(one.actor for one in self.approvals.counted),
            "overridden": " ".join(one.reason for one in self.obstacles)[:_KEPT],
        }
        return {name: value for name, value in known.items() if value}

    def to_json(self) -> dict[str, Any]:
        """Return what ``promote --dry-run --json`` prints (schema 1)."""
        return {
            "schema": 1,
            "model": self.name,
            "version": self.version,
            "to": self.to,
            "already": self.already,
            "ready": self.ready,
            "blessed": self.blessed,
            "can_be_forced": self.can_be_forced,
            "candidate": self.candidate.to_json(),
            "current": None if self.current is None else self.current.to_json(),
            "gates": None if self.report is None else self.report.to_json(),
            "infra": None if self.infra is None else self.infra.to_json(),
            "approvals": self.approvals.to_json(),
            "obstacles": [obstacle.to_json() for obstacle in self.obstacles],
            "notes": list(self.notes),
            "live": self.is_live,
            "evidence": self.evidence(),
        }
