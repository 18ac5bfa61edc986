"""Where passes differ, which unit is held to account, and what is given as the likely cause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from mlops_nb.execution.isolation import Joint
from mlops_nb.execution.verify_causes import Known, find_hints, make_explain
from mlops_nb.execution.verify_comparison import Unit, compare_passes
from mlops_nb.execution.verify_pass import FIRST, ISOLATED, OTHER, RESTORED, CellSeen, PassSeen
from mlops_nb.execution.verify_report import UnitReport
from mlops_nb.pipeline.incremental.facts import Fact, FactKind, parse_fact
from mlops_nb.pipeline.incremental.traces import Blocker
from mlops_nb.pipeline.records import ErrorRecord

Facts = Mapping[str, str | None]


def _facts(told: Facts) -> dict[Fact, str | None]:
    return {parse_fact(key if ":" in key else f"name:{key}"): told[key] for key in told}


def _cell(writes: Facts, reads: Facts | None = None, **more: Any) -> CellSeen:
    """Return a cell that left `writes`; all names in its kernel are those it wrote."""
    own = {key: digest for key, digest in writes.items() if ":" not in key}
    known: dict[str, Any] = {"status": "completed", "survey": own, **more}
    return CellSeen(writes=_facts(writes), reads=_facts(reads or {}), **known)


def _pass(name: str, *cells: CellSeen, **more: Any) -> PassSeen:
    return PassSeen(name=name, status="completed", cells=dict(enumerate(cells)), **more)


def _units(*accepts: str) -> list[Unit]:
    return [
        Unit(label=f"stage '{index}'", stage=str(index), cells=(index,), accepts=told)
        for index, told in enumerate(accepts)
    ]


def _compare(
    first: PassSeen, *others: PassSeen, units: Sequence[Unit] | None = None, **known: Any
) -> tuple[UnitReport, ...]:
    all_known = Known(first=first, others={other.name: other for other in others}, **known)
    return compare_passes(
        units or _units(*[""] * len(first.cells)), first, others, explain=make_explain(all_known)
    )


def _words(reports: Sequence[UnitReport]) -> list[str]:
    return ["" if report.cause is None else report.cause.word for report in reports]


def test_passes_that_left_the_same_agree() -> None:
    cells = _cell({"a": "x:1"}), _cell({"b": "x:2"}, {"a": "x:1"})
    reports = _compare(_pass(FIRST, *cells), *(_pass(n, *cells) for n in (ISOLATED, OTHER)))
    assert [report.is_equal for report in reports] == [True, True]
    assert _words(reports) == ["", ""]


def test_who_reads_what_differs_is_told_whose_it_is() -> None:
    first = _pass(FIRST, _cell({"a": "x:1"}), _cell({"b": "x:2"}, {"a": "x:1"}))
    other = _pass(OTHER, _cell({"a": "x:9"}), _cell({"b": "x:8"}, {"a": "x:9"}))
    reports = _compare(first, other)
    assert _words(reports) == ["hash order", "upstream"]
    assert reports[1].cause is not None
    assert "'a', which stage '0' left" in reports[1].cause.message


def test_a_difference_is_told_once_and_not_of_those_that_follow() -> None:
    first = _pass(FIRST, _cell({"a": "x:1"}), _cell({}, survey={"a": "x:1"}))
    other = _pass(OTHER, _cell({"a": "x:9"}), _cell({}, survey={"a": "x:9"}))
    reports = _compare(first, other)
    assert [len(report.differences) for report in reports] == [1, 0]


def test_a_name_that_is_bound_anew_to_the_same_differs_no_more() -> None:
    first = _pass(FIRST, _cell({"a": "x:1"}), _cell({"a": "x:2"}), _cell({"a": "x:3"}))
    other = _pass(OTHER, _cell({"a": "x:9"}), _cell({"a": "x:2"}), _cell({"a": "x:4"}))
    reports = _compare(first, other)
    assert [report.is_equal for report in reports] == [False, True, False]


@pytest.mark.parametrize(
    ("passes", "word"),
    [
        ((OTHER,), "hash order"),
        ((ISOLATED,), "hidden state"),
        ((RESTORED,), "aliasing"),
        ((ISOLATED, OTHER), "unknown"),
    ],
)
def test_which_passes_differ_points_to_the_cause(passes: tuple[str, ...], word: str) -> None:
    others = [
        _pass(name, _cell({"a": "x:9" if name in passes else "x:1"}))
        for name in (ISOLATED, RESTORED, OTHER)
    ]
    (report,) = _compare(_pass(FIRST, _cell({"a": "x:1"})), *others)
    assert _words([report]) == [word]
    assert report.differences[0].passes == passes


@pytest.mark.parametrize(
    ("cause", "word"),
    [("entropy", "unseeded randomness"), ("time", "time"), ("subprocess", "other programs")],
)
def test_what_a_cell_was_seen_to_use_comes_before_what_passes_have_in_common(
    cause: str, word: str
) -> None:
    blockers = (Blocker(cause=cause, message="used it", remedy="Do not."),)
    first = _pass(FIRST, _cell({"a": "x:1"}, blockers=blockers))
    (report,) = _compare(first, _pass(OTHER, _cell({"a": "x:9"})))
    assert _words([report]) == [word]
    assert report.chance == ("used it",)


@pytest.mark.parametrize(
    ("fact", "word"),
    [
        ("file:log.txt", "files"),
        ("environment:HOME", "environment"),
        ("random:numpy", "unseeded randomness"),
        ("option:pandas", "hidden state"),
        ("ambient:", "hidden state"),
        ("module:helper.py", "files"),
        ("sharing:a b", "aliasing"),
    ],
)
def test_what_was_another_before_the_cell_is_the_cause(fact: str, word: str) -> None:
    first = _pass(FIRST, _cell({"a": "x:1"}, {fact: "x:1"}))
    (report,) = _compare(first, _pass(OTHER, _cell({"a": "x:9"}, {fact: "x:2"})))
    assert _words([report]) == [word]


def test_what_has_no_fingerprint_is_said_and_not_compared() -> None:
    obstacles = {"con": "con (Connection): it belongs to this process."}
    first = _pass(FIRST, _cell({"con": "none:1"}, obstacles=obstacles))
    (report,) = _compare(first, _pass(OTHER, _cell({"con": "none:2"})))
    assert report.is_equal
    assert report.unverified == obstacles


def test_a_name_that_another_process_has_not_differs() -> None:
    (report,) = _compare(_pass(FIRST, _cell({"a": "x:1"})), _pass(OTHER, _cell({})))
    assert report.differences[0].detail == "it is not there"


def test_a_kernel_of_its_own_need_not_have_all_names() -> None:
    first = _pass(FIRST, _cell({"a": "x:1"}, survey={"a": "x:1", "b": "x:2"}))
    (report,) = _compare(first, _pass(ISOLATED, _cell({"a": "x:1"})))
    assert report.is_equal


def test_what_changes_unseen_is_found_within_one_pass() -> None:
    cells = _cell({"a": "x:1"}), _cell({}, survey={"a": "x:2"}), _cell({"n": "x:3"}, {"a": "x:1"})
    first = _pass(FIRST, *cells)
    last = _cell({"n": "x:4"}, {"a": "x:1"})
    reports = _compare(first, _pass(OTHER, *cells[:2], last))
    assert _words(reports) == ["", "mutation", "mutation"]
    assert reports[1].differences[0].passes == (FIRST,)


def test_files_metrics_and_outputs_are_compared() -> None:
    shown = ({"output_type": "stream", "name": "stdout", "text": "1\n"},)
    first = _pass(
        FIRST,
        _cell({"file:out.csv": "x:1"}, outputs=shown),
        metrics={"0": {"accuracy": 0.9, "loss": float("nan")}},
    )
    other = _pass(
        OTHER,
        _cell({"file:out.csv": "x:2"}),
        metrics={"0": {"accuracy": 0.8, "loss": float("nan")}},
    )
    (report,) = _compare(first, other)
    told = [(d.kind, d.subject, d.detail) for d in report.differences]
    assert told == [
        ("file", "out.csv", ""),
        ("metric", "accuracy", "0.9 and 0.8"),
        ("output", "", "1 and 0 outputs"),
    ]


def test_a_pass_that_ends_early_is_told_where_it_ends_and_not_compared_after_it() -> None:
    first = _pass(FIRST, _cell({"a": "x:1"}), _cell({"b": "x:2"}))
    error = ErrorRecord(code="MNB410", message="NameError: name 'q' is not defined", cell=0)
    stopped = _pass(
        ISOLATED,
        replace(_cell({}), status="failed"),
        CellSeen(status="not run"),
        error=error,
    )
    reports = _compare(first, stopped)
    assert [d.kind for d in reports[0].differences] == ["ending"]
    assert reports[0].cause is not None
    assert reports[0].cause.word == "hidden state"
    assert "'q'" in reports[0].cause.message
    assert reports[1].is_equal
    assert reports[1].absent == (ISOLATED,)


def test_stages_that_cannot_run_apart_are_a_difference() -> None:
    cells = _cell({"con": "none:1"}), _cell({"n": "x:1"})
    joint = Joint(first=0, last=1, reason="stage '1' needs con")
    reports = _compare(_pass(FIRST, *cells), _pass(ISOLATED, *cells, joints=(joint,)))
    assert [report.is_equal for report in reports] == [True, False]
    assert _words(reports) == ["", "hidden state"]


def test_a_stage_that_says_it_may_differ_may_and_so_may_who_reads_it() -> None:
    first = _pass(
        FIRST, _cell({"a": "x:1"}), _cell({"b": "x:2"}, {"a": "x:1"}), _cell({"c": "x:3"})
    )
    other = _pass(
        OTHER, _cell({"a": "x:9"}), _cell({"b": "x:8"}, {"a": "x:9"}), _cell({"c": "x:7"})
    )
    reports = _compare(first, other, units=_units("it says so", "", ""))
    assert [report.is_equal for report in reports] == [True, True, False]
    assert reports[1].accepts == "it reads what stage '0' left, which may differ"


def test_short_values_are_shown() -> None:
    fact = Fact(FactKind.NAME, "m")
    first = _pass(FIRST, _cell({"m": "x:1"}, shown={fact: "0.93"}))
    other = _pass(OTHER, _cell({"m": "x:2"}, shown={fact: "0.91"}))
    (report,) = _compare(first, other)
    assert report.differences[0].detail == "0.93 and 0.91"


def test_code_that_asks_a_clock_or_the_process_is_a_hint() -> None:
    assert find_hints("x = os.getpid()") == [("process", "it calls getpid")]
    assert find_hints("x = time.monotonic_ns()") == [("clock", "it calls monotonic_ns")]
    first = _pass(FIRST, _cell({"a": "x:1"}))
    hints = {0: find_hints("begun = perf_counter()")}
    (report,) = _compare(first, _pass(OTHER, _cell({"a": "x:9"})), hints=hints)
    assert _words([report]) == ["time"]


def test_code_that_runs_things_side_by_side_is_a_cause_where_nothing_else_is_seen() -> None:
    first = _pass(FIRST, _cell({"a": "x:1"}))
    hints = {0: find_hints("done = [f.result() for f in as_completed(futures)]")}
    isolated, other = (_pass(name, _cell({"a": "x:9"})) for name in (ISOLATED, OTHER))
    assert _words(_compare(first, isolated, hints=hints)) == ["threads"]
    assert _words(_compare(first, other, hints=hints)) == ["hash order"]
    hints[0].append(("MNB236", "rand draws without a seed."))
    assert _words(_compare(first, isolated, hints=hints)) == ["unseeded randomness"]


def test_the_hash_seed_that_verify_gives_a_process_is_no_cause_by_itself() -> None:
    first = _pass(FIRST, _cell({"a": "x:1"}, {"environment:PYTHONHASHSEED": "x:1"}))
    other = _pass(OTHER, _cell({"a": "x:9"}, {"environment:PYTHONHASHSEED": "x:2"}))
    assert _words(_compare(first, other)) == ["hash order"]
