"""What does the process do that builds packages? Load, say so, then answer one line with one line.

It ends with the process that started it: a thread waits for the end of its input. Answers go out on
a copy of its standard output; what imports print goes to standard error.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from mlops_nb.errors import MlopsNbError
from mlops_nb.garbage import collect_seldom
from mlops_nb.packaging.builder import package_to_json
from mlops_nb.version import __version__


def main(cwd: Path) -> None:
    """Answer requests until there are no more.

    Parameters
    ----------
    cwd : Path
        The kernel's working directory.
    """
    collect_seldom()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the runner to deal with
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    requests: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_take_requests, args=(requests,), daemon=True).start()
    _answer(answers, {"version": __version__})
    with suppress(OSError):  # else local modules find no files of their own
        os.chdir(cwd)
    from mlops_nb.packaging.model import warm_up

    with suppress(ImportError):  # told by the package that needs it
        warm_up()
    while True:
        _answer(answers, _build(requests.get(), cwd))


def _take_requests(requests: queue.SimpleQueue[dict[str, Any]]) -> None:
    for line in sys.stdin.buffer:
        requests.put(json.loads(line))
    os._exit(0)


def _build(request: Mapping[str, Any], cwd: Path) -> dict[str, Any]:
    from mlops_nb.packaging.handover import package_handover

    try:
        package = package_handover(
            Path(request["handover"]),
            Path(request["directory"]),
            cwd=cwd,
            allow=tuple(request["allow"]),
        )
    except MlopsNbError as error:
        return {"kind": type(error).__name__, "error": error.args}
    except Exception as error:
        return _unexpected(error, place=f"stage {Path(request['handover']).name!r}")
    return {"package": package_to_json(package)}


def _unexpected(error: Exception, *, place: str) -> dict[str, Any]:
    """Return an answer for what a library raised and nobody foresaw."""
    return {
        "kind": "InfrastructureError",
        "error": [
            "MNB614",
            place,
            f"packaging the model failed: {type(error).__name__}: {error}.",
            "Report it with the notebook's --model line; the executed notebook is complete.",
        ],
    }


def _answer(answers: IO[bytes], content: Mapping[str, Any]) -> None:
    answers.write(json.dumps(content).encode() + b"\n")
    answers.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
