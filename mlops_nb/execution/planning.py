"""What is to become of the cells of a request, before a kernel is there? What is kept decides.

The same course is made for a plan that is only shown and for the run itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from mlops_nb.execution.cell_memory import CellMemory
from mlops_nb.execution.cellplan import CellPlan, plan_cells
from mlops_nb.execution.compared_run import ComparedRun
from mlops_nb.execution.incremental import IncrementalRun
from mlops_nb.execution.injection import inject_parameters
from mlops_nb.execution.interpreter import Interpreter
from mlops_nb.execution.isolated_run import IsolatedRun
from mlops_nb.execution.local_sources import read_local_sources
from mlops_nb.execution.request import PlannedCell, RunRequest
from mlops_nb.execution.runcells import make_run_cells
from mlops_nb.execution.world import World
from mlops_nb.kernels.launch import KernelLaunch
from mlops_nb.kernels.watch_paths import PathRules
from mlops_nb.pipeline.incremental.tasks import RunCell, make_course
from mlops_nb.pipeline.stages import Stage

_CACHE_OFF = "nothing is restored in this run"


def incremental_run(
    request: RunRequest, plans: Sequence[CellPlan], *, launch: KernelLaunch
) -> Callable[[Mapping[int, str]], IncrementalRun]:
    """Return what makes the run as far as it concerns what is kept, from its first cell.

    Parameters
    ----------
    request : RunRequest
        With a `cache`.
    plans : sequence of CellPlan
        One for each cell of the notebook that is executed.
    launch : KernelLaunch
        Started, or not.
    """
    cache = request.cache
    assert cache is not None
    cells = run_cells(request, plans)
    rules = PathRules(str(cache.root))
    world = World(
        rules,
        environment={**launch.find_environment(), **request.kernel_environment},
        key=cache.key,
        cwd=launch.cwd,
        probe=Interpreter(launch.find_python(), rules=rules).look,
    )

    notebook = world.key_of(str(Path(cache.place.get("notebook", "")).absolute()))
    memory = cache.memory or CellMemory(cache.kept.root, notebook, mask=request.masker.text)
    kind: Callable[..., IncrementalRun] = IncrementalRun
    if cache.standing is not None:
        kind = partial(ComparedRun, standing=cache.standing)
    elif cache.isolation is not None:
        kind = IsolatedRun
    running = {} if cache.restores else {cell.position: _CACHE_OFF for cell in cells}

    def begin(refused: Mapping[int, str]) -> IncrementalRun:
        return kind(
            make_course(
                cells,
                find=cache.kept.find,
                mode=cache.mode,
                now=datetime.now(UTC),
                sources=read_local_sources(cells, cwd=launch.cwd, rules=rules),
            ),
            kept=cache.kept,
            world=world,
            place=cache.place,
            refused={**running, **refused},
            witness=cache.witness,
            memory=memory,
        )

    return begin


def run_cells(request: RunRequest, plans: Sequence[CellPlan]) -> tuple[RunCell, ...]:
    """Return the cells of a run as the incremental core sees them."""
    cache = request.cache
    return make_run_cells(
        request.pipeline,
        plans,
        parameters=request.parameters,
        force=frozenset() if cache is None else cache.force,
        salt=cache.key.hex() if cache is not None and request.masker else "",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What a run will need, as far as is known before it.

    Attributes
    ----------
    kernel : bool
    builder : bool
        Whether what packages models, which takes seconds to load.
    """

    kernel: bool = True
    builder: bool = True


def foresee_request(request: RunRequest, launch: KernelLaunch) -> Foreseen:
    """Return what a run with a `cache` will need."""
    if not is_python(launch):
        return Foreseen()
    return foresee(plan_request(request, launch), request.pipeline.stages)


def foresee(planned: Iterable[PlannedCell], stages: Iterable[Stage]) -> Foreseen:
    """Return what a run will need by what is to become of its cells."""
    going = [cell for cell in planned if cell.action != "restore"]
    making = {stage.name for stage in stages if stage.options.model}
    return Foreseen(kernel=bool(going), builder=any(cell.stage in making for cell in going))


def plan_request(
    request: RunRequest, launch: KernelLaunch, *, clauses: int = 2
) -> tuple[PlannedCell, ...]:
    """Return what is to become of each cell that a run with a `cache` would run or restore.

    Parameters
    ----------
    request : RunRequest
    launch : KernelLaunch
        Need not be started.
    clauses : int, default=2
        How many changes a reason names.
    """
    plans = plan_cells(request.pipeline, request.selection)
    if request.parameters:
        plans = inject_parameters({"cells": [{"id": ""} for _ in plans]}, plans, request)
    run = incremental_run(request, plans, launch=launch)({})
    return tuple(
        PlannedCell(
            index=plans[step.cell].index,
            stage=plans[step.cell].stage,
            action=step.action,
            reason=request.masker.text(run.explain(step, clauses=clauses)),
            position=step.cell,
            standing=step.verdict.trace if step.action == "restore" else None,
        )
        for step in run.plan()
    )


def is_python(launch: KernelLaunch) -> bool:
    """Return whether a kernel is Python's, so that its cells can be watched."""
    return launch.find_python() is not None
