"""What does the core of incremental runs have to know of each cell that is to run?

From the pipeline and the plans of a run; the cell of injected parameters is one more cell, which
binds literals.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mlops_nb.artifacts.fingerprint import Fingerprinter
from mlops_nb.execution.cell_memory import CellMemory
from mlops_nb.execution.cellplan import CellPlan
from mlops_nb.execution.isolation import IsolationRule
from mlops_nb.execution.kept import KeptResults
from mlops_nb.execution.run_witness import Witness
from mlops_nb.pipeline.cells import CellFlow, CellKind, Code, StageName
from mlops_nb.pipeline.incremental.foreseen import literals_bound
from mlops_nb.pipeline.incremental.tasks import CacheMode, RunCell
from mlops_nb.pipeline.incremental.terms import Terms, make_terms
from mlops_nb.pipeline.incremental.traces import Trace
from mlops_nb.pipeline.parameters import encode_parameters
from mlops_nb.pipeline.stages import Pipeline, Stage

# Of what the session is told of a stage, what makes no difference to its outcome.
_NO_PROMISE = ("name", "timeout_s")
# With other words here, a trace lacks facts that it should have.
_FACTS_BY_HAND = ("deps", "env", "version_of")


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheRequest:
    """How a run is to use what is kept.

    Attributes
    ----------
    kept : KeptResults
    mode : {"stages", "all"}
        What is restored: stages, or every cell.
    root : Path
        Folder of the project.
    key : bytes
        For digests of environment variables.
    force : frozenset of str
        Stages that run though they could be restored.
    secrets : tuple of str
        Environment variables whose values are in nothing that is kept.
    place : Mapping of str to str
        What people are told of where a result comes from.
    restores : bool
        Whether anything is restored; else every cell runs, and is kept all the same.
    isolation : IsolationRule or None
        Which cells have a kernel of their own; None where all share one.
    witness : Witness or None
        Is told of every cell.
    memory : CellMemory or None
        What the notebook's cells were, if not what its last runs left of that.
    standing : Mapping of int to Trace or None
        What cells leave now, by position, where what is kept is a past run's, to compare with it.
    """

    kept: KeptResults
    mode: CacheMode
    root: Path
    key: bytes
    force: frozenset[str] = frozenset()
    secrets: tuple[str, ...] = ()
    place: Mapping[str, str] = field(default_factory=dict)
    restores: bool = True
    isolation: IsolationRule | None = None
    witness: Witness | None = None
    memory: CellMemory | None = None
    standing: Mapping[int, Trace] | None = None


def make_run_cells(
    pipeline: Pipeline,
    plans: Sequence[CellPlan],
    *,
    parameters: Mapping[str, Any],
    force: frozenset[str] = frozenset(),
    salt: str = "",
) -> tuple[RunCell, ...]:
    """Return the cells of a run that are to run, in order.

    Parameters
    ----------
    pipeline : Pipeline
    plans : sequence of CellPlan
        One for each cell of the notebook that is executed.
    parameters : Mapping
        That are injected.
    force : frozenset of str, optional
        Stages that run in any case.
    salt : str, optional
        Makes keys of cells that hold secrets of no use to anybody else.
    """
    cells, ends, places = [], _ends(plans), _places(pipeline)
    stages = {stage.name: stage for stage in pipeline.stages}
    for position, plan in enumerate(plans):
        if plan.action != "run":
            continue
        if plan.is_injected:
            cells.append(_injected(position, parameters, salt))
        else:
            known_as = places[plan.index] if plan.index is not None else ()
            stage = None if plan.stage is None else stages.get(plan.stage)
            cell = _cell(pipeline, plan, position, stage, ends=ends[plan.stage])
            forced = "it was asked for by --force" if plan.stage in force else ""
            cells.append(replace(cell, known_as=known_as, forced=forced, **_salted(cell, salt)))
    return tuple(cells)


def _injected(position: int, parameters: Mapping[str, Any], salt: str) -> RunCell:
    code = Code(python=encode_parameters(parameters))
    return RunCell(
        position=position,
        label="the run's parameters",
        kind=CellKind.PARAMETERS,
        stage=None,
        code=code,
        known_as=("parameters",),
        foresees={} if salt else _foresee(code),  # digests are keyed where there are secrets
        flow=CellFlow(binds=tuple(sorted(parameters))),
        analysis=None,
        promises={"salt": salt} if salt else {},
    )


def _cell(
    pipeline: Pipeline,
    plan: CellPlan,
    position: int,
    stage: Stage | None,
    *,
    ends: tuple[int, int],
) -> RunCell:
    assert plan.index is not None
    cell = pipeline.cells[plan.index]
    assert cell.code is not None
    spec = plan.spec if plan.spec.get("last") else {}
    named = [*spec.get("metrics", ()), spec.get("model"), spec.get("example")]
    named += [*spec.get("eval", ())]
    promises = {k: v for k, v in plan.spec.items() if k not in _NO_PROMISE and v}
    terms = Terms()
    if stage is not None:
        is_first, is_last = position == ends[0], position == ends[1]
        terms = make_terms(stage.options, is_first=is_first, is_last=is_last)
        named += [*terms.inputs, *terms.outputs]
    promises |= {k: v for k in _FACTS_BY_HAND if (v := getattr(terms, k))}
    return RunCell(
        position=position,
        label=f"cell {plan.index}" if plan.stage is None else f"stage '{plan.stage}'",
        kind=pipeline.kinds[plan.index],
        stage=plan.stage,
        code=cell.code,
        flow=pipeline.flows[plan.index],
        analysis=pipeline.analyses.get(plan.index),
        reads=frozenset(name for name in named if name),
        promises=promises,
        may_fail=plan.may_fail,
        terms=terms,
        foresees=_foresee(cell.code) if stage is None else {},
    )


def _salted(cell: RunCell, salt: str) -> dict[str, Any]:
    """Return what is another in a run with secrets, which keys its digests."""
    return {"promises": {**cell.promises, "salt": salt}, "foresees": {}} if salt else {}


def _foresee(code: Code) -> dict[str, str]:
    """Return the digests of names that a cell binds to literals."""
    with Fingerprinter() as fingerprinter:
        told = {n: fingerprinter.fingerprint(v).digest for n, v in literals_bound(code).items()}
    return {name: digest for name, digest in told.items() if digest is not None}


def _places(pipeline: Pipeline) -> dict[int, tuple[str, ...]]:
    """Return by what cells are known from run to run: their ids, and their places in stages."""
    found: dict[int, tuple[str, ...]] = {c.index: (f"id {c.id}",) for c in pipeline.cells}
    counts = Counter[str]()
    for index, directive in sorted(pipeline.directives.items()):
        found[index] = (*found[index], f"stage {directive.stage} {counts[directive.stage]}")
        counts[directive.stage] += 1
    return found


def _ends(plans: Sequence[CellPlan]) -> dict[StageName | None, tuple[int, int]]:
    """Return the positions of the first and the last cell of each stage that run."""
    found: dict[StageName | None, tuple[int, int]] = {}
    for at, plan in enumerate(plans):
        if plan.action == "run":
            found[plan.stage] = (found.get(plan.stage, (at, at))[0], at)
    return found
