"""Is this package fit? What gates and infra check say of it, and what of that stands in the way.

Files are held against their registered digest first; those that are not what was built are judged
no further.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mlops_nb.errors import InputError
from mlops_nb.packaging.verification import verify_files
from mlops_nb.pipeline.gates.gate import Gate
from mlops_nb.registry.gating import gate_version
from mlops_nb.registry.infra import InfraLimits, InfraReport, check_infra
from mlops_nb.registry.promotion.obstacles import (
    DOES_NOT_SERVE,
    GATES_FAILED,
    NO_GATES,
    PACKAGE_CHANGED,
    PromotionObstacle,
    not_packaged,
)
from mlops_nb.registry.promotion.registry import Registry
from mlops_nb.registry.promotion.rules import PromotionRules
from mlops_nb.registry.promotion.versions import VersionInfo
from mlops_nb.registry.report import GateReport


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
