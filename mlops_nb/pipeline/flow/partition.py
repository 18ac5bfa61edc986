"""Which symbols may stand for the same things? Classes of them, and what flows between.

What one symbol is may flow to another; what is in the two is then the same class, however deep
(Das: *Unification-based Pointer Analysis with Directional Assignments*, PLDI 2000).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Partition:
    """The classes, as far as flows have been noted.

    Attributes
    ----------
    parents : dict
        Another symbol of its class, for each that was joined.
    sources : dict
        What may flow to a symbol.
    contents : dict
        The symbol of what is in a symbol.
    """

    parents: dict[Any, Any] = field(default_factory=dict)
    sources: dict[Any, list[Any]] = field(default_factory=dict)
    contents: dict[Any, Any] = field(default_factory=dict)
    n_parts: int = 0

    def find(self, key: Any) -> Any:
        """Return what stands for the class of a symbol."""
        parents = self.parents
        while (parent := parents.get(key, key)) is not key:
            grand = parents.get(parent, parent)
            parents[key] = grand
            key = grand
        return key

    def join(self, *keys: Any) -> None:
        """Note that symbols may be the same; then what is in them may be, too."""
        todo = [(keys[0], key) for key in keys[1:]]
        while todo:
            one, other = todo.pop()
            one = self.find(one) if one in self.parents else one
            other = self.find(other) if other in self.parents else other
            if one is other or one == other:
                continue
            self.parents[other] = one
            inner = self.contents.pop(other, None)
            if inner is not None:
                known = self.contents.setdefault(one, inner)
                if known is not inner:
                    todo.append((known, inner))

    def part_of(self, key: Any) -> Any:
        """Return the symbol of what is in a symbol."""
        root = self.find(key) if key in self.parents else key
        part = self.contents.get(root)
        if part is None:
            self.n_parts += 1
            part = self.contents[root] = -self.n_parts  # objects have positive numbers
        return part

    def flow(self, target: Any, *sources: Any) -> None:
        """Note that a symbol may be what others are."""
        known = self.sources.setdefault(target, [])
        part = self.part_of(target)
        for source in sources:
            known.append(source)
            other = self.part_of(source)
            if part is not other:
                self.join(part, other)

    def put(self, box: Any, *parts: Any) -> None:
        """Note that symbols may be in another."""
        if parts:
            self.flow(self.part_of(box), *parts)

    def gather(self, target: Any, *sources: Any) -> None:
        """Note that a symbol may be what others are, or what is in them."""
        for source in sources:
            self.flow(target, source, self.part_of(source))

    def blend(self, *keys: Any) -> None:
        """Note that symbols may be the same, or in one another, however deep."""
        self.join(*keys)
        self.join(self.part_of(keys[0]), keys[0])

    def within(self, key: Any) -> list[Any]:
        """Return a symbol, what is in it, what is in that, and so on."""
        found = [self.find(key)]
        while (part := self.contents.get(found[-1])) is not None:
            part = self.find(part)
            if part in found:
                break
            found.append(part)
        return found

    def origins(self, keys: Iterable[Any], *, with_wholes: bool = False) -> set[Any]:
        """Return the classes of all that may flow to `keys`; with what holds it, if asked."""
        parents = self.parents
        before: dict[Any, list[Any]] = {}
        for target, sources in self.sources.items():
            target = self.find(target) if target in parents else target
            before.setdefault(target, []).extend(sources)
        if with_wholes:
            for whole, part in self.contents.items():
                part = self.find(part) if part in parents else part
                before.setdefault(part, []).append(whole)
        todo = list(keys)
        found: set[Any] = set()
        while todo:
            key = todo.pop()
            key = self.find(key) if key in parents else key
            if key not in found:
                found.add(key)
                todo += before.get(key, ())
        return found
