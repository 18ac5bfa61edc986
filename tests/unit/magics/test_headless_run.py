"""What a headless run died of is told once, as the error it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mlops_nb.errors import (
    InfrastructureError,
    InputError,
    NotBlessedError,
    NotebookFailedError,
)
from mlops_nb.magics.headless_run import _summary
from mlops_nb.project.headless_process import _error

CASES: list[tuple[int, list[str], dict[str, Any], type[Exception], str]] = [
    (
        2,
        ["MNB211 nb.ipynb, cell 0, line 1: there is no option '--x'.\n", "Remove it.\n"],
        {},
        InputError,
        "MNB211 nb.ipynb, cell 0, line 1: there is no option '--x'.\nRemove it.",
    ),
    (
        2,
        ["Usage: mlops-nb run\n", "\n", "Error: No such option '--y'.\n"],
        {},
        InputError,
        "MNB822 nb.ipynb: No such option '--y'.\nSee 'mlops-nb run --help'.",
    ),
    (
        1,
        [],
        {"error": {"code": "MNB401", "message": "cell 3 failed."}, "output": "out.ipynb"},
        NotebookFailedError,
        "MNB401 nb.ipynb: cell 3 failed.\nThe executed notebook is out.ipynb.",
    ),
    (
        3,
        [],
        {
            "gates": [
                {"gate": "accuracy >= 0.9", "verdict": "failed", "reason": "0.8 is not >= 0.9."},
                {"gate": "clean_run", "verdict": "passed", "reason": "It is."},
            ],
            "output": "out.ipynb",
        },
        NotBlessedError,
        "MNB720 nb.ipynb: 1 of 2 gates failed. accuracy >= 0.9: 0.8 is not >= 0.9.\n",
    ),
    (5, ["MNB402 kernel: it died.\n"], {}, InfrastructureError, "MNB402 kernel: it died.\n"),
    (9, [], {}, InputError, "MNB822 nb.ipynb: It ended with code 9."),
]


@pytest.mark.parametrize(("code", "fault", "record", "kind", "text"), CASES)
def test_an_error_is_told_once(
    code: int, fault: list[str], record: dict[str, Any], kind: type[Exception], text: str
) -> None:
    error = _error(code, Path("nb.ipynb"), fault, record)
    assert type(error) is kind
    assert str(error).startswith(text)


def test_the_outcome_is_one_line() -> None:
    record = {
        "status": "completed",
        "seconds": 3.21,
        "metrics": {"acc": 0.93456},
        "model": {"name": "iris", "version": 2},
        "output": "out.ipynb",
    }
    assert _summary(record) == (
        "run completed · 3.2 s · acc 0.9346 · model iris version 2 · out.ipynb"
    )
