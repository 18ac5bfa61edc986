"""Which status tells which error, and what of it a browser sees."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlops_nb.errors import (
    ApprovalMissingError,
    InfrastructureError,
    InputError,
    MlopsNbError,
    NotBlessedError,
)
from mlops_nb.lab.answers import Answer, answering, status_of

ROOT = Path("/home/me")
STATUSES: dict[int, list[MlopsNbError]] = {
    400: [InputError("MNB880", "", "f", "r"), InputError("MNB881", "", "f", "r")],
    403: [InputError("MNB882", "", "f", "r")],
    404: [
        InputError(code, "", "f", "r")
        for code in ("MNB101", "MNB513", "MNB711", "MNB712", "MNB819", "MNB883", "MNB885")
    ],
    409: [InputError(code, "", "f", "r") for code in ("MNB112", "MNB771", "MNB884")],
    422: [
        InputError("MNB203", "", "f", "r"),
        NotBlessedError("MNB720", "", "f", "r"),
        ApprovalMissingError("MNB724", "", "f", "r"),
    ],
    500: [InfrastructureError("MNB511", "", "f", "r"), InfrastructureError("MNB887", "", "", "")],
}


@pytest.mark.parametrize(
    ("status", "error"),
    [(status, error) for status, errors in STATUSES.items() for error in errors],
    ids=lambda value: getattr(value, "code", str(value)),
)
def test_an_error_has_the_status_that_says_whose_it_is(status: int, error: MlopsNbError) -> None:
    assert status_of(error) == status


def _fail(error: Exception) -> Answer:
    def work() -> None:
        raise error

    return answering(work, root=ROOT)


def test_an_error_is_told_with_the_servers_own_paths() -> None:
    answer = _fail(InputError("MNB203", "/home/me/a/b.ipynb, cell 3", "no /home/me/x.", "Make it."))
    assert answer.status == 422
    assert json.loads(answer.content) == {
        "code": "MNB203",
        "message": "no x.",
        "place": "a/b.ipynb, cell 3",
        "remedy": "Make it.",
    }


def test_the_root_itself_is_told_as_here() -> None:
    answer = _fail(InputError("MNB883", "/home/me", "not in /home/me2 nor '/home/me'.", "Look."))
    told = json.loads(answer.content)
    assert (told["place"], told["message"]) == (".", "not in /home/me2 nor '.'.")


def test_a_fault_of_ours_is_an_answer_too(capsys: pytest.CaptureFixture[str]) -> None:
    answer = _fail(ZeroDivisionError("division by zero"))
    assert answer.status == 500
    assert json.loads(answer.content)["code"] == "MNB889"
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_an_answer_is_json_for_browsers() -> None:
    answer = answering(lambda: {"loss": float("nan"), "names": ("a",)}, root=ROOT)
    assert (answer.status, answer.content) == (200, b'{"loss": null, "names": ["a"]}')
    assert answering(lambda: Answer.of([], 201), root=ROOT).status == 201


def test_a_refusal_is_content_for_a_page_that_shows_it_itself(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = _fail(InputError("MNB883", "", "f", "r")).told()
    assert told.status == 200
    assert json.loads(told.content) == {
        "refused": {"status": 404, "code": "MNB883", "message": "f", "place": "", "remedy": "r"}
    }
    infrastructure = _fail(InfrastructureError("MNB886", "", "f", "r")).told()
    assert json.loads(infrastructure.content)["refused"]["status"] == 500
    assert _fail(ZeroDivisionError("x")).told().status == 500  # a fault of ours is one
    assert Answer.of([1]).told() == Answer.of([1])
