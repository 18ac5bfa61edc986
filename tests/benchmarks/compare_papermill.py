"""Do notebooks have the same outputs under ``mlops-nb run`` as under papermill? Cell by cell.

Run it by hand: ``python tests/benchmarks/compare_papermill.py NOTEBOOK…``. Each notebook runs
untouched, twice by papermill and once by us: cells that differ between papermill's two runs vary by
themselves (random draws, times) and are counted apart. Memory addresses and ids are not compared.
Give it notebooks without stages: ours show a line after each stage.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_IDS = re.compile(r"0x[0-9a-f]{6,}|[0-9a-f]{8}-[0-9a-f-]{27}")
_WIDGETS = "application/vnd.jupyter.widget"
_TIMEOUT_S = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Executed:
    """How one run ended: exit code, seconds, and each code cell's outputs as text."""

    code: int
    seconds: float
    cells: Sequence[Sequence[str]]


def run(command: Sequence[str | Path], output: Path) -> Executed:
    """Run `command`, which writes `output`."""
    begun = time.perf_counter()
    done = subprocess.run(command, capture_output=True, timeout=_TIMEOUT_S, check=False)
    seconds = time.perf_counter() - begun
    cells = json.loads(output.read_text())["cells"] if output.exists() else []
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    return Executed(
        code=done.returncode,
        seconds=seconds,
        cells=[list(map(render, joined(cell["outputs"]))) for cell in code],
    )


def joined(outputs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the outputs, with the pieces of one stream joined as front ends do."""
    whole: list[dict[str, Any]] = []
    for output in outputs:
        made = dict(output)
        if made["output_type"] == "stream":
            made["text"] = "".join(made["text"])
            if whole and whole[-1].get("name") == made["name"]:
                whole[-1]["text"] += made["text"]
                continue
        whole.append(made)
    return whole


def render(output: Mapping[str, Any]) -> str:
    """Return an output as text, without what differs from run to run."""
    kept = {k: v for k, v in output.items() if k not in ("execution_count", "metadata")}
    data = kept.get("data", {})
    kept["data"] = {
        mime: "".join(value) if isinstance(value, list) else value
        for mime, value in data.items()
        if not mime.startswith(_WIDGETS)
    }
    return _IDS.sub("ID", json.dumps(kept, sort_keys=True))


def compare(notebook: Path, scratch: Path) -> str:
    """Return a line that says how the two runners did on `notebook`."""
    tools = Path(sys.executable).parent
    runs = []
    for name in ("first", "second"):
        output = scratch / f"{name}.ipynb"
        place = ["--cwd", notebook.parent, "-k", "python3", "--no-progress-bar"]
        runs.append(run([tools / "papermill", notebook, output, *place], output))
    output = scratch / "ours.ipynb"
    options = ["--kernel", "python3", "--no-track", "-q"]
    ours = run([tools / "mlops-nb", "run", notebook, output, *options], output)
    first, second = runs
    seconds = f"{first.seconds:6.1f} s {ours.seconds:6.1f} s"
    if (first.code == 0) != (ours.code == 0):
        return f"{seconds}  ENDS OTHERWISE: {first.code} and {ours.code}"
    pairs = list(zip(first.cells, second.cells, ours.cells, strict=False))
    volatile = {i for i, (a, b, _) in enumerate(pairs) if a != b}
    different = [i for i, (a, _, c) in enumerate(pairs) if a != c and i not in volatile]
    told = f"DIFFERENT in code cells {different}" if different else "same"
    return f"{seconds}  {len(pairs):3} cells, {len(volatile):2} vary: {told}"


def main() -> None:
    """Print a line for each notebook: papermill's seconds, ours, and what differs."""
    for path in map(Path, sys.argv[1:]):
        with tempfile.TemporaryDirectory() as scratch:
            print(f"{compare(path.resolve(), Path(scratch))}  {path.name}", flush=True)


if __name__ == "__main__":
    main()
