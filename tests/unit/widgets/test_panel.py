"""The panel: what each button asks for, what it shows, and that nothing happens unconfirmed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from mlops_nb.errors import InfrastructureError, NotBlessedError
from mlops_nb.widgets.panel import Panel
from mlops_nb.widgets.panel_controls import render_status

READY: dict[str, Any] = {
    "label": "churn@3",
    "to": "champion",
    "state": "ready",
    "html": "<h3>churn@3</h3>",
    "twin": "<p>twin</p>",
    "text": "text",
    "version": 3,
    "current": 1,
    "can_force": False,
    "codes": [],
    "previous": None,
}
BLOCKED = {**READY, "state": "blocked", "can_force": True, "codes": ["MNB720"]}
MISSING = {**READY, "state": "missing", "label": "churn", "version": None, "current": None}


class FakeLink:
    """Answers what it was told to, and keeps what it was asked."""

    def __init__(self, *views: Mapping[str, Any]) -> None:
        self.views = list(views)
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.reference = "churn"
        self.failing: Exception | None = None
        self.on_progress: Callable[[str], None] | None = None

    def point_to(self, reference: str) -> None:
        self.reference = reference

    def ask(self, do: str, **words: Any) -> dict[str, Any]:
        self.asked.append((do, words))
        if self.on_progress is not None:
            self.on_progress(f"busy with {do}")
        if do in ("look", "recall"):
            return dict(self.views.pop(0) if len(self.views) > 1 else self.views[0])
        if self.failing is not None:
            raise self.failing
        version, before = (3, 1) if do == "promote" else (1, 3)
        return {
            "kind": do,
            "model": "churn",
            "to": "champion",
            "before": before,
            "version": version,
            "already": False,
            "hook": None,
        }


def no_run(notebook: Path, model: str, tell: Callable[[str], None]) -> dict[str, Any]:
    raise AssertionError("nobody asked for a run")


def opened(
    link: FakeLink, *, notebook: Path | None = None, run: Any = no_run
) -> tuple[Panel, list[str]]:
    told: list[str] = []
    panel = Panel(
        link,
        model="churn",
        to="champion",
        notebook=notebook,
        run_notebook=run,
        told=lambda view, line: told.append(line),
        hidden="twin",
    )
    panel.start()
    panel.wait()
    return panel, told


def is_shown(widget: Any) -> bool:
    return widget.layout.display != "none"


def moves(link: FakeLink) -> list[str]:
    return [do for do, _ in link.asked if do not in ("look", "recall")]


def confirm(panel: Panel) -> None:
    panel.controls.confirm.click()
    panel.wait()


def test_a_panel_judges_first_and_moves_nothing_by_itself() -> None:
    link = FakeLink(READY)
    panel, _ = opened(link)
    assert [do for do, _ in link.asked] == ["look"]
    assert "churn@3" in panel.controls.body.value
    assert panel.controls.promote.description == "Promote churn@3"
    assert not panel.controls.promote.disabled


def test_what_the_desk_does_is_told_while_it_does_it() -> None:
    link = FakeLink(READY)
    panel, _ = opened(link)
    seen: list[str] = []
    panel.controls.status.observe(lambda change: seen.append(change["new"]), names="value")
    panel.controls.again.click()
    panel.wait()
    assert any("busy with look" in text for text in seen)
    assert link.asked == [("look", {}), ("look", {"again": True})]
    assert "busy" not in panel.controls.status.value


def test_a_promotion_needs_a_confirmation_and_carries_what_was_shown() -> None:
    link = FakeLink(READY, {**READY, "state": "already", "previous": 1})
    panel, told = opened(link)
    panel.controls.reason.value = "better"
    panel.controls.promote.click()
    assert moves(link) == []
    assert is_shown(panel.controls.asking)
    assert "in the place of version 1" in panel.controls.question.value
    confirm(panel)
    assert link.asked[1] == (
        "promote",
        {
            "reason": "better",
            "force": False,
            "shown": {"version": 3, "current": 1, "codes": []},
        },
    )
    assert told[-1] == "churn@3 is champion now, in the place of version 1."
    assert not is_shown(panel.controls.promote)
    assert panel.controls.reason.value == ""


def test_cancelling_does_nothing_and_brings_the_buttons_back() -> None:
    link = FakeLink(READY)
    panel, _ = opened(link)
    panel.controls.promote.click()
    panel.controls.cancel.click()
    assert is_shown(panel.controls.actions)
    assert not is_shown(panel.controls.asking)
    panel.controls.confirm.click()
    panel.wait()
    assert moves(link) == []


def test_a_promotion_is_taken_back_with_one_click() -> None:
    link = FakeLink(READY, {**READY, "state": "already", "previous": 1})
    panel, told = opened(link)
    assert not is_shown(panel.controls.undo)
    panel.controls.promote.click()
    confirm(panel)
    assert panel.controls.undo.description == "Undo: back to version 1"
    panel.controls.undo.click()
    panel.wait()
    assert link.asked[-2] == (
        "rollback",
        {"reason": "undone in the panel", "force": False, "to": 1},
    )
    assert told[-1] == "churn@1 is champion now, in the place of version 3."


def test_what_stands_in_the_way_is_gone_past_knowingly_and_with_a_reason() -> None:
    link = FakeLink(BLOCKED)
    panel, _ = opened(link)
    assert panel.controls.promote.disabled
    panel.controls.force.value = True
    assert not panel.controls.promote.disabled
    panel.controls.promote.click()
    assert "needs a reason" in panel.controls.status.value
    assert not is_shown(panel.controls.asking)
    panel.controls.reason.value = "urgent"
    panel.controls.promote.click()
    assert "past MNB720" in panel.controls.question.value
    confirm(panel)
    assert link.asked[1][1]["force"] is True


def test_what_cannot_be_forced_has_no_box_to_tick() -> None:
    panel, _ = opened(FakeLink({**BLOCKED, "can_force": False}))
    assert not is_shown(panel.controls.force)
    assert panel.controls.promote.disabled


def test_a_rollback_needs_a_reason_and_where_refused_can_be_forced() -> None:
    link = FakeLink({**READY, "previous": 2})
    panel, told = opened(link)
    panel.controls.rollback.click()
    assert "needs a reason" in panel.controls.status.value
    panel.controls.reason.value = "it drifts"
    link.failing = NotBlessedError("MNB729", "churn@2", "it was never blessed.", "Promote it.")
    panel.controls.rollback.click()
    confirm(panel)
    assert "it was never blessed" in told[-1]
    assert is_shown(panel.controls.force)
    panel.controls.force.value = True
    link.failing = None
    panel.controls.rollback.click()
    confirm(panel)
    assert link.asked[-2] == ("rollback", {"reason": "it drifts", "force": True, "to": None})


@pytest.mark.parametrize(
    "error",
    [InfrastructureError("MNB713", "store", "it is away.", "Start it."), KeyError("surprise")],
)
def test_what_goes_wrong_in_the_background_is_shown_as_an_alert(error: Exception) -> None:
    link = FakeLink(READY)
    panel, _ = opened(link)
    link.failing = error
    panel.controls.promote.click()
    confirm(panel)
    assert 'role="alert"' in panel.controls.status.value
    assert "MNB713" in panel.controls.status.value or "surprise" in panel.controls.status.value
    assert is_shown(panel.controls.actions)


def test_the_one_click_runs_the_notebook_headless_then_promotes_its_version() -> None:
    told: list[str] = []

    def run(notebook: Path, model: str, tell: Callable[[str], None]) -> dict[str, Any]:
        told.append(f"{notebook.name} {model}")
        tell("cell 1 of 2\n")
        return {"model": {"name": "churn", "version": 3}}

    link = FakeLink(MISSING, READY, {**READY, "state": "already"})
    panel, _ = opened(link, notebook=Path("nb/churn.ipynb"), run=run)
    assert not is_shown(panel.controls.promote)
    panel.controls.run.click()
    assert told == []
    assert "Run churn.ipynb as it is saved" in panel.controls.question.value
    confirm(panel)
    assert told == ["churn.ipynb churn"]
    assert [do for do, _ in link.asked] == ["look", "look", "promote", "recall"]
    assert link.reference == "churn@3"


def test_a_run_that_made_what_is_champion_already_is_told_so() -> None:
    already = {**READY, "state": "already"}
    panel, told = opened(
        FakeLink(already),
        notebook=Path("churn.ipynb"),
        run=lambda *_: {"model": {"name": "churn", "version": 3}},
    )
    panel.controls.run.click()
    confirm(panel)
    assert told[-1] == "It was run; what it made is churn@3, which is champion already."
    assert "<progress" not in panel.controls.status.value


def test_a_run_whose_gates_fail_is_shown_and_not_promoted() -> None:
    def run(notebook: Path, model: str, tell: Callable[[str], None]) -> dict[str, Any]:
        raise NotBlessedError("MNB720", "churn.ipynb", "1 of 2 gates failed.", "Mend it.")

    link = FakeLink(MISSING, BLOCKED)
    panel, told = opened(link, notebook=Path("churn.ipynb"), run=run)
    panel.controls.run.click()
    confirm(panel)
    assert moves(link) == []
    assert told[-1].startswith("It was run and registered, and is not promoted")


def test_without_a_notebook_there_is_nothing_to_run() -> None:
    panel, _ = opened(FakeLink(READY))
    assert not is_shown(panel.controls.run)


def test_lines_are_spoken_and_hostile_ones_stay_text() -> None:
    class Seen(HTMLParser):
        tags: list[str]

        def handle_starttag(self, tag: str, attrs: Any) -> None:
            self.tags = [*getattr(self, "tags", []), tag]

    html = render_status('<img src=x onerror="alert(1)">\n</div>', tone="alert", is_busy=True)
    seen = Seen()
    seen.feed(html)
    assert seen.tags == ["div", "div", "progress", "br"]
    assert 'role="alert" aria-live="assertive"' in html
    assert 'role="status" aria-live="polite"' in render_status("Judging …")


def test_buttons_and_fields_have_names_that_say_what_they_do() -> None:
    c = opened(FakeLink(READY))[0].controls
    for button in (c.promote, c.rollback, c.run, c.again, c.confirm, c.cancel, c.undo):
        assert button.description
    assert (c.reason.description, bool(c.force.description)) == ("Reason", True)
