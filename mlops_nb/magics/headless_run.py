"""How does a cell run its notebook headless? In a process of its own, with progress and one line of
outcome."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mlops_nb.project.headless_process import run_beside


def run_notebook(path: Path, words: Sequence[str]) -> None:
    """Run `path` headless with the options in `words`, show progress, then one line of outcome.

    Raises
    ------
    MlopsNbError
        As `run_beside`.
    """

    def tell(line: str) -> None:
        print(line, end="", file=sys.stderr, flush=True)

    record, last_words = run_beside(path, words, tell=tell, place="%mlops_run")
    print("".join(last_words), end="", file=sys.stderr)
    print(_summary(record))


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
