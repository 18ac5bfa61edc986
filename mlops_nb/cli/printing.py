"""How does a record reach a terminal, a pipe or a file, whatever it holds and whoever reads it?

A run's exit code says how the run ended, also where its summary cannot be printed: the reader of a
pipe that goes away is no fault of the run's, a full disk behind ``>`` is.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from typing import Any

import click


def print_out(text: str, *, err: bool = False) -> bool:
    """Print `text`; return False if it was lost on its way to a file."""
    stream = sys.stderr if err else sys.stdout
    if stream is None:  # closed by whoever started us
        return True
    encoding = stream.encoding or "utf-8"
    try:
        click.echo(text.encode(encoding, "backslashreplace").decode(encoding), err=err)
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
