"""Is this version good enough, and where does everybody see it? Gates of a registered version.

The packages of candidate and champion are copied from the store and held against their registered
digests, the gates are decided on both, and the report goes where MLflow's own interface shows it:
tags on the version, files among the artifacts of its run.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_nb.pipeline.gates.gate import CleanRunGate, Gate
from mlops_nb.pipeline.records import RunRecord, parse_record
from mlops_nb.registry.evaluation import evaluate_gates
from mlops_nb.registry.evidence import Evidence, ModelEvidence, RunEvidence
from mlops_nb.registry.gathering import PackagedModel, Surroundings, gather_evidence
from mlops_nb.registry.promotion.versions import CHAMPION, VersionInfo
from mlops_nb.registry.report import GateReport
from mlops_nb.registry.report_files import report_files
from mlops_nb.tracking.entries import DOOR_TAG

if TYPE_CHECKING:
    from mlops_nb.registry.promotion.registry import Registry

REPORT_TAG = "mlops_nb.gates.report"
RECORD_FILE = "run.json"


def gate_version(
    registry: Registry,
    name: str,
    version: int | str,
    *,
    gates: Sequence[Gate],
    folder: Path,
    allow: tuple[str, ...] = (),
    run: RunEvidence | None = None,
    datasets: Mapping[str, Any] | None = None,
    interpreter: str = sys.executable,
) -> GateReport:
    """Return how `gates` turn out for a version of a registered model, beside its champion.

    Parameters
    ----------
    registry : Registry
    name : str
    version : int or str
        A number or an alias.
    gates : sequence of Gate
    folder : Path
        The project's: tests of the user's own are run there.
    allow : tuple of str
        Types the project trusts besides ours.
    run : RunEvidence, optional
        The run that made it, where that is known better than MLflow knows it: one that goes on.
    datasets : Mapping of str to object, optional
        For ``no_row_overlap``.
    interpreter : str
        Python that loads the packages.

    Raises
    ------
    InputError
        If there is no such version.
    InfrastructureError
        If the registry cannot be read, or the files of a version cannot be had.
    """
    candidate = registry.version(name, version)
    number = registry.alias(name, CHAMPION)
    champion = None if number is None else registry.version(name, number)
    metrics = dict(candidate.metrics)
    if run is not None and run.record is not None:
        metrics |= run.record.metrics
    with ExitStack() as fetched:

        def fetch(info: VersionInfo) -> PackagedModel:
            package = fetched.enter_context(registry.fetch(name, info.version))
            return PackagedModel(name=info.label, package=package, digest=info.digest)

        around = Surroundings(
            metrics=metrics,
            run=run or read_run_evidence(registry, candidate, gates),
            datasets=datasets or {},
            allow=allow,
            folder=folder,
            interpreter=interpreter,
        )
        models = fetch(candidate), None if champion is None else fetch(champion)
        return evaluate_gates(gates, gather_evidence(gates, *models, around=around))


def gate_package(
    package: Path | None,
    *,
    name: str,
    gates: Sequence[Gate],
    folder: Path,
    run: RunEvidence,
    allow: tuple[str, ...] = (),
    datasets: Mapping[str, Any] | None = None,
    interpreter: str = sys.executable,
) -> GateReport:
    """Return how `gates` turn out for what a run made and did not register: it has no champion.

    Parameters
    ----------
    package : Path or None
        None: the run made no model, and gates that need one fail.
    name : str
        What the report calls it.
    gates, folder, run, allow, datasets, interpreter
        As in `gate_version`.
    """
    metrics = {} if run.record is None else run.record.metrics
    if package is None:
        fault = "The run made no model. Name its variable at a stage: --model clf."
        evidence = Evidence(
            candidate=ModelEvidence(name=name, fault=fault),
            evaluation_fault=fault,
            metrics=metrics,
            run=run,
            datasets=datasets or {},
        )
        return evaluate_gates(gates, evidence)
    around = Surroundings(
        metrics=metrics,
        run=run,
        datasets=datasets or {},
        allow=allow,
        folder=folder,
        interpreter=interpreter,
    )
    model = PackagedModel(name=name, package=package)
    return evaluate_gates(gates, gather_evidence(gates, model, None, around=around))


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
