"""Who hears of every cell of a run, whether it ran or was restored? What compares runs, for one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from mlops_nb.execution.isolation import Joint
from mlops_nb.pipeline.incremental.traces import Trace


class Witness(Protocol):
    """Who is told of every cell of a run, whether it ran or was restored."""

    def begin(self) -> None:
        """Forget everything: the run begins, perhaps again."""

    def restored(self, position: int, trace: Trace) -> None:
        """Hear of a cell that was restored."""

    def ran(self, position: int, trace: Trace | None, told: Mapping[str, Any] | None) -> None:
        """Hear of a cell that ran, and what the session told; None where it told nothing."""

    def joined(self, joint: Joint) -> None:
        """Hear of cells that were to run apart and could not."""
