"""The panel's desk on a real registry, and what a cell shows where nobody can press a button."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import nbformat.v4 as v4
import pytest
from registered import make_shop

import mlops_nb
from mlops_nb.errors import InfrastructureError, InputError
from mlops_nb.kernels import session as sessions
from mlops_nb.registry.infra import InfraReport
from mlops_nb.registry.promotion import planning
from mlops_nb.registry.promotion.judging import Judged
from mlops_nb.registry.promotion.registry import Registry, registry_of
from mlops_nb.registry.report import GateReport
from mlops_nb.tracking.store import open_store
from mlops_nb.widgets import desk_link
from mlops_nb.widgets.desk import Desk
from mlops_nb.widgets.desk_link import DeskLink
from mlops_nb.widgets.desk_process import answer
from mlops_nb.widgets.promote_widget import PromoteWidget, is_live


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_shop(tmp_path_factory.mktemp("shop"))


@pytest.fixture
def registry(shop: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    monkeypatch.chdir(shop)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return registry_of(open_store(shop / ".mlops_nb" / "record"))


def test_what_is_on_record_is_told_without_judging_or_writing(
    shop: Path, registry: Registry
) -> None:
    view = Desk(folder=shop, reference="churn@2").recall()
    assert (view.label, view.state, view.version, view.current) == ("churn@2", "recorded", 2, 1)
    assert "+0.1, +12.5% better" in view.text
    assert "&lt;b&gt;" in view.html
    assert "<b>" not in view.html
    assert "From a shell: mlops-nb promote churn@2" in view.twin
    assert not (shop / ".mlops_nb" / "record" / "history").exists()


@pytest.mark.usefixtures("registry")
def test_a_model_that_is_not_registered_yet_is_no_error(shop: Path) -> None:
    view = Desk(folder=shop, reference="new").look()
    assert (view.state, view.label) == ("missing", "new")
    assert "--register new" in view.text
    with pytest.raises(InputError, match="MNB711"):
        Desk(folder=shop, reference="new@3").look()


def quick_judge(*_: Any) -> Judged:
    """Stand in for gates and infra check, which take seconds; the plan is made as ever."""
    return Judged(report=GateReport(candidate="churn@2"), infra=InfraReport(digest=""))


def test_the_desk_promotes_what_was_shown_and_nothing_else(
    shop: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "judge_package", quick_judge)
    desk = Desk(folder=shop, reference="churn@2")
    view = desk.look()
    assert view.state == "blocked"
    assert view.can_force
    assert "What stands in the way" in view.html
    shown = {"version": 2, "current": 1, "codes": list(view.codes)}

    lost = Desk(folder=shop, reference="churn@2")  # as after its process ended
    told = answer(
        lost, {"do": "promote", "reason": "r", "force": True, "shown": {**shown, "codes": []}}
    )
    assert told["error"]["args"][0] == "MNB771"
    refused = answer(desk, {"do": "promote", "reason": "", "force": False, "shown": shown})
    assert refused["error"]["exit_code"] in (2, 3)
    assert registry.alias("churn", "champion") == 1

    desk.look()
    moved = answer(desk, {"do": "promote", "reason": "why", "force": True, "shown": shown})
    assert (moved["moved"]["before"], moved["moved"]["version"]) == (1, 2)
    assert registry.alias("churn", "champion") == 2
    assert desk.recall().state == "already"
    back = answer(desk, {"do": "rollback", "reason": "why", "force": True, "to": 1})
    assert back["moved"]["version"] == 1
    assert registry.alias("churn", "champion") == 1


def test_a_desk_tells_how_far_it_is_and_one_that_dies_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = ['{"progress": "loading"}', '{"progress": "asking"}', '{"view": {"state": "ready"}}']
    lines = "\\n".join(said)
    monkeypatch.setattr(
        desk_link, "_COMMAND", f"input(); input(); print('{lines}', flush=True); input()"
    )
    link, heard = DeskLink(tmp_path, "churn", to="champion", gates=()), list[str]()
    link.on_progress = heard.append
    try:
        assert link.ask("look") == {"state": "ready"}
        assert heard == ["loading", "asking"]
        with pytest.raises(InfrastructureError, match="MNB770"):
            link.ask("look")
    finally:
        link.close()


def test_faults_of_the_desk_reach_the_kernel_as_they_are(shop: Path, registry: Registry) -> None:
    link = DeskLink(shop, "churn@9", to="champion", gates=())
    try:
        with pytest.raises(InputError, match="MNB712 churn@9"):
            link.ask("recall")
    finally:
        link.close()


def test_a_headless_run_shows_the_twin_and_promotes_nothing(shop: Path, registry: Registry) -> None:
    cells = [
        v4.new_code_cell("%load_ext mlops_nb"),
        v4.new_code_cell("%mlops_promote churn@2"),
    ]
    node = v4.new_notebook(cells=cells)
    nbformat.write(node, shop / "panel.ipynb")
    before = dict(registry.model("churn").aliases)

    record = mlops_nb.run(shop / "panel.ipynb", shop / "out.ipynb", track=False)

    assert record.status == "completed", record.error
    assert dict(registry.model("churn").aliases) == before
    out = json.loads((shop / "out.ipynb").read_text(encoding="utf-8"))
    (shown,) = (output["data"] for output in out["cells"][1]["outputs"])
    assert set(shown) == {"text/plain", "text/html"}
    assert "churn@2 → champion" in "".join(shown["text/plain"])
    assert "widgets" not in out["metadata"]


class Kernel:
    _allow_stdin = True


@pytest.mark.parametrize(
    ("shell", "door", "expected"),
    [
        (SimpleNamespace(kernel=Kernel()), "interactive", True),
        (SimpleNamespace(kernel=Kernel()), "headless", False),
        (SimpleNamespace(kernel=SimpleNamespace(_allow_stdin=False)), "interactive", False),
        (SimpleNamespace(), "interactive", False),
        (None, "interactive", False),
    ],
)
def test_buttons_are_there_only_where_somebody_can_press_them(
    shell: Any, door: str, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "current_session", lambda: SimpleNamespace(door=door))
    assert is_live(shell) is expected


def test_a_widget_names_a_model() -> None:
    with pytest.raises(InputError, match="MNB766"):
        PromoteWidget("")
    assert repr(PromoteWidget("churn@2")) == "PromoteWidget('churn@2', to='champion')"
