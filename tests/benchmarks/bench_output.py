"""What does output cost, and is all of it there? Ours beside nbclient and papermill.

Run it by hand: ``python tests/benchmarks/bench_output.py [CASE…]``. Each runner has a process of
its own, so imports and kernel start are included. Printed are seconds, the share of the text that
is in the saved notebook or beside it, its size, and the peak memory of runner and kernel.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TIMEOUT_S = 180
# Written by the runner when it ends, by the kernel in the notebook's last cell.
_PEAK = "next(l.split()[1] for l in open('/proc/self/status') if l.startswith('VmHWM'))"
_SAY_PEAK = f"import atexit; atexit.register(lambda: open('peak', 'w').write({_PEAK}))\n"

RUNNERS = {
    "nbclient": (
        "import nbformat, nbclient\n"
        "nb = nbformat.read('nb.ipynb', 4)\n"
        "try:\n    nbclient.NotebookClient(nb).execute()\n"
        "finally:\n    nbformat.write(nb, 'out.ipynb')"
    ),
    "papermill": (
        "import papermill\npapermill.execute_notebook('nb.ipynb', 'out.ipynb', progress_bar=False)"
    ),
    "mlops-nb run --no-track": (
        "from mlops_nb.cli import main\nmain(['run', 'nb.ipynb', 'out.ipynb', '--no-track', '-q'])"
    ),
}
# Source of the cell, and the number of characters it prints.
CASES = {
    "20,000 log lines": (
        "import logging, sys\nlogging.basicConfig(stream=sys.stdout, level=20)\n"
        "for i in range(20_000): logging.info('line %08d', i)",
        20_000 * 24,
    ),
    "50,000 flushed prints": (
        "for i in range(50_000): print(f'{i:08d}', flush=True)",
        50_000 * 9,
    ),
    "100,000 tiny writes": (
        "import sys\nfor i in range(100_000): sys.stdout.write('ab')",
        200_000,
    ),
    "one print of 50 MB": ("print(('x' * 99 + '\\n') * 500_000)", 50_000_001),
    "50 MB in prints of 1 kB": ("for i in range(50_000): print('x' * 999)", 50_000_000),
    "200 MB in prints of 1 kB": ("for i in range(200_000): print('x' * 999)", 200_000_000),
    "prints for 8 seconds": (
        "import time\nend = time.time() + 8\nwhile time.time() < end: print(str(end) * 50)",
        0,
    ),
    "20 displays of 1 MB": (
        "from IPython.display import HTML\nfor i in range(20): display(HTML('x' * 1_000_000))",
        20_000_000,
    ),
    "a bar updated 10,000 times": (
        "from tqdm import tqdm\nfor i in tqdm(range(10_000), mininterval=0, ncols=80): pass",
        0,
    ),
}


def write_notebook(path: Path, source: str) -> None:
    """Write a notebook of one cell, and one that tells the kernel's peak of memory."""
    cells = [
        {
            "cell_type": "code",
            "id": f"c{index}",
            "metadata": {},
            "source": text,
            "outputs": [],
            "execution_count": None,
        }
        for index, text in enumerate((source, f"print('peak', {_PEAK})"))
    ]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    node = {"cells": cells, "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(node))


def measure(code: str, folder: Path, expected: int) -> str:
    """Return a row: what a fresh process took for `code`, and what it saved."""
    for path in folder.iterdir():
        if path.name != "nb.ipynb":
            path.unlink()
    begun = time.perf_counter()
    try:
        ended = subprocess.run(
            [sys.executable, "-c", _SAY_PEAK + code],
            cwd=folder,
            capture_output=True,
            timeout=TIMEOUT_S,
        ).returncode
    except subprocess.TimeoutExpired:
        return f"{TIMEOUT_S:8.1f} s   not done"
    seconds = time.perf_counter() - begun
    peak = peak_of(folder / "peak")
    kept, kernel, size = read_saved(folder / "out.ipynb", expected)
    exit_ = "" if ended == 0 else f"   exit {ended}"
    return f"{seconds:8.1f} s {kept} {size:8.1f} MB {peak:8.0f} MB {kernel}{exit_}"


def read_saved(path: Path, expected: int) -> tuple[str, str, float]:
    """Return the share of the text that a saved notebook holds, the kernel's peak, its size."""
    if not path.exists():
        return f"{'none':>9}", f"{'?':>11}", 0.0
    cells = json.loads(path.read_bytes())["cells"]
    size = path.stat().st_size / 1e6
    found = count_characters(cells[0])
    found += sum(beside.stat().st_size for beside in path.parent.glob("out.cell-*.txt"))
    told = "".join("".join(output.get("text", "")) for output in cells[-1]["outputs"])
    peak = re.search(r"peak (\d+)", told)
    kernel = f"{int(peak[1]) / 1000:8.0f} MB" if peak else f"{'?':>11}"
    return (f"{found / expected:9.2%}" if expected else f"{'':>9}"), kernel, size


def count_characters(cell: dict[str, list[dict[str, object]]]) -> int:
    """Return how many characters of stdout and HTML a cell holds."""
    texts = [o.get("text") for o in cell["outputs"] if o.get("name") == "stdout"]
    texts += [
        o["data"].get("text/html") for o in cell["outputs"] if isinstance(o.get("data"), dict)
    ]
    return sum(len("".join(text)) for text in texts if isinstance(text, str | list))


def peak_of(path: Path) -> float:
    """Return the megabytes a runner wrote down; 0 if it did not come to that."""
    return int(path.read_text()) / 1000 if path.exists() else 0.0


def main(*names: str) -> None:
    """Print the table."""
    print(f"{'':<27}{'time':>9}  {'text kept':>9} {'saved':>10} {'runner':>10} {'kernel':>11}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for case, (source, expected) in CASES.items():
            if names and not any(part in case for part in names):
                continue
            write_notebook(folder / "nb.ipynb", source)
            print(case)
            for runner, code in RUNNERS.items():
                print(f"  {runner:<25}{measure(code, folder, expected)}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
