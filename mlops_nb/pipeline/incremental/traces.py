"""What is kept of one execution of a cell, so that it need not run again? A trace.

The trace is found by the cell's key and holds if every fact it read is as it was: the verifying
traces of Mokhov, Mitchell and Peyton Jones, Build Systems à la Carte (ICFP 2018). It then stands
for the execution: the facts it wrote, with their values in the store, and the cell's outputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mlops_nb.pipeline.incremental.facts import Fact, FactKind, parse_fact

SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocker:
    """Why an execution must not stand for another one: it used what cannot be observed.

    Attributes
    ----------
    cause : str
        A word: ``"network"``, ``"subprocess"``, ``"entropy"``, ``"time"``, ``"reader"`` …
    message : str
        What was used, as the end of "it runs every time, since it …".
    remedy : str
        Which option would let it be restored.
    """

    cause: str
    message: str
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Names that share memory and are therefore stored and restored together.

    Attributes
    ----------
    names : tuple of str
        Sorted.
    content : str or None
        What the store needs to bring them back; None if they cannot be stored.
    obstacle : str
        Why not: variable, type, cause, remedy.
    """

    names: tuple[str, ...]
    content: str | None
    obstacle: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One execution of a cell.

    Attributes
    ----------
    id : str
    key : str
        As `keys.cell_key` gives it.
    reads, writes : Mapping of Fact to (str or None)
        Digests before and after; None: not there.
    groups : tuple of Group
        Every name in `writes` that is bound is in exactly one.
    reaches : Mapping of str to tuple of str
        Names written whose values hold code: the names of the notebook this code looks up.
    blockers : tuple of Blocker
    shown : Mapping of Fact to str
        What a person can be told of a fact: a short value, a helper's source.
    outputs : str or None
        Where the store has the cell's outputs, or they themselves if they are short; None if there
        are none.
    effects : Mapping
        What else restoring must bring about: metrics, model, files by the store's names.
    only_by_running : frozenset of Fact
        The part of `writes` that the store cannot bring back: a cell that runs later in a kernel
        needs this one to have run there.
    place : Mapping of str to str
        Notebook, stage, cell id, run and time: for people, never for a decision.
    seconds : float
    made : str
        When it began, by ISO 8601 in UTC: what ``--fresh`` counts from.
    """

    id: str
    key: str
    reads: Mapping[Fact, str | None]
    writes: Mapping[Fact, str | None]
    groups: tuple[Group, ...] = ()
    reaches: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    blockers: tuple[Blocker, ...] = ()
    shown: Mapping[Fact, str] = field(default_factory=dict)
    outputs: str | None = None
    effects: Mapping[str, Any] = field(default_factory=dict)
    only_by_running: frozenset[Fact] = frozenset()
    place: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    made: str = ""

    def group_of(self, name: str) -> Group | None:
        """Return the group that `name` was written in, or None."""
        return next((group for group in self.groups if name in group.names), None)

    def to_json(self) -> dict[str, Any]:
        """Return the object that is stored."""
        return {
            "schema": SCHEMA,
            "id": self.id,
            "key": self.key,
            "reads": _facts_to_json(self.reads),
            "writes": _facts_to_json(self.writes),
            "groups": [
                {"names": list(g.names), "content": g.content, "obstacle": g.obstacle}
                for g in self.groups
            ],
            "reaches": {name: list(names) for name, names in sorted(self.reaches.items())},
            "blockers": [
                {"cause": b.cause, "message": b.message, "remedy": b.remedy} for b in self.blockers
            ],
            "shown": _facts_to_json(self.shown),
            "outputs": self.outputs,
            "effects": dict(self.effects),
            "only_by_running": sorted(map(str, self.only_by_running)),
            "place": dict(self.place),
            "seconds": self.seconds,
            "made": self.made,
        }


def parse_trace(content: Mapping[str, Any]) -> Trace:
    """Return the trace that `Trace.to_json` wrote.

    Raises
    ------
    KeyError, TypeError, ValueError
        If `content` is no trace of this schema; such a record is as good as none.
    """
    if content["schema"] != SCHEMA:
        raise ValueError(f"a trace of schema {content['schema']!r}")
    trace = Trace(
        id=str(content["id"]),
        key=str(content["key"]),
        reads=_facts_from_json(content["reads"]),
        writes=_facts_from_json(content["writes"]),
        groups=tuple(
            Group(names=tuple(g["names"]), content=g["content"], obstacle=g["obstacle"])
            for g in content["groups"]
        ),
        reaches={name: tuple(names) for name, names in content["reaches"].items()},
        blockers=tuple(Blocker(**b) for b in content["blockers"]),
        shown={f: str(t) for f, t in _facts_from_json(content["shown"]).items()},
        outputs=content["outputs"],
        effects=dict(content["effects"]),
        only_by_running=frozenset(map(parse_fact, content["only_by_running"])),
        place=dict(content["place"]),
        seconds=float(content["seconds"]),
        made=str(content.get("made", "")),
    )
    grouped = [name for group in trace.groups for name in group.names]
    bound = {f.key for f, d in trace.writes.items() if f.kind is FactKind.NAME and d is not None}
    if len(grouped) != len(set(grouped)) or not bound <= set(grouped):
        raise ValueError("a trace whose names are not each in one group")
    return trace


def _facts_to_json(facts: Mapping[Fact, str | None]) -> dict[str, str | None]:
    return {str(fact): facts[fact] for fact in sorted(facts)}


def _facts_from_json(content: Mapping[str, Any]) -> dict[Fact, str | None]:
    facts: dict[Fact, str | None] = {}
    if not isinstance(content, Mapping):
        raise TypeError(f"no facts: {content!r}")
    for text, digest in content.items():
        if digest is not None and not isinstance(digest, str):
            raise TypeError(f"no digest: {digest!r}")
        facts[parse_fact(text)] = digest
    return facts
