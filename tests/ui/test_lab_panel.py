"""The pipeline panel in JupyterLab and Notebook 7: it follows the document, says how stages stand,
runs what is stale, here and headless."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from front_end import CHROMIUM, FrontEnd, serve
from panel import PanelPage, quiet_console
from registered import make_shop

from mlops_nb.registry.promotion.registry import registry_of
from mlops_nb.tracking.store import open_store

pytestmark = [
    pytest.mark.ui,
    pytest.mark.xdist_group("panel"),
    pytest.mark.skipif(not CHROMIUM, reason="chromium is not installed (apt-get install chromium)"),
]
SHOTS = os.environ.get("MLOPS_NB_SHOTS")
CELLS: list[tuple[str, dict[str, Any]]] = [
    ("%load_ext mlops_nb\nimport math", {}),
    ("factor = 2  # by how much", {"tags": ["parameters"]}),
    ("rows = [1, 2, 3]", {}),
    ("# mlops: stage train --metrics score\nscore = factor * sum(rows)", {}),
    ("%%mlops_stage report\ntext = f'{score:.1f}'\nprint(text)", {}),
]
HOSTILE = "<img src=x onerror='window.hacked=1'>"


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser.new_page(viewport={"width": 1300, "height": 900})
        browser.close()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontEnd]:
    folder = tmp_path_factory.mktemp("panel")
    (folder / "pyproject.toml").write_text("")
    with serve(folder) as front_end:
        yield front_end


def shoot(page: Any, name: str) -> None:
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(SHOTS) / f"panel_{name}.png"))


def test_a_cell_is_tagged_what_is_stale_runs_and_all_of_it_runs_headless(
    page: Any, lab: FrontEnd
) -> None:
    lab.write_notebook("journey.ipynb", CELLS)
    panel = PanelPage(page)
    with quiet_console(page):
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
        assert "score is 12" in (panel.stage("train").get_attribute("aria-label") or "")

        panel.edit(2, "rows = [1, 2, 4]")
        panel.expect(load="stale", train="undecided", report="undecided")
        panel.stage("train").click()
        panel.side.get_by_text("waits for stage 'load', which is stale").wait_for()
        shoot(page, "stale")
        panel.button("Run stale stages").click()
        panel.expect(load="fresh", train="fresh", report="fresh")
        assert "score is 14" in (panel.stage("train").get_attribute("aria-label") or "")

        panel.button("Run headless").click()
        page.get_by_role("dialog").get_by_label("factor").fill("3")
        shoot(page, "headless")
        page.get_by_role("dialog").get_by_role("button", name="Run").last.click()
        panel.side.get_by_role("status").get_by_text("completed").wait_for(timeout=120_000)
        panel.side.get_by_text("score 21").first.wait_for()
        shoot(page, "completed")


def test_a_failed_stage_says_why_and_a_reload_forgets_nothing(page: Any, lab: FrontEnd) -> None:
    panel = PanelPage(page)
    with quiet_console(page):
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
        panel.stage("report").click()
        panel.side.get_by_text("ZeroDivisionError: division by zero").wait_for()


def test_stages_are_reached_and_opened_from_the_keyboard_in_the_dark(
    page: Any, lab: FrontEnd
) -> None:
    panel = PanelPage(page)
    with quiet_console(page):
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
    says = f"score = {{{HOSTILE!r}: 1.0}}\nraise OSError({HOSTILE!r})"
    source = f"# mlops: stage train --metrics score\n{says}"
    lab.write_notebook(
        "hostile.ipynb",
        [
            ("%load_ext mlops_nb", {}),
            (source, {}),
            ("bad = 1", {"mlops_nb": {"stage": HOSTILE}}),
            (f"worse = {HOSTILE!r}\nprint(undefined_name)", {"tags": [f"stage:{HOSTILE}"]}),
        ],
    )
    panel = PanelPage(page)
    with quiet_console(page):
        lab.open(page, "hostile.ipynb")
        panel.show()
        panel.stage("train").wait_for()
        lab.run_all(page, last=1)
        panel.expect(train="failed")
        panel.stage("train").click()
        panel.side.get_by_text("onerror").first.wait_for()
        shoot(page, "hostile")
        assert page.evaluate("() => window.hacked") is None


def test_notebook_7_has_the_same_panel(page: Any, lab: FrontEnd) -> None:
    notebook = FrontEnd(lab.url, lab.token, lab.root, "notebook")
    own = ("rows = [50]", {})  # no other notebook has a result of these
    lab.write_notebook("seven.ipynb", [*CELLS[:2], own, *CELLS[3:]])
    panel = PanelPage(page)
    with quiet_console(page):
        notebook.open(page, "seven.ipynb")
        panel.show()
        panel.expect(train="undecided", report="undecided")
        panel.button("Run stale stages").click()
        panel.expect(train="fresh", report="fresh")
        shoot(page, "notebook7")


def test_a_model_is_promoted_and_taken_back_in_the_panel(page: Any, lab: FrontEnd) -> None:
    folder = lab.root / "shop"
    folder.mkdir()
    registry = registry_of(open_store(make_shop(folder) / ".mlops_nb" / "record"))
    lab.write_notebook("shop/promote.ipynb", [("%load_ext mlops_nb", {})])
    panel = PanelPage(page)
    with quiet_console(page):
        lab.open(page, "shop/promote.ipynb")
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
