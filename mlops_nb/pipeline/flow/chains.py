"""Which objects are only links between others, and what if they are more again?

A name that is bound again and again to something made of itself would stand at the end of a chain
of objects nobody can name, and each change would go along all of it. Such links are left out, and
put back when anything is done with them: a closure may have kept one.
"""

from __future__ import annotations

from typing import Any, Protocol

Near = frozenset[tuple[int, Any]]


class Linked(Protocol):
    """The part of the heap that knows what was taken out of what."""

    near: dict[int, Near]
    viewers: dict[int, dict[int, None]]
    links: dict[int, Any]
    skipped: dict[int, tuple[int, Any]]
    version: int

    def is_more(self, number: int) -> bool:
        """Return whether an object is more than a link between others."""


def skip(heap: Linked, number: int) -> None:
    """Link what was taken out of an unnamed object with what that was taken out of itself.

    Nothing is left out that anything else may change, or be changed by.
    """
    viewers = heap.viewers.get(number, {})
    if len(viewers) != 1 or number in heap.skipped or heap.is_more(number):
        return
    (viewer,) = viewers
    bases, links = heap.near.get(number, frozenset()), heap.near.get(viewer, frozenset())
    how = max((s for base, s in links if base == number), default=None)
    if how is None or viewer == number:
        return
    own = frozenset((base, s) for base, s in links if base != number)
    through = frozenset((base, min(how, s)) for base, s in bases if base != viewer)
    heap.near[viewer] = own | through
    for base, _ in bases:
        known = heap.viewers.setdefault(base, {})
        known.pop(number, None)
        if base != viewer:
            known[viewer] = None
        heap.links.pop(base, None)
    heap.skipped[number] = (viewer, how)
    heap.links.pop(viewer, None)


def heed(heap: Linked, number: int) -> None:
    """Put an object that was left out back into its chain, and the rest of the chain with it."""
    if number not in heap.skipped:
        return
    todo = [number]
    while todo:
        back = todo.pop()
        skipped = heap.skipped.pop(back, None)
        if skipped is None:
            continue
        viewer, how = skipped
        bases = [base for base, _ in heap.near.get(back, frozenset())]
        for base in bases:
            heap.viewers.setdefault(base, {})[back] = None
            heap.links.pop(base, None)
        heap.near[viewer] = heap.near.get(viewer, frozenset()) | {(back, how)}
        heap.links.pop(viewer, None)
        todo += [viewer, *bases]
    heap.version += 1
