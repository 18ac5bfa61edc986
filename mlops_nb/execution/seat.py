"""Where do cells run? In a kernel that is taken only when the first of them has to.

Started before, it boots meanwhile; never started, it costs nothing. A run that begins again takes
another kernel.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

from mlops_nb.errors import InfrastructureError
from mlops_nb.execution.assignment import Assignment
from mlops_nb.execution.collector import OutputCollector
from mlops_nb.execution.endings import CellEnding
from mlops_nb.execution.meeting import meet_kernel
from mlops_nb.execution.supervision import Supervision, first_of
from mlops_nb.kernels.conversation import Conversation, Message
from mlops_nb.kernels.headless import read_told

# A kernel that was asked to end runs the user's exit handlers in this time.
_SHUTDOWN_S = 5.0
# What it printed there is on its way when the process is gone.
_LAST_WORDS_S = 0.02


class KernelSeat:
    """The kernel of a run, from the moment that it is needed.

    Parameters
    ----------
    assignment : Assignment
        With a kernel that was started, or not yet.
    collector : OutputCollector
    supervision : Supervision
    """

    def __init__(
        self, assignment: Assignment, collector: OutputCollector, supervision: Supervision
    ) -> None:
        self._assignment = assignment
        self._collector = collector
        self._supervision = supervision
        self.conversation: Conversation | None = None
        self.faults: list[str] = []

    @property
    def is_taken(self) -> bool:
        return self.conversation is not None

    async def take(self) -> CellEnding | None:
        """Wait until the kernel answers; return how the run ends if it does not.

        Raises
        ------
        MlopsNbError
            As `meet_kernel`, and if it cannot be started.
        """
        launch = self._assignment.launch
        if launch.manager is None:
            await asyncio.to_thread(launch.start)
        client = self._collector.kc = launch.manager.client()
        self.conversation = Conversation(client, masker=self._assignment.masker)
        self.conversation.open()
        return await meet_kernel(
            self._assignment,
            self._collector,
            conversation=self.conversation,
            supervision=self._supervision,
        )

    async def ask(self, code: str) -> dict[str, Any]:
        """Execute code of ours silently, and return what the session tells of it, by kind.

        Raises
        ------
        InfrastructureError
            MNB422 the kernel does not answer, or has an error of ours.
        """
        assert self.conversation is not None
        told: dict[str, Any] = {}

        def take(message: Message) -> None:
            if "comm_id" in message["content"]:
                told.update(read_told(message["content"]))

        exchange = self.conversation.execute(code, silent=True, on_message=take)
        outside = self._supervision
        await first_of(exchange.finished, outside.kernel_ended, outside.stop_asked)
        reply: Mapping[str, Any] = exchange.reply or {}
        if reply.get("status") == "error":
            raise InfrastructureError(
                "MNB422",
                f"kernel {self._assignment.launch.kernel_name!r}",
                f"what is kept cannot be used: {reply.get('ename')}: {reply.get('evalue')}.",
                "Run again with --no-cache, and report it with the notebook.",
            )
        return told

    def settle(self) -> None:
        """Pass on all text that was held back."""
        if self.conversation is not None:
            self.conversation.settle()
            self.faults += self.conversation.faults
            self.conversation.faults.clear()

    async def shut_down(self) -> None:
        """Ask the kernel to end, so that exit handlers run; what does not is killed afterwards."""
        launch = self._assignment.launch
        if self.conversation is None or launch.exit_status() is not None:
            return
        self.conversation.request_shutdown()
        until = time.monotonic() + _SHUTDOWN_S
        while launch.exit_status() is None and time.monotonic() < until:
            if self._supervision.kill_asked.done():
                return
            await asyncio.sleep(0.01)
        await asyncio.sleep(_LAST_WORDS_S)

    async def leave(self) -> None:
        """End the kernel, whatever it does."""
        if self.conversation is not None:
            await self.conversation.close()
        await self._assignment.launch.kill()

    async def renew(self, make: Callable[[], Any]) -> None:
        """End the kernel and have another for what comes."""
        await self.leave()
        self.settle()
        self.conversation = None
        self._assignment.launch = make()
        self._supervision.turn_to(self._assignment.launch)
