"""What of the notebook's own runs beside its cells: threads, tasks and timers that a cell left?

Such a thread may change any value at any moment, in the next cell or the one after. So a cell that
leaves one running, or runs beside one, is a reason not to restore, and while one runs all names
are looked at with each cell. Threads of libraries that wait for work, or run code of their own, do
not count.

Limits. Threads of native code are not seen, nor a thread that runs a library's code over objects
of the notebook's, such as a server's that waits.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import functools
import signal
import sys
import threading
import types
from collections.abc import Iterator
from typing import Any

from .watch_asker import Origins
from .watch_hook import EventHook
from .watch_seen import Seen

_REMEDY = "Wait for its end in the cell that starts it; or restore it with --cache."
# Coroutines that wait for coroutines: more are not followed.
_DEEP = 50


class BesideWatch:
    """What runs beside the cells of one process.

    Parameters
    ----------
    hook : EventHook
    origins : Origins
    """

    def __init__(self, hook: EventHook, origins: Origins) -> None:
        self._hook = hook
        self._origins = origins
        self._left: list[str] = []

    def look(self) -> bool:
        """Return whether something runs now, or ran when the last cell had ended."""
        self._left = self._left or self.running()
        return bool(self._left)

    @property
    def is_left(self) -> bool:
        """Whether something ran when the last cell had ended."""
        return bool(self._left)

    def stop(self, seen: Seen) -> None:
        """Tell what the cell ran beside, and what it left running."""
        before, self._left = self._left, self.running()
        if self._left:
            seen.block("beside", f"left {self._left[0]} running", _REMEDY)
        elif before:
            seen.block("beside", f"ran beside {before[0]}", _REMEDY)

    def running(self) -> list[str]:
        """Return what runs code of the notebook's beside the main thread, in words."""
        return [*self._threads(), *self._tasks(), *self._timers()]

    def _threads(self) -> Iterator[str]:
        main = threading.main_thread().ident
        for ident, frame in sys._current_frames().items():
            thread = threading._active.get(ident)  # type: ignore[attr-defined]
            if ident == main or (thread is not None and not self._hook.is_of_a_cell(ident)):
                continue
            if self._is_within(frame) or self._is_about_to(thread):
                yield f"the thread {getattr(thread, 'name', ident)!r}"

    def _is_within(self, frame: Any) -> bool:
        """Return whether code of the notebook's is on a stack, or was just handed to it."""
        while frame is not None:
            if self._origins.is_user_code(frame.f_code):
                return True
            if frame.f_code.co_name == "_worker" and frame.f_locals.get("work_item") is not None:
                return True  # of concurrent.futures
            frame = frame.f_back
        return False

    def _is_about_to(self, thread: Any) -> bool:
        """Return whether a thread has something of the notebook's before it: it has just begun, or
        it waits for the time to come."""
        if thread is None:
            return False
        told = vars(thread)
        if str(getattr(told.get("_target"), "__module__", "")).startswith("concurrent.futures"):
            queues = [one for one in told.get("_args") or () if hasattr(one, "qsize")]
            return any(queue.qsize() for queue in queues)
        calls = (told.get("_target"), told.get("function"), type(thread).run)
        return any(map(self._is_of_notebook, calls))

    def _tasks(self) -> Iterator[str]:
        asyncio = sys.modules.get("asyncio")
        try:
            loop = asyncio.get_running_loop()  # type: ignore[union-attr]
            tasks, current = asyncio.all_tasks(loop), asyncio.current_task(loop)  # type: ignore[union-attr]
        except (AttributeError, RuntimeError):  # it is not loaded, or none runs
            return
        for task in tasks - {current}:
            if not task.done() and self._awaits_notebook(task.get_coro()):
                yield f"the task {task.get_name()!r}"
        for handle in [*getattr(loop, "_scheduled", ()), *getattr(loop, "_ready", ())]:
            if not handle.cancelled() and self._is_of_notebook(getattr(handle, "_callback", None)):
                yield "a call that an event loop is to make"

    def _awaits_notebook(self, coroutine: Any) -> bool:
        """Return whether a coroutine is the notebook's, or waits for one of its."""
        for _ in range(_DEEP):
            code = getattr(coroutine, "cr_code", None)
            if code is None or self._origins.is_user_code(code):
                return code is not None
            coroutine = coroutine.cr_await
        return False

    def _timers(self) -> Iterator[str]:
        if hasattr(signal, "getitimer") and signal.getitimer(signal.ITIMER_REAL)[0]:
            handler = signal.getsignal(signal.SIGALRM)
            if self._is_of_notebook(handler):
                yield "a timer"

    def _is_of_notebook(self, call: Any) -> bool:
        """Return whether what is to be called is the notebook's code, or changes a collection."""
        while isinstance(call, functools.partial):
            call = call.func
        if isinstance(call, types.BuiltinMethodType):
            owner = type(call.__self__)
            return owner.__module__ in ("builtins", "collections") and owner is not types.ModuleType
        code = getattr(getattr(call, "__func__", call), "__code__", None)
        return isinstance(code, types.CodeType) and self._origins.is_user_code(code)
