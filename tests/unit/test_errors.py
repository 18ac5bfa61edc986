"""Errors are interface: code, place, fault, remedy, and they survive pickling."""

from __future__ import annotations

import pickle

import pytest

from mlops_nb import errors

KINDS = [
    (errors.InputError, 2),
    (errors.NotebookFailedError, 1),
    (errors.InfrastructureError, 5),
    (errors.RunInterruptedError, 130),
    (errors.RunTerminatedError, 143),
]


@pytest.mark.parametrize(("kind", "exit_code"), KINDS)
def test_an_error_survives_pickling_with_all_it_says(
    kind: type[errors.MlopsNbError], exit_code: int
) -> None:
    error = kind("MNB203", "churn.ipynb, cell 7", "It is 'so'.", "Do this.")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is kind
    assert (copy.code, copy.place, copy.fault, copy.remedy) == error.args
    assert copy.exit_code == exit_code


def test_an_error_reads_as_code_place_fault_and_a_line_of_remedy() -> None:
    error = errors.InputError("MNB203", "churn.ipynb, cell 7", "It is 'so'.", "Do this.")
    assert str(error) == "MNB203 churn.ipynb, cell 7: It is 'so'.\nDo this."


def test_an_error_without_a_place_says_none() -> None:
    assert (
        str(errors.InputError("MNB801", "", "It is so.", "Do this."))
        == "MNB801: It is so.\nDo this."
    )


def test_ipython_shows_the_message_alone() -> None:
    error = errors.InputError("MNB203", "cell 7", "It is so.", "Do this.")
    assert error._render_traceback_() == ["MNB203 cell 7: It is so.", "Do this."]
