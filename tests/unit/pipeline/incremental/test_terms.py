"""What a person says of a stage lifts what it is meant to lift, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from mlops_nb.pipeline.cells import Code
from mlops_nb.pipeline.incremental.facts import Fact, FactKind, State, Unknown, name_fact
from mlops_nb.pipeline.incremental.foreseen import literals_bound
from mlops_nb.pipeline.incremental.judging import Change, Verdict
from mlops_nb.pipeline.incremental.ledger import Ledger
from mlops_nb.pipeline.incremental.planning import TOGETHER, Step, Task
from mlops_nb.pipeline.incremental.reasons import describe_restored, explain_step
from mlops_nb.pipeline.incremental.remembered import NEW, Remembered, explain_unkept
from mlops_nb.pipeline.incremental.terms import Terms, make_terms
from mlops_nb.pipeline.incremental.traces import Blocker, Trace, parse_trace
from mlops_nb.pipeline.incremental.walking import plan_steps
from mlops_nb.pipeline.stages import StageOptions

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TRACE = Trace(id="t", key="k", reads={}, writes={}, made=NOW.isoformat())
ANY = "--deps, --fresh, --version-of or --cache"


def world(fact: Fact) -> State:
    return None


def step_of(task: Task) -> Step:
    return plan_steps([task], Ledger(world))[0]


def task_of(trace: Trace, terms: Terms, now: datetime | None = NOW) -> Task:
    return Task(cell=0, label="stage 's'", traces=(trace,), terms=terms, now=now)


def blocked(*causes: str) -> Trace:
    return replace(
        TRACE, blockers=tuple(Blocker(cause=cause, message=f"used {cause}") for cause in causes)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What was used, what was said, and what becomes of the stage."""

    causes: tuple[str, ...]
    said: StageOptions
    action: str
    advice: str = ""


