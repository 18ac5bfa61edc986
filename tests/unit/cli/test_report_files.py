"""The reports of a run tell how it ended, however it ends, and never what an earlier one did."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest

from mlops_nb.cli.reports import RunReports
from mlops_nb.errors import InfrastructureError, InputError
from mlops_nb.pipeline.records import ErrorRecord, RunRecord

RECORD = RunRecord(
    run_id=None,
    notebook="nb.ipynb",
    output=None,
    status="completed",
    started=datetime(2026, 3, 1, tzinfo=UTC),
    seconds=1.0,
)


@pytest.fixture
def reports(tmp_path: Path) -> RunReports:
    notebook = str(tmp_path / "nb.ipynb")
    return RunReports(notebook=notebook, junit=tmp_path / "r.xml", html=tmp_path / "r.html")


def verdict(reports: RunReports) -> str:
    """Return the tag under the only test case, and the code of its message."""
    assert reports.junit is not None
    case = ElementTree.parse(reports.junit).find(".//testcase")
    assert case is not None
    return " ".join(f"{child.tag} {child.attrib['message'].split()[0]}" for child in case)


def page(reports: RunReports) -> str:
    assert reports.html is not None
    return reports.html.read_text(encoding="utf-8")


def test_the_record_is_told_when_the_run_has_ended(reports: RunReports) -> None:
    record, faults = reports.follow(lambda: RECORD)
    assert (record, faults) == (RECORD, [])
    assert verdict(reports) == ""
    assert "Completed after 1.0 s" in page(reports)


def test_while_it_runs_the_reports_of_an_earlier_run_are_gone(reports: RunReports) -> None:
    seen = []

    def run() -> RunRecord:
        seen.extend([verdict(reports), "has not ended" in page(reports)])
        return RECORD

    reports.follow(lambda: RECORD)
    reports.follow(run)
    assert seen == ["error MNB415", True]


@pytest.mark.parametrize(
    ("error", "verdict_told", "headline"),
    [
        (InputError("MNB301", "nb.ipynb", "<x>.", "y."), "error MNB301", "Not started"),
        (InfrastructureError("MNB421", "out", "full.", "y."), "error MNB421", "Broke off"),
        (KeyboardInterrupt(), "error MNB413", "Interrupted"),
        (RuntimeError("odd"), "error MNB420", "Broke off"),
    ],
    ids=["refused", "infrastructure", "interrupted", "unforeseen"],
)
def test_an_error_that_ends_the_run_is_told_and_raised(
    error: BaseException, verdict_told: str, headline: str, reports: RunReports
) -> None:
    def run() -> RunRecord:
        raise error

    with pytest.raises(type(error)):
        reports.follow(run)
    assert verdict(reports) == verdict_told
    assert f"<h2>{headline}" in page(reports)
    assert "<x>" not in page(reports)


def test_a_kernel_that_is_refused_is_an_error_and_no_failure(reports: RunReports) -> None:
    fault = InputError("MNB401", "nb.ipynb", "no such kernel.", "Install it.")

    def run() -> RunRecord:
        told = ErrorRecord(code="MNB401", message="no such kernel.")
        reports.broken.append(replace(RECORD, status="failed", error=told))
        raise fault

    with pytest.raises(InputError):
        reports.follow(run)
    assert verdict(reports) == "error MNB401"
    assert "<h2>Not started" in page(reports)


def test_a_folder_that_is_not_there_is_told_before_anything_runs(tmp_path: Path) -> None:
    reports = RunReports(notebook="nb.ipynb", junit=tmp_path / "no" / "r.xml")
    with pytest.raises(InputError, match=r"MNB906 .*No such file or directory"):
        reports.follow(lambda: pytest.fail("it ran"))


@pytest.mark.parametrize("taken", ["nb.ipynb", "out.ipynb", "./r.xml"])
def test_no_report_is_written_over_a_notebook_or_another_report(
    taken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    reports = RunReports(
        notebook="nb.ipynb", out="out.ipynb", junit=Path("r.xml"), html=Path(taken)
    )
    with pytest.raises(InputError, match="MNB906"):
        reports.follow(lambda: pytest.fail("it ran"))
    assert list(tmp_path.iterdir()) == []


def test_a_report_that_cannot_be_written_in_the_end_is_a_fault(reports: RunReports) -> None:
    def run() -> RunRecord:
        assert reports.junit is not None
        reports.junit.unlink()
        reports.junit.mkdir()
        return RECORD

    _, faults = reports.follow(run)
    assert [fault.code for fault in faults] == ["MNB907"]
    assert "Completed" in page(reports)
