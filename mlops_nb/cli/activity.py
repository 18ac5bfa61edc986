"""What takes so long? A line on stderr that says what goes on, gone from a terminal at the end.

In a log each step is a line of its own.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

_CLEAR = "\r\x1b[2K"


@contextmanager
def told_activity(stream: TextIO | None) -> Iterator[Callable[[str], None]]:
    """Yield what shows a step on `stream`; one that cannot be written to is left alone."""
    is_terminal = stream is not None and stream.isatty()

    def tell(step: str) -> None:
        write(f"{_CLEAR}{step[: shutil.get_terminal_size().columns - 1]}" if is_terminal else step)

    def write(text: str) -> None:
        if stream is not None:
            with suppress(OSError, ValueError):
                stream.write(text if is_terminal else f"{text}\n")
                stream.flush()

    try:
        yield tell
    finally:
        if is_terminal:
            write(_CLEAR)
