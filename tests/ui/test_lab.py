"""JupyterLab as a person uses it: stages tagged in the interface and run with Run All, a model that
is promoted and taken back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from front_end import CHROMIUM, FrontEnd, serve, text_of
from registered import make_shop

from mlops_nb.registry.promotion.registry import registry_of
from mlops_nb.tracking.store import open_store

pytestmark = [
    pytest.mark.ui,
    pytest.mark.xdist_group("ui"),
    pytest.mark.skipif(not CHROMIUM, reason="chromium is not installed (apt-get install chromium)"),
]
SHOTS = os.environ.get("MLOPS_NB_SHOTS")
TRAIN = """%%mlops_stage train --metrics accuracy scores loss --model clf --eval X,y
clf = LogisticRegression(max_iter=500).fit(X, y)
accuracy = clf.score(X, y)
scores = {"f1": 0.96123, "recall": 0.95}
loss = [0.9, 0.5, 0.31]"""
CELLS: list[tuple[str, dict[str, Any]]] = [
    (
        "%load_ext mlops_nb\n"
        "from sklearn.datasets import load_iris\n"
        "from sklearn.linear_model import LogisticRegression",
        {},
    ),
    (
        "X, y = load_iris(return_X_y=True, as_frame=True)\nX.head(2)",
        {"mlops_nb": {"stage": "load"}},
    ),
    ("size = len(X)", {"tags": ["stage:measure"]}),
    (TRAIN, {}),
    ("%%mlops_stage report --metrics acuracy\nsummary = f'{accuracy:.1%}'\nprint(summary)", {}),
    ("%%mlops_stage broken\n1 / 0", {}),
    ("ran_anyway = True", {}),
]


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser.new_page(viewport={"width": 1100, "height": 1300})
        browser.close()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontEnd]:
    with serve(tmp_path_factory.mktemp("lab")) as front_end:
        yield front_end


def _shoot(page: Any, name: str) -> None:
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"))


def test_tagged_cells_run_as_stages_and_run_all_stops_at_a_failure(
    page: Any, lab: FrontEnd
) -> None:
    lab.write_notebook("stages.ipynb", CELLS)
    lab.open(page, "stages.ipynb")
    lab.run_all(page, last=5)
    line = page.locator(".jp-OutputArea").get_by_text("measure", exact=True).last
    line.wait_for(timeout=20_000)
    _shoot(page, "light")
    page.evaluate(
        "() => jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})"
    )
    page.wait_for_function("() => document.body.dataset.jpThemeLight === 'false'", timeout=20_000)
    _shoot(page, "dark")
    page.wait_for_function(
        "() => !jupyterapp.shell.currentWidget.context.model.dirty", timeout=20_000
    )

    shown = [text_of(cell) for cell in lab.saved("stages.ipynb")]
    assert "stage" not in shown[0]
    assert shown[1].endswith("stage load · < 1 s · binds X, y")
    assert shown[2] == "stage measure · < 1 s · binds size"
    assert "accuracy 0.9" in shown[3]
    assert shown[3].endswith(
        "scores.f1 0.9612, scores.recall 0.95, loss 0.31 after 3 steps · model clf"
    )
    assert shown[4].endswith(
        "'--metrics acuracy' names no variable yet. The nearest variable is 'accuracy'."
    )
    assert shown[5].endswith("ZeroDivisionError: division by zero")
    assert shown[6] == ""
    assert lab.saved("stages.ipynb")[6]["execution_count"] is None


def test_running_writes_nothing_into_the_metadata_of_cells(page: Any, lab: FrontEnd) -> None:
    metadata = [cell["metadata"] for cell in lab.saved("stages.ipynb")]
    own = [{k: v for k, v in m.items() if k in ("tags", "mlops_nb")} for m in metadata]
    assert own == [said for _, said in CELLS]


def test_a_model_is_promoted_and_taken_back_from_the_keyboard(page: Any, lab: FrontEnd) -> None:
    registry = registry_of(open_store(make_shop(lab.root) / ".mlops_nb" / "record"))
    lab.write_notebook("promote.ipynb", [("%load_ext mlops_nb\n%mlops_promote churn", {})])
    lab.open(page, "promote.ipynb")
    lab.run_all(page, last=0)

    def button(text: str) -> Any:
        return page.locator(".widget-button:visible", has_text=text)

    button("Promote churn@2").wait_for(timeout=180_000)
    assert button("Promote churn@2").is_disabled()
    page.get_by_text("Parameters", exact=True).first.click()
    page.get_by_text("onerror").first.wait_for(timeout=20_000)  # as text
    _shoot(page, "promote")

    page.get_by_role("checkbox").last.focus()
    page.keyboard.press("Space")
    page.get_by_label("Reason").last.fill("better")
    button("Promote churn@2").focus()
    page.keyboard.press("Enter")
    button("Yes, do it").wait_for(timeout=20_000)
    page.wait_for_function("() => document.activeElement.textContent.includes('Yes, do it')")
    assert registry.alias("churn", "champion") == 1
    page.keyboard.press("Enter")
    page.get_by_role("status").get_by_text("churn@2 is champion now").wait_for(timeout=60_000)
    button("Undo").wait_for(timeout=60_000)
    assert registry.alias("churn", "champion") == 2
    _shoot(page, "promoted")

    button("Undo").click()
    page.get_by_role("alert").get_by_text("MNB729").wait_for(timeout=60_000)
    page.get_by_role("checkbox").last.check()
    button("Undo").click()
    page.get_by_role("status").get_by_text("churn@1 is champion now").wait_for(timeout=60_000)
    assert registry.alias("churn", "champion") == 1
    assert page.evaluate("() => window.hacked") is None


def test_what_a_panel_told_remains_when_its_kernel_is_gone(page: Any, lab: FrontEnd) -> None:
    page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_function(
        "() => !jupyterapp.shell.currentWidget.context.model.dirty", timeout=20_000
    )
    twin = page.locator("[class^=mlops-nb-twin]")
    assert not twin.is_visible()
    page.evaluate("() => jupyterapp.commands.execute('kernelmenu:shutdown')")
    page.reload()
    twin.wait_for(timeout=60_000)
    assert "From a shell: mlops-nb promote churn@2" in twin.inner_text()
    _shoot(page, "reopened")
