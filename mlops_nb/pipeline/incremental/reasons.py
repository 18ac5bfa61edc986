"""Why does a cell run, or need not? A clause that a person can read, for plan, record and stage
line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from mlops_nb.pipeline.incremental.facts import Fact, Unknown
from mlops_nb.pipeline.incremental.judging import Change, Writer, phrase_change, phrase_changes
from mlops_nb.pipeline.incremental.planning import Step
from mlops_nb.pipeline.incremental.terms import Terms, mark_of
from mlops_nb.pipeline.incremental.traces import Trace

NEW = "it was not run with this code before"


def explain_step(
    step: Step,
    *,
    shown: Callable[[Fact], str] = lambda fact: "",
    writer: Callable[[Fact], Writer] = lambda fact: Writer(),
    label: Callable[[int], str] = lambda cell: f"cell {cell}",
    terms: Terms | None = None,
) -> str:
    """Return why a cell is run, restored or undecided.

    Parameters
    ----------
    step : Step
    shown : callable, optional
        What a fact looks like now: a short value, a helper's source.
    writer : callable, optional
        Who decided a fact last in this run.
    label : callable, optional
        How people know a cell.
    terms : Terms, optional
        What its stage's options say of restoring it.
    """
    trace = step.verdict.trace
    if step.because:
        return step.because
    if trace is None:
        return NEW
    if step.action == "restore":
        told = f"nothing it depends on changed since {describe_origin(trace)}"
        mark = mark_of(trace, terms or Terms())
        return f"{told}, {mark}" if mark else told
    clauses = [
        phrase_change(
            change,
            before=trace.shown.get(change.fact, ""),
            after=shown(change.fact),
            writer=_decider(change, writer, label),
        )
        for change in step.verdict.changes
    ]
    return phrase_changes(list(dict.fromkeys(clauses)))


def _decider(
    change: Change, writer: Callable[[Fact], Writer], label: Callable[[int], str]
) -> Writer:
    if isinstance(change.now, Unknown):
        return Writer(label=label(change.now.until))
    return writer(change.fact)


def describe_origin(trace: Trace) -> str:
    """Return which run a trace is of, such as ``"the run of 2026-11-21 20:41"``."""
    try:
        moment = datetime.fromisoformat(trace.place.get("time", ""))
    except ValueError:
        return "an earlier run"
    return f"the run of {moment:%Y-%m-%d %H:%M}"
