"""Does a notebook come to the same however it is run? It is run in four ways and compared.

In one kernel; with a kernel for each stage; restored from what the first run kept; and in another
process with another hash seed. Nothing of it is kept: results lie in stores that go with it, and
what the notebook logs to MLflow goes there too. Files that the notebook writes are written, as any
run writes them.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_nb.execution.cellplan import injected_position
from mlops_nb.execution.isolation import IsolationRule
from mlops_nb.execution.verify_pass import (
    FIRST,
    INJECTED,
    ISOLATED,
    OTHER,
    RESTORED,
    CellWitness,
    PassSeen,
)
from mlops_nb.kernels.scratch import guarded_temporaries
from mlops_nb.notebook.files import NotebookFile, parse_node
from mlops_nb.pipeline.stages import Pipeline
from mlops_nb.project.prepared import PreparedRun, RunOptions, prepare_run
from mlops_nb.project.secrecy import told_without
from mlops_nb.project.temporary_cache import open_temporary
from mlops_nb.project.verified import VerifyReport, report_compared, report_unfinished
from mlops_nb.stopping import StopRequests, raise_stop, taking_stops

if TYPE_CHECKING:
    from mlops_nb.execution.request import RunOutcome
    from mlops_nb.execution.runcells import CacheRequest
    from mlops_nb.project.project import Project

_HINTS = ("MNB236", "MNB237")
# It reads every name, so that all of them are brought back; what it shows is nothing.
_PROBE = "globals()\nNone"
_SEED, _OTHER_SEED = "0", "4096"


def verify_notebook(
    project: Project,
    notebook: Path | str,
    *,
    options: RunOptions,
    skip: Collection[str] = (),
    on_pass: Callable[[str], None] = lambda name: None,
) -> VerifyReport:
    """Run `notebook` in four ways and return where they differ.

    Parameters
    ----------
    project : Project
    notebook : Path or str
    options : RunOptions
    skip : collection of str, optional
        Ways that are left out, of ``"isolated"``, ``"restored"`` and ``"another process"``.
    on_pass : callable, optional
        Is told the name of each way before it begins.

    Raises
    ------
    InputError
        As `run`, before a kernel starts.
    InfrastructureError
        If a kernel would not start, or there is no room for what passes between them.
    """
    with taking_stops() as stops, guarded_temporaries(is_own_process=options.is_own_process):
        stops.check()
        folder = Path(tempfile.mkdtemp(prefix="mnb-"))
        try:
            whole = replace(options, track=False, cache="all", isolate=False)
            job = prepare_run(project, notebook, folder / "executed.ipynb", whole)
            with told_without(job.masker):
                return _Verification(project, job, folder, stops).run(on_pass, skip)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


class _Verification:
    """The passes over one notebook."""

    def __init__(
        self, project: Project, job: PreparedRun, folder: Path, stops: StopRequests
    ) -> None:
        self._project = project
        self._job = job
        self._folder = folder
        self._stops = stops
        self._is_staged = bool(job.pipeline.stages)
        self._key = secrets.token_bytes(32)  # what passes read of the environment is compared

    def run(self, on_pass: Callable[[str], None], skip: Collection[str]) -> VerifyReport:
        """Run in all ways but those to `skip`, and compare."""
        kept = self._open(restores=False)
        try:
            on_pass(FIRST)
            first = self._pass(FIRST, kept)
            if first.status != "completed":
                return report_unfinished(self._job, first)
            others = []
            for name in (n for n in (ISOLATED, RESTORED, OTHER) if n not in skip):
                on_pass(name)
                others.append(self._other_pass(name, kept))
        finally:
            kept.kept.close()
        return report_compared(self._project, self._job, first, others)

    def _other_pass(self, name: str, kept: CacheRequest) -> PassSeen:
        """Run in another way than the first, which left `kept`."""
        if name == ISOLATED:
            rule = IsolationRule(each_cell=not self._is_staged, joins=True)
            return self._pass(name, self._open(isolation=rule), closes=True)
        if name == RESTORED:
            kept.kept.flush()
            return self._pass(name, replace(kept, restores=True), probes=True)
        return self._pass(name, self._open(restores=False), closes=True, seed=_OTHER_SEED)

    def _open(self, **how: Any) -> CacheRequest:
        return open_temporary(
            root=self._project.root,
            mode="all",
            notebook=self._job.file.path,
            key=self._key,
            **how,
        )

    def _pass(
        self,
        name: str,
        cache: CacheRequest,
        *,
        closes: bool = False,
        probes: bool = False,
        seed: str = _SEED,
    ) -> PassSeen:
        """Run the notebook once.

        Parameters
        ----------
        name : str
        cache : CacheRequest
        closes : bool, default=False
            Whether its store is of no use afterwards.
        probes : bool, default=False
            Whether all values are brought into a kernel at the end.
        seed : str
            Of Python's hashes.
        """
        witness = CellWitness()
        file, pipeline = self._job.file, self._job.pipeline
        if probes:
            file = _with_probe(file)
            pipeline = self._project.build(file)
        try:
            outcome = self._execute(
                file,
                pipeline,
                replace(cache, witness=witness),
                environment={"PYTHONHASHSEED": seed},
            )
        finally:
            if closes:
                cache.kept.close()
        return witness.to_pass(
            name, outcome.record, outcome.node, indices=self._indices(len(outcome.node["cells"]))
        )

    def _execute(
        self,
        file: NotebookFile,
        pipeline: Pipeline,
        cache: CacheRequest,
        *,
        environment: Mapping[str, str],
    ) -> RunOutcome:
        from mlops_nb.execution.request import RunRequest
        from mlops_nb.execution.run import run_pipeline

        job = self._job
        stops = StopRequests()  # each run settles its own
        with self._stops.listening(stops.note):
            outcome = run_pipeline(
                RunRequest(
                    source=file,
                    pipeline=pipeline,
                    parameters=job.values,
                    timeout_s=job.settings.timeout,
                    cwd=job.cwd,
                    kernel_name=job.settings.kernel,
                    kernel_environment={**self._environment(), **environment, **job.secrets},
                    masker=job.masker,
                    stops=stops,
                    show_line="off",
                    goes_on=True,
                    cache=cache,
                )
            )
        asked = stops.asked or self._stops.asked
        if asked is not None:
            raise_stop(asked)
        return outcome

    def _environment(self) -> dict[str, str]:
        """Return the variables that keep what the notebook logs out of anybody's record."""
        return {"MLFLOW_TRACKING_URI": f"sqlite:///{self._folder / 'mlflow.db'}"}

    def _indices(self, n_cells: int) -> list[int]:
        """Return the index in the source of each cell of the executed notebook."""
        found = list(range(n_cells))
        if not self._job.values:
            return found
        at, replaces = injected_position(self._job.file.cells)
        if replaces:
            return found
        return [*found[:at], INJECTED, *(index - 1 for index in found[at + 1 :])]


def _with_probe(file: NotebookFile) -> NotebookFile:
    """Return the notebook with a cell at its end that reads every name."""
    taken = {cell["id"] for cell in file.node["cells"]}
    ident = "all-values"
    while ident in taken:
        ident += "-"
    probe: dict[str, Any] = {
        "cell_type": "code",
        "id": ident,
        "metadata": {},
        "source": _PROBE,
        "outputs": [],
        "execution_count": None,
    }
    node = {**file.node, "cells": [*file.node["cells"], probe]}
    return replace(parse_node(node, name=file.path), digest=file.digest)
