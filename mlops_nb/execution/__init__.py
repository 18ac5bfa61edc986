"""How do the cells of a pipeline run headless? Kernel, cells, statuses, saves (floor 4)."""

from mlops_nb.execution.events import RunObserver, RunPlan, SilentObserver
from mlops_nb.execution.request import RunOutcome, RunRequest
from mlops_nb.execution.run import run_pipeline, save_record

__all__ = [
    "RunObserver",
    "RunOutcome",
    "RunPlan",
    "RunRequest",
    "SilentObserver",
    "run_pipeline",
    "save_record",
]