CASES = (
    Case(causes=("entropy",), said=StageOptions(), action="run", advice="say --cache to restore"),
    Case(causes=("entropy",), said=StageOptions(deps=("a",)), action="run"),
    Case(causes=("entropy",), said=StageOptions(fresh_s=60.0), action="run"),
    Case(causes=("entropy",), said=StageOptions(cache=True), action="restore"),
    Case(causes=("time",), said=StageOptions(version_of="x"), action="run"),
    Case(causes=("time",), said=StageOptions(cache=True), action="restore"),
    Case(
        causes=("network",),
        said=StageOptions(deps=("a",)),
        action="run",
        advice="say --fresh, --version-of or --cache to restore",
    ),
    Case(causes=("network",), said=StageOptions(fresh_s=60.0), action="restore"),
    Case(causes=("subprocess",), said=StageOptions(), action="run", advice=f"say {ANY} to"),
    Case(causes=("subprocess",), said=StageOptions(deps=("a",)), action="restore"),
    Case(causes=("reader",), said=StageOptions(deps=("a",)), action="restore"),
    Case(causes=("reader",), said=StageOptions(env=("A",), produces=("b",)), action="run"),
    Case(causes=("something new",), said=StageOptions(deps=("a",)), action="run"),
    Case(causes=("something new",), said=StageOptions(cache=True), action="restore"),
    Case(causes=("file",), said=StageOptions(cache=True, deps=("a",)), action="run"),
    Case(causes=("module",), said=StageOptions(cache=True), action="run"),
    Case(
        causes=("subprocess", "entropy"),
        said=StageOptions(deps=("a",)),
        action="run",
        advice="since it used entropy; say --cache",
    ),
    Case(
        causes=("subprocess", "network"),
        said=StageOptions(),
        action="run",
        advice="and 1 more such reason; say --fresh, --version-of or --cache",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.causes} {case.said}")
def test_an_option_lifts_its_causes_alone(case: Case) -> None:
    step = step_of(task_of(blocked(*case.causes), make_terms(case.said)))
    assert step.action == case.action
    assert case.advice in step.because


def test_a_cell_of_no_stage_is_told_that_a_stage_could_say_it() -> None:
    assert step_of(task_of(blocked("time"), Terms())).because.endswith("; a stage can say --cache")


def test_what_is_restored_in_spite_of_something_bears_a_mark() -> None:
    terms = make_terms(StageOptions(cache=True))
    step = step_of(task_of(blocked("time"), terms))
    told = "nothing it depends on changed since an earlier run, although it used time (--cache)"
    assert explain_step(step, terms=terms) == told
    assert describe_restored(blocked("time"), terms) == (
        "an earlier run, although it used time (--cache)"
    )
    assert describe_restored(TRACE, terms) == "an earlier run"


@pytest.mark.parametrize(
    ("age", "because"),
    [
        (timedelta(hours=11), ""),
        (timedelta(hours=13), "what it left is older than 12h (--fresh)"),
        (timedelta(minutes=-4), ""),
        (timedelta(minutes=-6), "its time lies ahead of this machine's"),
    ],
)
def test_a_trace_is_good_for_as_long_as_fresh_says(age: timedelta, because: str) -> None:
    trace = replace(TRACE, made=(NOW - age).isoformat())
    step = step_of(task_of(trace, make_terms(StageOptions(fresh_s=12 * 3600.0))))
    assert step.action == ("run" if because else "restore")
    assert step.because.startswith(because)


def test_a_trace_of_unknown_time_is_not_fresh() -> None:
    step = step_of(task_of(replace(TRACE, made=""), make_terms(StageOptions(fresh_s=60.0))))
    assert step.because == "it is not known to be younger than 1m (--fresh)"


def test_the_time_of_a_trace_is_kept() -> None:
    assert parse_trace(TRACE.to_json()) == TRACE
    old = {name: part for name, part in TRACE.to_json().items() if name != "made"}
    assert parse_trace(old).made == ""


def test_the_cells_of_a_stage_that_produces_files_run_together() -> None:
    held = Trace(id="a", key="a", reads={}, writes={})
    stale = Trace(id="b", key="b", reads={name_fact("gone"): "1"}, writes={})

    def tasks(*traces: Trace) -> list[Task]:
        whole = frozenset(range(len(traces)))
        return [
            Task(cell=n, label=f"cell {n}", traces=(t,), mates=whole - {n})
            for n, t in enumerate(traces)
        ]

    def told(*traces: Trace) -> list[str]:
        return [s.because or s.action for s in plan_steps(tasks(*traces), Ledger(world))]

    assert told(held, held) == ["restore", "restore"]
    assert told(held, stale) == [TOGETHER, "run"]
    assert told(stale, held) == ["run", TOGETHER]


def test_what_a_literal_will_be_decides_a_plan() -> None:
    parameters = Task(
        cell=0,
        label="the run's parameters",
        touches=frozenset({"n", "other"}),
        foresees={name_fact("n"): "300"},
    )
    train = Trace(id="t", key="t", reads={name_fact("n"): "100"}, writes={})
    rest = Trace(id="r", key="r", reads={name_fact("other"): "1"}, writes={})
    tasks = [
        parameters,
        Task(cell=1, label="stage 'train'", traces=(train,)),
        Task(cell=2, label="stage 'rest'", traces=(rest,)),
    ]
    steps = plan_steps(tasks, Ledger(world))
    assert [step.action for step in steps] == ["run", "run", "undecided"]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("n = 1\nt = 'a'\nb = True\nnothing = None\nx: float = -2.5", 5),
        ("n = 1\nn = 2", 0),
        ("n = 1\nn += 1", 0),
        ("n = 1\ndef f():\n    global n\n    n = 2", 0),
        ("n = 1\nfor n in range(3):\n    pass", 0),
        ("import n\nn = 1", 0),
        ("if x:\n    n = 1", 0),
        ("a = b = 1\nc, d = 1, 2\ne = [1]\nf = g()", 0),
        ("not python", 0),
    ],
)
def test_only_a_literal_that_is_the_one_binding_of_a_name_is_foreseen(
    source: str, found: int
) -> None:
    assert len(literals_bound(Code(python=source))) == found


