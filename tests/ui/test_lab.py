"""JupyterLab and Notebook 7 as a person uses them: stages tagged in the interface, the panel that
says how they stand and runs them here and headless, a model that is promoted and taken back.

One server, one browser and one registry for all of it: that is most of what these journeys cost.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from front_end import CHROMIUM, FrontEnd, serve, text_of
from hostile_answers import ESCAPED, answer_with_payloads
from lab_notebooks import HOSTILE, STAGES, UNTAGGED
from panel import PanelPage, quiet_console
from registered import make_shop

from mlops_nb.registry.promotion.registry import Registry, registry_of
from mlops_nb.tracking.store import open_store

pytestmark = [
    pytest.mark.ui,
    pytest.mark.xdist_group("ui"),
    pytest.mark.skipif(not CHROMIUM, reason="chromium is not installed (apt-get install chromium)"),
]
SHOTS = os.environ.get("MLOPS_NB_SHOTS")


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1300, "height": 1000})
        page.set_default_timeout(90_000)  # of a machine that does other things as well
        yield page
        browser.close()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontEnd]:
    with serve(tmp_path_factory.mktemp("lab")) as front_end:
        yield front_end


@pytest.fixture(scope="module")
def registry(lab: FrontEnd) -> Registry:
    return registry_of(open_store(make_shop(lab.root) / ".mlops_nb" / "record"))


@pytest.fixture(autouse=True)
def _console_is_quiet(page: Any) -> Iterator[None]:
    with quiet_console(page):
        yield


def shoot(page: Any, name: str) -> None:
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"))


def test_tagged_cells_run_as_stages_and_run_all_stops_at_a_failure(
    page: Any, lab: FrontEnd
) -> None:
    lab.write_notebook("stages.ipynb", STAGES)
    lab.open(page, "stages.ipynb")
    lab.run_all(page, last=5)
    line = page.locator(".jp-OutputArea").get_by_text("measure", exact=True).last
    line.wait_for(timeout=90_000)
    shoot(page, "light")
    page.evaluate(
        "() => jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})"
    )
    page.wait_for_function("() => document.body.dataset.jpThemeLight === 'false'", timeout=90_000)
    shoot(page, "dark")
    page.wait_for_function(
        "() => !jupyterapp.shell.currentWidget.context.model.dirty", timeout=90_000
    )

    # On a busy machine a stage's line is followed by one on what it took to watch it.
    shown = [text_of(cell) for cell in lab.saved("stages.ipynb")]
    assert "stage" not in shown[0]
    assert re.search(r"stage load · < \d+ s · binds X, y$", shown[1], re.MULTILINE)
    assert re.search(r"^stage measure · < \d+ s · binds size$", shown[2], re.MULTILINE)
    assert "accuracy 0.9" in shown[3]
    assert any(
        line.endswith("scores.f1 0.9612, scores.recall 0.95, loss 0.31 after 3 steps · model clf")
        for line in shown[3].splitlines()
    )
    assert any(
        line.endswith(
            "'--metrics acuracy' names no variable yet. The nearest variable is 'accuracy'."
        )
        for line in shown[4].splitlines()
    )
    assert shown[5].endswith("ZeroDivisionError: division by zero")
    assert shown[6] == ""
    assert lab.saved("stages.ipynb")[6]["execution_count"] is None


def test_running_writes_nothing_into_the_metadata_of_cells(page: Any, lab: FrontEnd) -> None:
    metadata = [cell["metadata"] for cell in lab.saved("stages.ipynb")]
    own = [{k: v for k, v in m.items() if k in ("tags", "mlops_nb")} for m in metadata]
    assert own == [said for _, said in STAGES]


def test_a_model_is_promoted_and_taken_back_from_the_keyboard(
    page: Any, lab: FrontEnd, registry: Registry
) -> None:
    lab.write_notebook("promote.ipynb", [("%load_ext mlops_nb\n%mlops_promote churn", {})])
    lab.open(page, "promote.ipynb")
    lab.run_all(page, last=0)

    def button(text: str) -> Any:
        return page.locator(".widget-button:visible", has_text=text)

    button("Promote churn@2").wait_for(timeout=180_000)
    assert button("Promote churn@2").is_disabled()
    page.get_by_text("Parameters", exact=True).first.click()
    page.get_by_text("onerror").first.wait_for(timeout=90_000)  # as text
    shoot(page, "promote")

    page.get_by_role("checkbox").last.focus()
    page.keyboard.press("Space")
    page.get_by_label("Reason").last.fill("better")
    button("Promote churn@2").focus()
    page.keyboard.press("Enter")
    button("Yes, do it").wait_for(timeout=90_000)
    page.wait_for_function("() => document.activeElement.textContent.includes('Yes, do it')")
    assert registry.alias("churn", "champion") == 1
    page.keyboard.press("Enter")
    page.get_by_role("status").get_by_text("churn@2 is champion now").wait_for(timeout=90_000)
    button("Undo").wait_for(timeout=90_000)
    assert registry.alias("churn", "champion") == 2
    shoot(page, "promoted")

    button("Undo").click()
    page.get_by_role("alert").get_by_text("MNB729").wait_for(timeout=90_000)
    page.get_by_role("checkbox").last.check()
    button("Undo").click()
    page.get_by_role("status").get_by_text("churn@1 is champion now").wait_for(timeout=90_000)
    assert registry.alias("churn", "champion") == 1
    assert page.evaluate("() => window.hacked") is None


def test_what_a_panel_told_remains_when_its_kernel_is_gone(page: Any, lab: FrontEnd) -> None:
    page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_function(
        "() => !jupyterapp.shell.currentWidget.context.model.dirty", timeout=90_000
    )
    twin = page.locator("[class^=mlops-nb-twin]")
    assert not twin.is_visible()
    page.evaluate("() => jupyterapp.commands.execute('kernelmenu:shutdown')")
    page.reload()
    twin.wait_for(timeout=90_000)
    assert "From a shell: mlops-nb promote churn@2" in twin.inner_text()
    shoot(page, "reopened")


def test_a_cell_is_tagged_what_is_stale_runs_and_all_of_it_runs_headless(
    page: Any, lab: FrontEnd
) -> None:
    lab.write_notebook("journey.ipynb", UNTAGGED)
    panel = PanelPage(page)
    lab.open(page, "journey.ipynb")
    panel.show()
    panel.expect(train="undecided", report="undecided")
    assert panel.stage("load").count() == 0

    panel.activate(2)
    panel.execute("mlops-nb:tag-cell")
    page.get_by_role("dialog").locator("input").fill("load")
    page.keyboard.press("Enter")
    panel.stage("load").wait_for()
    shoot(page, "tagged")

    panel.button("Run stale stages").click()
    panel.expect(load="fresh", train="fresh", report="fresh")
    assert panel.button("Run stale stages").is_disabled()
    panel.hears("train", "score is 12")

    panel.edit(2, "rows = [1, 2, 4]")
    panel.expect(load="stale", train="undecided", report="undecided")
    assert panel.counts() == [1, 2, 3, 4, 5]  # nothing ran twice
    panel.open("train")
    panel.side.get_by_text("waits for stage 'load', which is stale").wait_for()
    shoot(page, "stale")
    panel.button("Run stale stages").click()
    panel.expect(load="fresh", train="fresh", report="fresh")
    panel.hears("train", "score is 14")
    assert panel.counts() == [1, 2, 6, 7, 8]

    panel.button("Run headless").click()
    page.get_by_role("dialog").get_by_label("factor").fill("3")
    shoot(page, "headless")
    page.get_by_role("dialog").get_by_role("button", name="Run").last.click()
    panel.side.get_by_role("status").get_by_text("completed").wait_for(timeout=120_000)
    panel.side.get_by_text("score 21").first.wait_for()
    shoot(page, "completed")


def test_a_failed_stage_says_why_and_a_reload_forgets_nothing(page: Any, lab: FrontEnd) -> None:
    panel = PanelPage(page)
    panel.side.get_by_role("tab", name="Pipeline").click()
    panel.edit(4, "%%mlops_stage report\n1 / 0")
    panel.expect(report="stale")
    panel.button("Run stale stages").click()
    panel.expect(report="failed", train="fresh")
    page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_function("() => !jupyterapp.shell.currentWidget.context.model.dirty")
    lab.open(page, "journey.ipynb")
    panel.show()
    panel.expect(load="fresh", train="fresh", report="failed")
    panel.open("report")
    panel.side.get_by_text("ZeroDivisionError: division by zero").wait_for()


def test_stages_are_reached_and_opened_from_the_keyboard_in_the_dark(
    page: Any, lab: FrontEnd
) -> None:
    panel = PanelPage(page)
    page.evaluate(
        "() => jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})"
    )
    page.wait_for_function("() => document.body.dataset.jpThemeLight === 'false'")
    panel.stage("load").focus()
    page.keyboard.press("ArrowDown")
    focused = page.evaluate("() => document.activeElement.getAttribute('data-stage')")
    assert focused == "train"
    shoot(page, "dark")
    page.keyboard.press("Enter")
    page.wait_for_function("() => jupyterapp.shell.currentWidget.content.activeCellIndex === 3")


def test_what_a_notebook_says_never_runs_in_the_panel(page: Any, lab: FrontEnd) -> None:
    lab.write_notebook("hostile.ipynb", HOSTILE)
    panel = PanelPage(page)
    lab.open(page, "hostile.ipynb")
    panel.show()
    panel.stage("train").wait_for()
    lab.run_all(page, last=1)
    panel.expect(train="failed")
    panel.open("train")
    panel.side.get_by_text("onerror").first.wait_for()
    shoot(page, "hostile")
    assert page.evaluate("() => window.hacked") is None


def test_what_a_server_tells_never_runs_in_the_panel_and_stays_within_it(
    page: Any, lab: FrontEnd
) -> None:
    panel = PanelPage(page)
    answer_with_payloads(page)
    try:
        lab.open(page, "hostile.ipynb")
        panel.show()
        panel.side.locator("[data-stage]").first.click()
        panel.side.get_by_role("heading", name="onerror").wait_for()
        assert page.evaluate(ESCAPED) == []
        panel.side.get_by_role("tab", name="Runs").click()
        panel.side.get_by_text("Log", exact=True).click()
        panel.side.get_by_label("Log").get_by_text("onerror").wait_for()
        shoot(page, "hostile_runs")
        assert page.evaluate(ESCAPED) == []
        panel.side.get_by_role("tab", name="Models").click()
        panel.button("Judge").first.click()
        panel.button("Judge again").wait_for()
        panel.button("History").click()
        panel.side.get_by_role("region", name="History").wait_for()
        shoot(page, "hostile_models")
        assert page.evaluate(ESCAPED) == []
        panel.side.get_by_role("tab", name="Pipeline").click()
        panel.execute("mlops-nb:suggest-stages")
        page.get_by_role("dialog").get_by_text("What changes").wait_for()
        assert page.evaluate(ESCAPED) == []
        page.keyboard.press("Escape")
    finally:
        page.unroute_all()
    assert page.evaluate("() => window.hacked") is None


def test_notebook_7_has_the_same_panel(page: Any, lab: FrontEnd) -> None:
    notebook = FrontEnd(lab.url, lab.token, lab.root, "notebook")
    own = ("rows = [50]", {})  # no other notebook has a result of these
    lab.write_notebook("seven.ipynb", [*UNTAGGED[:2], own, *UNTAGGED[3:]])
    panel = PanelPage(page)
    notebook.open(page, "seven.ipynb")
    panel.show()
    panel.expect(train="undecided", report="undecided")
    panel.button("Run stale stages").click()
    panel.expect(train="fresh", report="fresh")
    shoot(page, "notebook7")


def test_a_model_is_promoted_and_taken_back_in_the_panel(
    page: Any, lab: FrontEnd, registry: Registry
) -> None:
    lab.write_notebook("shop.ipynb", [("%load_ext mlops_nb", {})])
    panel = PanelPage(page)
    lab.open(page, "shop.ipynb")
    panel.show()
    panel.side.get_by_role("tab", name="Models").click()
    panel.button("Judge churn@2").click()
    promote = panel.button("Promote churn@2")
    promote.wait_for(timeout=120_000)
    assert promote.is_disabled()
    panel.side.get_by_label("Reason").fill("better")
    panel.side.get_by_label("Go past what stands in the way").check()
    shoot(page, "judged")
    promote.click()
    assert registry.alias("churn", "champion") == 1
    panel.button("Yes, do it").click()
    panel.side.get_by_text("churn@2 is champion now").wait_for(timeout=120_000)
    assert registry.alias("churn", "champion") == 2

    undo = panel.button("Undo: back to version 1")
    undo.click()
    panel.side.get_by_text("MNB729").first.wait_for(timeout=120_000)
    panel.side.get_by_label("Go past what stands in the way").check()
    undo.click()
    panel.side.get_by_text("churn@1 is champion now").wait_for(timeout=120_000)
    assert registry.alias("churn", "champion") == 1
    shoot(page, "taken_back")
    assert page.evaluate("() => window.hacked") is None
