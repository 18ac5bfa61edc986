"""Which code of a notebook runs code that leaves a hidden state, by however many steps?

A function calls one of another cell, perhaps of a later one; a class is made from such a class; a
name, a list or a `partial` stands for such a function. Too careful, as `hidden_state` is: whoever
looks up such code counts, whether it calls it or not.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A function, class or lambda of the notebook.

    Attributes
    ----------
    name : str
    parameters : frozenset of str
    body : sequence of ast.AST
        All nodes in it, and in the bases of a class.
    """

    name: str
    parameters: frozenset[str]
    body: Sequence[ast.AST]

    def looks_up(self) -> frozenset[str]:
        """Return the names that it asks its module for."""
        names = [node for node in self.body if isinstance(node, ast.Name)]
        own = {node.id for node in names if not isinstance(node.ctx, ast.Load)}
        shared = {n for g in self.body if isinstance(g, ast.Global) for n in g.names}
        return frozenset({n.id for n in names} - (own - shared) - self.parameters)


class Spreading:
    """The definitions of a notebook, by what they look up. To be told of them in order."""

    def __init__(self) -> None:
        self._users: dict[str, list[Definition]] = {}

    def learn(self, definition: Definition) -> None:
        """Take note of a definition."""
        for name in definition.looks_up():
            self._users.setdefault(name, []).append(definition)

    def spread(
        self, news: Iterable[str], known: set[str], is_touched: Callable[[Definition], bool]
    ) -> None:
        """Add to `known` all definitions that look up one of `known`, or are touched, now that
        there is something new to be said of the names `news`."""
        todo = list(news)
        while todo:
            name = todo.pop()
            for user in self._users.get(name, ()):
                if user.name not in known and (name in known or is_touched(user)):
                    known.add(user.name)
                    todo.append(user.name)


def handed_on(nodes: Iterable[ast.AST], known: set[str]) -> set[str]:
    """Return the names that come to stand for one of `known`, or for what holds it.

    >>> tree = ast.parse("h = g; fs = [g]; p = partial(g, 1); x = g(1)")
    >>> sorted(handed_on(ast.walk(tree), {"g"}))
    ['fs', 'h', 'p']
    """
    found: set[str] = set()
    for node in nodes if known else ():
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            value = node.value
        elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
            targets, value = [node.target], node.iter
        else:
            continue
        if holds(value, known):
            found |= {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}
    return found


def holds(value: ast.expr, known: set[str]) -> bool:
    """Return whether one of `known` stands in an expression, but for being called there."""
    called = {id(n.func) for n in ast.walk(value) if isinstance(n, ast.Call)}
    names = (n for n in ast.walk(value) if isinstance(n, ast.Name) and n.id in known)
    return any(id(name) not in called for name in names)
