"""What a person reads of a verified notebook, and what a program."""

from __future__ import annotations

import json
from typing import Any

from mlops_nb.cli.verify import render_report
from mlops_nb.execution.verify_pass import FIRST, OTHER, PassSeen
from mlops_nb.execution.verify_report import Cause, Difference, UnitReport
from mlops_nb.pipeline.records import ErrorRecord
from mlops_nb.project.verified import VerifyReport


def _report(*units: UnitReport, **more: Any) -> VerifyReport:
    passes = tuple(
        PassSeen(name=name, status="completed", cells={}, seconds=1.25) for name in (FIRST, OTHER)
    )
    status = "equal" if all(unit.is_equal for unit in units) else "different"
    return VerifyReport(
        **{"notebook": "nb.ipynb", "status": status, "passes": passes, "units": units, **more}
    )


_EQUAL = UnitReport(label="cell 0", stage=None, cells=(0,))
_DIFFERENT = UnitReport(
    label="stage 'train'",
    stage="train",
    cells=(1, 2),
    differences=(
        Difference(kind="value", subject="m", cell=2, passes=(OTHER,), detail="0.93 and 0.91"),
        Difference(kind="output", subject="", cell=2, passes=(OTHER,)),
    ),
    cause=Cause(word="hash order", message="only the seed differs", remedy="Sort it."),
)


def test_agreement_is_one_line() -> None:
    assert render_report(_report(_EQUAL)) == (
        "1 of 1 cells agree. (one kernel 1.2 s, another process 1.2 s)"
    )


def test_a_difference_is_told_with_cause_remedy_and_what_else_differs() -> None:
    assert render_report(_report(_EQUAL, _DIFFERENT)).splitlines() == [
        "differs     stage 'train': 'm' (cell 2), another process: 0.93 and 0.91",
        "    likely cause: hash order: only the seed differs.",
        "    Sort it.",
        "    also: what it shows",
        "1 of 2 stages and cells differ. (one kernel 1.2 s, another process 1.2 s)",
    ]


def test_what_could_not_be_compared_and_what_may_differ_are_noted() -> None:
    unit = UnitReport(
        label="cell 0", stage=None, cells=(0,), chance=("read the clock",), unverified={"f": "why"}
    )
    told = render_report(_report(unit))
    assert "no fingerprint: f" in told
    assert "they use what may differ (-v says what): cell 0" in told
    assert "it read the clock" in render_report(_report(unit), verbose=True)


def test_a_notebook_that_fails_is_told_with_its_error() -> None:
    error = ErrorRecord(code="MNB410", message="NameError: x", cell=3, stage="train")
    told = render_report(_report(status="failed", error=error, notes=("'x' is bound below.",)))
    assert told.splitlines() == [
        "MNB410 nb.ipynb, cell 3, stage 'train': NameError: x",
        "It fails in one kernel; nothing was compared.",
        "note: 'x' is bound below.",
    ]


def test_json_has_a_schema_and_all_of_it() -> None:
    told = json.loads(json.dumps(_report(_EQUAL, _DIFFERENT).to_json()))
    assert told["schema"] == 1
    assert told["status"] == "different"
    assert [unit["equal"] for unit in told["units"]] == [True, False]
    assert told["units"][1]["cause"]["word"] == "hash order"
    assert told["units"][1]["differences"][0] == {
        "kind": "value",
        "subject": "m",
        "cell": 2,
        "passes": [OTHER],
        "detail": "0.93 and 0.91",
    }
