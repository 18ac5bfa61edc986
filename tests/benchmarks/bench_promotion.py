"""What does judging a version cost, and looking at one? Wall and processor seconds of commands.

    python tests/benchmarks/bench_promotion.py

A project is made with two versions of a classifier, their gates on record: one on a logged metric,
one against the champion on the same rows. The commands are then asked as a person would.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CELLS = (
    "%load_ext mlops_nb\nimport numpy as np\nimport pandas as pd\n"
    "from sklearn.linear_model import LogisticRegression",
    "strength = 1.0",
    "%%mlops_stage train --model clf --eval X,y --metrics accuracy\n"
    "rng = np.random.default_rng(0)\n"
    "X = pd.DataFrame(rng.normal(size=(2000, 5)), columns=list('abcde'))\n"
    "y = (X.a + X.b + rng.normal(size=2000) > 0).astype(int)\n"
    "clf = LogisticRegression(C=strength).fit(X, y)\naccuracy = clf.score(X, y)",
    "%mlops_gate accuracy >= 0.6\n%mlops_gate auc >= champion - 0.05 (ci 95%)",
)
COMMANDS = (
    ("promote shop@1", "a first promotion, gates on record"),
    ("promote shop --dry-run", "gates against a new champion are decided"),
    ("promote shop", "and stand on record now"),
    ("promote shop@1 --dry-run --again", "all gates decided anew"),
    ("rollback shop --reason slow", ""),
    ("history shop", ""),
    ("models show shop", ""),
    ("models compare shop@2 shop@1", ""),
    ("models card shop", ""),
)


def write_notebook(path: Path) -> None:
    cells = [
        {
            "cell_type": "code",
            "id": f"c{number}",
            "metadata": {"tags": ["parameters"]} if number == 1 else {},
            "source": source,
            "outputs": [],
            "execution_count": None,
        }
        for number, source in enumerate(CELLS)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"cells": cells, "metadata": {"kernelspec": kernel}}
    path.write_text(json.dumps({**notebook, "nbformat": 4, "nbformat_minor": 5}))


def run(folder: Path, *command: str) -> tuple[float, float, int]:
    """Return wall and processor seconds of a command, and its exit code."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, busy, done.returncode


def main() -> None:
    ours = (sys.executable, "-m", "mlops_nb")
    who = ("-c", "user.name=ann", "-c", "user.email=ann@example.org")
    with tempfile.TemporaryDirectory() as top:
        folder = Path(top)
        write_notebook(folder / "shop.ipynb")
        run(folder, "git", "init", "-q")
        run(folder, "git", "add", "-A")
        run(folder, "git", *who, "commit", "-qm", "shop")
        for strength in ("1.0", "0.5"):
            options = ("-q", "-p", "strength", strength, "--register", "shop")
            _, _, code = run(folder, *ours, "run", "shop.ipynb", *options)
            assert code == 0, code
        print(f"{'command':<38} {'wall s':>7} {'CPU s':>7}")
        for command, note in COMMANDS:
            wall, busy, code = run(folder, *ours, *command.split())
            print(f"{command:<38} {wall:>7.2f} {busy:>7.2f}  {note or f'exit {code}'}")


if __name__ == "__main__":
    main()
