"""Where does the evidence come from? From the packages of candidate and champion, and their run.

Files are held against their manifest before anything in them is read. Only what the gates need is
gathered. Both models answer the candidate's evaluation data, each in a
process of its own. What cannot be had becomes the reason of the gates that need it.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlops_nb.errors import InputError
from mlops_nb.packaging.manifest import check_manifest
from mlops_nb.packaging.metadata import read_package
from mlops_nb.packaging.package import GOLDEN_FILE, OWN_DIRECTORY, ModelPackage
from mlops_nb.packaging.profile import read_profile
from mlops_nb.packaging.rows import read_rows
from mlops_nb.packaging.verification import verify_files
from mlops_nb.pipeline.gates.gate import (
    DriftGate,
    FairnessGate,
    Gate,
    LatencyGate,
    MetricGate,
    PytestGate,
    RowOverlapGate,
)
from mlops_nb.registry.answers import as_labels
from mlops_nb.registry.evidence import (
    EvaluationRows,
    Evidence,
    ModelEvidence,
    RunEvidence,
    TestResult,
)
from mlops_nb.registry.trials import StoredRows, Trial, try_package
from mlops_nb.registry.user_tests import run_tests


@dataclass(frozen=True, slots=True, kw_only=True)
class PackagedModel:
    """A model version on this machine.

    Attributes
    ----------
    name : str
        ``"churn@4"``.
    package : Path
    digest : str
        What the registry says its manifest's digest is; empty asks nothing.
    """

    name: str
    package: Path
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What is known beside the packages.

    Attributes
    ----------
    metrics : Mapping of str to float
        As logged in the run.
    run : RunEvidence or None
    datasets : Mapping of str to object
        For ``no_row_overlap``.
    allow : tuple of str
        Types the project trusts besides ours.
    folder : Path or None
        Where tests of the user's own are; None: there are none.
    interpreter : str
    timeout_s : float
        For each process.
    """

    metrics: Mapping[str, float] = field(default_factory=dict)
    run: RunEvidence | None = None
    datasets: Mapping[str, Any] = field(default_factory=dict)
    allow: tuple[str, ...] = ()
    folder: Path | None = None
    interpreter: str = sys.executable
    timeout_s: float = 600.0


def gather_evidence(
    gates: Sequence[Gate],
    candidate: PackagedModel,
    champion: PackagedModel | None,
    *,
    around: Surroundings,
) -> Evidence:
    """Return what `gates` are decided on; a package that is none answers nothing, and says why."""
    models = [model for model in (candidate, champion) if model is not None]
    files = [_verify(model, around) for model in models]
    evaluation, fault = None, files[0]
    package = None if fault else read_package(candidate.package)
    if package is not None and any(map(_needs_rows, gates)):
        evaluation, fault = read_evaluation(package)
    rows = None if package is None else stored_rows(package)
    known = [
        ModelEvidence(name=model.name, digest=model.digest, fault=broken)
        if broken
        else _describe(model, _ask(model, gates, rows, around=around, is_champion=index > 0))
        for index, (model, broken) in enumerate(zip(models, files, strict=True))
    ]
    return Evidence(
        candidate=known[0],
        champion=known[1] if champion is not None else None,
        evaluation=evaluation,
        evaluation_fault=fault,
        metrics=around.metrics,
        run=around.run,
        datasets=around.datasets,
        tests=_run_tests(gates, candidate, champion, around=around),
    )


def read_evaluation(package: ModelPackage) -> tuple[EvaluationRows | None, str]:
    """Return the evaluation data of a package, or a sentence why there are none."""
    by_role = {entry.role: entry for entry in package.evaluation}
    if "features" not in by_role or "target" not in by_role:
        return None, "The model has no evaluation data. Name them with --eval X_test,y_test."
    lost = [entry for entry in package.evaluation if "reason" in entry.stored]
    if lost:
        reason = str(lost[0].stored["reason"]).removesuffix(".")
        return None, f"The evaluation data {lost[0].name!r} were not kept: {reason}."
    folder = package.directory / OWN_DIRECTORY / "evaluation"
    values = {role: read_rows(folder, entry.stored) for role, entry in by_role.items()}
    digests = " ".join(entry.digest for entry in package.evaluation)
    try:
        target = as_labels(values["target"])
    except ValueError as error:
        return None, f"The target {by_role['target'].name!r} cannot be scored: {error}."
    return (
        EvaluationRows(
            names=tuple(entry.name for entry in package.evaluation),
            features=values["features"],
            target=target,
            slices=values.get("slices"),
            digest="sha256:" + hashlib.sha256(digests.encode()).hexdigest(),
        ),
        "",
    )


