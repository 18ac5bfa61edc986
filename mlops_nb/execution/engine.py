"""What does papermill call? An engine that runs a notebook by our loop, in papermill's place.

papermill finds it by name in its registry (entry point ``papermill.engine``), both for ``mlops-nb
run`` and for ``papermill --engine mlops_nb``; what a run is asked to do passes through as an
`Assignment`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from threading import Thread
from typing import Any

from papermill.engines import Engine

from mlops_nb.execution.assignment import Assignment
from mlops_nb.execution.collector import OutputCollector
from mlops_nb.execution.endings import ending_by_signal
from mlops_nb.execution.journal import NotebookJournal
from mlops_nb.execution.loop import NotebookLoop
from mlops_nb.execution.overflow import remove_overflow
from mlops_nb.stopping import StopRequests, number_of


class PipelineEngine(Engine):  # type: ignore[misc]  # papermill has no types
    """Runs notebooks whose `Assignment` is made."""

    @classmethod
    def execute_notebook(
        cls,
        nb: Any,
        kernel_name: str,
        output_path: str | None = None,
        progress_bar: bool | dict[str, Any] = True,
        log_output: bool = False,
        autosave_cell_every: int = 30,
        *,
        assignment: Assignment,
        **traits: Any,
    ) -> Any:
        """Run `nb` and return it, executed; the assignment's `record` says how the run ended.

        Parameters
        ----------
        nb : NotebookNode
            Changed in place.
        kernel_name, output_path, autosave_cell_every
            As papermill passes them; the assignment has kernel and destination.
        progress_bar, log_output
            As for papermill's own engine.
        assignment : Assignment
        **traits
            Of papermill's notebook client.
        """
        journal = NotebookJournal(
            nb,
            destination=assignment.destination,
            masker=assignment.masker,
            output_path=output_path,
            log_output=log_output,
            progress_bar=progress_bar,
            autosave_cell_every=autosave_cell_every,
        )
        place = assignment.destination
        collector = OutputCollector(
            journal,
            output_limit=assignment.output_limit,
            output_file=None if place is None else place.path,
            on_output=_teller(assignment),
            log_output=log_output,
            **traits,
        )
        journal.settle, journal.add_output = collector.settle, collector.add
        try:
            if place is not None and place.path is not None:
                remove_overflow(place.path)
            journal.notebook_start()
            loop = NotebookLoop(assignment, journal=journal, collector=collector)
            _drive(loop, assignment.stops)
        except KeyboardInterrupt as error:  # before the loop heard the signals
            journal.break_off(ending_by_signal(number_of(error)).run_status or "interrupted")
            raise
        finally:
            journal.cleanup_pbar()
            journal.hide_secrets()
        return nb


def _teller(assignment: Assignment) -> Callable[[int, Mapping[str, Any]], None] | None:
    """Return what tells the observers of output; None if none of them listens."""
    audience, plans = assignment.audience, assignment.plans
    if not audience.hears_output:
        return None
    return lambda position, output: audience.tell_output(plans[position].index, output)


def _drive(loop: NotebookLoop, stops: StopRequests) -> None:
    """Run to the end: here, or in a thread where this one already runs an event loop (a kernel)."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(loop.run())
        return
    failures: list[BaseException] = []

    def target() -> None:
        try:
            asyncio.run(loop.run())
        except BaseException as error:
            failures.append(error)

    thread = Thread(target=target, name="mlops-nb run")
    thread.start()
    while thread.is_alive():
        try:
            thread.join()
        except KeyboardInterrupt as error:  # by another handler than ours, or before the loop heard
            if stops.asked is None:
                stops.note(number_of(error))
    if failures:
        raise failures[0]
