"""The JUnit XML of a run says what the record says, in a form that CI systems read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_nb.export.junit import clean_text, render_junit
from mlops_nb.pipeline.cells import StageName
from mlops_nb.pipeline.records import (
    CellStatus,
    ErrorRecord,
    ModelRecord,
    RunRecord,
    RunStatus,
    StageRecord,
)

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
GOLDEN = """\
<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite id="0" package="nb.churn" name="nb/churn.ipynb" timestamp="2026-03-01T12:30:00" \
hostname="ci" tests="4" failures="1" errors="0" skipped="1" time="9.000">
    <properties>
      <property name="status" value="failed" />
      <property name="run_id" value="r1" />
      <property name="output" value="out.ipynb" />
      <property name="parameter.n" value="3" />
      <property name="parameter.who" value="a&quot;b" />
      <property name="metric.f1" value="0.5" />
      <property name="model.name" value="forest" />
      <property name="model.version" value="2" />
      <property name="model.uri" value="models:/forest/2" />
    </properties>
    <testcase name="load" classname="nb.churn" time="1.500" />
    <testcase name="train" classname="nb.churn" time="2.000">
      <failure type="ValueError" message="MNB410 ValueError: &lt;no&gt; rows">\
nb/churn.ipynb, cell 4, stage 'train'
Traceback
ValueError: &lt;no&gt; rows</failure>
    </testcase>
    <testcase name="score" classname="nb.churn" time="0.000">
      <skipped message="the run ended before it" />
    </testcase>
    <testcase name="notebook" classname="nb.churn" time="5.500" />
    <system-out />
    <system-err>a note</system-err>
  </testsuite>
</testsuites>
"""


def stage(name: str, status: CellStatus, **fields: object) -> StageRecord:
    defaults = {"name": StageName(name), "action": "run", "reason": "", "status": status}
    return StageRecord(**{**defaults, **fields})


def record(status: RunStatus = "completed", **fields: object) -> RunRecord:
    defaults = {
        "run_id": None,
        "notebook": "nb.ipynb",
        "output": None,
        "status": status,
        "started": NOW,
        "seconds": 9.0,
    }
    return RunRecord(**{**defaults, **fields})


def suite_of(*records: RunRecord) -> ElementTree.Element:
    root = ElementTree.fromstring(render_junit(records, now=NOW).encode())
    suite = root.find("testsuite")
    assert suite is not None
    return suite


def verdicts(suite: ElementTree.Element) -> dict[str, str]:
    """Return the verdict of each test case; Ant's schema allows one child at most."""
    found = {}
    for case in suite.iter("testcase"):
        (verdict,) = [child.tag for child in case] or ["passed"]
        found[case.attrib["name"]] = verdict
    return found


def test_a_run_is_a_suite_with_a_case_per_stage_and_one_for_the_rest() -> None:
    error = ErrorRecord(
        code="MNB410",
        message="ValueError: <no> rows",
        cell=4,
        stage="train",
        traceback="\x1b[31mTraceback\x1b[0m\nValueError: <no> rows",
    )
    failed = record(
        "failed",
        run_id="r1",
        notebook="nb/churn.ipynb",
        output="out.ipynb",
        parameters={"n": 3, "who": 'a"b'},
        metrics={"f1": 0.5},
        model=ModelRecord(name="forest", version=2, uri="models:/forest/2"),
        stages=(
            stage("load", "completed", seconds=1.5),
            stage("train", "failed", seconds=2.0, error=error),
            stage("score", "not run", reason="the run ended before it"),
        ),
        error=error,
        notes=("a note",),
    )
    assert render_junit([failed], now=NOW, hostname="ci") == GOLDEN


@dataclass(frozen=True)
class Case:
    id: str
    status: RunStatus
    stages: tuple[CellStatus, ...]
    code: str | None
    error_stage: str | None
    verdicts: tuple[str, ...]
    """Of the stages, then of the rest."""