def _run_tests(
    gates: Sequence[Gate],
    candidate: PackagedModel,
    champion: PackagedModel | None,
    *,
    around: Surroundings,
) -> dict[str, TestResult]:
    nodes = [gate.node for gate in gates if isinstance(gate, PytestGate)]
    if around.folder is None or not nodes:
        return {}
    return run_tests(
        nodes,
        folder=around.folder,
        candidate=candidate.package,
        champion=None if champion is None else champion.package,
        interpreter=around.interpreter,
        timeout_s=around.timeout_s,
    )


def _needs_rows(gate: Gate) -> bool:
    return (isinstance(gate, MetricGate) and gate.is_scored) or isinstance(
        gate, FairnessGate | DriftGate | RowOverlapGate
    )


def _verify(model: PackagedModel, around: Surroundings) -> str:
    """Return why nothing in a package may be read; empty if its files are those built."""
    try:
        found = verify_files(model.package, digest=model.digest, allow=around.allow)
    except InputError as error:
        return f"The files of {model.name} are no package of ours: {error.fault}"
    if found.ok:
        return ""
    return f"The package of {model.name} is not what was built. {' '.join(found.problems)}"


def _ask(
    model: PackagedModel,
    gates: Sequence[Gate],
    rows: StoredRows | None,
    *,
    around: Surroundings,
    is_champion: bool,
) -> Trial | None:
    """Return the trial of a model with the candidate's rows; None if no gate needs one."""

    def concerns(gate: MetricGate | LatencyGate) -> bool:
        return not is_champion or gate.bound.factor is not None

    scored = any(
        (isinstance(gate, FairnessGate) and not is_champion)
        or (isinstance(gate, MetricGate) and gate.is_scored and concerns(gate))
        for gate in gates
    )
    batches = {
        gate.batch_rows for gate in gates if isinstance(gate, LatencyGate) and concerns(gate)
    }
    if rows is None or not (scored or batches):
        return None
    return try_package(
        model.package,
        name=model.name,
        digest=model.digest,
        allow=around.allow,
        rows=rows,
        batches=sorted(batches),
        with_answers=scored,
        interpreter=around.interpreter,
        timeout_s=around.timeout_s,
    )


def stored_rows(package: ModelPackage) -> StoredRows | None:
    """Return the evaluation features, else the golden rows, which do for timing."""
    own = package.directory / OWN_DIRECTORY
    for entry in package.evaluation:
        if entry.role == "features" and "reason" not in entry.stored:
            return StoredRows(directory=own / "evaluation", stored=entry.stored)
    if not (package.directory / GOLDEN_FILE).exists():
        return None
    golden = json.loads((package.directory / GOLDEN_FILE).read_text(encoding="utf-8"))
    return StoredRows(directory=own / "golden", stored=golden["rows"])


def _describe(model: PackagedModel, trial: Trial | None) -> ModelEvidence:
    return ModelEvidence(
        name=model.name,
        digest=check_manifest(model.package)[0],
        answers=None if trial is None else trial.answers,
        fault="" if trial is None else trial.fault,
        latencies_s={} if trial is None else trial.latencies_s,
        size_bytes=_size(model.package),
        signature=_read_signature(model.package),
        profile=read_profile(model.package),
    )


def _size(directory: Path) -> int:
    """Return the bytes of the model's files: the data kept for gates are not served."""
    own = directory / OWN_DIRECTORY
    return sum(
        path.stat().st_size
        for path in directory.rglob("*")
        if path.is_file() and not path.is_relative_to(own)
    )


def _read_signature(directory: Path) -> dict[str, Any] | None:
    """Return MLflow's signature as lists of fields; None if the model has none."""
    import yaml

    description = yaml.safe_load((directory / "MLmodel").read_text(encoding="utf-8"))
    signature = description.get("signature")
    if not signature:
        return None
    return {part: json.loads(text) for part, text in signature.items() if text}