def test_a_cell_with_magics_is_not_foreseen() -> None:
    assert literals_bound(Code(python="n = 1", magics=("%time",))) == {}


OLD = Remembered(key="old", code="# why\nx = 1\ny = 2", outcome="kept")


@pytest.mark.parametrize(
    ("before", "key", "code", "told"),
    [
        (None, "k", "x = 1", NEW),
        (OLD, "k", "# because\nx = 1\ny = 3", "its code changed (line 3)"),
        (OLD, "k", "\n\n# why\n\nx = 1\n\ny = 3\nz = 4", "its code changed (lines 7-8)"),
        (OLD, "k", "x = 1", "its code changed (line 1)"),
        (OLD, "k", "", "its code changed (line 1)"),
        (OLD, "k", "x = 1\ny = 2", "its options, or its place in its stage, changed"),
        (OLD, "old", OLD.code, "what it left is not in the store any more"),
        (replace(OLD, outcome="failed"), "old", OLD.code, "it did not complete when it ran last"),
    ],
)
def test_an_edited_cell_is_told_from_a_new_one(
    before: Remembered | None, key: str, code: str, told: str
) -> None:
    assert explain_unkept(before, key=key, code=code) == told


def test_a_cell_of_parameters_tells_which_are_others() -> None:
    before = Remembered(key="old", code="n = 100\nrate = 0.5", outcome="kept")
    told = explain_unkept(before, key="k", code="n = 300\nrate = 0.5", is_parameters=True)
    assert told == "parameter 'n' changed: 100 → 300"


def changes(*facts: Fact) -> Step:
    found = tuple(Change(fact=fact, was="1", now="2") for fact in facts)
    return Step(cell=0, action="run", verdict=Verdict(trace=TRACE, changes=found))


def test_what_follows_from_other_changes_is_told_only_alone() -> None:
    sharing, ambient = Fact(FactKind.SHARING, "a b"), Fact(FactKind.AMBIENT)
    file = Fact(FactKind.FILE, "data.csv")
    assert explain_step(changes(sharing, file, ambient)) == "'data.csv' changed"
    assert explain_step(changes(sharing)) == "which of 'a', 'b' are one object changed"


def test_an_open_fact_is_told_with_what_decides_it_and_why_that_runs() -> None:
    opened = Change(fact=name_fact("clean"), was="1", now=Unknown(until=2))
    step = Step(cell=3, action="undecided", verdict=Verdict(trace=TRACE, changes=(opened,)))
    told = explain_step(step, label=lambda cell: "cell 2", cause=lambda cell: "its code changed")
    assert told == "'clean' is not known until cell 2 ran: its code changed"


def test_open_names_are_told_by_the_cell_that_decides_them() -> None:
    opened = [("a", 2), ("b", 4), ("c", 2), ("d", 2), ("e", 2)]
    found = tuple(Change(fact=name_fact(n), was="1", now=Unknown(until=c)) for n, c in opened)
    step = Step(cell=5, action="undecided", verdict=Verdict(trace=TRACE, changes=found))
    assert explain_step(step) == (
        "'a', 'c', 'd' and 1 more name are not known until cell 2 ran; "
        "'b' is not known until cell 4 ran"
    )


def test_of_what_is_open_names_are_told_first_and_options_last_and_together() -> None:
    options = ("decimal", "pandas.compute", "pandas.display")
    opened = [Fact(FactKind.OPTION, key) for key in options]
    opened += [Fact(FactKind.ENVIRONMENT, "MODE"), name_fact("df")]
    found = [Change(fact=fact, was="1", now=Unknown(until=2)) for fact in opened]
    found.append(Change(fact=Fact(FactKind.FILE, "data.csv"), was="1", now="2"))
    step = Step(cell=5, action="undecided", verdict=Verdict(trace=TRACE, changes=tuple(found)))
    assert explain_step(step, most=4).split("; ") == [
        "'data.csv' changed",
        "'df' is not known until cell 2 ran",
        "the environment variable 'MODE' is not known until cell 2 ran",
        "the options of decimal, pandas.compute and 1 more are not known until cell 2 ran",
    ]
