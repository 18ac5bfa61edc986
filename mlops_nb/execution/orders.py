"""What is a kernel given before the next cell, and what if it cannot have it?

The conductor says which names the cell lacks and which states; an order has their values as they
are stored, by JSON. What a value refers to by name goes with it. What is not to be had is told with
the cell that made it, which then has to run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlops_nb.artifacts.codec_manifest import references_of
from mlops_nb.execution.kept import KeptResults
from mlops_nb.pipeline.incremental.conductor import Conductor, Supply
from mlops_nb.pipeline.incremental.facts import name_fact, parse_fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the kernel is to be given before the next cell.

    Attributes
    ----------
    text : str
        For the session, by JSON.
    supply : Supply
    missing : Mapping of int to str
        Cells that must run, since what they left is not to be had: the run begins again.
    is_empty : bool
        Whether nothing is to be given but the number of the cell.
    """

    text: str
    supply: Supply
    missing: Mapping[int, str]
    is_empty: bool


def make_order(
    conductor: Conductor, kept: KeptResults, *, count: int, names: set[str], asks: bool
) -> Order:
    """Return what the kernel is to be given before the next cell.

    Parameters
    ----------
    conductor : Conductor
    kept : KeptResults
    count : int
        Which number the cell has.
    names : set of str
        That it gets whether it is known to read them or not.
    asks : bool
        Whether it is for the ``--version-of`` of its stage, before the cell.
    """
    supply = conductor.supply(also=names, asks=asks)
    while more := _references(supply) - names:
        names |= more
        supply = conductor.supply(also=names, asks=asks)
    missing = dict(supply.missing)
    loads = []
    for load in supply.loads:
        if load.group.content is None:
            continue
        manifest = json.loads(load.group.content)
        fault = kept.fetch(d for group in manifest["groups"] for d in group["blobs"])
        if fault:
            maker = _maker(conductor, load.names[0])
            missing[maker] = f"what it left is not to be had: {fault}"
        trusted = kept.is_trusted(load.trace)
        loads.append({"manifest": manifest, "names": list(load.names), "trusted": trusted})
    effects = {
        str(fact): trace.effects["facts"][str(fact)]
        for fact, trace in supply.states
        if str(fact) in trace.effects.get("facts", {})
    }
    order = {"count": count, "drops": supply.drops, "loads": loads, "effects": effects}
    is_empty = not (supply.drops or loads or effects)
    return Order(text=json.dumps(order), supply=supply, missing=missing, is_empty=is_empty)


def note_supplied(conductor: Conductor, order: Order, told: Mapping[str, Any]) -> dict[int, str]:
    """Note that the kernel got what it lacked; return the cells whose values it cannot have."""
    missing = {}
    for name, fault in told.get("faults", {}).items():
        missing[_maker(conductor, name)] = f"its value cannot be brought back: {fault}"
    for text in told.get("failed", ()):
        entry = conductor.ledger.entry(parse_fact(text))
        if entry is not None:
            missing[entry.cell] = "what it set in the process cannot be brought back"
    if not missing:
        conductor.supplied(order.supply)
    return missing


def _maker(conductor: Conductor, name: str) -> int:
    entry = conductor.ledger.entry(name_fact(name))
    return -1 if entry is None else entry.cell


def _references(supply: Supply) -> set[str]:
    found: set[str] = set()
    for load in supply.loads:
        if load.group.content is not None:
            found |= references_of(json.loads(load.group.content), load.names)
    return found
