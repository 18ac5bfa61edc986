"""What does a cell cost? Ours beside nbclient and papermill, on the same notebook.

Run it by hand: ``python tests/benchmarks/bench_cells.py [CELLS] [ROUNDS]``. Each runner has a fresh
process, so imports and kernel start are included; the median of the rounds is printed.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNNERS = {
    "nbclient": (
        "import nbformat, nbclient\n"
        "nb = nbformat.read('nb.ipynb', 4)\n"
        "nbclient.NotebookClient(nb).execute()\n"
        "nbformat.write(nb, 'out.ipynb')"
    ),
    "papermill": (
        "import papermill\npapermill.execute_notebook('nb.ipynb', 'out.ipynb', progress_bar=False)"
    ),
    "papermill --engine mlops_nb": (
        "import papermill\n"
        "papermill.execute_notebook('nb.ipynb', 'out.ipynb', progress_bar=False,"
        " engine_name='mlops_nb')"
    ),
    "mlops-nb run --no-track": (
        "from mlops_nb.cli import main\nmain(['run', 'nb.ipynb', 'out.ipynb', '--no-track', '-q'])"
    ),
}


def write_notebook(path: Path, n_cells: int) -> None:
    """Write a notebook of `n_cells` small cells, a third of them with output."""
    sources = [f"x{i} = {i}" if i % 3 else f"print({i})" for i in range(n_cells)]
    cells = [
        {
            "cell_type": "code",
            "id": f"c{i}",
            "metadata": {},
            "source": source,
            "outputs": [],
            "execution_count": None,
        }
        for i, source in enumerate(sources)
    ]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    node = {"cells": cells, "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(node))


def measure(code: str, folder: Path) -> float:
    """Return the seconds a fresh process takes for `code`."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], cwd=folder, check=True, stderr=subprocess.DEVNULL)
    return time.perf_counter() - begun


def main(n_cells: int = 300, rounds: int = 3) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_notebook(folder / "nb.ipynb", n_cells)
        times: dict[str, list[float]] = {runner: [] for runner in RUNNERS}
        for _ in range(rounds):
            for runner, code in RUNNERS.items():
                times[runner].append(measure(code, folder))
    least = statistics.median(times["nbclient"])
    print(f"{n_cells} cells, median of {rounds} rounds, seconds with imports and kernel start")
    for runner, found in times.items():
        middle = statistics.median(found)
        print(f"{runner:<30}{middle:8.2f}   {middle / least:5.2f} x nbclient")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
