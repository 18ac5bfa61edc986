"""What the server and the kernel say has the shape that the front end's TypeScript gives it.

Routes that need a registry or a job are held against it where they are asked:
`integration/test_lab_models.py`, `integration/test_lab_server.py`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from wire_shapes import read_shapes

from mlops_nb.errors import InputError
from mlops_nb.lab import analysis, plans
from mlops_nb.lab.answers import answering
from mlops_nb.lab.requests import Request
from mlops_nb.project.live_panel import describe_stages, read_document
from mlops_nb.project.live_runs import LiveRuns

SHAPES = read_shapes()
CELLS = [
    {"id": "p", "source": "n: int = 3  # rows\nrate = 0.5\nwhen = None", "tags": ["parameters"]},
    {"id": "s", "source": "from math import *"},
    {"id": "a", "source": "rows = list(range(n))", "tags": ["stage:load"]},
    {
        "id": "b",
        "source": "score = sqrt(sum(rows))",
        "metadata": {"mlops_nb": {"stage": "fit", "metrics": ["score"], "retries": 2}},
    },
    {"id": "c", "source": "%%mlops_stage report --needs fit\nprint(scoer)"},
]
UNTAGGED = [
    {"id": "a", "source": "import pandas as pd"},
    {"id": "b", "source": "df = pd.read_csv('x.csv')"},
    {
        "id": "c",
        "source": "from sklearn.linear_model import LogisticRegression\n"
        "clf = LogisticRegression().fit(df[['a']], df['b'])",
    },
]


def _ask(root: Path, action: str, cells: list[dict[str, Any]] = CELLS, **body: Any) -> Any:
    said = {"path": "x.ipynb", "cells": cells, "version": 1, **body}
    request = Request(root=root, raw=json.dumps(said).encode())
    actions = {**analysis.ACTIONS, **plans.ACTIONS}
    return json.loads(answering(lambda: actions[action](request), root=root).content)


ROUTES: dict[str, tuple[str, dict[str, Any], str]] = {
    "document": ("document", {}, "DocumentAnswer"),
    "fixes": ("fixes", {}, "Fixes"),
    "suggestions": ("suggestions", {"cells": UNTAGGED}, "Suggestions"),
    "nothing to suggest": ("suggestions", {"cells": []}, "Suggestions"),
    "rename": ("rename", {"old": "fit", "new": "train"}, "{readonly edits: readonly CellEdit[]}"),
    "plan": ("plan", {}, "{readonly stages: readonly PlannedStage[]}"),
    "no plan": ("plan", {"until": "x"}, "{readonly stages: readonly PlannedStage[]}"),
    "refusal": ("rename", {"old": "x", "new": "y"}, "Fault"),
    "malformed": ("document", {"cells": 3}, "Fault"),
}


@pytest.mark.parametrize(("action", "body", "kind"), ROUTES.values(), ids=ROUTES)
def test_an_answer_is_what_the_page_takes_it_for(
    tmp_path: Path, action: str, body: dict[str, Any], kind: str
) -> None:
    (tmp_path / "pyproject.toml").touch()
    told = _ask(tmp_path, action, **body)
    assert SHAPES.faults(told, kind) == []


def test_something_is_held_against_the_contract(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    told = _ask(tmp_path, "document")
    assert told["cells"]
    assert told["stages"]
    assert told["diagnostics"]
    assert told["parameters"]
    assert told["layout"]["edges"]
    del told["stages"][1]["upstream"]
    told["layout"]["nodes"][0]["x"] = "1"
    assert SHAPES.faults(told, "DocumentAnswer") == [
        ".stages[1].upstream is missing",
        ".layout.nodes[0].x: '1' is no number",
    ]


def test_what_the_kernel_says_is_what_the_page_takes_it_for(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    answer = _ask(tmp_path, "document")
    document = read_document({"version": 1, "cells": CELLS, "analysis": answer})
    runs, space = LiveRuns(), {"rows": [1, 2], "score": 0.5}
    runs.begin(str(CELLS[2]["source"]), "a")
    runs.end(error="", report={"seconds": 0.1, "metrics": {"score": 0.5}})

    def look(fact: object) -> str | None:
        raise LookupError(fact)

    told = json.loads(json.dumps(describe_stages(document, runs, look=look, namespace=space)))
    assert SHAPES.faults(told, "KernelMessage") == []
    assert told["stages"][0]["seconds"] == 0.1
    assert SHAPES.faults({"type": "error", "message": "m"}, "KernelMessage") == []
    assert SHAPES.faults({"type": "dance"}, "KernelMessage")


def test_a_refusal_in_the_content_carries_what_one_with_a_status_does(tmp_path: Path) -> None:
    def refuse() -> None:
        raise InputError("MNB883", "", "there is no job.", "Look.")

    told = json.loads(answering(refuse, root=tmp_path).told().content)
    assert SHAPES.faults(told["refused"], "Fault") == []


def test_a_form_sends_what_the_server_reads() -> None:
    _, (_, fields) = SHAPES.types["JobRequest"]
    read = {"path", "parameters", "stage", "until", "force", "no_cache", "gates", "register"}
    assert fields.keys() <= {*read, "promote_if_passed", "output"}
