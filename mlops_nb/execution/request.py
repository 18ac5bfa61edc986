"""What is to be run, and what came of it? The values that go into and come out of
`run_pipeline`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mlops_nb.execution.runcells import CacheRequest
from mlops_nb.notebook.files import NotebookFile
from mlops_nb.pipeline.cells import StageName
from mlops_nb.pipeline.incremental.traces import Trace
from mlops_nb.pipeline.records import Action, RunRecord
from mlops_nb.pipeline.secrets import Masker
from mlops_nb.pipeline.stages import Pipeline
from mlops_nb.stopping import StopRequests

if TYPE_CHECKING:
    from mlops_nb.execution.destination import Destination
    from mlops_nb.kernels.launch import KernelLaunch
    from mlops_nb.pipeline.selection import Selection


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """One headless run of a notebook.

    Attributes
    ----------
    source : NotebookFile
    pipeline : Pipeline
        Of `source`, without errors among its diagnostics.
    selection : Selection or None
        The cells to run; None runs all.
    parameters : Mapping
        Values by name, as `resolve_parameters` returns them.
    defaults : Mapping
        What the parameters cell declares for those not given; for the record only.
    output : str or None
        Local path, or URL that papermill writes to, of the executed notebook; None keeps it in
        memory.
    timeout_s : float or None
        For the run, from its start to the end of its last cell.
    cwd : Path or None
        The kernel's working directory; the notebook's folder if None.
    kernel_name : str or None
        Instead of the one the notebook asks for.
    kernel_environment : Mapping of str to str
        Variables set in the kernel beside the runner's own.
    handover_dir : Path or None
        Where the session leaves models of stages; None if nobody wants them.
    show_line : {"stable", "full", "off"}
        The line shown after a stage.
    link : str or None
        Address of the run, for that line; a stand-in where the run is not made yet.
    goes_on : bool
        Whether the run is not over when its cells are (a model is packaged, tracking ends): the
        notebook is then left as ``running`` until `save_record`, so that a run which is killed in
        between is not called completed.
    output_limit : int or None
        Bytes that the notebook keeps of a cell's outputs: the beginning, and a tenth of it from the
        end. What is between goes into a text file beside the output. None keeps all.
    masker : Masker
        Of the run's secrets: they are in nothing that is saved or told.
    stops : StopRequests
        The signals to the run; connected to none by default.
    destination : Destination or None
        Of `output`, checked and claimed already.
    kernel : KernelLaunch or None
        A kernel that is already starting, or is to be started when it is needed, with the directory
        and environment above.
    cache : CacheRequest or None
        How what is kept is used; None where every cell runs and nothing is kept.
    """

    source: NotebookFile
    pipeline: Pipeline
    selection: Selection | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    output: str | None = None
    timeout_s: float | None = None
    cwd: Path | None = None
    kernel_name: str | None = None
    kernel_environment: Mapping[str, str] = field(default_factory=dict)
    handover_dir: Path | None = None
    show_line: Literal["stable", "full", "off"] = "stable"
    link: str | None = None
    goes_on: bool = False
    output_limit: int | None = None
    masker: Masker = field(default_factory=Masker)
    stops: StopRequests = field(default_factory=StopRequests)
    destination: Destination | None = None
    kernel: KernelLaunch | None = None
    cache: CacheRequest | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOutcome:
    """What came of a run that started.

    Attributes
    ----------
    record : RunRecord
        Without run id and model, which tracking adds (`save_record` writes it again).
    node : dict
        The executed notebook, version 4.
    reports : Mapping of str to Mapping
        By stage: what the session said when the stage's last cell ended, model handover included.
    """

    record: RunRecord
    node: dict[str, Any]
    reports: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCell:
    """What is to become of one cell, and why.

    Attributes
    ----------
    index : int or None
        None for the run's parameters.
    stage : StageName or None
    action : {"run", "restore", "undecided"}
    reason : str
    position : int
        Among the notebook's cells as they run, with one for parameters.
    standing : Trace or None
        What it leaves, where that is known.
    """

    index: int | None
    stage: StageName | None
    action: Action
    reason: str
    position: int = -1
    standing: Trace | None = None
