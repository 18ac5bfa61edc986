"""How is a whole value read: deep, cyclic, shared, and as fast for many values as for one?

A walk from a stack of its own gives each object a digest of its tag, parts and children. Two rules
decide what identity means:

- **Mutable objects are numbered** in the order in which they are met. Met again, an object is the
  distance back to its number, not its content: ``[a, a]`` and ``[a, copy(a)]`` differ, because a
  later change of one element would show in the other. Cycles need no rule of their own.
- **Immutable objects are content alone.** Two equal texts, or tuples of texts, are one value,
  however many objects they are. A tuple that holds something mutable is numbered with it.

Distances are relative, so the digest of an object from which nothing refers outwards holds in any
surroundings. It is remembered for the values that follow, with what was numbered inside, and used
again where none of that has been met yet.

A tree of plain collections is read as a whole (``fingerprint_trees``); what is in it is numbered
all the same where other parts of the value may refer there.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

from itertools import repeat
from typing import Any

from .fingerprint_atoms import ATOMS
from .fingerprint_containers import PLAIN
from .fingerprint_digest import combine
from .fingerprint_memo import Closed, Memo, Met, Visits
from .fingerprint_memory import digest_elements
from .fingerprint_node import Node, Unreadable
from .fingerprint_trees import LONG
from .identity import identity

_NOWHERE = 1 << 62
_MOST_NESTED_WALKS = 30
_FEW = 8  # from so many numbered objects inside on, a digest is remembered


class _Frame:
    """A node that is being read."""

    __slots__ = (
        "at", "foreign", "fresh", "fresh_below", "holds_fresh", "ident", "in_foreign", "low",
        "n_arrays", "n_met", "node", "parts", "size", "start", "top",
    )  # fmt: skip

    def __init__(self, node: Node, ident: int, walk: Walk, n_arrays: int) -> None:
        above = walk.stack[-1] if walk.stack else None
        self.node = node
        self.ident = ident
        self.foreign: bool
        self.fresh_below: bool
        self.parts = list(node.known)
        self.size = len(node.children)
        self.at = 0
        self.in_foreign = above is not None and above.foreign
        self.foreign = node.foreign or self.in_foreign
        self.fresh = above is not None and above.fresh_below
        self.fresh_below = node.fresh or self.fresh
        self.holds_fresh = node.fresh
        self.start = walk.count
        self.n_met = len(walk.met_log)
        self.n_arrays = n_arrays
        self.low = _NOWHERE  # the lowest number referred to
        self.top = _NOWHERE  # the highest frame referred to


class Walk:
    """One walk over one value; see the module's docstring.

    Parameters
    ----------
    memo : Memo
        Shared with the other walks of a pass.
    most_objects : int
        How many objects may be visited before the value counts as unreadable.

    Attributes
    ----------
    arrays : list of (int, numpy array)
        Arrays outside objects of libraries, with how many objects had been numbered before each.
    """

    def __init__(
        self,
        memo: Memo,
        *,
        most_objects: int,
        owners: frozenset[int] = frozenset(),
        visits: Visits | None = None,
    ) -> None:
        self.memo = memo
        self.stack: list[_Frame] = []
        self.met: dict[int, Met] = {}
        self.met_log: list[tuple[int, Met]] = []
        self.arrays: list[tuple[int, Any]] = []
        self.count = 0
        self.budget = most_objects
        self._recall_budget = most_objects
        self._most_objects = most_objects
        self._owners = owners
        self._visits = Visits() if visits is None else visits
        self._open: dict[int, int] = {}
        self._alive: list[Any] = []

    # What readers may ask for -----------------------------------------------------------------

    @property
    def foreign(self) -> bool:
        above = self.stack[-1] if self.stack else None
        return above is not None and (above.foreign or above.fresh_below)

    @property
    def fresh(self) -> bool:
        return bool(self.stack) and self.stack[-1].fresh_below

    def alone(self, value: Any, owner: Any) -> bytes:
        if len(self._owners) >= _MOST_NESTED_WALKS:
            raise Unreadable(
                f"Sets lie inside each other more than {_MOST_NESTED_WALKS} deep.",
                "Keep nested collections in tuples or lists.",
            )
        owners = self._owners | {identity(owner)}
        walk = Walk(self.memo, most_objects=self.budget, owners=owners, visits=self._visits)
        try:
            return walk.visit(value)
        finally:
            self.budget = walk.budget

    def memory(self, array: Any) -> bytes:
        return digest_elements(array, None if self.fresh else self.memo.memory)

    def note_array(self, array: Any) -> None:
        if not self.foreign:
            self.arrays.append((self.count, array))

    # The walk ---------------------------------------------------------------------------------

    def visit(self, value: Any) -> bytes:
        """Return the part that stands for `value`.

        Raises
        ------
        Unreadable
            If something in it has no fingerprint; `place` then says where.
        """
        encode = ATOMS.get(type(value))
        part = encode(value) if encode is not None else self._read_tree(value)
        if part is None:
            part = self._enter(value)
        stack = self.stack
        while stack:
            frame = stack[-1]
            if frame.at == frame.size:
                part = self._leave(frame)
                continue
            child = frame.node.children[frame.at]
            frame.at += 1
            encode = ATOMS.get(type(child))
            found = encode(child) if encode is not None else self._enter(child)
            if found is not None:
                frame.parts.append(found)
        assert part is not None
        return part

    def place(self) -> str:
        """Return where in the value the walk stands, such as ``".callbacks[0]"``."""
        return "".join(frame.node.label(frame.at - 1) for frame in self.stack if frame.at)

    def standing_at(self, root: Any) -> Any:
        """Return the object that `place` leads to; `root` is the value itself."""
        frame = self.stack[-1] if self.stack else None
        return root if frame is None else frame.node.children[frame.at - 1]

    def _enter(self, value: Any) -> bytes | None:
        """Return the part of `value`, or None if it has children and stands on the stack now."""
        ident = identity(value)
        known = self.met.get(ident)
        if known is not None:
            return self._refer(*known)
        depth = self._open.get(ident)
        if depth is not None:
            return self._refer_up(depth)
        if ident in self._owners:
            if self.stack:
                self.stack[-1].low = -1
            return b"<owner"
        found = self.memo.immutable.get(ident)
        if found is None and ident in self.memo.closed:
            found = self._recall(ident)
        if found is not None:
            return found
        self.budget -= 1
        if self.budget < 0:
            raise Unreadable(
                f"It holds more than {self._most_objects:,} objects.",
                "Keep large data in arrays or frames, which are read as a whole.",
            )
        if len(self._owners) > 1 and self._visits.are_too_many(ident):
            raise Unreadable(
                "Sets whose elements lead to sets again take too long to be read.",
                "Keep nested collections in tuples or lists.",
            )
        plain = PLAIN.get(type(value))
        if plain is not None:
            part = plain(value)
            if part is not None:
                self._number(ident)
                return part
            if len(value) >= LONG:
                part = self._read_tree(value)
                if part is not None:
                    return part
        n_arrays = len(self.arrays)  # reading an array notes it, and it is one of its own node
        read = self.memo.read(value, self)
        return read if isinstance(read, bytes) else self._open_node(read, ident, n_arrays)

    def _read_tree(self, value: Any) -> bytes | None:
        """Return the part of a tree of plain collections, and number them; None for all else."""
        survey = self.memo.surveys.of(value)
        if survey is None or not survey.ids or len(survey.ids) > self.budget:
            return None
        found = survey.ids
        if not self.met.keys().isdisjoint(survey.once):
            return None
        part = self.memo.surveys.part(value)
        if self.stack:
            numbers = range(self.count, self.count + len(found))
            met = list(zip(found, zip(numbers, repeat(b""))))  # noqa: B905 - Python 3.9
            self.met.update(met)
            self.met_log += met
            self.count += len(found)
            self.budget -= len(found)
        return part

    def _refer(self, number: int, part: bytes) -> bytes:
        above = self.stack[-1]
        above.low = min(above.low, number)
        return b"<%d" % (self.count - number) + part

    def _refer_up(self, depth: int) -> bytes:
        above, start = self.stack[-1], self.stack[depth].start
        above.top = min(above.top, depth)
        above.low = min(above.low, start)
        return b"<%d,%d" % (len(self.stack) - depth, self.count - start)

    def _remember(self, ident: int, met: Met) -> None:
        self.met[ident] = met
        self.met_log.append((ident, met))

    def _number(self, ident: int) -> None:
        self._remember(ident, (self.count, b""))
        self.count += 1

    def _open_node(self, node: Node, ident: int, n_arrays: int) -> bytes | None:
        if not node.children and not node.heavy:
            if node.mutable:
                self._number(ident)
            return b"#" + combine(node.tag, node.known)
        frame = _Frame(node, ident, self, n_arrays)
        if node.mutable:
            self._number(ident)
        if not frame.size:
            part = b"#" + combine(node.tag, node.known)
            if not frame.fresh:
                self._keep(frame, part)
            return part
        if not node.live:
            self._alive.append(node.children)
        if not node.mutable:
            self._open[ident] = len(self.stack)
        self.stack.append(frame)
        return None

    def _leave(self, frame: _Frame) -> bytes:
        self.stack.pop()
        node = frame.node
        part = b"#" + combine(node.tag, frame.parts)
        inwards = frame.low >= frame.start and frame.top >= len(self.stack)
        if self.stack:
            above = self.stack[-1]
            above.parts.append(part)
            above.low = min(above.low, frame.low)
            above.top = min(above.top, frame.top)
            above.holds_fresh |= frame.holds_fresh
        alive = not frame.fresh and not frame.holds_fresh
        if not node.mutable:
            del self._open[frame.ident]
            if self.count > frame.start or frame.low != _NOWHERE:
                self._remember(frame.ident, (frame.start, part))
            elif alive:
                self.memo.immutable[frame.ident] = part
        elif alive and inwards and (node.heavy or len(self.met_log) - frame.n_met >= _FEW):
            self._keep(frame, part)
        return part

    def _keep(self, frame: _Frame, part: bytes) -> None:
        if not frame.node.mutable:
            self.memo.immutable[frame.ident] = part
            return
        self.memo.closed[frame.ident] = Closed(
            part=part,
            in_foreign=frame.in_foreign,
            start=frame.start,
            n_numbered=self.count - frame.start,
            log=self.met_log,
            log_range=(frame.n_met, len(self.met_log)),
            arrays=self.arrays,
            arrays_range=(frame.n_arrays, len(self.arrays)),
        )

    def _recall(self, ident: int) -> bytes | None:
        """Return the part of an object that an earlier walk closed, if nothing of it was met."""
        closed = self.memo.closed[ident]
        if closed.in_foreign != self.foreign or self.fresh or closed.log is self.met_log:
            return None
        self._recall_budget -= closed.log_range[1] - closed.log_range[0]
        if self._recall_budget < 0:
            return None
        met = closed.log[slice(*closed.log_range)]
        if any(inner in self.met or inner in self._open for inner, _ in met):
            return None
        shift = self.count - closed.start
        for inner, (number, part) in met:
            self._remember(inner, (number + shift, part))
        arrays = closed.arrays[slice(*closed.arrays_range)]
        self.arrays.extend((number + shift, array) for number, array in arrays)
        self.count += closed.n_numbered
        return closed.part
