"""What does a stage that does nothing cost in a live kernel, and one beside a large value?

Run: ``python tests/benchmarks/bench_live_stage.py [CELLS]``. CPU time of the kernel per cell, in
milliseconds: plain cells without the extension and with it, stages when they run first and again;
the same beside 300,000 dicts, and the first stage after a cell that is not in the notebook.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "integration"))

from live_kernel import LiveKernel, live_kernel
from live_notebook import LiveNotebook, LiveRunner

_ROWS = "rows = [{'id': n, 'name': f'user {n}', 'ok': n % 3 == 0} for n in range(300_000)]"


def cpu_seconds(kernel: LiveKernel) -> float:
    """Return the processor time that the kernel has used."""
    told = kernel.run("time.process_time()")
    return float(told.text)


def per_cell(runner: LiveRunner, idents: Iterable[str]) -> float:
    """Return the milliseconds that each of these cells takes, the least of three equal parts."""
    names = list(idents)
    third = max(1, len(names) // 3)
    found = []
    for at in range(0, len(names) - third + 1, third):
        begun = cpu_seconds(runner.kernel)
        for ident in names[at : at + third]:
            runner.run(ident)
        found.append((cpu_seconds(runner.kernel) - begun) / third)
    return min(found) * 1e3


def main(n_cells: int = 60) -> None:
    """Print the table."""
    plain = {f"p{n}": f"y{n} = {n}" for n in range(n_cells)}
    stages = {f"s{n}": f"# mlops: stage t{n}\nx{n} = {n}" for n in range(n_cells)}
    own = {"rows": _ROWS, "uses": "# mlops: stage uses\ntotal = len(rows)", "free": "z = 1"}
    with tempfile.TemporaryDirectory() as folder:
        notebook = LiveNotebook(Path(folder), {**plain, **stages, **own})
        with live_kernel(cwd=folder) as kernel:
            bare = LiveRunner(notebook, kernel)
            kernel.run("import time")
            for ident in list(plain)[:3]:
                bare.run(ident)
            print(f"{'plain cell, without the extension':40}{per_cell(bare, plain):8.1f} ms")
        with notebook.kernel() as runner:
            runner.kernel.run("import time")
            for ident in [*list(plain)[:3], "s0"]:
                runner.run(ident)
            print(f"{'plain cell':40}{per_cell(runner, plain):8.1f} ms")
            print(f"{'stage, run first':40}{per_cell(runner, list(stages)[1:]):8.1f} ms")
            print(f"{'stage, run again':40}{per_cell(runner, stages):8.1f} ms")
            runner.run("rows")
            print(f"{'stage beside 300,000 dicts':40}{per_cell(runner, stages):8.1f} ms")
            for label in ("stage that reads them", "again"):
                begun = cpu_seconds(runner.kernel)
                runner.run("uses")
                print(f"{label:40}{(cpu_seconds(runner.kernel) - begun) * 1e3:8.1f} ms")
            runner.kernel.run("elsewhere = 1")
            print(f"{'stage after a cell from elsewhere':40}{per_cell(runner, ['s1']):8.1f} ms")
            runner.kernel.run("elsewhere = 2")
            print(f"{'which reads them':40}{per_cell(runner, ['uses']):8.1f} ms")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
