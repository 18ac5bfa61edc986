"""Is this version good enough, and where does everybody see it? Gates of a registered version.

The packages of candidate and champion are copied from the store and held against their registered
digests, the gates are decided on both, and the report goes where MLflow's own interface shows it:
tags on the version, files among the artifacts of its run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_nb.pipeline.gates.gate import CleanRunGate, Gate
from mlops_nb.pipeline.gates.requirements import needs_model, uses_champion
from mlops_nb.pipeline.records import RunRecord, parse_record
from mlops_nb.registry.evaluation import evaluate_gates
from mlops_nb.registry.evidence import Evidence, ModelEvidence, RunEvidence
from mlops_nb.registry.gathering import PackagedModel, Surroundings, gather_evidence
from mlops_nb.registry.promotion.versions import CHAMPION, VersionInfo
from mlops_nb.registry.recorded_report import (
    REPORT_TAG,
    SEAL_TAG,
    seal_report,
    standing_verdicts,
    told_libraries,
)
from mlops_nb.registry.report import REPORT_FILE, GateOutcome, GateReport
from mlops_nb.registry.report_files import report_files
from mlops_nb.registry.trials import Trial
from mlops_nb.tracking.entries import DOOR_TAG

if TYPE_CHECKING:
    from mlops_nb.registry.promotion.registry import Registry

RECORD_FILE = "run.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gated:
    """How gates turned out, and how the candidate did in its process if it was asked there."""

    report: GateReport
    trial: Trial | None = None


def gate_version(
    registry: Registry,
    name: str,
    version: int | str,
    *,
    gates: Sequence[Gate],
    around: Surroundings,
) -> GateReport:
    """Return how `gates` turn out for a version of a registered model, beside its champion.

    Parameters
    ----------
    registry : Registry
    name : str
    version : int or str
        A number or an alias.
    gates : sequence of Gate
    around : Surroundings
        With the run that made it, where that is known better than MLflow knows it: one that goes
        on.

    Raises
    ------
    InputError
        If there is no such version.
    InfrastructureError
        If the registry cannot be read, or the files of a version cannot be had.
    """
    candidate = registry.version(name, version)
    with ExitStack() as fetched:
        package = None
        if any(map(needs_model, gates)):
            package = fetched.enter_context(registry.fetch(name, candidate.version))
        return gate_candidate(registry, candidate, package, gates=gates, around=around).report


def gate_candidate(
    registry: Registry,
    candidate: VersionInfo,
    package: Path | None,
    *,
    gates: Sequence[Gate],
    around: Surroundings,
    recorded: GateReport | None = None,
    must_serve: bool = False,
) -> Gated:
    """Return how `gates` turn out for a version whose files are here.

    Parameters
    ----------
    registry : Registry
    candidate : VersionInfo
    package : Path or None
        None: no gate needs it.
    gates : sequence of Gate
    around : Surroundings
    recorded : GateReport, optional
        On record: its verdicts that still stand are taken from there.
    must_serve : bool
        Whether the candidate is also asked what is stored with it.
    """
    number = registry.alias(candidate.name, CHAMPION)
    champion = None if number is None else registry.version(candidate.name, number)
    libraries = "" if package is None else told_libraries(package)
    standing = standing_verdicts(
        recorded,
        gates,
        candidate_digest=candidate.digest,
        champion_digest="" if champion is None else champion.digest,
        judged_with=libraries,
    )
    left = [gate for gate in gates if str(gate) not in standing]
    logged = {} if around.run is None or around.run.record is None else around.run.record.metrics
    around = replace(
        around,
        run=around.run or read_run_evidence(registry, candidate, left),
        metrics={**candidate.metrics, **logged},
    )
    with ExitStack() as fetched:
        other = None if champion is None else PackagedModel.of(champion)
        if other is not None and champion is not None and any(map(uses_champion, left)):
            files = fetched.enter_context(registry.fetch(champion.name, champion.version))
            other = replace(other, package=files)
        model = replace(PackagedModel.of(candidate), package=package)
        gathered = gather_evidence(left, model, other, around=around, must_serve=must_serve)
        report = evaluate_gates(left, gathered.evidence)
    trial = gathered.trial
    judged_with = libraries if trial is None or trial.fault else trial.libraries
    report = replace(report, judged_with=judged_with, judged_at=_now())
    return Gated(report=_united(report, gates, standing, recorded), trial=trial)


def _united(
    report: GateReport,
    gates: Sequence[Gate],
    standing: Mapping[str, GateOutcome],
    recorded: GateReport | None,
) -> GateReport:
    """Return the report with the verdicts that stand, in the order of the gates."""
    if recorded is None or not standing:
        return report
    decided = iter(report.outcomes)
    return replace(
        report,
        outcomes=tuple(standing.get(str(gate)) or next(decided) for gate in gates),
        judged_at=recorded.judged_at,
        evaluation_digest=report.evaluation_digest or recorded.evaluation_digest,
        n_rows=report.n_rows or recorded.n_rows,
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def gate_package(
    package: Path | None, *, name: str, gates: Sequence[Gate], around: Surroundings
) -> GateReport:
    """Return how `gates` turn out for what a run made and did not register: it has no champion.

    Parameters
    ----------
    package : Path or None
        None: the run made no model, and gates that need one fail.
    name : str
        What the report calls it.
    gates, around
        As in `gate_version`.
    """
    run = around.run
    metrics = {} if run is None or run.record is None else run.record.metrics
    if package is None:
        fault = "The run made no model. Name its variable at a stage: --model clf."
        evidence = Evidence(
            candidate=ModelEvidence(name=name, fault=fault),
            evaluation_fault=fault,
            metrics=metrics,
            run=run,
            datasets=around.datasets,
        )
        return evaluate_gates(gates, evidence)
    model = PackagedModel(name=name, package=package)
    around = replace(around, metrics=metrics)
    return evaluate_gates(gates, gather_evidence(gates, model, None, around=around).evidence)


def record_report(registry: Registry, name: str, version: int, report: GateReport) -> None:
    """Write how the gates of a version turned out to where MLflow shows it.

    The version's tags say so in short; JSON, Markdown and HTML are artifacts of the run that made
    it, in ``mlops_nb/gates/NAME-VERSION``, since the model's own files are sealed. A version
    without a run has the tags alone.

    Raises
    ------
    InputError
        If there is no such version.
    InfrastructureError
        If the registry cannot be written.
    """
    info = registry.version(name, version)
    tags = report.tags()
    if info.run_id:
        stem = f"mlops_nb/gates/{name}-{info.version}"
        files = report_files(report)
        registry.add_files(
            info.run_id, {f"{stem}/{Path(file).name}": text for file, text in files.items()}
        )
        tags[REPORT_TAG] = f"runs:/{info.run_id}/{stem}/gates.html"
        tags[SEAL_TAG] = seal_report(files[REPORT_FILE], info.label)
    registry.set_tags(name, info.version, tags)


def read_run_evidence(
    registry: Registry, info: VersionInfo, gates: Sequence[Gate]
) -> RunEvidence | None:
    """Return what is known of the run that made a version; its record only if a gate asks.

    None where no run of ours made it.
    """
    run = registry.run(info.run_id) if info.run_id else None
    if run is None or DOOR_TAG not in run.tags:
        return None
    wants_record = any(isinstance(gate, CleanRunGate) for gate in gates)
    return RunEvidence(
        door=run.tags[DOOR_TAG],
        commit=run.tags.get("mlflow.source.git.commit", ""),
        is_dirty=run.tags.get("mlops_nb.dirty") == "true",
        record=_read_record(registry, info.run_id) if wants_record else None,
    )


def _read_record(registry: Registry, run_id: str) -> RunRecord | None:
    raw = registry.read_run_file(run_id, RECORD_FILE)
    try:
        return None if raw is None else parse_record(json.loads(raw))
    except (ValueError, KeyError, TypeError):
        return None
