"""Which verdicts are known already? A run plans anew after each cell, and most cells stand.

A verdict follows from the traces and from the states that were looked at on the way to it. Where
each of these is what it was, it is the same verdict, whatever else changed; so nothing need be
known of which cell could have changed what.
"""

from __future__ import annotations

from dataclasses import dataclass

from mlops_nb.pipeline.incremental.facts import Fact, State
from mlops_nb.pipeline.incremental.judging import Look, Verdict, choose
from mlops_nb.pipeline.incremental.traces import Trace

# Of one cell: a plan looks at it with and without the cells that must run for others, before and
# after one that is open.
_MOST = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    traces: tuple[Trace, ...]
    states: dict[Fact, State]
    verdict: Verdict


class Judged:
    """The verdicts of one run.

    Examples
    --------
    >>> from mlops_nb.pipeline.incremental.facts import FactKind
    >>> judged, asked = Judged(), []
    >>> x = Fact(FactKind.NAME, "x")
    >>> traces = tuple(Trace(id=n, key="k", reads={x: n}, writes={}) for n in "123")
    >>> def look(fact):
    ...     asked.append(fact.key)
    ...     return "3"
    >>> judged.choose(0, traces, look).trace.id, judged.choose(0, traces, look).trace.id
    ('3', '3')
    >>> asked
    ['x', 'x']
    """

    def __init__(self) -> None:
        self._known: dict[int, list[_Known]] = {}

    def choose(self, cell: int, traces: tuple[Trace, ...], look: Look) -> Verdict:
        """Return the verdict on a cell, as `judging.choose` does."""
        known = self._known.setdefault(cell, [])
        for found in known:
            if found.traces is traces and all(look(f) == s for f, s in found.states.items()):
                return found.verdict
        states: dict[Fact, State] = {}

        def look_once(fact: Fact) -> State:
            if fact not in states:
                states[fact] = look(fact)
            return states[fact]

        verdict = choose(traces, look_once)
        known.insert(0, _Known(traces=traces, states=states, verdict=verdict))
        del known[_MOST:]
        return verdict
