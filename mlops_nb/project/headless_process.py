"""How does a notebook run itself headless? As the command line would, in a process of its own.

The kernel has an event loop, signal handlers and MLflow settings of its own; a process of its own
keeps the run what `mlops-nb run` makes it.
"""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from mlops_nb.errors import (
    InfrastructureError,
    InputError,
    MlopsNbError,
    NotBlessedError,
    NotebookFailedError,
)

_FAULT = re.compile(r"(?P<code>MNB\d{3}) (?:(?P<place>.*?): )?(?P<fault>.*)")
_COMMAND = "from mlops_nb.cli import main; main()"
_NEEDED = ("click", "papermill")
_ERRORS: dict[int, type[MlopsNbError]] = {
    1: NotebookFailedError,
    3: NotBlessedError,
    5: InfrastructureError,
}


def run_beside(
    path: Path, words: Sequence[str], *, tell: Callable[[str], None], place: str
) -> tuple[dict[str, Any], list[str]]:
    """Run `path` headless in a process of its own; return the run's record and its last words.

    Parameters
    ----------
    path : Path
    words : sequence of str
        Options of ``mlops-nb run``.
    tell : callable
        Gets each line of progress as it comes, with its end.
    place : str
        Who asks, for errors.

    Raises
    ------
    InputError
        MNB821 if this environment lacks what a run needs; else as the command line's exit code 2
        tells.
    NotebookFailedError, NotBlessedError, InfrastructureError
        As its exit codes 1, 3 and 5 tell.
    """
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise InputError(
            "MNB821",
            place,
            f"This kernel lacks {', '.join(map(repr, missing))}, which headless runs need.",
            "Install mlops-nb here with its dependencies, or use 'mlops-nb run' where it is.",
        )
    words = [word for word in words if word != "--json"]
    # A file, not a pipe: a long record must not wait for whoever follows the progress.
    with tempfile.TemporaryFile("w+", encoding="utf-8") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", _COMMAND, "run", str(path), *words, "--json"],
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        try:
            fault = _follow(process, tell, shows_cells="--follow" in words)
        finally:  # an interrupt reaches the run too, which then ends by itself
            code = process.wait()
        out.seek(0)
        record = _record(out.read())
    if code:
        raise _error(code, path, fault, record)
    return record, fault


def _follow(
    process: subprocess.Popen[str], tell: Callable[[str], None], *, shows_cells: bool
) -> list[str]:
    """Tell what the run tells as it comes; return, untold, its last words from a fault on.

    Where cells are shown, a traceback may be one that they print and go on after.
    """
    fault: list[str] = []
    last_words = ("Usage:",) if shows_cells else ("Usage:", "Traceback")
    for line in process.stderr or ():
        if fault or _FAULT.match(line) or line.startswith(last_words):
            fault.append(line)
        else:
            tell(line)
    return fault


def _error(code: int, path: Path, fault: list[str], record: dict[str, Any]) -> MlopsNbError:
    """Return what the run died of as the error it is here."""
    kind = _ERRORS.get(code, InputError)
    lines = [line.strip() for line in fault if line.strip()]
    match = _FAULT.match(lines[0]) if lines else None
    if match:
        remedy = "\n".join(lines[1:])
        return kind(match["code"], match["place"] or "", match["fault"], remedy)
    error = record.get("error") or _failed_gates(record)
    message = str(error.get("message") or (lines[-1] if lines else f"It ended with code {code}."))
    output = record.get("output")
    if output:
        remedy = f"The executed notebook is {output}."
    else:
        message, _, remedy = message.partition("\n")
        remedy = remedy or "See 'mlops-nb run --help'."
    number = str(error.get("code") or "MNB822")
    return kind(number, str(path), message.removeprefix("Error: "), remedy)


def _failed_gates(record: dict[str, Any]) -> dict[str, Any]:
    """Return failed gates as an error, if there are any: the run itself is sound then."""
    gates = record.get("gates") or []
    failed = [f"{one['gate']}: {one['reason']}" for one in gates if one["verdict"] == "failed"]
    if not failed:
        return {}
    told = f"{len(failed)} of {len(gates)} gates failed. {' '.join(failed)}"
    return {"code": "MNB720", "message": told}


def _record(text: str) -> dict[str, Any]:
    try:
        record = json.loads(text)
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}
