"""Where does the evidence come from? From the packages of candidate and champion, and their run.

Files are held against their manifest before anything in them is read. Only what the gates need is
gathered: a package that no gate looks at is not even copied. Both models answer the candidate's
evaluation data, each in a process of its own. What cannot be had becomes the reason of the gates
that need it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlops_nb.errors import InputError
from mlops_nb.packaging.metadata import read_package
from mlops_nb.packaging.package import OWN_DIRECTORY
from mlops_nb.packaging.profile import read_profile
from mlops_nb.packaging.verification import verify_files
from mlops_nb.pipeline.gates.gate import Gate, PytestGate
from mlops_nb.pipeline.gates.requirements import needs_answers, needs_rows, timed_batch
from mlops_nb.registry.evaluation_rows import read_evaluation, stored_rows
from mlops_nb.registry.evidence import Evidence, ModelEvidence, RunEvidence, TestResult
from mlops_nb.registry.promotion.versions import VersionInfo
from mlops_nb.registry.trials import StoredRows, Trial, TrialOrder, try_packages
from mlops_nb.registry.user_tests import run_tests


@dataclass(frozen=True, slots=True, kw_only=True)
class PackagedModel:
    """A model version, its files on this machine.

    Attributes
    ----------
    name : str
        ``"churn@4"``.
    package : Path or None
        None: no gate looks at it.
    digest : str
        What the registry says its manifest's digest is; empty asks nothing.
    """

    name: str
    package: Path | None = None
    digest: str = ""

    @classmethod
    def of(cls, info: VersionInfo) -> PackagedModel:
        """Return a version whose files are not here."""
        return cls(name=info.label, digest=info.digest)


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
        For each package.
    tell : callable or None
        Hears what goes on.
    """

    metrics: Mapping[str, float] = field(default_factory=dict)
    run: RunEvidence | None = None
    datasets: Mapping[str, Any] = field(default_factory=dict)
    allow: tuple[str, ...] = ()
    folder: Path | None = None
    interpreter: str = sys.executable
    timeout_s: float = 600.0
    tell: Callable[[str], None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What was gathered, and how the candidate did in its process if it was asked there."""

    evidence: Evidence
    trial: Trial | None = None


def gather_evidence(
    gates: Sequence[Gate],
    candidate: PackagedModel,
    champion: PackagedModel | None,
    *,
    around: Surroundings,
    must_serve: bool = False,
) -> Gathered:
    """Return what `gates` are decided on; a package that is none answers nothing, and says why.

    Parameters
    ----------
    gates : sequence of Gate
    candidate : PackagedModel
    champion : PackagedModel or None
        None: no version is champion.
    around : Surroundings
    must_serve : bool
        Whether the candidate is also asked what is stored with it, whatever the gates need.
    """
    models = [model for model in (candidate, champion) if model is not None]
    files = [_verify(model, around) for model in models]
    evaluation, fault = None, files[0]
    package = None
    if candidate.package is not None and not fault:
        package = read_package(candidate.package)
        if any(map(needs_rows, gates)):
            evaluation, fault = read_evaluation(package)
    rows = None if package is None else stored_rows(package)
    orders = [
        None
        if broken
        else _order(model, gates, rows, around=around, of_champion=index > 0, stored=must_serve)
        for index, (model, broken) in enumerate(zip(models, files, strict=True))
    ]
    trials = _try(orders, around)
    known = [
        ModelEvidence(name=model.name, digest=model.digest, fault=broken)
        if broken
        else _describe(model, trial)
        for model, broken, trial in zip(models, files, trials, strict=True)
    ]
    evidence = Evidence(
        candidate=known[0],
        champion=known[1] if champion is not None else None,
        evaluation=evaluation,
        evaluation_fault=fault,
        metrics=around.metrics,
        run=around.run,
        datasets=around.datasets,
        tests=_run_tests(gates, candidate, champion, around=around),
    )
    return Gathered(evidence=evidence, trial=trials[0])


def _run_tests(
    gates: Sequence[Gate],
    candidate: PackagedModel,
    champion: PackagedModel | None,
    *,
    around: Surroundings,
) -> dict[str, TestResult]:
    nodes = [gate.node for gate in gates if isinstance(gate, PytestGate)]
    if around.folder is None or candidate.package is None or not nodes:
        return {}
    if around.tell is not None:
        around.tell(f"Running tests on {candidate.name} …")
    return run_tests(
        nodes,
        folder=around.folder,
        candidate=candidate.package,
        champion=None if champion is None else champion.package,
        interpreter=around.interpreter,
        timeout_s=around.timeout_s,
    )


def _verify(model: PackagedModel, around: Surroundings) -> str:
    """Return why nothing in a package may be read; empty if its files are those built."""
    if model.package is None:
        return ""
    try:
        found = verify_files(model.package, digest=model.digest, allow=around.allow)
    except InputError as error:
        return f"The files of {model.name} are no package of ours: {error.fault}"
    if found.ok:
        return ""
    return f"The package of {model.name} is not what was built. {' '.join(found.problems)}"


def _order(
    model: PackagedModel,
    gates: Sequence[Gate],
    rows: StoredRows | None,
    *,
    around: Surroundings,
    of_champion: bool,
    stored: bool,
) -> TrialOrder | None:
    """Return what a model is asked, with the candidate's rows; None if no gate needs it."""
    is_scored = any(needs_answers(gate, of_champion=of_champion) for gate in gates)
    timed = {timed_batch(gate, of_champion=of_champion) for gate in gates} - {None}
    has_questions = rows is not None and bool(is_scored or timed)
    with_stored = stored and not of_champion
    if model.package is None or not (has_questions or with_stored):
        return None
    return TrialOrder(
        package=model.package,
        name=model.name,
        rows=rows if has_questions else None,
        batches=sorted(n for n in timed if n is not None),
        with_answers=is_scored,
        with_stored=with_stored,
        timeout_s=around.timeout_s,
    )


def _try(orders: Sequence[TrialOrder | None], around: Surroundings) -> list[Trial | None]:
    """Return the trials of the models that are asked anything, in the places of their orders."""
    found = iter(
        try_packages(
            [order for order in orders if order is not None],
            interpreter=around.interpreter,
            tell=around.tell,
        )
    )
    return [None if order is None else next(found) for order in orders]


def _describe(model: PackagedModel, trial: Trial | None) -> ModelEvidence:
    if model.package is None:
        return ModelEvidence(name=model.name, digest=model.digest)
    return ModelEvidence(
        name=model.name,
        digest=model.digest or read_package(model.package).digest,
        answers=None if trial is None else trial.answers,
        fault="" if trial is None else trial.fault or trial.rows_fault,
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
