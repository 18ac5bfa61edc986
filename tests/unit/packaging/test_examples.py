from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.linear_model import LinearRegression

from mlops_nb.errors import InputError
from mlops_nb.packaging.examples import (
    EXAMPLE_ROWS,
    as_model_input,
    choose_example,
    infer_signature,
)
from mlops_nb.packaging.package import PackageRequest

TABLE = pd.DataFrame({"a": np.arange(20.0), "b": np.arange(20.0)})
MODEL = LinearRegression().fit(TABLE, TABLE["a"])


def request(**said: Any) -> PackageRequest:
    names = ("X_test", "y_test")[: len(said.get("evaluation", ()))]
    return PackageRequest(variable="reg", stage="train", evaluation_names=names, **said)


def input_types(frame: pd.DataFrame) -> dict[str, str]:
    signature = infer_signature(
        choose_example(request(example=frame), model=None), answer=lambda rows: np.zeros(len(rows))
    )
    return {
        spec["name"]: spec["type"] + ("" if spec["required"] else "?")
        for spec in signature.inputs.to_dict()
    }


def test_the_example_is_the_first_rows_of_the_one_named() -> None:
    example = choose_example(request(example=TABLE, evaluation=(TABLE + 1,)), model=MODEL)

    pd.testing.assert_frame_equal(example.rows, TABLE.iloc[:EXAMPLE_ROWS])


def test_without_an_example_the_evaluation_data_lend_one() -> None:
    example = choose_example(request(evaluation=(TABLE + 1, TABLE["a"])), model=MODEL)

    pd.testing.assert_frame_equal(example.rows, TABLE.iloc[:EXAMPLE_ROWS] + 1)
    assert example.note == ""


def test_without_either_there_is_none_and_a_note_says_what_is_missing() -> None:
    example = choose_example(request(), model=MODEL)

    assert example.rows is None
    assert "no signature and no golden predictions" in example.note


def test_no_rows_are_an_error() -> None:
    with pytest.raises(InputError, match=r"MNB605 stage 'train', model 'reg': .*without rows"):
        choose_example(request(example=TABLE.iloc[:0]), model=MODEL)


def test_one_labelled_row_becomes_a_table_of_one_row() -> None:
    row = as_model_input(TABLE.iloc[3], model=MODEL)

    assert row.shape == (1, 2)
    assert list(row.columns) == ["a", "b"]
    assert MODEL.predict(row).shape == (1,)


def test_one_flat_row_of_numbers_becomes_a_table_of_one_row() -> None:
    model = LinearRegression().fit(TABLE.to_numpy(), TABLE["a"])

    assert as_model_input(np.array([1.0, 2.0]), model=model).shape == (1, 2)


@pytest.mark.parametrize(
    "texts", [["a", "b"], ("a", "b"), pd.Series(["a", "b"]), np.array(["a", "b"])]
)
def test_texts_become_the_one_form_pyfunc_hands_on_unchanged(texts: Any) -> None:
    array = as_model_input(texts, model=None)

    assert array.dtype == object
    assert array.tolist() == ["a", "b"]


def test_sparse_arrays_become_the_matrices_mlflow_knows() -> None:
    value = as_model_input(sparse.csc_array(np.eye(2)), model=None)

    assert isinstance(value, sparse.csr_matrix)


def test_every_column_type_has_its_own_type_in_the_signature_and_nothing_warns() -> None:
    frame = pd.DataFrame(
        {
            "long": [1, 2],
            "int": np.array([1, 2], dtype="int32"),
            "tiny": np.array([1, 2], dtype="uint8"),
            "nullable": pd.array([1, None], dtype="Int64"),
            "float": [1.0, 2.0],
            "gaps": [1.0, np.nan],
            "text": ["a", "b"],
            "holes": ["a", None],
            "flag": [True, False],
            "day": pd.to_datetime(["2020-01-01", "2020-01-02"]),
            "kind": pd.Categorical(["x", "y"]),
        }
    )

    assert input_types(frame) == {
        "long": "long",
        "int": "integer",
        "tiny": "integer",
        "nullable": "long?",
        "float": "double",
        "gaps": "double?",
        "text": "string",
        "holes": "string?",
        "flag": "boolean",
        "day": "datetime",
        "kind": "any",
    }


def test_a_column_is_optional_if_the_evaluation_data_have_gaps_in_it() -> None:
    gaps = TABLE.copy()
    gaps.loc[15, "b"] = np.nan
    example = choose_example(request(example=TABLE, evaluation=(gaps,)), model=MODEL)
    signature = infer_signature(example, answer=MODEL.predict)

    assert [spec["required"] for spec in signature.inputs.to_dict()] == [True, False]


@pytest.mark.parametrize(
    ("answer", "output"),
    [
        (lambda rows: np.array(["a"] * len(rows), dtype=object), "object"),
        (lambda rows: np.zeros(len(rows), dtype="int64"), "int64"),
        (lambda rows: pd.Series(np.zeros(len(rows))), "float64"),
        (lambda rows: [0.5] * len(rows), "float64"),
    ],
    ids=["labels", "integers", "a series", "a list"],
)
def test_predictions_of_every_common_type_are_described(answer: Any, output: str) -> None:
    signature = infer_signature(choose_example(request(example=TABLE), model=MODEL), answer=answer)

    assert signature.outputs.to_dict()[0]["tensor-spec"]["dtype"] == output


def test_what_mlflow_has_no_words_for_has_no_signature() -> None:
    frame = pd.DataFrame({"z": [1 + 2j]})

    assert infer_signature(choose_example(request(example=frame), model=None), answer=len) is None
