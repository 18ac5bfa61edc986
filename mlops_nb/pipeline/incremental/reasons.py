"""Why does a cell run, or need not? A clause that a person can read, for plan, record and stage
line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from mlops_nb.pipeline.incremental.facts import Fact, FactKind, Unknown
from mlops_nb.pipeline.incremental.judging import (
    Change,
    Writer,
    list_names,
    phrase_change,
    phrase_changes,
)
from mlops_nb.pipeline.incremental.planning import Step
from mlops_nb.pipeline.incremental.remembered import NEW
from mlops_nb.pipeline.incremental.terms import Terms, mark_of
from mlops_nb.pipeline.incremental.traces import Trace

# What changes with nearly anything else that does.
_FOLLOWING = (FactKind.SHARING, FactKind.BETWEEN, FactKind.NAMES, FactKind.AMBIENT)
# Told once for each cell that decides some of them: names first, options last.
_GROUPED = (FactKind.NAME, FactKind.OPTION)


def explain_step(
    step: Step,
    *,
    shown: Callable[[Fact], str] = lambda fact: "",
    writer: Callable[[Fact], Writer] = lambda fact: Writer(),
    label: Callable[[int], str] = lambda cell: f"cell {cell}",
    cause: Callable[[int], str] = lambda cell: "",
    terms: Terms | None = None,
    unkept: str = NEW,
    most: int = 2,
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
    cause : callable, optional
        Why a cell runs that is not shown by itself.
    terms : Terms, optional
        What its stage's options say of restoring it.
    unkept : str, optional
        Why no trace has its key, where none has.
    most : int, default=2
        How many changes are named.
    """
    trace = step.verdict.trace
    if step.because:
        return step.because
    if trace is None:
        return unkept
    if step.action == "restore":
        told = f"nothing it depends on changed since {describe_origin(trace)}"
        mark = mark_of(trace, terms or Terms())
        return f"{told}, {mark}" if mark else told
    changes = _worth_telling(step.verdict.changes)
    clauses = [
        phrase_change(
            change,
            before=trace.shown.get(change.fact, ""),
            after=shown(change.fact),
            writer=_decider(change, writer, label),
        )
        for change in sorted(changes, key=_is_open)
        if not (_is_open(change) and change.fact.kind in _GROUPED)
    ]
    n_settled = sum(not _is_open(change) for change in changes)
    clauses[n_settled:n_settled] = _phrase_open_names(changes, label, cause)
    clauses += _phrase_open_options(changes, label)
    return phrase_changes(list(dict.fromkeys(clauses)), most=most)


def _worth_telling(changes: Sequence[Change]) -> Sequence[Change]:
    """Return the changes without those that follow from others, where there are others."""
    own = [change for change in changes if change.fact.kind not in _FOLLOWING]
    return own or changes


def _is_open(change: Change) -> bool:
    return isinstance(change.now, Unknown)


def _keys_by_decider(changes: Sequence[Change], kind: FactKind) -> list[tuple[int, list[str]]]:
    """Return what is open of a kind by the cell that decides it, in the order of the cells."""
    keys: dict[int, list[str]] = {}
    for change in changes:
        if isinstance(change.now, Unknown) and change.fact.kind is kind:
            keys.setdefault(change.now.until, []).append(change.fact.key)
    return sorted(keys.items())


def _phrase_open_names(
    changes: Sequence[Change], label: Callable[[int], str], cause: Callable[[int], str]
) -> list[str]:
    """Return a clause for each cell that decides names."""
    clauses = []
    for until, own in _keys_by_decider(changes, FactKind.NAME):
        verb, why = "is" if len(own) == 1 else "are", cause(until)
        told = f"{list_names(own)} {verb} not known until {label(until)} ran"
        clauses.append(f"{told}: {why}" if why else told)
    return clauses


def _phrase_open_options(changes: Sequence[Change], label: Callable[[int], str]) -> list[str]:
    """Return a clause for each cell that may set options."""
    clauses = []
    for until, keys in _keys_by_decider(changes, FactKind.OPTION):
        rest = f" and {len(keys) - 2} more" if len(keys) > 2 else ""
        told = f"the options of {', '.join(keys[:2])}{rest}"
        clauses.append(f"{told} are not known until {label(until)} ran")
    return clauses


def _decider(
    change: Change, writer: Callable[[Fact], Writer], label: Callable[[int], str]
) -> Writer:
    if isinstance(change.now, Unknown):
        return Writer(label=label(change.now.until))
    return writer(change.fact)


def describe_restored(trace: Trace, terms: Terms) -> str:
    """Return which run a restored cell is of, and what a person must know of that."""
    mark = mark_of(trace, terms)
    return f"{describe_origin(trace)}, {mark}" if mark else describe_origin(trace)


def describe_origin(trace: Trace) -> str:
    """Return which run a trace is of, such as ``"the run of 2026-11-21 20:41"``."""
    try:
        moment = datetime.fromisoformat(trace.place.get("time", ""))
    except ValueError:
        return "an earlier run"
    return f"the run of {moment:%Y-%m-%d %H:%M}"
