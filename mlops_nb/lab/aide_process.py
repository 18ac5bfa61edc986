"""Where is the server's work done? In processes beside it: a line and bytes in, the same out.

So neither analysis nor MLflow is on the server's event loop, in its memory or under its lock, and
what crashes on a document takes one process with it. An aide ends with its input, or when nobody
has asked for a while.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from mlops_nb.lab.answers import Answer, answering
from mlops_nb.lab.requests import Request

Actions = Mapping[str, Callable[[Request], Any]]

IDLE_S = 900.0


def main() -> None:
    """Answer requests until the input ends; the module with the actions is the argument."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server's own business
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what libraries print is no answer
    asked = os.fdopen(os.dup(0), "rb", buffering=0)  # a buffer would hide bytes from `select`
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    actions: Actions = import_module(sys.argv[1]).ACTIONS
    while select.select([asked], [], [], IDLE_S)[0]:
        header = asked.readline()
        if not header:
            return
        content = serve(actions, json.loads(header), asked)
        line = json.dumps({"status": content.status, "size": len(content.content)})
        _write(answers, line.encode() + b"\n" + content.content)


def serve(actions: Actions, header: Mapping[str, Any], asked: IO[bytes]) -> Answer:
    """Return the answer to one request, whose body is read from `asked`."""
    root = Path(header["root"])
    request = Request(
        root=root,
        raw=read_exactly(asked, header["size"]),
        query=header["query"],
        parts=tuple(header["parts"]),
        has_files=header["has_files"],
    )
    return answering(lambda: actions[header["action"]](request), root=root)


def read_exactly(stream: IO[bytes], size: int) -> bytes:
    """Return `size` bytes of a stream without buffer. Raises EOFError if it ends before."""
    parts = []
    while size:
        part = stream.read(min(size, 1 << 20))
        if not part:
            raise EOFError("the other side ended in the middle of a message")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _write(stream: IO[bytes], content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[stream.write(view) :]
