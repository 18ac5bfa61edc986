"""Is what this run made good enough? Gates of notebook, settings and command line, decided at its
end.

They are decided once the version is registered, so that a version that fails is there to be looked
at, unblessed. A run that made no model, or did not register it, is judged by what it has.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_nb.errors import InputError, MlopsNbError
from mlops_nb.pipeline.gates.declared import DeclaredGate, gates_for, unite_gates
from mlops_nb.pipeline.gates.gate import Gate, RowOverlapGate
from mlops_nb.pipeline.gates.parsing import parse_gate
from mlops_nb.pipeline.gates.requirements import needs_model
from mlops_nb.project.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlops_nb.pipeline.records import RunRecord
    from mlops_nb.pipeline.stages import Pipeline
    from mlops_nb.registry.report import GateReport
    from mlops_nb.tracking.gitinfo import GitState
    from mlops_nb.tracking.store import TrackingStore

OPTION = "--gate"
_NO_NAME = "Gates against a champion were skipped: without --register nobody knows whose it is."


@dataclass(frozen=True, slots=True, kw_only=True)
class RunGates:
    """The gates of one run.

    Attributes
    ----------
    gates : tuple of DeclaredGate
    root : Path
        The project's: tests of the user's own are run there.
    notebook : str
    allow : tuple of str
        Types the project trusts besides ours.
    is_asked : bool
        Whether the command line names gates: then they are decided whatever the run left out.
    is_partial : bool
        Whether the run leaves out stages.
    """

    gates: tuple[DeclaredGate, ...]
    root: Path
    notebook: str
    allow: tuple[str, ...] = ()
    is_asked: bool = False
    is_partial: bool = False

    def decide(
        self,
        record: RunRecord,
        *,
        store: TrackingStore,
        git: GitState,
        interpreter: str = sys.executable,
    ) -> RunRecord:
        """Return the record with how the gates turned out; the report goes to the registry.

        Raises
        ------
        InfrastructureError
            If the store cannot be read or written.
        """
        if not self.gates or record.status != "completed":
            return record
        if self.is_partial and not self.is_asked and record.model is None:
            return replace(record, notes=(*record.notes, self._undecided("it left out stages")))
        with _without_traces():
            report = self._judge(record, store=store, git=git, interpreter=interpreter)
        self._keep(record, report, store=store)
        is_registered = record.model is not None and record.model.version is not None
        if report.count("skipped") and not is_registered:
            record = replace(record, notes=(*record.notes, _NO_NAME))
        return _with_report(record, report)

    def untold(self, record: RunRecord) -> RunRecord:
        """Return the record of a run that is not tracked, which decides no gates, and says so."""
        if not self.gates:
            return record
        return replace(record, notes=(*record.notes, self._undecided("it is not tracked")))

    def _undecided(self, why: str) -> str:
        n = len(self.gates)
        told = "Its gate was" if n == 1 else f"Its {n} gates were"
        return f"{told} not decided: {why}."

    def _judge(
        self, record: RunRecord, *, store: TrackingStore, git: GitState, interpreter: str
    ) -> GateReport:
        from mlops_nb.packaging.retrieval import fetched_logged
        from mlops_nb.registry.evidence import RunEvidence
        from mlops_nb.registry.gathering import Surroundings
        from mlops_nb.registry.gating import gate_package, gate_version
        from mlops_nb.registry.promotion.registry import registry_of
        from mlops_nb.registry.report import with_origins

        run = RunEvidence(
            door="headless",
            commit=git.commit,
            is_dirty=git.is_dirty,
            changed=git.changed,
            record=record,
        )
        gates = [declared.gate for declared in self.gates]
        around = Surroundings(
            run=run,
            datasets=_find_data(gates, record),
            allow=self.allow,
            folder=self.root,
            interpreter=interpreter,
        )
        model = record.model
        if model is not None and model.version is not None:
            registry = registry_of(store)
            report = gate_version(registry, model.name, model.version, gates=gates, around=around)
        else:
            name = Path(self.notebook).stem if model is None else model.name
            with ExitStack() as fetched:
                package = None
                if model is not None and any(map(needs_model, gates)):
                    copied = fetched_logged(model.uri, client=store.client())
                    package = fetched.enter_context(copied)
                report = gate_package(package, name=name, gates=gates, around=around)
        return with_origins(report, self.gates)

    def _keep(self, record: RunRecord, report: GateReport, *, store: TrackingStore) -> None:
        from mlops_nb.registry.gating import record_report
        from mlops_nb.registry.promotion.registry import registry_of
        from mlops_nb.registry.report_files import report_files

        registry = registry_of(store)
        if record.model is not None and record.model.version is not None:
            record_report(registry, record.model.name, record.model.version, report)
        elif record.run_id is not None:
            registry.add_files(record.run_id, report_files(report))


@contextmanager
def _without_traces() -> Iterator[None]:
    """Take back what importing scikit-learn sets in this process's environment: the kernels of
    later runs would have it, too, and what they restore depends on their environment."""
    before = set(os.environ)
    try:
        yield
    finally:
        for name in set(os.environ) - before:
            if name.startswith("KMP_"):
                del os.environ[name]


def _find_data(gates: Sequence[Gate], record: RunRecord) -> dict[str, Any]:
    """Return what ``no_row_overlap`` compares by its name in the notebook, as the run left it."""
    from mlops_nb.project.loading import load
    from mlops_nb.registry.evidence import LostData
    from mlops_nb.registry.row_overlap import EVALUATION

    found: dict[str, Any] = {}
    wanted = [gate for gate in gates if isinstance(gate, RowOverlapGate)]
    for name in dict.fromkeys(name for gate in wanted for name in (gate.seen, gate.held_out)):
        if name == EVALUATION or record.output is None:
            continue
        try:
            found[name] = load(name, run=record.output)
        except MlopsNbError as error:
            found[name] = LostData(reason=f"{error.fault[:1].upper()}{error.fault[1:]}")
    return found


def collect_gates(
    pipeline: Pipeline, settings: Settings, *, asked: Sequence[str] = ()
) -> tuple[DeclaredGate, ...]:
    """Return the gates of a run: the notebook's, the settings' if it registers a model, and those
    `asked` for; said twice they are one.

    Raises
    ------
    GateError
        If one that was asked for cannot be read.
    """
    name = Path(pipeline.name).name
    own = [
        DeclaredGate(gate=one.gate, origins=(f"{name}, cell {one.cell}",)) for one in pipeline.gates
    ]
    of_models = () if settings.register is None else gates_for(settings.gates, settings.register)
    said = [DeclaredGate(gate=parse_gate(text, place=OPTION), origins=(OPTION,)) for text in asked]
    return unite_gates([*own, *of_models, *said])


def check_gate_options(
    settings: Settings, gates: Sequence[DeclaredGate], *, asked: bool, must_promote: bool
) -> None:
    """Raise where gates or a promotion were asked of a run that cannot decide them.

    Raises
    ------
    InputError
        MNB743 a promotion without a registered model, MNB744 without gates, MNB745 of a run that
        is not tracked.
    """
    option = "--promote-if-passed" if must_promote else OPTION
    if (asked or must_promote) and not settings.track:
        raise InputError(
            "MNB745",
            option,
            "a run that is not tracked keeps no model that could be judged.",
            "Leave out --no-track.",
        )
    if must_promote and settings.register is None:
        raise InputError(
            "MNB743",
            option,
            "what is promoted is a version of a registered model, and none is named.",
            "Name it: --register NAME.",
        )
    if must_promote and not gates:
        raise InputError(
            "MNB744",
            option,
            "there are no gates: nothing would keep a bad model back.",
            "Write %mlops_gate in the notebook, gates in [tool.mlops_nb], or --gate.",
        )


def _with_report(record: RunRecord, report: GateReport) -> RunRecord:
    told = report.to_json()
    outcomes = tuple(told.pop("outcomes"))
    return replace(record, gates=outcomes, gate_report=told)
