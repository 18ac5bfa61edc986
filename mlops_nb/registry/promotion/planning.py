"""What would promoting this version do? Looks at it from all sides, and moves nothing.

Everything is looked at even where one thing is wrong already: a person wants to hear of all of it
at once.
"""

from __future__ import annotations

import re
from pathlib import Path

from mlops_nb.errors import InputError
from mlops_nb.registry.promotion.approvals import Approvals, approval_obstacle
from mlops_nb.registry.promotion.approving import standing_approvals
from mlops_nb.registry.promotion.judging import Judge, Yardstick, judge_package
from mlops_nb.registry.promotion.moves import history_obstacle
from mlops_nb.registry.promotion.obstacles import PromotionObstacle, archived, report_changed
from mlops_nb.registry.promotion.opening import open_ledger
from mlops_nb.registry.promotion.origin import is_live, origin_obstacles
from mlops_nb.registry.promotion.plan import PromotionPlan
from mlops_nb.registry.promotion.registry import Registry
from mlops_nb.registry.promotion.rules import PromotionRules
from mlops_nb.registry.promotion.versions import ARCHIVED_TAG, CHAMPION, PREVIOUS, VersionInfo

_ALIAS = re.compile(r"[A-Za-z_][\w-]*")
_RESERVED = re.compile(r"latest|v\d+", re.IGNORECASE)


def plan_promotion(
    registry: Registry,
    name: str,
    version: int | str | None = None,
    *,
    to: str = CHAMPION,
    yardstick: Yardstick | None = None,
    rules: PromotionRules | None = None,
    judge: Judge | None = None,
) -> PromotionPlan:
    """Return what promoting a version would do, and what stands in its way.

    Parameters
    ----------
    registry : Registry
    name : str
    version : int or str, optional
        A number or an alias; the newest version by default.
    to : str
        The alias it shall get.
    yardstick : Yardstick, optional
        What it is judged by; by default by no gates.
    rules : PromotionRules, optional
    judge : callable, optional
        Asks gates and infra check; by default in a fresh process, which takes seconds.

    Raises
    ------
    InputError
        MNB711, MNB712 if there is no such version; MNB734 if `to` can be no alias.
    InfrastructureError
        If registry, history or package cannot be read.
    """
    _check_alias(to)
    rules = rules or PromotionRules()
    yardstick = yardstick or Yardstick()
    candidate = registry.version(name, _newest(registry, name) if version is None else version)
    number = registry.alias(name, to)
    current = None if number is None else registry.version(name, number)
    if number == candidate.version:
        return PromotionPlan(
            registry=registry,
            name=name,
            version=candidate.version,
            to=to,
            candidate=candidate,
            current=current,
            already=True,
            rules=rules,
        )
    judged = (judge or judge_package)(registry, candidate, yardstick, rules)
    approvals, standing = _look_at_history(registry, candidate, rules, yardstick.folder)
    run = registry.run(candidate.run_id) if candidate.run_id else None
    mark, lost = candidate.tags.get(ARCHIVED_TAG, ""), yardstick.record_fault
    return PromotionPlan(
        registry=registry,
        name=name,
        version=candidate.version,
        to=to,
        candidate=candidate,
        current=current,
        report=judged.report,
        infra=judged.infra,
        approvals=approvals,
        obstacles=(
            *([archived(candidate.label, mark)] if mark else []),
            *([report_changed(candidate.label, lost)] if lost else []),
            *origin_obstacles(candidate, run),
            *judged.obstacles,
            *standing,
        ),
        notes=judged.notes,
        is_live=is_live(run),
        rules=rules,
    )


def _look_at_history(
    registry: Registry, candidate: VersionInfo, rules: PromotionRules, folder: Path
) -> tuple[Approvals, tuple[PromotionObstacle, ...]]:
    """Return the approvals that the history has, and what is wrong there."""
    _, chain = open_ledger(registry, candidate.name).snapshot()
    approvals = standing_approvals(registry, candidate, chain, rules=rules, folder=folder)
    missing = approval_obstacle(approvals, label=candidate.label, rules=rules)
    broken = history_obstacle(chain, candidate.name) if chain.unanswered else None
    return approvals, tuple(one for one in (broken, missing) if one is not None)


def _newest(registry: Registry, name: str) -> int:
    versions = registry.versions(name)
    if not versions:
        raise InputError(
            "MNB712",
            name,
            "it has no version.",
            f"Register one: mlops-nb run NOTEBOOK --register {name}.",
        )
    return versions[0].version


def _check_alias(alias: str) -> None:
    """Raise unless `alias` can be given by a promotion."""
    if alias != PREVIOUS and _ALIAS.fullmatch(alias) and not _RESERVED.fullmatch(alias):
        return
    why = "is given by promotions themselves" if alias == PREVIOUS else "can be no alias"
    raise InputError("MNB734", "--to", f"{alias!r} {why}.", "Say champion, or another word.")
