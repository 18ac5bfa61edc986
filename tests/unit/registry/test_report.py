from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_evidence import EVIDENCE, FIRST

from mlops_nb.errors import InputError
from mlops_nb.pipeline.gates.parsing import parse_gate
from mlops_nb.registry.evaluation import evaluate_gates
from mlops_nb.registry.interval import Interval
from mlops_nb.registry.report import GateOutcome, GateReport, SliceOutcome, parse_report
from mlops_nb.registry.report_files import report_files
from mlops_nb.registry.report_html import render_html
from mlops_nb.registry.report_markdown import render_markdown

GATES = [
    parse_gate(text)
    for text in (
        "accuracy >= 0.9",
        "auc >= champion - 0.005 (ci 95%)",
        "recall >= 0.99 by sex",
        "latency_p95 <= 200 ms",
        "clean_run",
        "drift psi <= 0.2",
    )
]
REPORT = evaluate_gates(GATES, EVIDENCE)
numbers = st.none() | st.floats(allow_nan=False, allow_infinity=False)
intervals = st.none() | st.builds(
    Interval,
    low=st.floats(allow_nan=False, allow_infinity=False),
    high=st.floats(allow_nan=False, allow_infinity=False),
    method=st.text(max_size=5),
)
verdicts = st.sampled_from(["passed", "failed", "skipped"])
slices = st.builds(
    SliceOutcome,
    name=st.text(max_size=9),
    n_rows=st.integers(0, 10**6),
    verdict=verdicts,
    value=numbers,
    champion=numbers,
    interval=intervals,
    reason=st.text(max_size=9),
)
outcomes = st.builds(
    GateOutcome,
    gate=st.text(max_size=9),
    verdict=verdicts,
    reason=st.text(max_size=20),
    value=numbers,
    champion=numbers,
    interval=intervals,
    unit=st.sampled_from(["number", "duration", "size"]),
    n_rows=st.none() | st.integers(0, 10**6),
    slices=st.lists(slices, max_size=2).map(tuple),
)
reports = st.builds(
    GateReport,
    candidate=st.text(max_size=9),
    champion=st.text(max_size=9),
    n_rows=st.integers(0, 10**6),
    outcomes=st.lists(outcomes, max_size=3).map(tuple),
)


@given(report=reports)
def test_a_report_is_read_back_from_its_json(report: GateReport) -> None:
    assert parse_report(json.loads(json.dumps(report.to_json()))) == report


def test_a_report_counts_and_says_how_it_ended() -> None:
    assert REPORT.summary == "2 of 6 gates failed."
    assert not REPORT.passed
    first = evaluate_gates(GATES[:2], FIRST)
    assert (first.passed, first.is_rubber_stamp) == (True, True)
    assert first.summary == "1 of 2 gates passed, 1 skipped."
    assert GateReport(candidate="m").summary == "There are no gates."


def test_tags_say_what_was_judged_and_against_what() -> None:
    assert REPORT.tags() == {
        "mlops_nb.gates": "not_blessed",
        "mlops_nb.gates.summary": "2 of 6 gates failed.",
        "mlops_nb.gates.champion": "churn@1",
        "mlops_nb.gates.model_digest": "sha256:two",
        "mlops_nb.gates.evaluation_digest": "sha256:rows",
    }


def test_the_same_evidence_gives_the_same_report() -> None:
    assert evaluate_gates(GATES, EVIDENCE) == REPORT


@pytest.mark.parametrize(
    "content", [{}, {"schema": 2}, {**REPORT.to_json(), "outcomes": [{"verdict": "fine"}]}]
)
def test_what_is_no_report_is_refused(content: dict[str, object]) -> None:
    with pytest.raises(InputError, match="MNB710"):
        parse_report(content)


def test_markdown_has_a_row_for_each_gate_and_slice() -> None:
    text = render_markdown(REPORT)

    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(rows) == 2 + 6 + 2
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 7 for row in rows)
    assert "❌ failed | &nbsp;&nbsp;sex = F (200 rows)" in text
    assert "<code>recall &#62;= 0.99 by sex</code>" in text
    assert text.startswith("### Gates failed: churn@2 against churn@1. 2 of 6 gates failed.")


HOSTILE = "<script>alert(1)</script>|\n[x](javascript:1) @team `y` &copy; <img src=x>"


def hostile() -> GateReport:
    one = SliceOutcome(name=HOSTILE, n_rows=1, verdict="failed", reason=HOSTILE)
    outcome = GateOutcome(gate=HOSTILE, verdict="failed", reason=HOSTILE, slices=(one,))
    return replace(REPORT, candidate=HOSTILE, outcomes=(outcome,))


def test_nothing_in_a_report_is_markdown_or_html_of_its_own() -> None:
    text = render_markdown(hostile())

    assert "<script" not in text
    assert "<img" not in text
    assert "](" not in text
    assert "@team" not in text
    assert len(text.splitlines()) == 8


class Elements(HTMLParser):
    """Which elements a page has, whether they are closed, and what it says."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.names.append(tag)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@given(report=reports)
def test_html_is_whole_and_has_no_element_but_ours(report: GateReport) -> None:
    page = Elements(render_html(report))

    assert page.open == []
    assert set(page.names) <= {
        "div", "table", "caption", "thead", "tbody", "tr", "th", "td", "span", "code", "p",
    }  # fmt: skip


def test_html_shows_hostile_text_as_text() -> None:
    page = Elements(render_html(hostile()))

    assert "script" not in page.names
    assert "img" not in page.names
    assert page.text.count("<script>alert(1)</script>") == 5


def test_the_files_of_a_report_tell_the_same() -> None:
    files = report_files(REPORT)

    assert parse_report(json.loads(files["mlops_nb/gates.json"])) == REPORT
    assert files["mlops_nb/gates.md"] == render_markdown(REPORT)
    assert render_html(REPORT) in files["mlops_nb/gates.html"]
