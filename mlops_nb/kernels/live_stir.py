"""Did anything but a cell that was watched run in a live kernel meanwhile?

Callbacks of widgets and what front ends execute silently run between cells, threads and tasks of
the user's at any time, and what they change in place nobody compares. After them, what is known of
values counts no more. Messages of the panel are not the user's: nothing of the user's runs for
them.

Standard library only.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Any

_OURS = ("mlops_nb", "mlops-nb")
# The comm through which a front end asks how stages are.
PANEL_TARGET = "mlops_nb.panel"


class Stir:
    """What stirs in one kernel beside its cells.

    Parameters
    ----------
    shell : InteractiveShell
        Of a kernel.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._own = {thread.ident for thread in threading.enumerate()}
        self._is_stirred = False
        self._executions = 0
        shell.events.register("pre_execute", self._count)
        handlers = shell.kernel.shell_handlers
        for kind in ("comm_msg", "comm_open", "comm_close"):
            if kind in handlers:
                handlers[kind] = self._around(handlers[kind])

    @property
    def is_stirred(self) -> bool:
        """Whether something ran since the last cell began, as far as is known by now."""
        return self._is_stirred or self._executions > 0 or self._has_threads() or _has_tasks()

    def stir(self) -> None:
        """Note that something ran which nobody watched."""
        self._is_stirred = True

    def has_stirred(self) -> bool:
        """Return whether something ran since this was asked last; to be asked by each cell."""
        others, self._executions = self._executions - 1, 0
        found, self._is_stirred = self._is_stirred, False
        return found or others > 0 or self._has_threads() or _has_tasks()

    def _count(self) -> None:
        self._executions += 1

    def _around(self, handle: Callable[..., Any]) -> Callable[..., Any]:
        def handled(*arguments: Any, **options: Any) -> Any:
            if not self._is_of_panel(arguments):
                self._is_stirred = True
            return handle(*arguments, **options)

        return handled

    def _is_of_panel(self, arguments: tuple[Any, ...]) -> bool:
        """Return whether a comm's message, the last of the arguments, is the panel's."""
        message = arguments[-1] if arguments else None
        content = message.get("content") if isinstance(message, dict) else None
        if not isinstance(content, dict):
            return False
        comms = getattr(self._shell.kernel, "comm_manager", None)
        known = getattr(comms, "comms", {}).get(content.get("comm_id"))
        return PANEL_TARGET in (content.get("target_name"), getattr(known, "target_name", None))

    def _has_threads(self) -> bool:
        return any(
            thread.ident not in self._own and not thread.name.startswith(_OURS)
            for thread in threading.enumerate()
        )


def _has_tasks() -> bool:
    """Return whether a task of notebook code is under way."""
    with contextlib.suppress(RuntimeError):  # no loop runs
        for task in asyncio.all_tasks():
            code = getattr(task.get_coro(), "cr_code", None)
            if code is not None and "ipykernel_" in code.co_filename:
                return True
    return False
