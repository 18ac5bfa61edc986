"""How does a notebook run itself headless? As the command line would, in a process of its own.

The kernel has an event loop, signal handlers and MLflow settings of its own; a process of its own
keeps the run what `mlops-nb run` makes it.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mlops_nb.errors import (
    InfrastructureError,
    InputError,
    MlopsNbError,
    NotebookFailedError,
)

_COMMAND = "from mlops_nb.cli import main; main()"
_NEEDED = ("click", "papermill")
_ERRORS: dict[int, type[MlopsNbError]] = {1: NotebookFailedError, 5: InfrastructureError}


def run_notebook(path: Path, words: Sequence[str]) -> None:
    """Run `path` headless with the options in `words`, show progress, then one line of outcome.

    Raises
    ------
    InputError
        MNB802 if this kernel lacks what a run needs; else as the command line's exit code 2 tells.
    NotebookFailedError, InfrastructureError
        As its exit codes 1 and 5 tell.
    """
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise InputError(
            "MNB802",
            "%mlops_run",
            f"This kernel lacks {', '.join(map(repr, missing))}, which headless runs need.",
            "Install mlops-nb here with its dependencies, or use 'mlops-nb run' where it is.",
        )
    words = [word for word in words if word != "--json"]
    process = subprocess.Popen(
        [sys.executable, "-c", _COMMAND, "run", str(path), *words, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        told = _follow(process)
        record = _record(process.stdout.read() if process.stdout else "")
        code = process.wait()
    except KeyboardInterrupt:
        process.wait()
        raise
    if code == 0:
        print(_summary(record))
        return
    error = record.get("error") or {}
    fault = error.get("message") or (told[-1] if told else f"It ended with exit code {code}.")
    output = record.get("output")
    raise _ERRORS.get(code, InputError)(
        str(error.get("code") or "MNB400"),
        str(path),
        str(fault).rstrip(".") + ".",
        f"The executed notebook is {output}." if output else "See the lines above.",
    )


def _follow(process: subprocess.Popen[str]) -> list[str]:
    """Print what the run tells as it comes, and return its lines."""
    told = []
    for line in process.stderr or ():
        print(line, end="", file=sys.stderr, flush=True)
        told.append(line.strip())
    return [line for line in told if line]


def _record(text: str) -> dict[str, Any]:
    try:
        record = json.loads(text)
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


def _summary(record: dict[str, Any]) -> str:
    parts = [f"run {record.get('status', 'completed')}"]
    if record.get("seconds") is not None:
        parts.append(f"{record['seconds']:.1f} s")
    parts += [f"{name} {value:.4g}" for name, value in (record.get("metrics") or {}).items()]
    model = record.get("model")
    if model:
        version = f" version {model['version']}" if model.get("version") else ""
        parts.append(f"model {model['name']}{version}")
    if record.get("output"):
        parts.append(str(record["output"]))
    return " · ".join(parts)
