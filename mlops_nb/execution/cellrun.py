"""How does one cell run to an ending, whatever happens to it?

A cell ends by its reply, by the death of its kernel, by its time or by a signal. In the last two
the kernel is interrupted as a person would do it, and killed if it does not listen.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mlops_nb.execution.assignment import Assignment
from mlops_nb.execution.cellplan import CellPlan
from mlops_nb.execution.collector import OutputCollector
from mlops_nb.execution.endings import (
    CellEnding,
    ending_by_death,
    ending_by_signal,
    ending_by_timeout,
    ending_of_reply,
    ending_without_reply,
    ending_without_report,
)
from mlops_nb.execution.seat import KernelSeat
from mlops_nb.execution.stagebook import StageBook
from mlops_nb.execution.supervision import Supervision, first_of
from mlops_nb.kernels.conversation import Conversation, Exchange, Message
from mlops_nb.kernels.headless import read_told
from mlops_nb.kernels.launch import KernelLaunch
from mlops_nb.kernels.session import COMM

# What an interrupted cell is given to end by itself, with its traceback.
GRACE_S = 3.0
# What was on its way when the kernel died.
_DRAIN_S = 0.3
# Characters of a traceback that was printed instead of shown.
_PRINTED_TRACEBACK = 20_000


class CellRunner:
    """Runs cells in one kernel.

    Parameters
    ----------
    seat, supervision, assignment, collector, book
        Of the run.
    deadline : float or None
        When the run's time is up, by `time.monotonic`.

    Attributes
    ----------
    told : dict
        What the session told of the last cell, by kind (see `read_told`).
    """

    def __init__(
        self,
        *,
        seat: KernelSeat,
        supervision: Supervision,
        assignment: Assignment,
        collector: OutputCollector,
        book: StageBook,
        deadline: float | None,
    ) -> None:
        self._seat = seat
        self._supervision = supervision
        self._assignment = assignment
        self._collector = collector
        self._book = book
        self._deadline = deadline
        self._timeout_s = assignment.timeout_s
        self.told: dict[str, Any] = {}
        self.notes: list[str] = []

    def ending_before(self, plan: CellPlan) -> CellEnding | None:
        """Return why the run ends before this cell starts; None if it goes on."""
        if self._supervision.stop_asked.done():
            return ending_by_signal(self._supervision.stop_asked.result())
        if self._supervision.kernel_ended.done():
            return self._death()
        left, whose, limit = self._limit(plan)
        return ending_by_timeout(whose, limit) if left is not None and left <= 0 else None

    async def within_limit(
        self, work: Awaitable[CellEnding | None], plan: CellPlan
    ) -> CellEnding | None:
        """Return what `work` gives; None if the cell's time is up before, as `ending_before`
        then says."""
        left, _, _ = self._limit(plan)
        try:
            return await asyncio.wait_for(work, left)
        except TimeoutError:
            return None

    @property
    def _launch(self) -> KernelLaunch:
        return self._assignment.launch

    @property
    def _conversation(self) -> Conversation:
        assert self._seat.conversation is not None
        return self._seat.conversation

    async def run(
        self, plan: CellPlan, cell: Any, position: int, *, watch: Mapping[str, Any] | None = None
    ) -> CellEnding:
        """Send a cell to the kernel and return how it ended; its outputs are in `cell`.

        Parameters
        ----------
        plan : CellPlan
        cell : NotebookNode
        position : int
        watch : Mapping or None
            What the session is to watch in it.
        """
        self._collector.begin(position, plan.index, plan.stage)
        told: dict[str, Any] = {}
        self.told = told

        def take(message: Message) -> None:
            if message["content"].get("comm_id") == COMM:
                news = read_told(message["content"])
                told.update(news)
                if "report" in news and plan.stage is not None:
                    self._book.take_report(plan.stage, news["report"])
            else:
                self._collector.take(message, position)
                self._collector.nb_man.touch(position)

        metadata = {"cellId": cell.get("id"), "tags": cell.metadata.get("tags") or []}
        if plan.spec:
            metadata["mlops_nb_stage"] = dict(plan.spec)
        if watch is not None:
            metadata["mlops_nb_watch"] = dict(watch)
        exchange = self._conversation.execute(
            cell.source, metadata=metadata, stop_on_error=not plan.may_fail, on_message=take
        )
        ending = await self._await_ending(exchange, plan)
        exchange.settle()
        self._collector.end(position)
        if ending.status == "completed" and "report" not in told and self._is_awaited(plan):
            ending = ending_without_report(str(plan.stage))
        return _agree_with_outputs(ending, cell.outputs, may_fail=plan.may_fail)

    def _is_awaited(self, plan: CellPlan) -> bool:
        """Return whether the session is to say what metrics and model the cell's stage made."""
        asked = plan.spec.get("last") and (plan.spec.get("metrics") or plan.spec.get("model"))
        return bool(asked) and self._launch.is_ipython

    async def _await_ending(self, exchange: Exchange, plan: CellPlan) -> CellEnding:
        lost = asyncio.ensure_future(self._launch.doubt.confirm(lambda: exchange.heard))
        try:
            return await self._await_any(exchange, plan, lost)
        finally:
            lost.cancel()

    async def _await_any(
        self, exchange: Exchange, plan: CellPlan, lost: asyncio.Future[str]
    ) -> CellEnding:
        outside = self._supervision
        ends = (outside.kernel_ended, outside.stop_asked, lost)
        left, whose, limit = self._limit(plan)
        await first_of(exchange.finished, *ends, timeout_s=left)
        if not exchange.finished.done() and outside.kernel_ended.done():
            await first_of(exchange.finished, timeout_s=_DRAIN_S)
        is_whole = not exchange.finished.done() or exchange.finished.result()
        if exchange.finished.done() and exchange.reply is None:
            # A forked child says idle too, while the cell goes on: only a kernel that answers
            # something else has done with the cell.
            probe, is_whole = self._conversation.nudge(), True
            left, whose, limit = self._limit(plan)
            await first_of(probe.finished, *ends, timeout_s=left)
            if exchange.reply is None and probe.finished.done():
                return ending_without_reply(self._launch.describe_end())
        if exchange.finished.done() and exchange.reply is not None:
            if not is_whole:
                self.notes.append(
                    f"cell {plan.index}: the kernel's last messages were lost; "
                    "its output may be incomplete."
                )
            return ending_of_reply(exchange.reply, may_fail=plan.may_fail)
        if outside.kernel_ended.done():
            return self._death()
        if lost.done() and not outside.stop_asked.done():
            how = self._launch.describe_end()
            await self._launch.kill()  # it would not hear that it is to end
            return ending_without_reply(how, lost.result())
        if outside.stop_asked.done():
            await self._stop(exchange)
            return ending_by_signal(outside.stop_asked.result())
        await self._stop(exchange)
        return ending_by_timeout(whose, limit)

    def _death(self) -> CellEnding:
        launch = self._launch
        return ending_by_death(
            launch.describe_end(),
            trace=launch.crash_trace(),
            out_of_memory=launch.ran_out_of_memory,
        )

    async def _stop(self, exchange: Exchange) -> None:
        """Interrupt the cell; kill the kernel if it goes on, or if a second signal says so."""
        outside = self._supervision
        await self._launch.interrupt()
        self._conversation.nudge()
        await first_of(
            exchange.finished, outside.kernel_ended, outside.kill_asked, timeout_s=GRACE_S
        )
        if not exchange.finished.done():
            await self._launch.kill()

    def _limit(self, plan: CellPlan) -> tuple[float | None, str, float]:
        """Return the seconds left for a cell, whose they are, and that one's timeout."""
        limits = []
        if self._deadline is not None and self._timeout_s is not None:
            limits.append((self._deadline - time.monotonic(), "the run", self._timeout_s))
        if plan.stage is not None and plan.timeout_s is not None:
            left = plan.timeout_s - self._book.used_s(plan.stage)
            limits.append((left, f"stage {plan.stage!r}", plan.timeout_s))
        return min(limits) if limits else (None, "", 0.0)


def _agree_with_outputs(
    ending: CellEnding, outputs: Sequence[Any], *, may_fail: bool
) -> CellEnding:
    """Return `ending` with the error that stands in the outputs, or as one to be put there.

    A cell run by a cell (the body of ``%%capture``) shows its error while the kernel replies that
    all is well.

    A kernel whose traceback display was replaced replies with an error and shows none, as IPython
    does for groups of exceptions, whose traceback it prints; one that fails to show a value shows
    its error and replies ``NoneType: None``.
    """
    shown = [output for output in outputs if output["output_type"] == "error"]
    if shown and ending.status == "completed" and ending.run_status is None:
        return ending_of_reply({"status": "error", **shown[-1]}, may_fail=may_fail)
    if not ending.name or not ending.told_by_kernel:
        return ending
    if not shown:
        printed = [output["text"] for output in outputs if output.get("name") == "stderr"]
        said = "".join(printed[-1:])[-_PRINTED_TRACEBACK:]
        return replace(ending, told_by_kernel=False, traceback=ending.traceback or said)
    if ending.name == "NoneType":
        return replace(ending, name=shown[-1]["ename"], message=shown[-1]["evalue"])
    return ending
