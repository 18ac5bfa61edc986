"""What does an edit cost the panel in JupyterLab? Processor time to answer ``POST document``.

Run: ``python tests/benchmarks/bench_lab_document.py [STAGES]``. A notebook of so many stages, each
of which reads what two before it made; its cells as JSON in, the answer as JSON out, in the process
that analyses. Median and worst of 20 edits of one cell at the beginning, in the middle, at the end,
of a comment, of tags alone, and without any edit.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mlops_nb.lab.analysis import look_at_document
from mlops_nb.lab.answers import answering
from mlops_nb.lab.requests import Request

_EDITS = 20
Cells = list[dict[str, Any]]


def notebook(n_stages: int) -> Cells:
    """Return the cells: parameters, set-up, and for each stage a heading and its code."""
    helper = "import numpy as np\nimport pandas as pd\n\ndef clean(df):\n    return df.dropna()"
    cells: Cells = [
        {"id": "p", "source": "n = 1000\nrate: float = 0.1", "tags": ["parameters"]},
        {"id": "s", "source": helper, "tags": ["setup"]},
    ]
    for n in range(n_stages):
        reads = f"df{n - 1}.merge(df{n - 3}, on='a')" if n >= 3 else "pd.DataFrame({'a': range(n)})"
        source = (
            f"df{n} = clean({reads})\n"
            f"df{n}['b'] = df{n}['a'] * rate\n"
            f"for column in df{n}.columns:\n"
            f"    print(column, df{n}[column].describe())\n"
            f"score{n} = df{n}['b'].mean()\n"
        )
        cells.append({"id": f"m{n}", "cell_type": "markdown", "source": f"## Step {n}"})
        cells.append(
            {
                "id": f"c{n}",
                "source": source,
                "metadata": {"mlops_nb": {"stage": f"s{n}", "metrics": [f"score{n}"]}},
            }
        )
    return cells


def _append(position: int, text: str) -> Callable[[Cells, int], Cells]:
    def edit(cells: Cells, number: int) -> Cells:
        edited = list(cells)
        cell = edited[position]
        edited[position] = {**cell, "source": f"{cell['source']}{text.format(number)}"}
        return edited

    return edit


def _tag(cells: Cells, number: int) -> Cells:
    return [*cells[:-1], {**cells[-1], "tags": [f"t{number}"]}]


def measure(root: Path, cells: Cells, edit: Callable[[Cells, int], Cells]) -> list[float]:
    """Return the milliseconds of each edit."""
    found = []
    for number in range(_EDITS):
        body = {"path": "nb.ipynb", "cells": edit(cells, number), "version": number}
        raw = json.dumps(body).encode()
        begun = time.process_time()
        answer = answering(lambda raw=raw: look_at_document(Request(root=root, raw=raw)), root=root)
        found.append((time.process_time() - begun) * 1e3)
        assert answer.status == 200
    return found


def main(n_stages: int = 100) -> None:
    """Print the table."""
    cells = notebook(n_stages)
    edits = {
        "first look": lambda cells, number: cells,
        "first stage": _append(3, "x{0} = {0}\n"),
        "stage in the middle": _append(2 * (n_stages // 2) + 1, "x{0} = {0}\n"),
        "last stage": _append(-1, "x{0} = {0}\n"),
        "a comment in the middle": _append(2 * (n_stages // 2) + 1, "# {0}\n"),
        "a heading": _append(2, "{0}"),
        "tags": _tag,
        "nothing": lambda cells, number: cells,
    }
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        print(f"{n_stages} stages, {len(cells)} cells; milliseconds of processor time")
        for label, edit in edits.items():
            took = measure(root, cells, edit)
            if label == "first look":
                print(f"{label:28}{took[0]:8.0f}")
            else:
                print(f"{label:28}{statistics.median(took):8.0f} median{max(took):8.0f} worst")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
