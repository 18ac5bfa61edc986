"""What do secrets cost? Text through a masker, and notebooks through `check`'s search.

Run it by hand: ``python tests/benchmarks/bench_secrets.py [MEGABYTES] [FOLDER OF NOTEBOOKS]``. The
text is a log in pieces of 8 kB, as a kernel sends it; notebooks are counted with what was found.
"""

from __future__ import annotations

import base64
import random
import sys
import time
from pathlib import Path

from mlops_nb.errors import MlopsNbError
from mlops_nb.notebook.files import read_cells
from mlops_nb.notebook.output_texts import metadata_texts, output_texts
from mlops_nb.pipeline.cells import Cell, CellId
from mlops_nb.pipeline.secret_findings import secret_diagnostics
from mlops_nb.pipeline.secret_forms import forms_of
from mlops_nb.pipeline.secrets import Masker

LINE = "2026-11-21 12:00:00 INFO training step 1234 loss=0.123 accuracy=0.99 and some more text\n"
BODY = [base64.b64encode(random.Random(n).randbytes(48)).decode() for n in range(25)]
KEY = "\n".join(["-----BEGIN PRIVATE KEY-----", *BODY, "-----END PRIVATE KEY-----"])
SECRETS = {
    "none": [],
    "a token": ["tok_48Zq7Lm2Xw8Rt6Y1kP0s"],
    "three, one with signs": ["tok_48Zq7Lm2Xw8Rt6Y1kP0s", "p@ss/w0rd+é&", "s3cure-as-can-be"],
    "a private key": [KEY],
}


def time_masking(megabytes: int) -> None:
    """Print the seconds a log takes, by what is secret."""
    text = LINE * (megabytes * 1_000_000 // len(LINE))
    for name, values in SECRETS.items():
        masker = Masker({str(number): value for number, value in enumerate(values)})
        forms = sum(len(forms_of(value)) for value in values)
        begun, stream = time.perf_counter(), masker.stream()
        for start in range(0, len(text), 8192) if masker else ():
            stream.feed(text[start : start + 8192])
        seconds = time.perf_counter() - begun
        print(f"{name:<24}{forms:>4} forms  {megabytes} MB in {seconds:.2f} s")


def time_search(folder: Path) -> None:
    """Print what the notebooks below `folder` took and what was found in them."""
    count, size, seconds = 0, 0, 0.0
    for path in sorted(folder.rglob("*.ipynb")):
        try:
            node = read_cells(path).node
        except MlopsNbError:
            continue
        begun = time.perf_counter()
        cells = [
            Cell(index=i, id=CellId(""), type=cell["cell_type"], source=cell["source"])
            for i, cell in enumerate(node["cells"])
        ]
        for found in secret_diagnostics(
            cells, outputs=output_texts(node), metadata=metadata_texts(node)
        ):
            print(f"{path}, cell {found.cell}: {found.severity}, {found.message}")
        seconds += time.perf_counter() - begun
        count, size = count + 1, size + path.stat().st_size
    print(f"{count} notebooks, {size / 1e6:.0f} MB, searched in {seconds:.1f} s")


if __name__ == "__main__":
    time_masking(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
    if len(sys.argv) > 2:
        time_search(Path(sys.argv[2]))
