"""Is this version good enough, and where does everybody see it? Gates of a registered version.

The packages of candidate and champion are copied from the store and held against their registered
digests, the gates are decided on both, and the report goes where MLflow's own interface shows it:
tags on the version, files among the artifacts of its run.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_nb.errors import InfrastructureError, InputError
from mlops_nb.packaging.retrieval import fetched_package
from mlops_nb.pipeline.gates.gate import CleanRunGate, Gate
from mlops_nb.registry.evaluation import evaluate_gates
from mlops_nb.registry.evidence import RunEvidence
from mlops_nb.registry.gathering import PackagedModel, Surroundings, gather_evidence
from mlops_nb.registry.report import GateReport
from mlops_nb.registry.report_files import report_files
from mlops_nb.tracking.provenance import RunFacts, read_run_facts

if TYPE_CHECKING:
    from mlflow import MlflowClient

CHAMPION = "champion"
DIGEST_TAG = "mlops_nb.digest"
REPORT_TAG = "mlops_nb.gates.report"


def gate_version(
    registry: MlflowClient,
    name: str,
    version: int,
    *,
    gates: Sequence[Gate],
    folder: Path,
    allow: tuple[str, ...] = (),
    run: RunEvidence | None = None,
    datasets: Mapping[str, Any] | None = None,
    scratch: Path | None = None,
    interpreter: str = sys.executable,
) -> GateReport:
    """Return how `gates` turn out for a version of a registered model.

    Parameters
    ----------
    registry : mlflow.MlflowClient
    name : str
    version : int
    gates : sequence of Gate
    folder : Path
        The project's: tests of the user's own are run there.
    allow : tuple of str
        Types the project trusts besides ours.
    run : RunEvidence, optional
        The run that made it, if that is known better than MLflow knows it: a run that goes on.
    datasets : Mapping of str to object, optional
        For ``no_row_overlap``.
    scratch : Path, optional
        Where packages are copied to while they are judged; see `fetched_package`.
    interpreter : str
        Python that loads the packages.

    Raises
    ------
    InputError
        MNB740 if there is no such version.
    InfrastructureError
        MNB741 if files of a version cannot be had, MNB742 if the registry cannot be read.
    """
    candidate = _find_version(registry, name, version)
    champion = _champion_of(registry, name)
    facts = _facts_of(registry, candidate, gates)
    metrics = {} if facts is None else dict(facts.metrics)
    if run is not None and run.record is not None:
        metrics |= run.record.metrics
    with ExitStack() as fetched:

        def fetch(found: Any) -> PackagedModel:
            number = int(found.version)
            copied = fetched_package(name, number, client=registry, scratch=scratch)
            return PackagedModel(
                name=f"{name}@{number}",
                package=fetched.enter_context(copied),
                digest=_digest_of(registry, found),
            )

        one = fetch(candidate)
        same = champion is not None and champion.version == candidate.version
        two = None if champion is None else replace(one) if same else fetch(champion)
        around = Surroundings(
            metrics=metrics,
            run=run or _evidence_of(facts),
            datasets=datasets or {},
            allow=allow,
            folder=folder,
            interpreter=interpreter,
        )
        return evaluate_gates(gates, gather_evidence(gates, one, two, around=around))


def record_report(registry: MlflowClient, name: str, version: int, report: GateReport) -> None:
    """Write how the gates of a version turned out to where MLflow shows it.

    The version's tags say so in short; JSON, Markdown and HTML are artifacts of the run that made
    it, in ``mlops_nb/gates/NAME-VERSION``, since the model's own files are sealed. A version
    without a run has the tags alone.

    Raises
    ------
    InputError
        MNB740 if there is no such version.
    InfrastructureError
        MNB742 if the store refuses.
    """
    from mlflow.exceptions import MlflowException

    found = _find_version(registry, name, version)
    tags = report.tags()
    try:
        if found.run_id:
            stem = f"mlops_nb/gates/{name}-{version}"
            for file, text in report_files(report).items():
                registry.log_text(found.run_id, text, f"{stem}/{file.rpartition('/')[2]}")
            tags[REPORT_TAG] = f"runs:/{found.run_id}/{stem}/gates.html"
        for key, value in tags.items():
            registry.set_model_version_tag(name, str(version), key, value)
    except (MlflowException, OSError) as error:
        raise _refused(name, error) from error


def _find_version(registry: MlflowClient, name: str, version: int) -> Any:
    from mlflow.exceptions import MlflowException

    try:
        return registry.get_model_version(name, str(version))
    except MlflowException as error:
        if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            raise _refused(name, error) from error
        raise InputError(
            "MNB740",
            f"{name}@{version}",
            f"there is no version {version} of {name!r}.",
            "Register one: mlops-nb run NOTEBOOK --register NAME.",
        ) from error


def _champion_of(registry: MlflowClient, name: str) -> Any:
    from mlflow.exceptions import MlflowException

    try:
        return registry.get_model_version_by_alias(name, CHAMPION)
    except MlflowException as error:
        if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            raise _refused(name, error) from error
        return None


def _digest_of(registry: MlflowClient, found: Any) -> str:
    """Return the digest the version was registered with; one that was made in MLflow's interface
    has that of its logged model. Empty if there is none."""
    if DIGEST_TAG in found.tags:
        return str(found.tags[DIGEST_TAG])
    if not getattr(found, "model_id", None):
        return ""
    return str(registry.get_logged_model(found.model_id).tags.get(DIGEST_TAG, ""))


def _facts_of(registry: MlflowClient, found: Any, gates: Sequence[Gate]) -> RunFacts | None:
    if not found.run_id:
        return None
    with_record = any(isinstance(gate, CleanRunGate) for gate in gates)
    return read_run_facts(found.run_id, client=registry, with_record=with_record)


def _evidence_of(facts: RunFacts | None) -> RunEvidence | None:
    if facts is None or not facts.door:
        return None
    return RunEvidence(
        door=facts.door, commit=facts.commit, is_dirty=facts.is_dirty, record=facts.record
    )


def _refused(name: str, error: Exception) -> InfrastructureError:
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    return InfrastructureError(
        "MNB742",
        name,
        f"the registry refused: {reason}",
        "Check that it can be reached and written; what was registered is whole.",
    )
