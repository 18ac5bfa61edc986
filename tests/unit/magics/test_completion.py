"""Completion: what can come next in a directive."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pytest

from mlops_nb.magics.completion import candidates
from mlops_nb.pipeline.options import flags


class Model:
    def predict(self) -> None: ...


NAMESPACE = {"X": 1, "auc": 0.5, "clf": Model(), "math": math, "_hidden": 1, "In": [], "len": len}
BODY = "score = 1\nX, (a, *b) = 1, (2, 3)\nfor i in b:\n    inner = 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    line: str
    expected: tuple[str, list[str]] | None


CASES = [
    Case(line="x = 1", expected=None),
    Case(line="%%mlops_stage", expected=None),
    Case(line="%%mlops_stage ", expected=("", ["load", "train"])),
    Case(line="%%mlops_stage tr", expected=("tr", ["train"])),
    Case(line="# mlops: stage tr", expected=("tr", ["train"])),
    Case(line="%%mlops_stage t --e", expected=("--e", ["--example", "--eval", "--env"])),
    Case(line="%%mlops_stage t --eval X,y --e", expected=("--e", ["--example", "--env"])),
    Case(line="%%mlops_stage t --no", expected=("--no", ["--no-cache"])),
    Case(line="%%mlops_stage t --needs l", expected=("l", ["load"])),
    Case(line="%%mlops_stage t --needs=l", expected=("l", ["load"])),
    Case(line="%%mlops_stage t --metrics s", expected=("s", ["score"])),
    Case(line="%%mlops_stage t --metrics auc,s", expected=("s", ["score"])),
    Case(line="%%mlops_stage t --model c", expected=("c", ["clf"])),
    Case(line="%%mlops_stage t --timeout 5", expected=("5", [])),
    Case(line="%%mlops_stage t --inputs ma", expected=("ma", [])),
    Case(line="%%mlops_stage t --inputs _", expected=("_", [])),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.line)
def test_candidates(case: Case) -> None:
    found = candidates(case.line, body=BODY, namespace=NAMESPACE, stages=["train", "load"])
    assert found == case.expected


def test_what_the_body_binds_comes_before_what_is_bound() -> None:
    found = candidates("%%mlops_stage t --metrics ", body=BODY, namespace=NAMESPACE, stages=[])
    assert found is not None
    assert found[1][:6] == ["score", "X", "a", "b", "i", "auc"]


def test_options_that_are_not_said_yet_are_offered() -> None:
    found = candidates("%%mlops_stage t --model clf --", body="", namespace={}, stages=[])
    assert found == ("--", [flag for flag in flags() if flag != "--model"])


def test_a_body_that_does_not_parse_still_gives_its_names() -> None:
    found = candidates("%%mlops_stage t --metrics go", body="good = (1", namespace={}, stages=[])
    assert found == ("go", ["good"])
