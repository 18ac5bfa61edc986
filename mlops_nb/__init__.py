"""Take a notebook to production without rewriting it.

Importing this loads the standard library only.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mlops_nb.version import __version__

if TYPE_CHECKING:
    from mlops_nb.pipeline.records import RunRecord as RunRecord
    from mlops_nb.pipeline.stages import Pipeline as Pipeline
    from mlops_nb.project import read_pipeline as read_pipeline
    from mlops_nb.project import run as run
    from mlops_nb.project.loading import load as load
    from mlops_nb.project.promotions import promote as promote
    from mlops_nb.project.promotions import rollback as rollback
    from mlops_nb.widgets.promote_widget import PromoteWidget as PromoteWidget

__all__ = [
    "Pipeline",
    "PromoteWidget",
    "RunRecord",
    "__version__",
    "load",
    "promote",
    "read_pipeline",
    "rollback",
    "run",
]

# Public name -> the module that defines it, loaded on first use.
_HOMES = {
    "Pipeline": "mlops_nb.pipeline.stages",
    "PromoteWidget": "mlops_nb.widgets.promote_widget",
    "RunRecord": "mlops_nb.pipeline.records",
    "load": "mlops_nb.project.loading",
    "promote": "mlops_nb.project.promotions",
    "rollback": "mlops_nb.project.promotions",
    "read_pipeline": "mlops_nb.project",
    "run": "mlops_nb.project",
}


def __getattr__(name: str) -> Any:
    """Load the public object `name` from its module (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'mlops_nb' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)


def load_ipython_extension(shell: Any) -> None:
    """Install the stage magics: what ``%load_ext mlops_nb`` calls."""
    import_module("mlops_nb.magics").load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Take the stage magics away again: what ``%unload_ext mlops_nb`` calls."""
    import_module("mlops_nb.magics").unload(shell)
