"""How does a person read along while cells run? Their output goes to a terminal as it comes.

A thread of its own writes, so that a slow reader does not hold up the run: what waits is bounded,
and what a reader is too slow for is skipped there, with a line that says so; the notebook has it. A
reader that went away (``| head``) ends the reading along and nothing else.
"""

from __future__ import annotations

import contextlib
import os
from collections import deque
from collections.abc import Iterator, Mapping
from threading import Condition, Thread
from typing import Any, TextIO, cast

from mlops_nb.execution.events import RunPlan, SilentObserver
from mlops_nb.execution.outputs_text import (
    head_cell,
    leave_out_commands,
    phrase_bytes,
    render_output,
)
from mlops_nb.pipeline.cells import StageName
from mlops_nb.pipeline.records import CellStatus, RunRecord

# Characters that may wait for the reader; then the run waits once, then text is skipped.
_BACKLOG = 8 << 20
_PATIENCE_S = 1.0
# A reader that has taken nothing for so long when the run ends gets no more.
_GIVE_UP_S = 10.0
_SLICE = 1 << 16


class Writer:
    """Writes to terminals and pipes beside the run, in order, within bounded memory.

    Attributes
    ----------
    fault : OSError or None
        Why text was lost on its way to a file; None for a reader that went away.
    """

    def __init__(self, *, backlog: int = _BACKLOG) -> None:
        self.fault: OSError | None = None
        self._backlog = backlog
        self._parts: deque[tuple[TextIO, str]] = deque()
        self._waiting = 0
        self._skipped = 0
        self._gone: list[TextIO] = []
        self._is_closed = False
        self._change = Condition()
        self._thread = Thread(target=self._run, name="mlops-nb follow", daemon=True)
        self._thread.start()

    def write(self, stream: TextIO, text: str) -> None:
        """Write `text` to `stream` soon."""
        with self._change:
            if self._waiting > self._backlog and not self._skipped:
                self._change.wait_for(lambda: self._waiting <= self._backlog, _PATIENCE_S)
            if self._waiting > (self._backlog // 2 if self._skipped else self._backlog):
                self._skipped += len(text)
                return
            if self._skipped:
                text = f"\n[{phrase_bytes(self._skipped)} not shown: too slow a reader]\n{text}"
                self._skipped = 0
            self._parts.append((stream, text))
            self._waiting += len(text)
            self._change.notify_all()

    def on(self, stream: TextIO) -> TextIO:
        """Return a text stream that writes to `stream` through this writer."""
        return cast("TextIO", _Through(self, stream))

    def close(self) -> None:
        """Wait until all is written, as long as somebody reads."""
        with self._change:
            self._is_closed = True
            self._change.notify_all()
        before = -1
        while self._thread.is_alive() and self._waiting != before:
            before = self._waiting
            self._thread.join(_GIVE_UP_S)

    def _run(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._parts or self._is_closed)
                if not self._parts:
                    return
                stream, text = self._parts.popleft()
            for start in range(0, len(text), _SLICE):
                piece = text[start : start + _SLICE]
                self._put(stream, piece)
                with self._change:
                    self._waiting -= len(piece)
                    self._change.notify_all()

    def _put(self, stream: TextIO, text: str) -> None:
        if stream in self._gone:
            return
        encoding = getattr(stream, "encoding", None) or "utf-8"
        try:
            stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
            stream.flush()
        except (OSError, ValueError) as error:  # closed, full, or gone
            self._gone.append(stream)
            if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
                self.fault = error
            # What is left in the buffer must not fail once more when the process ends.
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class _Through:
    """A text stream that is written by a `Writer`."""

    def __init__(self, writer: Writer, stream: TextIO) -> None:
        self._writer = writer
        self._stream = stream

    def write(self, text: str) -> int:
        self._writer.write(self._stream, text)
        return len(text)

    def flush(self) -> None:
        """Do nothing: the writer does."""

    def isatty(self) -> bool:
        """Return False: a bar that redraws its line does not go with other text."""
        return False


class Follower(SilentObserver):
    """Shows the output of cells, each under a line that names it.

    Parameters
    ----------
    stream : TextIO
        Written to at once; `Writer.on` for one that must not hold up the run.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._stage_of: Mapping[int, StageName] = {}
        self._headed: tuple[int | None] | None = None
        self._is_in_line = False

    def run_started(self, plan: RunPlan) -> None:
        """Know which stage a cell is of."""
        self._stage_of = plan.stage_of

    def output_arrived(self, index: int | None, output: Mapping[str, Any]) -> None:
        """Show an output; text of streams goes on where it was."""
        text = render_output(output)
        if not text:
            return
        if self._headed != (index,):
            self._end_line()
            stage = None if index is None else self._stage_of.get(index)
            self._write(f"{head_cell(index, stage)}\n")
            self._headed = (index,)
        elif output.get("output_type") != "stream":
            self._end_line()
        self._write(text)

    def cell_finished(self, index: int, status: CellStatus, seconds: float) -> None:
        """End the line that a bar has left open."""
        self._end_line()

    def run_finished(self, record: RunRecord) -> None:
        """End the line that late output has left open."""
        self._end_line()

    def _end_line(self) -> None:
        if self._is_in_line:
            self._write("\n")

    def _write(self, text: str) -> None:
        self._stream.write(leave_out_commands(text))
        self._stream.flush()
        self._is_in_line = not text.endswith("\n")


@contextlib.contextmanager
def writing() -> Iterator[Writer]:
    """Make a writer, and wait at the end until all is written."""
    writer = Writer()
    try:
        yield writer
    finally:
        writer.close()
