"""Does a kernel that says nothing still work for its cell? A thread in it answers, when asked.

A cell can take away what the kernel needs to reply (`sys.modules`, `__import__`, ZeroMQ's methods);
the process lives on and will never say another word. From outside it looks like a long computation.
Inside, the difference is plain: nothing is being executed, and the main thread waits in its event
loop, as far down as where the kernel started it. That is all that the thread tells, through two
named pipes in the kernel's folder. While native code holds Python's lock it tells nothing, which
says nothing.

What it uses is bound when it starts, so that no cell can take it away. This file is injected as
text. Standard library only, Python 3.9.
"""

from __future__ import annotations

import functools
import os
import sys
import threading
from typing import Any

ASK, ANSWER = "witness-ask", "witness-answer"
_FOLDER = "MLOPS_NB_KERNEL"
# Files whose code waits for nothing of the user's.
_KERNELS = (
    *("/ipykernel/", "/asyncio/", "/tornado/", "/zmq/", "/jupyter_client/", "<mlops_nb streams>"),
    *("/threading.py", "/selectors.py", "/concurrent/futures/"),
)


class Witness:
    """Counts what a kernel executes and sees where its main thread is.

    Parameters
    ----------
    kernel : ipykernel.kernelbase.Kernel
        To be called in its main thread, from within a request.
    """

    def __init__(self, kernel: Any) -> None:
        self._frames = sys._current_frames
        self._main = threading.get_ident()
        self._begun = self._ended = 0
        self._bottom, self._turn = _find_loop(sys._getframe())
        execute = kernel.do_execute

        @functools.wraps(execute)
        async def counted(*args: Any, **kwargs: Any) -> Any:
            self._begun += 1
            try:
                return await execute(*args, **kwargs)
            finally:
                self._ended += 1

        kernel.do_execute = counted

    def testimony(self) -> bytes:
        """Return how many requests were begun and ended, and what the main thread does: it is
        ``idle`` in its loop, ``waits`` in the kernel's own code, is ``busy`` or ``gone``."""
        place = b"waits"
        frame: Any = self._frames()[self._main]
        turn = frame.f_back
        if turn is not None and turn.f_code is self._turn and turn.f_back is self._bottom:
            place = b"idle" if frame.f_code.co_name == "select" else b"busy"
        while frame is not self._bottom:
            if frame is None:
                place = b"gone"
                break
            if not self._is_kernels(frame.f_code.co_filename):
                place = b"busy"
            frame = frame.f_back
        return b"%d %d %b\n" % (self._begun, self._ended, place)

    def _is_kernels(self, file: str) -> bool:
        for part in _KERNELS:  # noqa: SIM110 - any() could be taken away
            if part in file:
                return True
        return False

    def can_see(self) -> bool:
        """Whether the main thread runs an event loop that is known here."""
        return self._bottom is not None

    def answer(self, ask: int, answer: int) -> None:
        """Answer each byte that comes, until one of the descriptors is another file's."""
        read, write, look = os.read, os.write, os.fstat
        asked, answered = look(ask), look(answer)
        mine = (asked.st_dev, asked.st_ino, answered.st_dev, answered.st_ino)
        while True:
            read(ask, 1)
            asked, answered = look(ask), look(answer)
            if (asked.st_dev, asked.st_ino, answered.st_dev, answered.st_ino) != mine:
                return
            write(answer, self.testimony())


def install(shell: Any) -> None:
    """Start the thread in the kernel of `shell`, where its runner has made the pipes."""
    folder, kernel = os.environ.get(_FOLDER), getattr(shell, "kernel", None)
    if not folder or not hasattr(kernel, "do_execute"):
        return
    try:
        ask = os.open(os.path.join(folder, ASK), os.O_RDWR)  # noqa: PTH118
        answer = os.open(os.path.join(folder, ANSWER), os.O_RDWR)  # noqa: PTH118
    except OSError:
        return
    witness = Witness(kernel)
    if not witness.can_see():
        return
    thread = threading.Thread(target=_answer, args=(witness, ask, answer), daemon=True)
    thread.name = "mlops_nb witness"
    thread.pydev_do_not_trace = True  # type: ignore[attr-defined]  # the debugger leaves it alone
    thread.start()


def _answer(witness: Witness, ask: int, answer: int) -> None:
    try:
        witness.answer(ask, answer)
    except OSError:  # its descriptors were closed
        return


def _find_loop(frame: Any) -> tuple[Any, Any]:
    """Return the outermost frame of an asyncio loop above `frame`, and the code of its turns."""
    bottom = turn = inner = None
    while frame is not None:
        if frame.f_code.co_name == "run_forever" and inner is not None:
            bottom, turn = frame, inner.f_code
        inner, frame = frame, frame.f_back
    return bottom, turn
