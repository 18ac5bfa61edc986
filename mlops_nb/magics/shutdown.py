"""When does the session of a kernel end? When the front end asks for it, not when Python is done.

ipykernel ends what the kernel has started before it lets its main thread go, and that may take
longer than Jupyter waits (2.5 s): a kernel with a pool of processes is killed before `atexit`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_NAME = "do_shutdown"


class ShutdownNotice:
    """Calls `notify` on the kernel's main thread when it is asked to end.

    Parameters
    ----------
    shell : InteractiveShell
        One without a kernel is never asked.
    notify : callable
    """

    def __init__(self, shell: Any, notify: Callable[[], None]) -> None:
        self._kernel = getattr(shell, "kernel", None)
        self._notify = notify

    def install(self) -> None:
        """Stand before the kernel's own answer to the request."""
        kernel = self._kernel
        answer, loop = getattr(kernel, _NAME, None), getattr(kernel, "io_loop", None)
        if answer is None or loop is None:
            return

        def do_shutdown(restart: bool) -> Any:
            # The request comes on another thread, perhaps while a cell runs.
            loop.add_callback(self._notify)
            return answer(restart)

        setattr(kernel, _NAME, do_shutdown)

    def remove(self) -> None:
        """Go away."""
        getattr(self._kernel, "__dict__", {}).pop(_NAME, None)
