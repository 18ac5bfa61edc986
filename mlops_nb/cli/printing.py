"""How does a record reach a terminal, a pipe or a file, whatever it holds and whoever reads it?

A run's exit code says how the run ended, also where its summary cannot be printed: the reader of a
pipe that goes away is no fault of the run's, a full disk behind ``>`` is.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from typing import Any, TextIO

import click


def text_stream(*, err: bool = False) -> TextIO | None:
    """Return stdout or stderr; None if whoever started us closed it."""
    return sys.stderr if err else sys.stdout


def print_out(text: str, *, err: bool = False, color: bool | None = None) -> bool:
    """Print `text`; return False if it was lost on its way to a file.

    Colours in it are left out where nobody sees them, unless `color` is True: then whoever made
    the text has decided.
    """
    stream = text_stream(err=err)
    if stream is None:  # closed by whoever started us
        return True
    encoding = stream.encoding or "utf-8"
    try:
        click.echo(text.encode(encoding, "backslashreplace").decode(encoding), err=err, color=color)
    except OSError as error:
        # What is left in the buffer must not fail once more when the process ends.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return isinstance(error, BrokenPipeError) or stream.isatty()
    return True


def to_json_text(value: Any) -> str:
    """Return JSON for stdout: readable where its encoding allows, escaped where not.

    >>> print(to_json_text({"name": "\\ud800"}))
    {
      "name": "\\ud800"
    }
    """
    text = json.dumps(value, indent=2, ensure_ascii=False)
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(value, indent=2)
    return text
