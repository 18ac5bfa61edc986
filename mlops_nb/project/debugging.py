"""How is a run that failed opened where it failed? In a kernel with the inputs of that cell."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mlops_nb.errors import InputError, nearest
from mlops_nb.execution.debug_kernel import DebugKernel
from mlops_nb.execution.past_values import PastCell
from mlops_nb.execution.run import make_launch
from mlops_nb.pipeline.cells import CellKind
from mlops_nb.pipeline.parameters import INJECTED_TAG
from mlops_nb.project.cache import environment_key
from mlops_nb.project.past_runs import PastRun
from mlops_nb.tracking.processes import stamp_process


@dataclass(frozen=True, slots=True, kw_only=True)
class Debugger:
    """A kernel for one cell of a past run.

    Attributes
    ----------
    past : PastRun
    cell : PastCell
        Before which the run is opened.
    kernel : DebugKernel
        Not open yet.
    """

    past: PastRun
    cell: PastCell
    kernel: DebugKernel


def make_debugger(
    past: PastRun, *, at: str | None = None, cwd: Path | None = None, kernel: str | None = None
) -> Debugger:
    """Return the debugger of a run, at the cell that failed.

    Parameters
    ----------
    past : PastRun
    at : str, optional
        A stage: its first cell instead.
    cwd : Path, optional
        Working directory of the kernel; the notebook's folder by default.
    kernel : str, optional
        Name of a kernel specification.

    Raises
    ------
    InputError
        MNB853 no cell of the run failed, MNB851 it has no such stage.
    """
    cell = _failed_cell(past) if at is None else _first_cell(past, at)
    layout, settings = past.project.layout, past.project.settings
    launch = make_launch(
        past.file, cwd=cwd or _folder_of(past), kernel_name=kernel or settings.kernel
    )
    kinds = {cell.position: past.pipeline.kinds[cell.position] for cell in past.values.cells}
    for position, node in enumerate(past.file.node["cells"]):
        if INJECTED_TAG in node.get("metadata", {}).get("tags", ()):
            kinds[position] = CellKind.PARAMETERS
    watch = {
        "root": str(past.project.root),
        "store": str(past.values.root),
        "stamp": str(stamp_process()),
        "key": environment_key(layout).hex(),
        "secrets": list(settings.secrets),
    }
    opened = DebugKernel(launch, values=past.values, kinds=kinds, watch=watch)
    return Debugger(past=past, cell=cell, kernel=opened)


def _failed_cell(past: PastRun) -> PastCell:
    found = next((cell for cell in past.values.cells if cell.has_ended_badly), None)
    if found is not None:
        return found
    names = list(dict.fromkeys(cell.stage for cell in past.values.cells if cell.stage))
    told = f"--at STAGE, one of {', '.join(names)}" if names else "an executed notebook that failed"
    raise InputError(
        "MNB853",
        f"run {past.told}",
        f"no cell of it failed: it is {past.record.get('status')}.",
        f"Name where to open it: {told}.",
    )


def _first_cell(past: PastRun, stage: str) -> PastCell:
    found = next((cell for cell in past.values.cells if cell.stage == stage), None)
    if found is not None:
        return found
    names = [cell.stage for cell in past.values.cells if cell.stage]
    raise InputError(
        "MNB851",
        f"run {past.told}",
        f"its notebook has no stage {stage!r}.",
        nearest(stage, names) or "It has no stages.",
    )


def _folder_of(past: PastRun) -> Path:
    """Return the folder of the notebook that was run, as far as it is still there."""
    notebook = Path(str(past.record.get("notebook") or ""))
    for place in (notebook, past.project.root / notebook):
        if place.is_file():
            return place.absolute().parent
    return past.project.root
