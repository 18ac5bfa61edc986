"""A panel's comm in a real kernel: how stages stand after each cell, as the kernel itself knows."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from live_notebook import LAB, LiveNotebook, LiveRunner

from mlops_nb.export.document_json import document_object
from mlops_nb.notebook.files import parse_node
from mlops_nb.notebook.stars import star_names
from mlops_nb.pipeline.build import build_pipeline

pytestmark = pytest.mark.xdist_group("live_results")

CELLS = {
    "imports": "import helper, numpy as np",
    "load": "%%mlops_stage load\nrows = [1, 2, 3]",
    "train": "%%mlops_stage train --metrics score\nscore = helper.scale(sum(rows))",
    "report": "%%mlops_stage report\nmean = score / len(rows)",
}
_TIMEOUT_S = 60


class Panel:
    """The front end's end of the comm."""

    def __init__(self, runner: LiveRunner) -> None:
        self._runner = runner
        self._client = runner.kernel.client
        self._id = uuid.uuid4().hex
        self._send("comm_open", {"target_name": "mlops_nb.panel", "data": {}})
        assert self.next("hello")["version"]

    def ask(self, cells: Mapping[str, str], version: int = 1) -> dict[str, Any]:
        """Send a document with its analysis, and return the answer."""
        nodes = [
            {"cell_type": "code", "id": ident, "source": source, "metadata": {}}
            for ident, source in cells.items()
        ]
        node = {"cells": nodes, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        pipeline = build_pipeline(
            parse_node(node, name="nb.ipynb").cells, name="nb.ipynb", star_names=star_names
        )
        analysis = document_object(pipeline, (), fixable=())
        self.send({"type": "status", "version": version, "cells": nodes, "analysis": analysis})
        return self.next("stages", version=version)

    def send(self, data: Mapping[str, Any]) -> None:
        self._send("comm_msg", {"data": data})

    def next(self, kind: str, **wanted: Any) -> dict[str, Any]:
        """Return the next message of a kind."""
        while True:
            message = self._client.get_iopub_msg(timeout=_TIMEOUT_S)
            content = message["content"]
            if content.get("comm_id") != self._id or message["msg_type"] != "comm_msg":
                continue
            data: dict[str, Any] = content["data"]
            if data["type"] == kind and all(data.get(k) == v for k, v in wanted.items()):
                return data

    def _send(self, kind: str, content: Mapping[str, Any]) -> None:
        message = self._client.session.msg(kind, {"comm_id": self._id, **content})
        self._client.shell_channel.send(message)


def statuses(told: Mapping[str, Any]) -> dict[str, str]:
    return {stage["name"]: stage["status"] for stage in told["stages"]}


def reasons(told: Mapping[str, Any], name: str) -> Sequence[str]:
    return next(stage["reasons"] for stage in told["stages"] if stage["name"] == name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "helper.py").write_text("def scale(x):\n    return x * 2\n")
    return tmp_path


def test_stages_are_told_as_they_stand_while_somebody_works(folder: Path) -> None:
    notebook = LiveNotebook(folder, CELLS)
    with notebook.kernel() as runner:
        panel = Panel(runner)
        assert statuses(panel.ask(CELLS)) == dict.fromkeys(("load", "train", "report"), "never")

        runner.run_all()
        told = panel.ask(CELLS, 2)
        assert statuses(told) == dict.fromkeys(("load", "train", "report"), "fresh")
        train = told["stages"][1]
        assert train["metrics"] == {"score": 12.0}
        assert train["inputs"] == {"rows": "list of 3"}
        assert train["outputs"] == {"score": "12"}
        assert train["seconds"] > 0

        # The same result again, and imports edited and run again: nothing follows from either.
        runner.run("load")
        runner.run("imports", "import helper, numpy as np, json")
        assert set(statuses(panel.ask(notebook.cells, 3)).values()) == {"fresh"}

        edited = {**notebook.cells, "load": "%%mlops_stage load\nrows = [1, 2, 4]"}
        told = panel.ask(edited, 4)
        assert statuses(told) == {"load": "stale", "train": "undecided", "report": "undecided"}
        assert reasons(told, "load") == ["line 2 changed since it ran"]
        assert reasons(told, "train") == ["waits for stage 'load', which is stale"]

        runner.run("load", edited["load"])
        told = panel.ask(edited, 5)
        assert statuses(told) == {"load": "fresh", "train": "stale", "report": "stale"}
        assert reasons(told, "train") == ["it reads 'rows', which stage 'load' changed"]

        runner.run("train")
        runner.run("report", "%%mlops_stage report\n1 / 0")
        told = panel.ask(notebook.cells, 6)
        assert statuses(told) == {"load": "fresh", "train": "fresh", "report": "failed"}
        assert reasons(told, "report") == ["ZeroDivisionError: division by zero"]

        (folder / "helper.py").write_text("def scale(x):\n    return x * 3\n")
        told = panel.ask(notebook.cells, 7)
        assert statuses(told)["train"] == "stale"
        assert "helper.py' changed on the disk" in reasons(told, "train")[0]


STATES = {
    "first": "import numpy as np\nLIMIT = 2",
    "seed": "np.random.seed(0)",
    "look": "np.set_printoptions(precision=3)",
    "load": "%%mlops_stage load\nrows = [1, 2, 3]",
    "grow": "%%mlops_stage grow\nrows.append(LIMIT)\nsize = len(rows)",
    "draw": "%%mlops_stage draw\nnoise = np.random.rand()",
    "show": "%%mlops_stage show\nprint(np.array([1.23456789]))",
}


def again(told: Mapping[str, Any], name: str) -> Sequence[str]:
    return next(stage["again"] for stage in told["stages"] if stage["name"] == name)


def test_random_states_options_and_what_changes_in_place_are_told_as_a_run_has_them(
    folder: Path,
) -> None:
    notebook = LiveNotebook(folder, STATES)
    fresh = dict.fromkeys(("load", "grow", "draw", "show"), "fresh")
    with notebook.kernel() as runner:
        panel = Panel(runner)

        def now() -> dict[str, Any]:
            now.version += 1  # type: ignore[attr-defined]
            return panel.ask(notebook.cells, now.version)  # type: ignore[attr-defined]

        now.version = 0  # type: ignore[attr-defined]
        runner.run_all()
        assert statuses(now()) == fresh

        # Drawn on from where it had left off; what it changes in place changed again.
        runner.run("draw")
        runner.run("grow")
        told = now()
        assert statuses(told) == {**fresh, "draw": "stale", "grow": "stale"}
        assert reasons(told, "draw") == [
            "the random state of numpy was another when it ran than cell 1 leaves"
        ]
        assert reasons(told, "grow") == ["it ran on 'rows' as it had itself left it"]
        assert (again(told, "draw"), again(told, "grow")) == (["seed"], ["load"])
        for ident in ("seed", "load", "grow", "draw"):
            runner.run(ident)
        assert statuses(now()) == fresh

        # An option that is set again to what it was, and one that is not.
        runner.run("look")
        assert statuses(now()) == fresh
        runner.run("look", "np.set_printoptions(precision=4)")
        told = now()
        assert set(statuses(told).values()) == {"stale"}
        assert reasons(told, "show") == ["the options of numpy.printing changed, by cell 2"]
        assert again(told, "draw") == ["seed"]
        for ident in ("seed", "load", "grow", "draw", "show"):
            runner.run(ident)
        assert statuses(now()) == fresh

        # An edited constant is compared before its cell runs again; the import stands.
        notebook.cells["first"] = "import numpy as np\nLIMIT = 3"
        told = now()
        assert statuses(told) == {**fresh, "grow": "stale"}
        assert reasons(told, "grow") == ["'LIMIT' of cell 0 was edited: 2 → 3"]


def test_a_restored_stage_says_so_and_a_running_one_too(folder: Path) -> None:
    notebook = LiveNotebook(folder, CELLS)
    with notebook.kernel() as runner:
        runner.run_all()
    with notebook.kernel() as runner:
        panel = Panel(runner)
        panel.ask(CELLS)
        runner.run("imports")
        runner.run("load")
        told = panel.ask(CELLS, 2)
        assert statuses(told)["load"] == "restored"
        assert reasons(told, "load")[0].startswith("from the run of 2")
        runner.kernel.send(CELLS["train"], metadata={**LAB, "cellId": "train"})
        seen = [""]
        while seen[-1] != "restored":  # what was told of the cells before may still come in between
            seen.append(statuses(panel.next("stages"))["train"])
        assert seen[-2] == "running"


def test_what_is_no_message_is_answered_and_stirs_nothing(folder: Path) -> None:
    notebook = LiveNotebook(folder, CELLS)
    with notebook.kernel() as runner:
        runner.run_all()
        panel = Panel(runner)
        panel.send({"type": "status", "version": 3, "cells": 7})
        assert panel.next("error")["message"] == "'cells' is no list of objects"
        panel.send({"type": "dance"})
        assert panel.next("error")["message"] == "a message of type 'dance' is not known"
        told = runner.kernel.run(
            "print(__import__('_mlops_nb_session').current.cells._stir._is_stirred)", silent=True
        )
        assert told.text == "False\n"
