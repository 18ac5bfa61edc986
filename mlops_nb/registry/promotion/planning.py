"""What would promoting this version do? Looks at it from all sides, and moves nothing.

Everything is looked at even where one thing is wrong already: a person wants to hear of all of it
at once. Files that are not those that were built are judged no further.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mlops_nb.errors import InputError
from mlops_nb.packaging.verification import verify_files
from mlops_nb.pipeline.gates.gate import Gate
from mlops_nb.registry.gating import gate_version
from mlops_nb.registry.infra import InfraLimits, InfraReport, check_infra
from mlops_nb.registry.promotion.approvals import Approvals, approval_obstacle
from mlops_nb.registry.promotion.moves import history_obstacle
from mlops_nb.registry.promotion.obstacles import (
    ARCHIVED,
    DOES_NOT_SERVE,
    GATES_FAILED,
    NO_GATES,
    PACKAGE_CHANGED,
    PromotionObstacle,
    not_packaged,
)
from mlops_nb.registry.promotion.opening import open_ledger
from mlops_nb.registry.promotion.origin import is_live, origin_obstacles
from mlops_nb.registry.promotion.plan import PromotionPlan
from mlops_nb.registry.promotion.promoting import standing_approvals
from mlops_nb.registry.promotion.registry import Registry
from mlops_nb.registry.promotion.rules import PromotionRules
from mlops_nb.registry.promotion.versions import ARCHIVED_TAG, CHAMPION, PREVIOUS, VersionInfo
from mlops_nb.registry.report import GateReport

_ALIAS = re.compile(r"[A-Za-z_][\w-]*")
_RESERVED = re.compile(r"latest|v\d+", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What gates and infra check said of a package."""

    report: GateReport | None = None
    infra: InfraReport | None = None
    obstacles: tuple[PromotionObstacle, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Yardstick:
    """What a package is judged by.

    Attributes
    ----------
    gates : tuple of Gate
    folder : Path
        The project's: tests of the user's own, and its git repository.
    allow : tuple of str
        Types the project trusts besides ours.
    limits : InfraLimits or None
        None: those of the rules.
    """

    gates: tuple[Gate, ...] = ()
    folder: Path = field(default_factory=Path.cwd)
    allow: tuple[str, ...] = ()
    limits: InfraLimits | None = None


Judge = Callable[[Registry, VersionInfo, Yardstick, PromotionRules], Judged]


def plan_promotion(
    registry: Registry,
    name: str,
    version: int | str | None = None,
    *,
    to: str = CHAMPION,
    gates: Sequence[Gate] = (),
    rules: PromotionRules | None = None,
    folder: Path | None = None,
    allow: tuple[str, ...] = (),
    limits: InfraLimits | None = None,
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
    gates : sequence of Gate
    rules : PromotionRules, optional
    folder : Path, optional
        The project's; the working directory by default.
    allow : tuple of str
        Types the project trusts besides ours.
    limits : InfraLimits, optional
        By default those of the rules.
    judge : callable, optional
        Asks gates and infra check; by default in fresh processes, which takes seconds.

    Raises
    ------
    InputError
        MNB711, MNB712 if there is no such version; MNB734 if `to` can be no alias.
    InfrastructureError
        If registry, history or package cannot be read.
    """
    _check_alias(to)
    rules = rules or PromotionRules()
    yardstick = Yardstick(
        gates=tuple(gates),
        folder=folder or Path.cwd(),
        allow=allow,
        limits=limits,
    )
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
            *_archived(candidate),
            *origin_obstacles(candidate, run),
            *judged.obstacles,
            *standing,
        ),
        notes=judged.notes,
        is_live=is_live(run),
        rules=rules,
    )


def judge_package(
    registry: Registry, candidate: VersionInfo, yardstick: Yardstick, rules: PromotionRules
) -> Judged:
    """Return what gates and infra check say of a version's package, each in fresh processes."""
    if not candidate.digest:
        return Judged(obstacles=(not_packaged(candidate.label),))
    label, allow = candidate.label, yardstick.allow
    with registry.fetch(candidate.name, candidate.version) as package:
        try:
            found = verify_files(package, digest=candidate.digest, allow=allow)
            problems = found.problems
        except InputError as error:
            problems = (f"It {error.fault}",)
        if problems:
            return Judged(obstacles=(_changed(label, problems),))
        infra = check_infra(
            package,
            name=label,
            digest=candidate.digest,
            allow=allow,
            limits=yardstick.limits or _limits_of(rules),
        )
    # One after the other: two processes at once would measure each other's times.
    report = _gate_report(registry, candidate, yardstick)
    obstacles = (*gate_obstacles(report, rules, label=label), *_infra_obstacles(infra, label))
    return Judged(report=report, infra=infra, obstacles=obstacles, notes=infra.notes)


def _limits_of(rules: PromotionRules) -> InfraLimits:
    return InfraLimits(load_s=rules.max_load_s, memory_bytes=rules.max_memory_bytes)


def _gate_report(registry: Registry, candidate: VersionInfo, yardstick: Yardstick) -> GateReport:
    if not yardstick.gates:
        return GateReport(candidate=candidate.label, candidate_digest=candidate.digest)
    return gate_version(
        registry,
        candidate.name,
        candidate.version,
        gates=yardstick.gates,
        allow=yardstick.allow,
        folder=yardstick.folder,
    )


def gate_obstacles(
    report: GateReport, rules: PromotionRules, *, label: str
) -> tuple[PromotionObstacle, ...]:
    """Return what the gates have against a version."""
    if not report.outcomes:
        return (_no_gates(label),) if rules.require_gates else ()
    if report.passed:
        return ()
    failed = [outcome for outcome in report.outcomes if outcome.verdict == "failed"]
    reasons = " ".join(f"{outcome.gate}: {outcome.reason}" for outcome in failed)
    return (
        PromotionObstacle(
            code=GATES_FAILED,
            reason=f"{label}: {report.summary} {reasons}",
            remedy="Mend the model and run the notebook again.",
        ),
    )


def _no_gates(label: str) -> PromotionObstacle:
    return PromotionObstacle(
        code=NO_GATES,
        reason=f"No gate judged {label}.",
        remedy="Name gates in [tool.mlops_nb] of pyproject.toml, such as gates = ['accuracy >= "
        "0.9'], or say require_gates = false in [tool.mlops_nb.promotion].",
    )


def _infra_obstacles(infra: InfraReport, label: str) -> tuple[PromotionObstacle, ...]:
    if infra.passed:
        return ()
    return (
        PromotionObstacle(
            code=DOES_NOT_SERVE,
            reason=f"{label} does not serve: {' '.join(infra.problems)}",
            remedy="Run the notebook again in the environment that serves.",
        ),
    )


def _changed(label: str, problems: Sequence[str]) -> PromotionObstacle:
    return PromotionObstacle(
        code=PACKAGE_CHANGED,
        reason=f"The files of {label} are not those that were registered: {' '.join(problems)}",
        remedy="Find out who changed them, and register a new version.",
        overridable=False,
    )


def _archived(candidate: VersionInfo) -> tuple[PromotionObstacle, ...]:
    why = candidate.tags.get(ARCHIVED_TAG, "")
    if not why:
        return ()
    return (
        PromotionObstacle(
            code=ARCHIVED,
            reason=f"{candidate.label} is archived: {why}",
            remedy=f"Take another version, or bring it back: mlops-nb models archive "
            f"{candidate.label} --undo.",
        ),
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
