"""The page of a run in a real browser: safe, readable, and the same in the dark and on paper."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from front_end import CHROMIUM
from hostile_notebook import hostile_notebook, hostile_record
from ordinary_notebook import ordinary_notebook, ordinary_record

from mlops_nb.tracking.html import render_html

pytestmark = [
    pytest.mark.ui,
    pytest.mark.xdist_group("ui"),
    pytest.mark.skipif(not CHROMIUM, reason="chromium is not installed (apt-get install chromium)"),
]
SHOTS = os.environ.get("MLOPS_NB_SHOTS")
# What must not be in a sanitised page, and may not run, load, send or replace anything.
LIVE_PARTS = """() => {
    const found = [];
    for (const element of document.querySelectorAll('*')) {
        const name = element.localName;
        if (['script', 'iframe', 'frame', 'object', 'embed', 'applet', 'form', 'input', 'button',
             'base', 'link', 'template', 'portal', 'math'].includes(name)) found.push(name);
        if (['style', 'svg', 'meta', 'title'].includes(name)
            && element.closest('main')) found.push(`${name} in the notebook`);
        for (const { name: key, value } of element.attributes) {
            if (key.startsWith('on') || ['srcdoc', 'srcset', 'ping', 'formaction', 'action',
                'background', 'poster', 'popovertarget', 'autofocus'].includes(key))
                found.push(`${name} ${key}`);
            if (key === 'href' && !/^(https?:|mailto:|#)/.test(value))
                found.push(`${name} href=${value}`);
            if (key === 'src' && !value.startsWith('data:')) found.push(`${name} src=${value}`);
        }
    }
    return found;
}"""
# Contrast of texts of ours, and of coloured output, with their ground, by WCAG 2.2, if below 4.5.
LOW_CONTRAST = """() => {
    const parse = text => text.match(/[\\d.]+/g).map(Number);
    const channel = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
    const ground = element => {
        for (let at = element; at; at = at.parentElement) {
            const colour = parse(getComputedStyle(at).backgroundColor);
            if (colour.length === 3 || colour[3] > 0) return colour;
        }
        return [255, 255, 255];
    };
    const low = [];
    const places = 'header *, .mnb-cell, main [class*=ansi-]';
    for (const element of document.querySelectorAll(places)) {
        if (![...element.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
        const [a, b] = [light(parse(getComputedStyle(element).color)), light(ground(element))];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < 4.5) low.push([element.textContent, ratio]);
    }
    return low;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Opened:
    """A page that was opened from a file, and every request that would have left it."""

    def __init__(self, browser: Any, path: Path, **options: Any) -> None:
        self.requests: list[str] = []
        self._own = path.as_uri()
        self.page = browser.new_context(
            viewport={"width": 1100, "height": 900}, **options
        ).new_page()
        self.page.route("**/*", self._serve)
        self.page.goto(self._own)
        self.page.wait_for_load_state("networkidle")

    def _serve(self, route: Any) -> None:
        url = route.request.url
        if url == self._own:
            route.continue_()
        else:
            self.requests.append(url)
            route.fulfill(status=200, content_type="text/javascript", body="window.pwned=1")

    @property
    def was_run(self) -> bool:
        """Return whether a payload ran."""
        return bool(self.page.evaluate("() => typeof window.pwned === 'number'"))


def shoot(opened: Opened, name: str) -> None:
    """Keep a picture where MLOPS_NB_SHOTS says so."""
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        opened.page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


@pytest.fixture(scope="module")
def hostile(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Opened:
    path = tmp_path_factory.mktemp("hostile") / "page.html"
    title = "<script>window.pwned=1</script>"
    text = render_html(hostile_notebook(), hostile_record(), title=title, sanitize=True)
    path.write_text(text, encoding="utf-8")
    return Opened(browser, path)


def test_nothing_of_a_hostile_notebook_runs_or_leaves_the_page(hostile: Opened) -> None:
    shoot(hostile, "hostile")
    assert not hostile.was_run
    assert hostile.requests == []


def test_nothing_that_could_run_is_left_in_a_sanitised_page(hostile: Opened) -> None:
    assert hostile.page.evaluate(LIVE_PARTS) == []


def test_a_hostile_notebook_cannot_lie_over_the_summary_or_play_its_part(hostile: Opened) -> None:
    covered = hostile.page.evaluate(
        """() => [...document.querySelectorAll('header h1, header h2, header th')]
        .map(e => [e, e.getBoundingClientRect()])
        .filter(([e, box]) =>
            box.top >= 0 && box.bottom < innerHeight && box.left < 900)
        .map(([e, box]) => [e, document.elementFromPoint(box.left + 2, box.top + 5)])
        .filter(([e, top]) => !e.contains(top))
        .map(([e, top]) => [e.outerHTML, top?.outerHTML])"""
    )
    assert covered == []
    assert hostile.page.locator("header").count() == 1
    assert hostile.page.locator("main .mnb-state").count() == 0
    assert hostile.page.locator("[id='cell-id=c1']").count() == 1


def test_the_policy_stops_what_the_cleaning_would_miss(browser: Any, tmp_path: Path) -> None:
    text = render_html(hostile_notebook(), hostile_record(), title="t", sanitize=True)
    raw = "<script>window.pwned=1</script><img src=x onerror='window.pwned=1'>"
    path = tmp_path / "page.html"
    path.write_text(text.replace("</main>", f"{raw}</main>"), encoding="utf-8")
    opened = Opened(browser, path)
    assert not opened.was_run
    assert opened.requests == []


def test_the_payloads_work_where_nothing_is_cleaned(browser: Any, tmp_path: Path) -> None:
    # Else the tests above would prove nothing.
    path = tmp_path / "page.html"
    text = render_html(hostile_notebook(), hostile_record(), title="t", sanitize=False)
    path.write_text(text, encoding="utf-8")
    opened = Opened(browser, path)
    assert {"http://leak.invalid/run", "http://leak.invalid/attribute"} <= set(opened.requests)


def test_the_summary_of_a_page_that_is_not_sanitised_is_text_all_the_same(
    browser: Any, tmp_path: Path
) -> None:
    path = tmp_path / "page.html"
    text = render_html({"cells": []}, hostile_record(), title="<script>window.pwned=1</script>")
    path.write_text(text, encoding="utf-8")
    opened = Opened(browser, path)
    assert not opened.was_run
    assert opened.requests == []


@pytest.fixture(scope="module", params=["light", "dark"])
def ordinary(
    request: pytest.FixtureRequest, browser: Any, tmp_path_factory: pytest.TempPathFactory
) -> Opened:
    path = tmp_path_factory.mktemp("ordinary") / "page.html"
    text = render_html(ordinary_notebook(), ordinary_record(), title="churn", sanitize=True)
    path.write_text(text, encoding="utf-8")
    opened = Opened(browser, path, color_scheme=request.param)
    shoot(opened, f"ordinary-{request.param}")
    return opened


def test_tables_and_pictures_are_there_in_a_sanitised_page(ordinary: Opened) -> None:
    page = ordinary.page
    assert page.locator("main table.dataframe td").all_inner_texts() == ["1", "2"]
    assert page.evaluate(
        "() => [...document.querySelectorAll('main img')].map(i => i.complete && i.naturalWidth)"
    ) == [1, 40, 30]
    assert page.get_by_text("it is drawn by a script").count() == 1
    assert page.get_by_text("(a widget: it lives in the notebook only)").count() == 1


def test_texts_can_be_read_in_the_light_and_in_the_dark(ordinary: Opened) -> None:
    assert ordinary.page.evaluate(LOW_CONTRAST) == []


def test_headings_go_down_one_by_one_and_the_tab_key_stops_at_what_can_be_used(
    ordinary: Opened,
) -> None:
    page = ordinary.page
    levels = page.evaluate(
        "() => [...document.querySelectorAll('header h1, header h2, header h3')]"
        ".map(h => Number(h.localName[1]))"
    )
    assert levels[0] == 1
    assert set(levels[1:]) == {2}
    stops = page.evaluate("() => [...document.querySelectorAll('[tabindex]')].length")
    assert stops == 0
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.textContent") == "Go to the cell"
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.querySelector(':target').id") == "cell-id=c3"


def test_on_paper_the_page_is_light(ordinary: Opened) -> None:
    ordinary.page.emulate_media(media="print")
    try:
        assert (
            ordinary.page.evaluate("() => getComputedStyle(document.body).backgroundColor")
            == "rgb(255, 255, 255)"
        )
    finally:
        ordinary.page.emulate_media(media="screen")
