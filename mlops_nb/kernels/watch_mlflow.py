"""Did a cell tell MLflow something itself? What it logged is in a run that a later one is not.

A stage's metrics and model are kept with it and logged again where it is restored. What user code
logs by calls of its own, or has logged by ``autolog``, went to a server: it cannot be seen again,
so such a cell runs. All of MLflow's ways to write end at three classes, whose methods tell; nothing
of MLflow is imported for it.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import FunctionType
from typing import Any

from .watch_imports import ImportHook
from .watch_seen import Seen
from .watch_wrapping import Undo, wrap_function

_WRITERS = (
    ("mlflow.tracking._tracking_service.client", "TrackingServiceClient"),
    ("mlflow.tracking._model_registry.client", "ModelRegistryClient"),
    ("mlflow.utils.autologging_utils.client", "MlflowAutologgingQueueingClient"),
)
_WRITING = (
    "log_", "set_", "create_", "delete_", "restore_", "record_", "rename_", "update_", "finalize_",
    "link_", "transition_", "copy_",
)  # fmt: skip
_REMEDY = (
    "Name metrics and models by --metrics and --model, which are kept; or restore it without what "
    "it logs, with --cache."
)


class MlflowWatch:
    """What the cells of one kernel tell MLflow.

    Parameters
    ----------
    is_heard : callable
        Whether what this thread does now counts to a cell.
    """

    def __init__(self, is_heard: Callable[[], bool]) -> None:
        self._is_heard = is_heard
        self._told: list[str] = []
        self._undo: list[Undo] = []

    def install(self, imports: ImportHook) -> None:
        """Have MLflow's clients tell, as soon as they are loaded."""
        for module, kind in _WRITERS:
            imports.when_loaded(module, partial(self._attend, kind))

    def stop(self, seen: Seen) -> None:
        """Tell what the cell did; what threads did since the last one counts to it."""
        told, self._told = self._told, []
        if told:
            names = ", ".join(dict.fromkeys(told))
            seen.block("mlflow", f"told MLflow something by itself ({names})", _REMEDY)

    def close(self) -> None:
        """Take away all wrappers."""
        for undo in reversed(self._undo):
            undo()
        self._undo = []

    def _attend(self, kind: str, module: Any) -> None:
        place = getattr(module, kind)
        for name, method in list(vars(place).items()):
            is_wrapped = getattr(method, "_mlops_nb_wraps", False)
            if isinstance(method, FunctionType) and name.startswith(_WRITING) and not is_wrapped:
                self._undo.append(wrap_function(place, name, self._write))
                vars(place)[name]._mlops_nb_wraps = True

    def _write(self, original: Callable[..., Any], *given: Any, **options: Any) -> Any:
        if self._is_heard():
            self._told.append(original.__name__)
        return original(*given, **options)
