"""A trace holds if what it read is as it was; else a person is told what changed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_nb.pipeline.incremental.facts import Fact, FactKind, State, Unknown, parse_fact
from mlops_nb.pipeline.incremental.judging import (
    Change,
    Writer,
    changed_line,
    choose,
    judge,
    phrase_change,
    phrase_changes,
)
from mlops_nb.pipeline.incremental.traces import Blocker, Group, Trace, parse_trace

X = Fact(FactKind.NAME, "x")
DATA = Fact(FactKind.FILE, "data.csv")


def trace(id_: str = "1", /, **reads: str | None) -> Trace:
    facts = {Fact(FactKind.NAME, name): digest for name, digest in reads.items()}
    return Trace(id=id_, key="k", reads=facts, writes={})


def test_a_trace_holds_if_everything_it_read_is_as_it_was() -> None:
    assert judge(trace(x="1", gone=None), lambda fact: "1" if fact == X else None) == ()


def test_certain_changes_come_before_open_ones() -> None:
    states: dict[Fact, State] = {X: Unknown(until=3), Fact(FactKind.NAME, "y"): "2"}
    changes = judge(trace(x="1", y="1"), states.get)
    assert [(c.fact.key, c.is_open) for c in changes] == [("y", False)]
    (only,) = judge(trace(x="1"), states.get)
    assert only.is_open


def test_the_trace_that_holds_is_chosen_though_it_is_older() -> None:
    verdict = choose([trace("new", x="2"), trace("old", x="1")], {X: "1"}.get)
    assert verdict.holds
    assert verdict.trace is not None
    assert verdict.trace.id == "old"


def test_of_traces_that_do_not_hold_the_nearest_explains() -> None:
    verdict = choose([trace("far", x="2", y="9"), trace("near", x="2")], {X: "1"}.get)
    assert verdict.trace is not None
    assert verdict.trace.id == "near"
    assert not verdict.holds
    assert not verdict.is_open


def test_a_trace_that_may_hold_is_preferred_to_one_that_does_not() -> None:
    states: dict[Fact, State] = {X: Unknown(until=3)}
    verdict = choose([trace("no", y="1"), trace("may", x="1")], states.get)
    assert verdict.is_open


_DIGESTS = st.none() | st.sampled_from("12")
_READS = st.dictionaries(st.sampled_from("xyz"), _DIGESTS)


@given(
    reads=st.lists(_READS, max_size=6),
    states=st.dictionaries(st.sampled_from("xyz"), _DIGESTS | st.builds(Unknown, until=st.just(1))),
)
def test_the_chosen_trace_is_the_first_of_those_that_nothing_speaks_less_against(
    reads: list[dict[str, str | None]], states: dict[str, State]
) -> None:
    traces = [trace(str(number), **each) for number, each in enumerate(reads)]
    found = [judge(each, lambda fact: states.get(fact.key)) for each in traces]

    def against(number: int) -> tuple[bool, bool, int]:
        changes = found[number]
        return bool(changes), not all(change.is_open for change in changes), len(changes)

    verdict = choose(traces, lambda fact: states.get(fact.key))

    best = min(range(len(traces)), key=against, default=None)
    assert verdict.trace is (None if best is None else traces[best])
    assert verdict.changes == (() if best is None else found[best])


def test_without_traces_there_is_nothing_to_restore() -> None:
    verdict = choose([], {}.get)
    assert (verdict.trace, verdict.holds, verdict.is_open) == (None, False, False)


HELPER = "def clean(df):\n    df = df.dropna()\n    return df[df.x > 1]"
PHRASES = [
    (Change(fact=DATA, was="1", now="2"), {}, "'data.csv' changed"),
    (
        Change(fact=Fact(FactKind.FILE, "data.csv?time"), was="1", now="2"),
        {},
        "the time of 'data.csv' changed",
    ),
    (Change(fact=DATA, was="1", now=None), {}, "'data.csv' is gone"),
    (Change(fact=DATA, was=None, now="2"), {}, "'data.csv' was not there before"),
    (
        Change(fact=X, was="1", now="2"),
        {"before": "100", "after": "300", "writer": Writer(is_parameter=True)},
        "parameter 'x' changed: 100 → 300",
    ),
    (
        Change(fact=X, was="1", now="2"),
        {"writer": Writer(label="stage 'train'")},
        "it reads 'x', which stage 'train' changed",
    ),
    (
        Change(fact=X, was="1", now=Unknown(until=4)),
        {"writer": Writer(label="stage 'train'")},
        "'x' is not known until stage 'train' ran",
    ),
    (
        Change(fact=Fact(FactKind.NAME, "clean"), was="1", now="2"),
        {"before": HELPER, "after": HELPER.replace("> 1", "> 2")},
        "line 3 of helper 'clean' changed",
    ),
    (
        Change(fact=Fact(FactKind.PACKAGE, "scikit-learn"), was="1", now="2"),
        {"before": "1.8.0", "after": "1.9.0"},
        "the version of 'scikit-learn' changed: 1.8.0 → 1.9.0",
    ),
    (
        Change(fact=Fact(FactKind.RANDOM, "numpy"), was="1", now="2"),
        {"writer": Writer(label="cell 3")},
        "the random state of numpy is another, by cell 3",
    ),
]


@pytest.mark.parametrize(("change", "told", "expected"), PHRASES)
def test_a_change_is_told_as_a_person_would_want_to_know_it(
    change: Change, told: dict[str, object], expected: str
) -> None:
    assert phrase_change(change, **told) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", list(FactKind))
def test_every_kind_of_fact_has_words(kind: FactKind) -> None:
    assert phrase_change(Change(fact=Fact(kind, "key"), was="1", now="2"))
    assert parse_fact(str(Fact(kind, "a:b c"))) == Fact(kind, "a:b c")


def test_lines_that_changed_are_counted_in_the_later_source() -> None:
    assert changed_line("a\nb\nc", "a\nB\nC\nc") == "lines 2-3"
    assert changed_line("a\nb", "a") == "line 1"


def test_of_many_changes_two_are_told() -> None:
    assert phrase_changes(["a", "b"]) == "a; b"
    assert phrase_changes(["a", "b", "c", "d"]) == "a; b; and 2 more"


FULL = Trace(
    id="t",
    key="k",
    reads={X: "1", DATA: None},
    writes={X: "2", Fact(FactKind.NAME, "y"): None},
    groups=(Group(names=("x",), content=None, obstacle="a socket"),),
    reaches={"x": ("k",)},
    blockers=(Blocker(cause="network", message="used the network", remedy="--cache"),),
    shown={X: "100"},
    outputs="blob",
    effects={"metrics": {"a": 1.0}},
    place={"stage": "train"},
    seconds=1.5,
)


def test_a_trace_is_read_as_it_was_written() -> None:
    assert parse_trace(FULL.to_json()) == FULL


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 2},
        {"reads": {"nokind:x": "1"}},
        {"reads": {"name:x": 3}},
        {"groups": []},
        {"groups": [{"names": ["x", "x"], "content": None, "obstacle": ""}]},
        {"writes": None},
        {"seconds": "long"},
    ],
)
def test_a_record_that_is_no_trace_is_refused(change: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        parse_trace({**FULL.to_json(), **change})
