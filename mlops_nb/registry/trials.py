"""How does a package do in a process of its own? Its files are checked first, then it is loaded.

One process per package answers all that is asked of it: what is stored with it, the evaluation
rows, the time of its calls.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mlops_nb.packaging.verification import verify_files
from mlops_nb.registry.answers import Answers
from mlops_nb.registry.scoring_process import ANSWERS_FILE

Array = np.ndarray[Any, Any]
_COMMAND = "from mlops_nb.registry.scoring_process import main; main()"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRows:
    """Rows in a package: `stored` says how `packaging.rows.read_rows` reads them."""

    directory: Path
    stored: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What came of it.

    Attributes
    ----------
    digest : str
        Of the package's manifest.
    fault : str
        Why there is nothing else; a full sentence, empty if all went well.
    problems : tuple of str
        What is stored with the package and not answered as it was.
    answers : Answers or None
        To the rows, if any were given.
    latencies_s : Mapping of int to ndarray
        By rows per call.
    load_seconds : float or None
        Of the model, once MLflow is imported.
    peak_memory_bytes : int or None
        Of the whole process.
    """

    digest: str
    fault: str = ""
    problems: tuple[str, ...] = ()
    answers: Answers | None = None
    latencies_s: Mapping[int, Array] = field(default_factory=dict)
    load_seconds: float | None = None
    peak_memory_bytes: int | None = None


def try_package(
    package: Path,
    *,
    name: str,
    digest: str = "",
    allow: tuple[str, ...] = (),
    rows: StoredRows | None = None,
    batches: Sequence[int] = (),
    with_answers: bool = True,
    with_stored: bool = False,
    interpreter: str = sys.executable,
    timeout_s: float = 600.0,
) -> Trial:
    """Load a package in a fresh process and return what it answers.

    Parameters
    ----------
    package : Path
    name : str
        Of the model, for sentences.
    digest : str
        What its manifest's digest must be; empty asks nothing.
    allow : tuple of str
        Types the project trusts besides ours.
    rows : StoredRows or None
        What it is asked.
    batches : sequence of int
        Rows per call, for each of which calls are timed.
    with_answers : bool, default=True
        Whether all rows are answered, or calls are timed only.
    with_stored : bool, default=False
        Whether it is asked its own example and golden rows.
    interpreter : str
        Python with mlops-nb and what the package needs.
    timeout_s : float

    Raises
    ------
    InputError
        MNB613 if it is no complete package.
    """
    package = Path(package).resolve()
    files = verify_files(package, digest=digest, allow=allow)
    if not files.ok:
        fault = f"The package of {name} is not what was built. {' '.join(files.problems)}"
        return Trial(digest=files.digest, fault=fault)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        (scratch / "empty").mkdir()
        order = {
            "package": str(package),
            "out": str(scratch) if with_answers else "",
            "rows": rows
            and {"directory": str(rows.directory.resolve()), "stored": dict(rows.stored)},
            "batches": list(batches),
            "stored": with_stored,
        }
        (scratch / "order.json").write_text(json.dumps(order), encoding="utf-8")
        said = _run(scratch, interpreter=interpreter, timeout_s=timeout_s)
        return _read_trial(said, scratch / ANSWERS_FILE, name=name, digest=files.digest)


def _read_trial(said: dict[str, Any] | str, answers: Path, *, name: str, digest: str) -> Trial:
    """Return what the process said and wrote as a trial."""
    if isinstance(said, str):
        return Trial(digest=digest, fault=f"{name} {said}")
    if said["fault"]:
        fault = f"{name} cannot be loaded and asked: {said['fault'].removesuffix('.')}."
        return Trial(digest=digest, fault=fault)
    return Trial(
        digest=digest,
        problems=tuple(said["problems"]),
        answers=_read_answers(answers),
        latencies_s={int(n): np.array(seconds) for n, seconds in said["latencies"].items()},
        load_seconds=said["load_seconds"],
        peak_memory_bytes=said["peak_memory_bytes"],
    )


def _run(scratch: Path, *, interpreter: str, timeout_s: float) -> dict[str, Any] | str:
    """Return what the process said, or how it ended without a word."""
    try:
        done = subprocess.run(
            [interpreter, "-B", "-c", _COMMAND, str(scratch / "order.json")],
            cwd=scratch / "empty",
            env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"},
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"was not loaded and asked within {timeout_s:g} s."
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1].removesuffix(".")
        return f"ended its process with code {done.returncode}: {last}."
    said: dict[str, Any] = json.loads(lines[-1])
    return said


def _read_answers(file: Path) -> Answers | None:
    if not file.exists():
        return None
    with np.load(file, allow_pickle=False) as arrays:
        methods = {name: arrays[name] for name in arrays.files}
    classes = methods.pop("classes_", None)
    return Answers(methods=methods, classes=classes)
