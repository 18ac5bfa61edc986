"""What does the engine need to know to run a notebook? One value that passes through papermill."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from mlops_nb.execution.cellplan import CellPlan
from mlops_nb.execution.destination import Destination
from mlops_nb.execution.events import Audience, RunPlan
from mlops_nb.execution.incremental import IncrementalRun
from mlops_nb.execution.isolation import IsolationRule
from mlops_nb.kernels.launch import KernelLaunch
from mlops_nb.pipeline.incremental.tasks import RunCell
from mlops_nb.pipeline.records import RunRecord
from mlops_nb.pipeline.secrets import Masker
from mlops_nb.pipeline.stages import Pipeline
from mlops_nb.stopping import StopRequests

START_TIMEOUT_S = 60.0


@dataclass(slots=True, kw_only=True)
class Assignment:
    """A run that is ready to start; the engine adds what came of it.

    Attributes
    ----------
    pipeline : Pipeline
    plans : sequence of CellPlan
        One for each cell of the notebook that is executed.
    run_plan : RunPlan
    launch : KernelLaunch
        Started.
    audience : Audience
    destination : Destination or None
    timeout_s : float or None
        Of the run.
    start_timeout_s : float
        How long the kernel may take to answer.
    handover_dir : Path or None
    show_line : {"stable", "full", "off"}
    link : str or None
        Address of the run, for the stage line.
    goes_on : bool
        Whether the run is not over when its cells are; see `RunRequest`.
    masker : Masker
        Of the run's secrets.
    stops : StopRequests
        The signals to the run.
    output_limit : int or None
        Bytes that the notebook keeps of a cell's outputs; None keeps all.
    incremental : callable or None
        ``incremental(refused)`` returns the run as far as it concerns what is kept; None where
        every cell runs.
    launch_again : callable or None
        Returns another kernel, not started, for a run that begins again or has several.
    isolation : IsolationRule or None
        Which cells have a kernel of their own; None where all share one.
    cells : Mapping of int to RunCell
        What is known of the cells that run, by position, where a stage may be tried again.
    watch : Mapping or None
        How the kernel is to watch its cells; see `injection_source`.
    record : RunRecord or None
        Set by the engine.
    reports : dict
        By stage, what its session said last; set by the engine.
    """

    pipeline: Pipeline
    plans: Sequence[CellPlan]
    run_plan: RunPlan
    launch: KernelLaunch
    audience: Audience
    destination: Destination | None = None
    timeout_s: float | None = None
    start_timeout_s: float = START_TIMEOUT_S
    handover_dir: Path | None = None
    show_line: Literal["stable", "full", "off"] = "stable"
    link: str | None = None
    goes_on: bool = False
    masker: Masker = field(default_factory=Masker)
    stops: StopRequests = field(default_factory=StopRequests)
    output_limit: int | None = None
    incremental: Callable[[Mapping[int, str]], IncrementalRun] | None = None
    launch_again: Callable[[], KernelLaunch] | None = None
    isolation: IsolationRule | None = None
    cells: Mapping[int, RunCell] = field(default_factory=dict)
    watch: Mapping[str, Any] | None = None
    record: RunRecord | None = None
    reports: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
