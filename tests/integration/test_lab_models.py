"""Runs and models as the panel in JupyterLab has them: the project's records, and the desk."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from near_desk import NearDesk
from registered import make_shop
from wire_shapes import read_shapes

from mlops_nb.errors import InputError
from mlops_nb.lab.plain import plain
from mlops_nb.lab.records import ACTIONS
from mlops_nb.lab.requests import Request
from mlops_nb.lab.tasks import Counter
from mlops_nb.registry.infra import InfraReport
from mlops_nb.registry.promotion import planning
from mlops_nb.registry.promotion.judging import Judged
from mlops_nb.registry.report import GateReport

SHAPES = read_shapes()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_shop(tmp_path_factory.mktemp("shop"))


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No gates and no infra check: they take seconds; the plan is made as ever."""

    def judge(*given: Any) -> Judged:
        return Judged(report=GateReport(candidate="churn@2"), infra=InfraReport(digest=""))

    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setattr(planning, "judge_package", judge)


def _ask(shop: Path, action: str, *parts: str, **query: str) -> Any:
    return ACTIONS[action](Request(root=shop, parts=parts, query=query))


def _faults(value: Any, kind: str) -> list[str]:
    """Return where a value is not what the front end takes it for, as a browser has it."""
    return SHAPES.faults(json.loads(json.dumps(plain(value))), kind)


def _do(counter: Counter, verb: str, shop: Path, **body: Any) -> dict[str, Any]:
    request = Request(root=shop, raw=json.dumps(body).encode(), parts=("churn",))
    task = json.loads(getattr(counter, verb)(request).content)
    for thread in threading.enumerate():
        if thread.name.startswith("mlops-nb "):
            thread.join(60)
    return counter.show(Request(root=shop, parts=(task["id"],)))


def test_models_are_told_with_what_serves(shop: Path) -> None:
    [model] = [one for one in _ask(shop, "models") if one["name"] == "churn"]
    assert (model["champion"], model["previous"]) == (1, None)
    assert [version["version"] for version in model["versions"]] == [2, 1]
    shown = _ask(shop, "model", "churn")
    assert shown["versions"][0]["metrics"]
    assert _faults([model, shown], "RegisteredModel[]") == []
    with pytest.raises(InputError, match="MNB711"):
        _ask(shop, "model", "chrun")


def test_a_model_is_promoted_and_taken_back_as_it_was_shown(shop: Path) -> None:
    counter = Counter(NearDesk)
    planned = _do(counter, "plan", shop)
    assert planned["status"] == "completed", planned["error"]
    assert planned["result"]["plan"]["version"] == 2
    assert _faults(planned, "Task<JudgedPlan>") == []
    digest = planned["result"]["digest"]
    missed = _do(
        Counter(NearDesk), "promote", shop, version=1, digest=digest, force=True, reason="r"
    )
    assert missed["error"]["code"] == "MNB771"
    approved = _do(counter, "approve", shop, version=2, reason="looked at")
    assert approved["result"]["version"] == 2
    said = {"version": 2, "digest": digest, "force": True, "reason": "better"}
    moved = _do(counter, "promote", shop, **said)
    assert (moved["error"], moved["result"]["version"]) == (None, 2)
    assert _faults(moved, "Task<Moved>") == []
    assert _faults(missed, "Task<Moved>") == []
    assert _ask(shop, "model", "churn")["champion"] == 2
    back = _do(counter, "rollback", shop, reason="null scores", force=True, to=1)
    assert back["result"]["version"] == 1
    history = _ask(shop, "history", "churn")
    assert _faults(history, "History") == []
    kinds = [event["kind"] for event in history["events"]]
    assert kinds[-2:] == ["promote", "rollback"]


def test_runs_are_told_newest_first_and_side_by_side(shop: Path) -> None:
    newest, older = _ask(shop, "runs", limit="2")
    assert newest["started"] >= older["started"]
    assert {"run_id", "status", "parameters", "metrics", "stages", "output", "can_copy"} <= set(
        newest
    )
    shown = _ask(shop, "run", newest["run_id"][:12])
    assert shown["run_id"] == newest["run_id"]
    both = _ask(shop, "compare", a=older["run_id"], b=newest["run_id"])
    assert [both["a"]["run_id"], both["b"]["run_id"]] == [older["run_id"], newest["run_id"]]
    assert _faults([newest, older, shown], "Run[]") == []
    assert _faults(both, "Comparison") == []
    differing = {row["name"]: row["difference"] for row in both["metrics"] if not row["same"]}
    assert all(isinstance(value, float) for value in differing.values())
    with pytest.raises(InputError, match="MNB513"):
        _ask(shop, "run", "zzz")
    assert _ask(shop, "runs", path="no such.ipynb") == []


def test_runs_of_a_notebook_that_was_renamed_stay_its_runs(shop: Path) -> None:
    first = _ask(shop, "runs", path="churn.ipynb")
    cells = [{"id": "45d55bdb", "cell_type": "code", "source": "x = 1"}]
    record = {"run_id": first[0]["run_id"], "notebook": str(shop / "churn.ipynb")}
    copy = shop / ".mlops_nb" / "record" / "runs" / "20260101-000001-abcdef-churn.ipynb"
    copy.parent.mkdir(exist_ok=True)
    copy.write_text(json.dumps({"cells": cells, "metadata": {"mlops_nb": {"run": record}}}))
    for name, node in (("new.ipynb", cells), ("another.ipynb", [])):
        (shop / name).write_text(json.dumps({"cells": node, "metadata": {}}))

    now = _ask(shop, "runs", path="new.ipynb")
    assert len(first) == 2
    assert [run["run_id"] for run in now] == [run["run_id"] for run in first]
    assert now[0]["can_copy"]
    assert _ask(shop, "runs", path="another.ipynb") == []
    (shop / "churn.ipynb").write_text((shop / "new.ipynb").read_text())
    assert _ask(shop, "runs", path="new.ipynb") == []


def test_where_nothing_was_ever_kept_there_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    assert _ask(tmp_path, "runs") == []
    assert _ask(tmp_path, "models") == []
    with pytest.raises(InputError, match="MNB513"):
        _ask(tmp_path, "run", "last")
    assert list(tmp_path.iterdir()) == [tmp_path / "pyproject.toml"]
