from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlops_nb.packaging.golden import compare_golden, has_golden, record_golden

ROWS = pd.DataFrame({"x": np.arange(60.0)})


def double(rows: pd.DataFrame) -> np.ndarray[Any, Any]:
    return rows["x"].to_numpy() * 2


def package(tmp_path: Path) -> Path:
    (tmp_path / "mlops_nb").mkdir()
    return tmp_path


def test_the_same_answers_are_no_difference(tmp_path: Path) -> None:
    answers = {"predict": double, "predict_proba": lambda rows: [double(rows), double(rows)]}
    assert record_golden(package(tmp_path), ROWS, answers=answers) == ""

    assert has_golden(tmp_path)
    assert compare_golden(tmp_path, answers=answers) == {}


def test_rows_answered_otherwise_are_named_by_method(tmp_path: Path) -> None:
    record_golden(package(tmp_path), ROWS, answers={"predict": double, "decision_function": double})

    def off(rows: pd.DataFrame) -> np.ndarray[Any, Any]:
        found = double(rows)
        found[[3, 7]] += 1e-3
        return found

    differing = compare_golden(tmp_path, answers={"predict": off, "decision_function": double})

    assert differing == {"predict": (3, 7)}


@pytest.mark.parametrize(
    ("dtype", "nudge", "differs"),
    [
        ("float64", 1e-8, False),
        ("float64", 1e-5, True),
        ("float32", 1e-5, False),
        ("float32", 1e-3, True),
    ],
)
def test_floats_may_differ_by_what_another_processor_does_and_no_more(
    tmp_path: Path, dtype: str, nudge: float, differs: bool
) -> None:
    record_golden(package(tmp_path), ROWS, answers={"predict": lambda r: double(r).astype(dtype)})

    found = compare_golden(
        tmp_path, answers={"predict": lambda r: (double(r) * (1 + nudge)).astype(dtype)}
    )

    assert bool(found) is differs


@pytest.mark.parametrize(
    "labels",
    [["yes", "no"], [0, 1], [True, False], [None, "x"], [("a", 1), ("b", 2)]],
    ids=["texts", "integers", "booleans", "with none", "tuples"],
)
def test_labels_of_any_type_are_compared_exactly(tmp_path: Path, labels: list[Any]) -> None:
    def answer(order: list[Any]) -> Any:
        column = np.empty(60, dtype=object)
        column[:] = order * 30
        return lambda rows: column[: len(rows)]

    record_golden(package(tmp_path), ROWS, answers={"predict": answer(labels)})

    assert compare_golden(tmp_path, answers={"predict": answer(labels)}) == {}
    assert len(compare_golden(tmp_path, answers={"predict": answer(labels[::-1])})["predict"]) == 50


def test_a_method_that_is_gone_or_raises_differs_in_all_rows(tmp_path: Path) -> None:
    record_golden(
        package(tmp_path), ROWS.iloc[:2], answers={"predict": double, "predict_proba": double}
    )

    def broken(rows: Any) -> Any:
        raise ValueError

    assert compare_golden(tmp_path, answers={"predict": broken}) == {
        "predict": (0, 1),
        "predict_proba": (0, 1),
    }


def test_an_answer_of_another_shape_differs_in_all_rows(tmp_path: Path) -> None:
    record_golden(package(tmp_path), ROWS.iloc[:2], answers={"predict": double})

    wider = {"predict": lambda rows: np.column_stack([double(rows)] * 2)}

    assert compare_golden(tmp_path, answers=wider) == {"predict": (0, 1)}


def test_a_method_other_than_predict_that_raises_is_left_out(tmp_path: Path) -> None:
    def broken(rows: Any) -> Any:
        raise ValueError

    record_golden(package(tmp_path), ROWS, answers={"predict": double, "predict_proba": broken})

    assert compare_golden(tmp_path, answers={"predict": double}) == {}


def test_rows_that_fit_no_safe_format_give_a_note(tmp_path: Path) -> None:
    note = record_golden(package(tmp_path), object(), answers={"predict": lambda rows: [1]})

    assert note.startswith("No golden predictions: builtins.object does not fit")
    assert not has_golden(tmp_path)
