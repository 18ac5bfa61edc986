"""Is this package fit? What gates and infra check say of it, and what of that stands in the way.

Files are held against their registered digest first; those that are not what was built are judged
no further.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from mlops_nb.errors import InputError
from mlops_nb.packaging.verification import verify_files
from mlops_nb.pipeline.gates.declared import DeclaredGate
from mlops_nb.registry.gathering import Surroundings
from mlops_nb.registry.gating import gate_candidate
from mlops_nb.registry.infra import InfraLimits, InfraReport, infra_report
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
from mlops_nb.registry.report import GateReport, with_origins


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
    gates : tuple of DeclaredGate
        With where they are written.
    folder : Path
        The project's: tests of the user's own, and its git repository.
    allow : tuple of str
        Types the project trusts besides ours.
    limits : InfraLimits or None
        None: those of the rules.
    recorded : GateReport or None
        On record: verdicts that still stand are taken from there.
    record_fault : str
        Why there is none, although the version was judged: a sentence.
    tell : callable or None
        Hears what goes on.
    """

    gates: tuple[DeclaredGate, ...] = ()
    folder: Path = field(default_factory=Path.cwd)
    allow: tuple[str, ...] = ()
    limits: InfraLimits | None = None
    recorded: GateReport | None = None
    record_fault: str = ""
    tell: Callable[[str], None] | None = None


Judge = Callable[[Registry, VersionInfo, Yardstick, PromotionRules], Judged]


def judge_package(
    registry: Registry, candidate: VersionInfo, yardstick: Yardstick, rules: PromotionRules
) -> Judged:
    """Return what gates and infra check say of a version's package, from one fresh process."""
    if not candidate.digest:
        return Judged(obstacles=(not_packaged(candidate.label),))
    label, tell = candidate.label, yardstick.tell or (lambda _: None)
    tell(f"Copying {label} from the store …")
    with registry.fetch(candidate.name, candidate.version) as package:
        problems = _problems(package, candidate, allow=yardstick.allow)
        if problems:
            return Judged(obstacles=(_changed(label, problems),))
        tell(f"Starting a process for {label} …")
        gated = gate_candidate(
            registry,
            candidate,
            package,
            gates=[declared.gate for declared in yardstick.gates],
            around=Surroundings(allow=yardstick.allow, folder=yardstick.folder, tell=tell),
            recorded=yardstick.recorded,
            must_serve=True,
        )
        assert gated.trial is not None
        infra = infra_report(
            gated.trial,
            package,
            digest=candidate.digest,
            limits=yardstick.limits or _limits_of(rules),
        )
    report = with_origins(gated.report, yardstick.gates)
    obstacles = (*gate_obstacles(report, rules, label=label), *_infra_obstacles(infra, label))
    notes = (*_told_recorded(report, yardstick.recorded), *infra.notes)
    return Judged(report=report, infra=infra, obstacles=obstacles, notes=notes)


def _problems(package: Path, candidate: VersionInfo, *, allow: tuple[str, ...]) -> tuple[str, ...]:
    """Return why the files are not those that were registered."""
    try:
        return verify_files(package, digest=candidate.digest, allow=allow).problems
    except InputError as error:
        return (f"It {error.fault}",)


def _told_recorded(report: GateReport, recorded: GateReport | None) -> tuple[str, ...]:
    """Return a sentence if verdicts were taken from an earlier report."""
    n = sum(outcome.recorded for outcome in report.outcomes)
    if recorded is None or not n:
        return ()
    at = datetime.fromisoformat(recorded.judged_at) if recorded.judged_at else None
    when = "" if at is None else f" on {at:%Y-%m-%d at %H:%M} UTC"
    of = f"{n} of {len(report.outcomes)} gates" if len(report.outcomes) > 1 else "The gate"
    return (
        f"{of} {'were' if n > 1 else 'was'} decided{when}, and all that the verdict rests on is the"
        " same: packages, rows, champion, libraries. To decide anew, judge again (--again).",
    )


def _limits_of(rules: PromotionRules) -> InfraLimits:
    return InfraLimits(load_s=rules.max_load_s, memory_bytes=rules.max_memory_bytes)


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
