"""What else changes when an object is changed in place?

Along two kinds of link: up, to what it is part of and was taken out of, and down, to what was taken
out of it. What changed on the way down changes what is below it and what holds it, and nothing that
it might have been taken out of instead. What is merely possible fades: after a dozen links, each of
them a guess, nothing is left of it. Else a chain of unknown calls would be one of changes, and its
answer would grow with the square.
"""

from __future__ import annotations

from typing import Protocol

from mlops_nb.pipeline.flow.effects import Effects
from mlops_nb.pipeline.flow.heap import Heap
from mlops_nb.pipeline.flow.values import Strength

_POSSIBLE = float(Strength.POSSIBLE)
_FADING = _POSSIBLE / 12


class Books(Protocol):
    """The part of the machine that is written to."""

    heap: Heap
    names_of: dict[int, set[str]]
    effects: Effects

    def change_name(self, name: str, how: Strength, *, is_alias: bool = False) -> None:
        """Note that what a name stands for is changed."""


def spread(
    books: Books, todo: list[tuple[int, float]], done: dict[int, float], *, but: str = ""
) -> None:
    """Change the objects `todo` and all that changes with them; names other than `but` are noted.

    In `done` are objects and how surely they changed, as a `Strength` or less than any; a negative
    number is one on the way down.
    """
    names_of, heap, known = books.names_of, books.heap, books.effects.changes
    while todo:
        number, how = todo.pop()
        if done.get(number, 0) >= how:
            continue
        done[number] = how
        is_below = number < 0
        number = abs(number)
        for name in names_of.get(number, ()):
            if name != but and known.get(name, 0) < how:
                books.change_name(name, Strength(int(how) or Strength.POSSIBLE), is_alias=True)
        wholes, parts = heap.links.get(number) or heap.changed_with(number)
        faded = min(how, _POSSIBLE) - _FADING
        if not is_below:
            for other, most in wholes:
                strength = faded if most == _POSSIBLE else how if how < most else most
                if done.get(other, 0) < strength:
                    todo.append((other, strength))
        for other, most in parts:
            strength = faded if most == _POSSIBLE else how if how < most else most
            if done.get(-other, 0) < strength and done.get(other, 0) < strength:
                todo.append((-other, strength))
