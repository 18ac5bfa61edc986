"""What the routes on an open document say: the same as the commands, of cells that are sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mlops_nb.errors import InputError
from mlops_nb.lab.analysis import ACTIONS
from mlops_nb.lab.requests import Request
from mlops_nb.project.project import Project

CELLS = [
    {"id": "p", "source": "n: int = 3  # rows\nrate = 0.5", "tags": ["parameters"]},
    {"id": "s", "source": "from math import *"},
    {"id": "m", "cell_type": "markdown", "source": "# Load"},
    {"id": "a", "source": "rows = list(range(n))", "tags": ["stage:load"]},
    {
        "id": "b",
        "source": "score = sqrt(sum(rows))",
        "metadata": {"mlops_nb": {"stage": "fit", "metrics": ["score"]}},
    },
    {"id": "c", "source": "%%mlops_stage report --needs fit\nprint(scoer)"},
]


def _ask(root: Path, action: str, *parts: str, **body: Any) -> dict[str, Any]:
    said = {"path": "sub/x.ipynb", "cells": CELLS, **body}
    request = Request(root=root, raw=json.dumps(said).encode(), parts=parts)
    answer: dict[str, Any] = ACTIONS[action](request)
    return answer


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "pyproject.toml").touch()
    return tmp_path


def test_a_document_is_told_as_graph_and_check_tell_it(root: Path) -> None:
    told = _ask(root, "document", version=7)
    assert told["version"] == 7
    assert [stage["name"] for stage in told["stages"]] == ["load", "fit", "report"]
    assert told["stages"][1] | {"inputs": 0} == {
        "name": "fit",
        "cells": [4],
        "cell_ids": ["b"],
        "inputs": 0,
        "outputs": [],
        "upstream": ["load"],
        "options": {"metrics": ["score"]},
        "metrics": ["score"],
        "model": None,
    }
    by_id = {cell["id"]: cell for cell in told["cells"]}
    assert (by_id["b"]["kind"], by_id["b"]["stage"], by_id["b"]["upstream"]) == (
        "stage",
        "fit",
        [1, 3],
    )
    assert [by_id[ident]["carriers"] for ident in "abc"] == [["tag"], ["metadata"], ["magic"]]
    assert [(one["name"], one["type"], one["default"]) for one in told["parameters"]] == [
        ("n", "int", 3),
        ("rate", "float", 0.5),
    ]
    assert told["parameters"][0]["description"] == "rows"
    assert [edge["names"] for edge in told["layout"]["edges"]] == [["rows"], []]


def test_a_finding_has_its_range_and_says_whether_there_is_a_fix(root: Path) -> None:
    found = {one["code"]: one for one in _ask(root, "document")["diagnostics"]}
    unbound, star = found["MNB203"], found["MNB232"]
    assert (unbound["cell_id"], unbound["line"], unbound["column"], unbound["end_column"]) == (
        "c",
        2,
        6,
        11,
    )
    assert not unbound["fixable"]
    assert star["fixable"]


def test_a_document_that_is_nowhere_on_the_disk_is_told_too(root: Path) -> None:
    told = _ask(root, "document", path="Untitled.ipynb", cells=[{"id": "a", "source": "x = 1"}])
    assert told["stages"] == []
    assert told["layout"] == {"columns": 0, "rows": 0, "nodes": [], "edges": []}
    assert not list(root.glob(".mlops_nb"))


def test_an_edit_is_seen_and_the_other_document_is_not_mixed_up(root: Path) -> None:
    _ask(root, "document")
    edited = [*CELLS[:5], {"id": "c", "source": "# mlops: stage report\nprint(score)"}]
    assert "MNB203" not in {
        one["code"] for one in _ask(root, "document", cells=edited)["diagnostics"]
    }
    assert _ask(root, "document", path="other.ipynb", cells=CELLS[:2])["stages"] == []
    assert len(_ask(root, "document", cells=edited)["stages"]) == 3


def test_settings_that_cannot_be_used_are_told_until_they_are_mended(root: Path) -> None:
    settings = root / "sub" / "pyproject.toml"
    settings.write_text("[tool.mlops_nb]\nkache = 'all'\n", "utf-8")
    [fault] = _ask(root, "document")["diagnostics"]
    assert (fault["severity"], fault["cell"], fault["cell_id"]) == ("error", -1, None)
    assert "kache" in fault["message"]
    settings.write_text("", "utf-8")
    assert _ask(root, "document")["stages"]


def test_what_the_command_finds_in_the_saved_file_is_told_of_the_open_one(root: Path) -> None:
    hook = "repos:\n- repo: https://github.com/kynan/nbstripout\n  hooks:\n  - id: nbstripout\n"
    args = "    args: [--extra-keys=cell.metadata.tags]\n"
    (root / "sub" / ".pre-commit-config.yaml").write_text(hook + args, "utf-8")
    told = _ask(root, "document")["diagnostics"]
    saved = root / "sub" / "x.ipynb"
    cells = [
        {
            "cell_type": cell.get("cell_type", "code"),
            "id": cell["id"],
            "source": cell["source"],
            "metadata": {**cell.get("metadata", {}), "tags": cell.get("tags", [])},
            "outputs": [],
            "execution_count": None,
        }
        for cell in CELLS
    ]
    node = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    saved.write_text(json.dumps(node), "utf-8")
    checked = Project.find(saved).check(saved)
    assert [(one["code"], one["cell"]) for one in told] == [
        (finding.code, finding.cell) for finding in checked.findings
    ]
    assert "MNB255" in {one["code"] for one in told}


def test_metadata_that_are_not_sent_are_those_of_the_saved_file(root: Path) -> None:
    saved = root / "sub" / "x.ipynb"
    for language, n_found in (("R", 0), ("python", 1)):
        saved.write_text(json.dumps({"metadata": {"language_info": {"name": language}}}), "utf-8")
        told = _ask(root, "document", cells=[{"id": "a", "source": "x <- = 1"}])
        assert len(told["diagnostics"]) == n_found
    saved.write_text("no notebook", "utf-8")
    assert _ask(root, "document")["stages"]
    sent = {"language_info": {"name": "R"}}
    told = _ask(root, "document", cells=[{"id": "a", "source": "x <- = 1"}], metadata=sent)
    assert told["diagnostics"] == []


def test_fixes_are_edits_of_cells_that_mend_what_they_say(root: Path) -> None:
    told = _ask(root, "fixes")
    assert told["edits"] == [{"cell_id": "s", "source": "from math import sqrt"}]
    assert "+from math import sqrt" in told["diff"]
    assert _ask(root, "fixes", code="MNB999")["edits"] == []
    assert _ask(root, "fixes", cell_id="a")["edits"] == []
    assert _ask(root, "fixes", cell_id="s", code="MNB232")["edits"] == told["edits"]


def test_a_suggestion_is_what_the_command_suggests(root: Path) -> None:
    cells = [
        {"id": "h", "cell_type": "markdown", "source": "# Load the data"},
        {"id": "a", "source": "import pandas as pd\ndf = pd.read_csv('a.csv')"},
        {"id": "k", "cell_type": "markdown", "source": "# Train"},
        {
            "id": "b",
            "source": "from sklearn.linear_model import LogisticRegression\n"
            "model = LogisticRegression().fit(df[['x']], df['y'])",
        },
    ]
    told = _ask(root, "suggestions", cells=cells)
    assert [(one["name"], one["cell_ids"]) for one in told["stages"]] == [
        ("load", ["a"]),
        ("train", ["b"]),
    ]
    assert told["edits"][0] == {"cell_id": "a", "metadata": {"stage": "load"}}
    with pytest.raises(InputError, match="carries no directive"):
        _ask(root, "suggestions", cells=cells, carrier="ink")


def test_renaming_changes_every_cell_that_says_the_name(root: Path) -> None:
    told = _ask(root, "rename", old="fit", new="train")
    assert told["edits"] == [
        {"cell_id": "b", "metadata": {"stage": "train", "metrics": ["score"]}},
        {"cell_id": "c", "source": "%%mlops_stage report --needs train\nprint(scoer)"},
    ]


def test_a_code_is_explained(root: Path) -> None:
    told = _ask(root, "explain", "MNB203")
    assert told["code"] == "MNB203"
    assert told["text"].startswith("# MNB203")


def test_looking_at_a_document_writes_nothing(root: Path) -> None:
    before = sorted(root.rglob("*"))
    for action in ("document", "fixes", "suggestions"):
        _ask(root, action)
    assert sorted(root.rglob("*")) == before
    assert Project.find(root / "sub" / "x.ipynb").root == root / "sub"
