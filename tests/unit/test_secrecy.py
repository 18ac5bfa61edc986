"""Errors that leave a run hold none of its secrets, whoever raised them."""

from __future__ import annotations

import traceback

import pytest

from mlops_nb.errors import InfrastructureError, InputError
from mlops_nb.pipeline.secrets import Masker
from mlops_nb.project.secrecy import mask_what_can_be, told_without

TOKEN = "tok_48Zq7Lm2Xw8Rt6Y1kP0s"


def refuse() -> None:
    try:
        raise ValueError(TOKEN)
    except ValueError as error:
        raise InputError("MNB302", "nb", f"got {TOKEN!r}.", "Pass a number.") from error


def test_an_error_of_ours_keeps_its_kind_and_loses_its_cause() -> None:
    with pytest.raises(InputError) as told, told_without(Masker({"T": TOKEN})):
        refuse()
    assert told.value.args == ("MNB302", "nb", "got '***'.", "Pass a number.")
    assert TOKEN not in "".join(traceback.format_exception(told.value))


def test_another_error_becomes_one_of_ours_if_it_holds_a_secret() -> None:
    with (
        pytest.raises(InfrastructureError, match=r"OSError: \*\*\* is away") as told,
        told_without(Masker({"T": TOKEN})),
    ):
        raise OSError(f"{TOKEN} is away")
    assert told.value.code == "MNB420"
    with pytest.raises(OSError, match="something else"), told_without(Masker({"T": TOKEN})):
        raise OSError("something else")


def test_names_that_are_not_set_mask_nothing() -> None:
    with (
        pytest.raises(InputError, match=r"\*\*\* and abc"),
        told_without(mask_what_can_be(["T", "SHORT", "NOT_SET"], {"T": TOKEN, "SHORT": "abc"})),
    ):
        raise InputError("MNB307", "f", f"{TOKEN} and abc.", "Mend it.")
