"""What becomes of the version that a run registered, when its gates hold? ``--promote-if-passed``.

Carried out after the run has ended and MLflow knows that: what may be promoted is what a finished
run made. The gates were decided by the run; the package is still asked whether it serves.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_nb.errors import InputError, MlopsNbError, NotBlessedError
from mlops_nb.project.gate_display import read_report

if TYPE_CHECKING:
    from mlops_nb.pipeline.records import RunRecord
    from mlops_nb.project.settings import Settings
    from mlops_nb.registry.promotion.plan import PromotionPlan
    from mlops_nb.registry.promotion.registry import Registry
    from mlops_nb.tracking.store import TrackingStore

OPTION = "--promote-if-passed"


def refuse_uncommitted(notebook: Path) -> None:
    """Raise where a promotion was asked of a run that could not be promoted.

    Raises
    ------
    InputError
        MNB747 if the notebook is in no repository, or its working tree differs from the commit.
    """
    from mlops_nb.tracking.gitinfo import read_git_state

    git = read_git_state(notebook.parent, running=notebook)
    if git.commit and not git.is_dirty:
        return
    fault = f"{notebook.name} is in no git repository, or was never committed."
    if git.commit:
        more = f" and {len(git.changed) - 3} more" if len(git.changed) > 3 else ""
        changed = ", ".join(git.changed[:3])
        fault = f"there are changes since commit {git.commit[:8]}: {changed}{more}."
    raise InputError(
        "MNB747",
        OPTION,
        f"only what a committed notebook made can be promoted, and {fault}",
        "Commit all that the notebook uses and let git ignore what it writes; or leave the option "
        "out and promote with a reason: mlops-nb promote MODEL --force --reason …",
    )


def promote_if_passed(
    record: RunRecord, *, settings: Settings, root: Path, store: TrackingStore
) -> RunRecord:
    """Return the record with what became of the promotion; a refusal is told in it, not raised.

    Parameters
    ----------
    record : RunRecord
        Of a run that has ended, in MLflow too.
    settings : Settings
    root : Path
        The project's.
    store : TrackingStore
    """
    if record.status != "completed" or record.model is None or record.model.version is None:
        return record
    label = f"{record.model.name}@{record.model.version}"
    report = read_report(record)
    if report is None or not report.passed:
        why = "no gates were decided." if report is None else report.summary
        told: dict[str, Any] = {"promoted": False, "exit_code": NotBlessedError.exit_code}
        return replace(record, promotion={**told, "message": f"{label} is not promoted: {why}"})
    try:
        return replace(record, promotion=_promote(record, settings, root=root, store=store))
    except MlopsNbError as error:
        message = f"{label} is not promoted: {error.code} {error.fault}\n{error.remedy}"
        refused = {"promoted": False, "exit_code": error.exit_code, "code": error.code}
        return replace(record, promotion={**refused, "message": message})


def _promote(
    record: RunRecord, settings: Settings, *, root: Path, store: TrackingStore
) -> dict[str, Any]:
    from mlops_nb.registry.promotion.actor import find_actor
    from mlops_nb.registry.promotion.promoting import promote
    from mlops_nb.registry.promotion.registry import registry_of

    plan = _plan(record, settings, root=root, registry=registry_of(store))
    moved = promote(
        plan,
        actor=find_actor(root),
        reason=f"{OPTION}: {record.notebook}, run {record.run_id}",
        folder=root,
    )
    message = f"{plan.label} is {plan.to}"
    if moved.already:
        message += " already."
    else:
        before = "" if moved.before is None else f", in place of {plan.name}@{moved.before}"
        message += f" now{before}."
    if moved.hook_fault:
        message += f" Its hook failed: {moved.hook_fault}"
    return {"promoted": True, "exit_code": 0, "message": message, **moved.to_json()}


def _plan(
    record: RunRecord, settings: Settings, *, root: Path, registry: Registry
) -> PromotionPlan:
    from mlops_nb.registry.promotion.judging import (
        Judged,
        Yardstick,
        gate_obstacles,
        judge_package,
    )
    from mlops_nb.registry.promotion.planning import plan_promotion
    from mlops_nb.registry.promotion.rules import PromotionRules
    from mlops_nb.registry.promotion.versions import VersionInfo

    report = read_report(record)
    assert report is not None
    assert record.model is not None

    def judge(
        registry: Registry, candidate: VersionInfo, yardstick: Yardstick, rules: PromotionRules
    ) -> Judged:
        lenient = replace(rules, require_gates=False)
        found = judge_package(registry, candidate, yardstick, lenient)
        gates = gate_obstacles(report, rules, label=candidate.label)
        return replace(found, report=report, obstacles=(*found.obstacles, *gates))

    return plan_promotion(
        registry,
        record.model.name,
        record.model.version,
        yardstick=Yardstick(folder=root, allow=settings.trusted_types),
        rules=settings.promotion,
        judge=judge,
    )
