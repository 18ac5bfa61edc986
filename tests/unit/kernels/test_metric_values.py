"""Metrics: numbers, dicts and series of numbers; anything else is told with its type."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlops_nb.kernels.metric_values import missing_name, read_metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    value: Any
    metrics: dict[str, float] = field(default_factory=dict)
    series: dict[str, list[float]] = field(default_factory=dict)


class Hostile:
    """Raises whatever it is asked."""

    @property
    def shape(self) -> Any:
        return ()

    def item(self) -> Any:
        raise RuntimeError

    def __len__(self) -> int:
        raise RuntimeError


READ = [
    Case(value=3, metrics={"m": 3.0}),
    Case(value=True, metrics={"m": 1.0}),
    Case(value=0.1, metrics={"m": 0.1}),
    Case(value=np.float32(0.5), metrics={"m": 0.5}),
    Case(value=np.int64(2), metrics={"m": 2.0}),
    Case(value=np.bool_(True), metrics={"m": 1.0}),
    Case(value=np.array(1.5), metrics={"m": 1.5}),
    Case(value=Decimal("1.5"), metrics={"m": 1.5}),
    Case(value=Fraction(1, 2), metrics={"m": 0.5}),
    Case(value=math.inf, metrics={"m": math.inf}),
    Case(value={"a": 1, 2: 0.5}, metrics={"m.a": 1.0, "m.2": 0.5}),
    Case(
        value={"macro avg": {"f1-score": 0.5}, "x": [1, 2]},
        metrics={"m.macro avg.f1-score": 0.5},
        series={"m.x": [1.0, 2.0]},
    ),
    Case(value={"é(%)": 1}, metrics={"m.é___": 1.0}),
    Case(value=[3, 2.5, True], series={"m": [3.0, 2.5, 1.0]}),
    Case(value=(1,), series={"m": [1.0]}),
    Case(value=np.arange(3), series={"m": [0.0, 1.0, 2.0]}),
    Case(value=pd.Series([1.0, 2.0], index=[5, 6]), series={"m": [1.0, 2.0]}),
    Case(value=pd.Series({"r2": 0.5, "mae": 2}), metrics={"m.r2": 0.5, "m.mae": 2.0}),
]


@pytest.mark.parametrize("case", READ, ids=lambda case: repr(case.value))
def test_numbers_are_read_in_every_shape(case: Case) -> None:
    assert read_metrics(["m"], {"m": case.value}) == (case.metrics, case.series, [])


UNREADABLE = [
    None,
    "0.9",
    b"1",
    1j,
    [],
    {},
    {"a": "b"},
    [1, "2"],
    [[1, 2]],
    {1, 2},
    range(3),
    (n for n in (1, 2)),
    np.eye(2),
    pd.NA,
    pd.DataFrame({"a": [1]}),
    pd.Series(["a"]),
    10**400,
    Hostile(),
    {"k" * 300: 1},
    {"a*": 1, "a+": 2},
    list(range(100_001)),
]


@pytest.mark.parametrize("value", UNREADABLE, ids=lambda value: repr(type(value)))
def test_what_is_no_number_is_a_fault(value: Any) -> None:
    _, series, faults = read_metrics(["m"], {"m": value})
    assert [f["code"] for f in faults] == ["MNB452"]
    assert "--metrics m" in faults[0]["message"]
    assert series == {}


def test_a_nan_is_a_number() -> None:
    metrics, _, faults = read_metrics(["m"], {"m": float("nan")})
    assert math.isnan(metrics["m"])
    assert faults == []


def test_a_dict_that_contains_itself_is_a_fault() -> None:
    value: dict[str, Any] = {}
    value["again"] = value
    assert [f["code"] for f in read_metrics(["m"], {"m": value})[2]] == ["MNB452"]


def test_a_missing_name_is_told_with_the_nearest_public_one() -> None:
    found = missing_name("--metrics", "acuracy", {"accuracy": 1, "_acuracy": 2}, when="yet")
    assert found["code"] == "MNB451"
    assert found["message"] == "'--metrics acuracy' names no variable yet."
    assert found["remedy"] == "The nearest variable is 'accuracy'."
    assert missing_name("--model", "m", {}, when="yet")["remedy"] == "Bind 'm' in the stage."


@pytest.mark.parametrize("labels", [["low", "high"], ["1", "2"], [1.0, None]])
def test_a_sequence_with_an_item_that_is_no_number_says_which(labels):
    (told,) = read_metrics(["y"], {"y": labels})[2]
    odd = next(step for step, item in enumerate(labels) if not isinstance(item, float))
    assert f"of length 2, whose value {odd} is a {type(labels[odd]).__name__}." in told["message"]
