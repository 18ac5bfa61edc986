"""When is what a live cell did kept? Once its stage has reported, and what it stores is written.

A stage's cell waits for the stage line, which says whether the stage kept its word and what it
measured. Values are stored in the background, so that a person does not wait for them: somebody
looks after them every second until all is there.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mlops_nb.kernels.cell_watch import CellWatch

if TYPE_CHECKING:
    from mlops_nb.execution.kept import KeptResults
    from mlops_nb.pipeline.incremental.traces import Trace

# What is stored in the background is looked after so often.
_POLL_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveTrace:
    """What a cell left, as it is to be kept.

    Attributes
    ----------
    token : str
        Of this execution.
    trace : Trace
    outputs : tuple of dict
        What it showed.
    displays : Mapping of str to list of int
        Which of them are displays with a name.
    told : Mapping
        What was seen of it, with what is still to be stored.
    stage : str
        Empty for a cell of no stage.
    is_last : bool
        Whether the stage's metrics and model are its.
    """

    token: str
    trace: Trace
    outputs: tuple[dict[str, Any], ...]
    displays: Mapping[str, Any]
    told: Mapping[str, Any]
    stage: str
    is_last: bool


class LiveKeeping:
    """Keeps what the cells of one live kernel did.

    Parameters
    ----------
    kept : KeptResults
    watch : CellWatch
        Stores their values.
    """

    def __init__(self, kept: KeptResults, *, watch: CellWatch) -> None:
        from mlops_nb.execution.told import WaitingTraces

        self._watch = watch
        self._waiting = WaitingTraces(kept)
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._pending: LiveTrace | None = None

    def alone(self) -> AbstractContextManager[bool]:
        """Have nothing stored from another thread meanwhile."""
        return self._lock

    def forget(self) -> None:
        """Do not keep the cell whose stage has not reported."""
        self._pending = None

    def keep(self, live: LiveTrace) -> None:
        """Keep what a cell did, once its stage has reported; under `alone`."""
        self._waiting.stored(live.told["stored"])
        if live.stage:
            self._pending = live
        else:
            self._keep(live, None)

    def finished(self, report: Mapping[str, Any]) -> None:
        """Keep the stage's cell with its report, unless the stage did not keep its word.

        Headless, a cell before the stage's last one collects no metrics and no model.
        """
        live, self._pending = self._pending, None
        if live is None or not report["ok"] or report["problems"]:
            return
        with self._lock:
            inner = {**report, "metrics": {}, "series": {}, "model": None}
            self._keep(live, report if live.is_last else inner)

    def close(self) -> None:
        """Wait a little for what is being stored."""
        if self._timer is not None:
            self._timer.cancel()
        self._poll(wait=True)

    def _keep(self, live: LiveTrace, report: Mapping[str, Any] | None) -> None:
        from mlops_nb.execution.kept import CellResult

        seconds = live.trace.seconds if report is None else float(report["seconds"])
        result = CellResult(
            outputs=list(live.outputs), widgets={}, report=report, displays=dict(live.displays)
        )
        parts: Sequence[Any] = [tuple(part) for part in live.told["parts"]]
        self._waiting.add(live.token, replace(live.trace, seconds=seconds), result, parts)
        self._waiting.stored({"cell": live.token, **group} for group in live.told["groups"])
        self._poll_later()

    def _poll_later(self) -> None:
        if self._waiting and self._timer is None:
            self._timer = threading.Timer(_POLL_S, self._poll)
            self._timer.daemon = True
            self._timer.start()

    def _poll(self, *, wait: bool = False) -> None:
        with self._lock:
            self._timer = None
            self._waiting.stored(self._watch.values.stored_since(wait=wait))
        if not wait:
            self._poll_later()