CASES = [
    Case("completed", "completed", ("completed",), None, None, ("passed", "passed")),
    Case("skipped", "completed", ("skipped",), None, None, ("skipped", "passed")),
    Case("expected errors", "completed", ("expected error",), None, None, ("passed", "passed")),
    Case("restored passes", "completed", ("restored",), None, None, ("passed", "passed")),
    Case("user's failure", "failed", ("failed",), "MNB410", "s0", ("failure", "passed")),
    Case("failure outside stages", "failed", ("not run",), "MNB410", None, ("skipped", "failure")),
    Case("after the cells", "failed", ("completed",), "MNB615", None, ("passed", "failure")),
    Case("timeout", "timeout", ("timeout",), "MNB411", "s0", ("error", "passed")),
    Case("timeout outside stages", "timeout", ("not run",), "MNB411", None, ("skipped", "error")),
    Case("kernel died", "died", ("kernel died",), "MNB412", "s0", ("error", "passed")),
    Case("kernel never started", "died", ("not run",), "MNB403", None, ("skipped", "error")),
    Case("interrupted", "interrupted", ("interrupted",), "MNB413", "s0", ("error", "passed")),
    Case("terminated", "terminated", ("interrupted",), "MNB414", "s0", ("error", "passed")),
    Case("store failed at the end", "died", ("completed",), "MNB510", None, ("passed", "error")),
    Case("no error to tell", "failed", (), None, None, ("failure",)),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_failures_errors_and_skips_are_told_apart(case: Case) -> None:
    error = None
    if case.code is not None:
        error = ErrorRecord(code=case.code, message="m", stage=case.error_stage)
    stages = tuple(stage(f"s{n}", status) for n, status in enumerate(case.stages))

    suite = suite_of(record(case.status, stages=stages, error=error))

    assert tuple(verdicts(suite).values()) == case.verdicts
    counts = [int(suite.attrib[key]) for key in ("tests", "failures", "errors", "skipped")]
    kinds = [case.verdicts.count(kind) for kind in ("failure", "error", "skipped")]
    assert counts == [len(case.verdicts), *kinds]


def test_what_was_refused_before_it_began_is_an_error() -> None:
    error = ErrorRecord(code="MNB301", message="nb.ipynb: 'x' is no parameter.\nUse 'y'.")
    suite = suite_of(record("failed", started=None, seconds=None, error=error))

    assert verdicts(suite) == {"notebook": "error"}
    assert suite.attrib["timestamp"] == "2026-03-01T12:30:00"
    found = suite.find("testcase/error")
    assert found is not None
    assert found.attrib["message"] == "MNB301 nb.ipynb: 'x' is no parameter.\nUse 'y'."


def test_several_runs_are_several_suites() -> None:
    text = render_junit([record(notebook="a.ipynb"), record(notebook="b.ipynb")], now=NOW)
    suites = ElementTree.fromstring(text.encode())
    assert [(s.attrib["id"], s.attrib["name"]) for s in suites] == [
        ("0", "a.ipynb"),
        ("1", "b.ipynb"),
    ]


def test_a_model_that_could_not_be_made_is_told_with_its_stage() -> None:
    error = ErrorRecord(code="MNB603", message="it cannot be stored.", stage="train")
    suite = suite_of(record("failed", stages=(stage("train", "completed"),), error=error))
    assert verdicts(suite) == {"train": "passed", "notebook": "failure"}
    assert "nb.ipynb, stage 'train'" in "".join(suite.itertext())


def test_a_stage_called_notebook_keeps_its_name() -> None:
    suite = suite_of(record(stages=(stage("notebook", "completed"),)))
    assert list(verdicts(suite)) == ["notebook", "notebook (outside stages)"]


@given(st.text())
def test_any_text_becomes_xml_that_can_be_read(text: str) -> None:
    error = ErrorRecord(code="MNB410", message=text, traceback=text, stage=text)
    broken = record(
        "failed",
        notebook=text,
        run_id=text,
        parameters={text: text},
        metrics={text: 1.0},
        stages=(stage(text, "failed", error=error), stage("b", "skipped", reason=text)),
        error=error,
        notes=(text,),
    )
    suite = suite_of(broken)
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert failure.attrib["message"] == f"MNB410 {clean_text(text)}"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x07", "link"),
        ("a\x00b\x07\x1b", "a\\x00b\\x07\\x1b"),
        ("\ufffe\ud83d", "\\ufffe\\ud83d"),
        ("kept: \t\n😀", "kept: \t\n😀"),
    ],
    ids=["colour", "link", "control", "no characters", "kept"],
)
def test_terminal_commands_go_and_what_xml_cannot_hold_is_escaped(text: str, shown: str) -> None:
    assert clean_text(text) == shown
