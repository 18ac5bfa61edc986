"""How long after an edit does the panel of a notebook of 100 stages show it? In a real browser.

``python tests/benchmarks/bench_panel.py`` prints a table; JupyterLab and Chromium have to be there.
Measured on the page: from the change of a cell's text until the graph shows what follows from it,
here a stage that goes by another name. The live status is what a kernel needs for its answer.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / "ui"), str(Path(__file__).parents[1])]

from front_end import CHROMIUM, FrontEnd, serve  # noqa: E402 - from the folder above
from panel import PanelPage  # noqa: E402

N_STAGES = 100
N_EDITS = 20
_EDIT = """([cell, source, name]) => new Promise(resolve => {
  const side = document.querySelector('#mlops-nb-panel');
  const begun = performance.now();
  const look = () => side.querySelector(`[data-stage="${name}"]`)
    ? resolve(performance.now() - begun) : requestAnimationFrame(look);
  jupyterapp.shell.currentWidget.content.widgets[cell].model.sharedModel.setSource(source);
  requestAnimationFrame(look);
})"""


def main() -> None:
    """Print how long edits take to show."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        root = Path(name)
        (root / "pyproject.toml").write_text("")
        with serve(root) as lab:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1300, "height": 900})
            shown = _measure(PanelPage(page), lab)
            browser.close()
    ordered = sorted(shown)
    print(f"{N_STAGES} stages, {len(shown)} edits, from the edit to the drawn graph")
    print(f"median {statistics.median(ordered):.0f} ms, longest {ordered[-1]:.0f} ms")
    print(f"kernel, status of {N_STAGES} stages: {_time_status():.1f} ms of processor time")


def _measure(panel: PanelPage, lab: FrontEnd) -> list[float]:
    cells = [("%load_ext mlops_nb\nx0 = 0", {})]
    cells += [(_source(n, f"stage_{n}"), {}) for n in range(1, N_STAGES + 1)]
    lab.write_notebook("hundred.ipynb", cells)
    lab.open(panel.page, "hundred.ipynb")
    panel.show()
    panel.stage(f"stage_{N_STAGES}").wait_for(state="attached", timeout=120_000)
    shown = []
    for number in range(N_EDITS):
        cell = 1 + (number * 7) % N_STAGES
        renamed = f"renamed_{number}"
        shown.append(panel.page.evaluate(_EDIT, [cell, _source(cell, renamed), renamed]))
        panel.page.wait_for_timeout(300)
    return shown


def _source(number: int, name: str) -> str:
    return f"%%mlops_stage {name}\nx{number} = x{number - 1} + 1"


def _time_status() -> float:
    from mlops_nb.pipeline.incremental.live_status import DocumentCell
    from mlops_nb.project.cheap_look import CheapLook
    from mlops_nb.project.live_panel import ShownDocument, ShownStage, describe_stages
    from mlops_nb.project.live_runs import LiveRuns

    cells = [
        DocumentCell(
            index=n,
            id=f"c{n}",
            source=_source(n, f"stage_{n}"),
            stage=f"stage_{n}",
            touches=frozenset({f"x{n}"}),
            upstream=(n - 1,) if n > 1 else (),
        )
        for n in range(1, N_STAGES + 1)
    ]
    stages = [
        ShownStage(name=str(c.stage), cells=(c.index,), inputs=(f"x{c.index - 1}",)) for c in cells
    ]
    document = ShownDocument(version=1, cells=tuple(cells), stages=tuple(stages))
    runs = LiveRuns()
    for cell in cells:
        runs.begin(cell.source, cell.id)
        runs.end(error="", report={"seconds": 0.1, "metrics": {"a": 1.0}})
    space = {f"x{n}": n for n in range(N_STAGES + 1)}
    begun = time.process_time()
    for _ in range(20):
        describe_stages(document, runs, look=CheapLook(None, space), namespace=space)
    return (time.process_time() - begun) / 20 * 1000


if __name__ == "__main__":
    main()
