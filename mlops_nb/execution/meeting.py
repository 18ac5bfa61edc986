"""How does a run come by a kernel that listens? Waits for its answer, and puts our session into it.

What can go wrong before the first cell is told as an ending, like that of a cell. A kernel whose
port was taken is started anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from mlops_nb.errors import InfrastructureError
from mlops_nb.execution.assignment import Assignment
from mlops_nb.execution.collector import OutputCollector
from mlops_nb.execution.endings import (
    CellEnding,
    ending_by_signal,
    ending_by_timeout,
    ending_of_start,
)
from mlops_nb.execution.supervision import Supervision, first_of
from mlops_nb.kernels.conversation import Conversation
from mlops_nb.kernels.inject import EXPRESSIONS, check_version, injection_source, lacks_session


async def meet_kernel(
    assignment: Assignment,
    collector: OutputCollector,
    *,
    conversation: Conversation,
    supervision: Supervision,
) -> CellEnding | None:
    """Prepare the kernel and return None; or how the run ends because there is none.

    Raises
    ------
    InputError
        MNB404 the kernel has another version of mlops_nb.
    InfrastructureError
        MNB405 the session cannot be put into it.
    """
    launch, limit = assignment.launch, assignment.start_timeout_s
    if assignment.timeout_s is not None:
        limit = min(limit, assignment.timeout_s)
    meeting = asyncio.ensure_future(conversation.meet(supervision.kernel_ended))
    await first_of(meeting, supervision.stop_asked, timeout_s=limit)
    if meeting.done() and meeting.exception() is None:
        collector.nb.metadata["language_info"] = meeting.result()["language_info"]
        if launch.is_ipython:
            await _inject(assignment, conversation, supervision)
        return None
    meeting.cancel()
    await asyncio.gather(meeting, return_exceptions=True)
    if supervision.stop_asked.done():
        return ending_by_signal(supervision.stop_asked.result())
    if assignment.timeout_s == limit and not supervision.kernel_ended.done():
        return ending_by_timeout("the run", limit)
    if not supervision.kernel_ended.done() or not await launch.start_again():
        return ending_of_start(launch.kernel_name, launch.describe_end())
    collector.kc = launch.manager.client()
    supervision.expect_kernel()
    await conversation.turn_to(collector.kc)
    return await meet_kernel(
        assignment, collector, conversation=conversation, supervision=supervision
    )


async def _inject(
    assignment: Assignment, conversation: Conversation, supervision: Supervision
) -> None:
    """Put streams and session into the kernel.

    Only now that it hears us: the limit of its publisher can be lifted for subscribers that are
    there, and stays for those that come later.
    """
    launch = assignment.launch
    ended = (supervision.kernel_ended, supervision.stop_asked)
    reply: Mapping[str, Any] = {}
    for has_sources in (False, True):
        source = injection_source(
            handover_dir=assignment.handover_dir,
            show_line=assignment.show_line,
            link=assignment.link,
            watch=assignment.watch,
            has_sources=has_sources,
        )
        injected = conversation.execute(source, silent=True, expressions=EXPRESSIONS)
        await first_of(injected.finished, *ended, timeout_s=assignment.start_timeout_s)
        if any(future.done() for future in ended):
            return  # told before the first cell
        reply = injected.reply or {"status": "error", "ename": "no answer"}
        check_version(reply, kernel_name=launch.kernel_name)
        if not lacks_session(reply):
            break
    launch.doubt.open()
    if reply.get("status") != "ok":
        raise InfrastructureError(
            "MNB405",
            f"kernel {launch.kernel_name!r}",
            f"the session cannot be put into it: {reply.get('ename')}: {reply.get('evalue')}.",
            "Use a kernel with IPython 8.18 or newer.",
        )
