"""How does what a kernel told of a cell become a trace in the store?

The report names facts and values; large values are told later, when they are stored. A trace is
kept once all its values are accounted for.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from mlops_nb.execution.kept import CellResult, KeptResults
from mlops_nb.pipeline.incremental.facts import (
    NAMES,
    Fact,
    FactKind,
    parse_fact,
    sharing_fact,
)
from mlops_nb.pipeline.incremental.ledger import Ledger
from mlops_nb.pipeline.incremental.tasks import Course
from mlops_nb.pipeline.incremental.traces import Blocker, Group, Trace

AMBIENT = Fact(FactKind.AMBIENT)
_SHELL, _INITIAL = Fact(FactKind.OPTION, "ipython"), "initial"
# Names are stored with the trace, files lie on the disk: everything else is a state of the process.
_BROUGHT_BACK = (FactKind.NAME, FactKind.FILE)
# Facts that are the same whichever door executes a cell; the others follow from them.
_OWN = frozenset(FactKind) - {
    FactKind.AMBIENT,
    FactKind.SHARING,
    FactKind.BETWEEN,
    FactKind.NAMES,
}
# What modules may set things by while they are loaded, beside their own code.
_FOUND = frozenset({FactKind.FILE, FactKind.ENVIRONMENT})


def facts_of(told: Mapping[str, str | None]) -> dict[Fact, str | None]:
    """Return facts that a report tells, with their digests."""
    return {parse_fact(text): digest for text, digest in told.items()}


def facts_of_course(
    ledger: Ledger, reads: Mapping[Fact, str | None], *, reads_all: bool, mingles: bool
) -> dict[Fact, str | None]:
    """Return what a cell depended on that only the run knows; see `Changes` for `mingles`."""
    names = [f.key for f, d in reads.items() if f.kind is FactKind.NAME and d is not None]
    sharing = sharing_fact(names, only_between=not mingles)
    found: dict[Fact, str | None] = {}
    for fact in (sharing, AMBIENT, *([NAMES] if reads_all else [])):
        state = ledger.look(fact)
        found[fact] = state if isinstance(state, str) else None
    return found


def known_digest(state: object) -> str | None:
    """Return the fingerprint that a name is known to have; None if it has or is known to have
    none."""
    return state if isinstance(state, str) and not state.startswith("none") else None


def reaches_of(told: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return the names that code in values looks up, by name."""
    return {name: tuple(names) for name, names in told["reaches"].items()}


def is_told_by_text(
    course: Course,
    position: int,
    *,
    reads: Mapping[Fact, str | None],
    outputs: Sequence[Mapping[str, Any]],
) -> bool:
    """Return whether the text of a cell that ran tells that it set what nothing observes.

    A last call that gave a value was made for it, as one whose value is bound.

    Parameters
    ----------
    course : Course
    position : int
    reads : Mapping of Fact to (str or None)
        What the cell depended on.
    outputs : sequence of Mapping
        What it showed, in nbformat's form.
    """
    is_shown = any(output.get("output_type") == "execute_result" for output in outputs)
    if is_shown and position in course.calling and reads.get(_SHELL) == _INITIAL:
        return False  # as IPython is set at first, the last value alone is shown
    return position in course.ambient


def chain_ambient(
    course: Course,
    position: int,
    *,
    before: str | None,
    reads: Mapping[Fact, str | None],
    is_seen: bool,
    held: Trace | None = None,
) -> str:
    """Return the digest of what nothing observes, after a cell changed it.

    Nobody knows what it set; but that follows from its code and from what it read, or from a few
    of its lines alone, or from modules that it loads and the files that it read. Where all is as it
    was when the cell ran before, it did again what it did then, though it be seen to read more:
    packages that were loaded to bring values back.

    Parameters
    ----------
    course : Course
    position : int
        Of the cell.
    before : str or None
        The digest before it.
    reads : Mapping of Fact to (str or None)
        What the cell depended on.
    is_seen : bool
        Whether the session saw that the cell set something which it cannot tell.
    held : Trace, optional
        One that was valid when the cell's turn came.
    """
    past = None if held is None else held.writes.get(AMBIENT)
    if position in course.collecting:
        return uuid4().hex  # what was garbage stands in none of its facts
    if past is not None:
        return past
    by, kinds = course.keys[position], _OWN
    by_lines = course.ambient.get(position)
    if by_lines is not None and not is_seen:
        by, kinds = by_lines, _FOUND if position in course.loading else frozenset()
    told = sorted((str(fact), digest) for fact, digest in reads.items() if fact.kind in kinds)
    return hashlib.sha256(json.dumps([before, by, told]).encode()).hexdigest()


def make_trace(
    told: Mapping[str, Any],
    *,
    key: str,
    reads: Mapping[Fact, str | None],
    writes: Mapping[Fact, str | None],
    place: Mapping[str, str],
    seconds: float,
) -> Trace:
    """Return the trace of a cell, without the groups of its values.

    Parameters
    ----------
    told : Mapping
        As the session reports it.
    key : str
        Of the cell.
    reads, writes : Mapping of Fact to (str or None)
        What was told, and what only the run knows.
    place : Mapping of str to str
        Notebook, stage and cell, for people.
    seconds : float
    """
    effects, ended = told["effects"], datetime.now(UTC)
    return Trace(
        id=uuid4().hex,
        key=key,
        reads=dict(reads),
        writes=dict(writes),
        reaches=reaches_of(told),
        blockers=tuple(Blocker(cause=c, message=m, remedy=r) for c, m, r in told["blockers"]),
        shown={parse_fact(text): value for text, value in told["shown"].items()},
        effects={"facts": effects, **({"labels": told["labels"]} if told.get("labels") else {})},
        only_by_running=frozenset(
            f for f in writes if f.kind not in _BROUGHT_BACK and str(f) not in effects
        ),
        place={**place, "time": ended.isoformat(timespec="seconds")},
        seconds=seconds,
        made=(ended - timedelta(seconds=seconds)).isoformat(timespec="seconds"),
    )


class WaitingTraces:
    """Traces whose values are still being stored.

    Parameters
    ----------
    kept : KeptResults
    """

    def __init__(self, kept: KeptResults) -> None:
        self._kept = kept
        self._waiting: dict[str, tuple[Trace, CellResult, set[tuple[str, ...]]]] = {}

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(
        self, token: str, trace: Trace, result: CellResult, parts: Sequence[tuple[str, ...]]
    ) -> None:
        """Keep a trace once all `parts` of its names were told under `token`."""
        if parts:
            self._waiting[token] = (trace, result, set(parts))
        else:
            self._kept.keep(trace, result)

    def stored(self, told: Iterable[Mapping[str, Any]]) -> None:
        """Note what became of values."""
        for item in told:
            waiting = self._waiting.get(item["cell"])
            if waiting is None:
                continue
            trace, result, left = waiting
            names = tuple(item["names"])
            group = Group(names=names, content=item["content"], obstacle=item["obstacle"])
            trace = replace(trace, groups=(*trace.groups, group))
            left.discard(names)
            self._waiting[item["cell"]] = (trace, result, left)
            if not left:
                del self._waiting[item["cell"]]
                self._kept.keep(trace, result)


def told_at_once(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what a report tells of stored values: those of its cell, and of earlier ones."""
    own = [{"cell": told["cell"], **group} for group in told["groups"]]
    return [*own, *told["stored"]]
