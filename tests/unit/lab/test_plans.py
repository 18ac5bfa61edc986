"""What a plan says of a document with which no run would begin: a plan, and why it is open."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mlops_nb.errors import InputError
from mlops_nb.lab.plans import plan
from mlops_nb.lab.requests import Request

CELLS = [
    {"id": "a", "source": "rows = 3", "tags": ["stage:load"]},
    {"id": "b", "source": "score = rows", "tags": ["stage:fit"]},
]
BROKEN = [*CELLS, {"id": "c", "source": "%%mlops_stage fit --metrcis score\nx = 1"}]
FAULTS: dict[str, tuple[dict[str, Any], str, list[str]]] = {
    "an option that is none": ({"cells": BROKEN}, "MNB2", ["load", "fit"]),
    "a parameter that is none": ({"parameters": {"m": 1}}, "MNB304", ["load", "fit"]),
    "a stage that is none": ({"until": "fti"}, "MNB807", ["load", "fit"]),
}


def _ask(root: Path, **body: Any) -> dict[str, Any]:
    said = {"path": "x.ipynb", "cells": CELLS, **body}
    return plan(Request(root=root, raw=json.dumps(said).encode()))


@pytest.mark.parametrize(("body", "code", "names"), FAULTS.values(), ids=FAULTS)
def test_a_plan_that_cannot_be_made_says_so_of_each_stage(
    tmp_path: Path, body: dict[str, Any], code: str, names: list[str]
) -> None:
    (tmp_path / "pyproject.toml").touch()
    told = _ask(tmp_path, **body)
    assert told["why_not"]["code"].startswith(code)
    assert told["why_not"]["remedy"]
    assert [stage["name"] for stage in told["stages"]] == names
    assert {stage["action"] for stage in told["stages"]} == {"undecided"}
    assert told["stages"][0]["reasons"] == [told["why_not"]["message"]]
    assert list(tmp_path.iterdir()) == [tmp_path / "pyproject.toml"]


def test_settings_that_cannot_be_read_are_no_wrong_question(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.mlops_nb\n", "utf-8")
    assert _ask(tmp_path)["why_not"]["code"].startswith("MNB8")


def test_with_the_cache_off_everything_that_is_asked_for_runs(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    told = _ask(tmp_path, no_cache=True, until="load")
    assert told["why_not"] is None
    assert told["needs_kernel"]
    assert [(stage["action"], stage["reason"]) for stage in told["stages"]] == [
        ("run", "the cache is off"),
        ("skip", "it is not asked for"),
    ]


def test_where_nothing_can_be_kept_everything_runs(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / ".mlops_nb").touch()  # in the way, as a folder is that may not be written
    told = _ask(tmp_path)
    assert (told["why_not"], told["needs_kernel"]) == (None, True)
    assert {(stage["action"], stage["reason"]) for stage in told["stages"]} == {
        ("run", "nothing can be kept here")
    }
    assert told["notes"][0].startswith("Nothing is kept of this run")


def test_a_request_that_is_malformed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="MNB881"):
        _ask(tmp_path, cells=3)
