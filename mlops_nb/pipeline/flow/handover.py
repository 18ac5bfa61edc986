"""What does a cell leave to the next? What its names stand for, and no more than is needed of it.

A name that cell after cell binds again would else stand for ever more objects, and objects that no
name stands for any more would be links in ever longer chains.
"""

from __future__ import annotations

from bisect import bisect_left

from mlops_nb.pipeline.flow.chains import heed, skip
from mlops_nb.pipeline.flow.effects import Bound
from mlops_nb.pipeline.flow.machine import Machine
from mlops_nb.pipeline.flow.values import IMMUTABLE, Value

_MAX_UNITED = 8
_MAX_KEPT = 32


def hand_over(m: Machine) -> None:
    """Make what this cell bound and deleted the world of the next."""
    m.heap.run = None
    for name, binding in m.state.names.items():
        old = m.names.get(name)
        if binding.bound is Bound.DELETED:
            new = None
        elif binding.bound is Bound.SURE or old is None:
            new = binding.value if binding.bound is not Bound.MAYBE_DELETED else None
        else:
            new = _united(m, name, old, binding.value)
        _move(m, name, old, new)
        if new is None:
            m.kinds.pop(name, None)
        elif binding.bound > Bound.MAYBE_DELETED:
            m.kinds[name] = (binding.kind, binding.origin)


def _united(m: Machine, name: str, old: Value, new: Value) -> Value:
    """Return `old` or `new`; of objects that only `name` stands for, one of each sort is kept.

    A loop variable that cell after cell binds again would else stand for ever more objects.
    """
    both = old.union(new)
    if len(both.objects) <= _MAX_UNITED:
        return both
    kept: set[int] = set()
    sorts = set()
    for number in sorted(both.objects, reverse=True):
        is_own = number not in m.heap.holders and not m.names_of.get(number, set()) - {name}
        heap = m.heap
        sort = (heap.near.get(number), heap.classes.get(number), heap.held.get(number))
        if not is_own or sort not in sorts:
            kept.add(number)
        if is_own:
            sorts.add(sort)
    if len(kept) > _MAX_KEPT:
        kept = m.heap.fold(kept, _MAX_UNITED)
    return Value(frozenset(kept), both.near, both.calls, both.module)


def _move(m: Machine, name: str, old: Value | None, new: Value | None) -> None:
    gone = m.external.pop(name, None)
    for value in (old, gone):
        for number in value.objects if value is not None else ():
            m.names_of.get(number, set()).discard(name)
    if new is None:
        m.names.pop(name, None)
    else:
        m.names[name] = new
    _list(m, name, is_there=new is not None)
    if new is not None:
        for number in new.objects:
            if number > IMMUTABLE:
                heed(m.heap, number)
                m.names_of.setdefault(number, set()).add(name)
    _skip_unnamed(m, old, gone, new)


def _list(m: Machine, name: str, *, is_there: bool) -> None:
    """Keep the list of names that code sees which looks at all of them."""
    if name.startswith("__"):
        return
    position = bisect_left(m.listed, name)
    is_listed = position < len(m.listed) and m.listed[position] == name
    if is_there and not is_listed:
        m.listed.insert(position, name)
    elif is_listed and not is_there:
        del m.listed[position]


def _skip_unnamed(m: Machine, old: Value | None, gone: Value | None, new: Value | None) -> None:
    """Take objects that no name stands for any more out of the chains they are links of."""
    left = [n for v in (old, gone) for n in (v.objects if v is not None else ())]
    if new is not None:
        added = new.objects if old is None else new.objects - old.objects
        left += [base for n in added for base, _ in m.heap.near.get(n, ())]
    for number in left:
        if number > IMMUTABLE and not m.names_of.get(number):
            skip(m.heap, number)
