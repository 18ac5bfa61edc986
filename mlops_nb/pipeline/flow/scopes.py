"""Which names belong to a function, and which reach the notebook's namespace?

Python decides this for a whole function at once, before it runs: a name bound anywhere in a body is
local everywhere in it. The rules are those of the language reference, section 4.2.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
# Functions whose texts are remembered: they are made again in each round of a loop.
_MOST_KEPT = 2048
_NESTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What the body of one function says about names.

    Attributes
    ----------
    local : frozenset of str
        Parameters and names bound in the body.
    declared_global, declared_nonlocal : frozenset of str
    is_generator : bool
        True if the body runs when its result is consumed.
    """

    local: frozenset[str]
    declared_global: frozenset[str] = frozenset()
    declared_nonlocal: frozenset[str] = frozenset()
    is_generator: bool = False


@lru_cache(maxsize=_MOST_KEPT)
def function_scope(node: FunctionNode) -> Scope:
    """Return the scope of a function or lambda."""
    bound = set(parameter_names(node.args))
    body = [node.body] if isinstance(node, ast.Lambda) else node.body
    global_names: set[str] = set()
    nonlocal_names: set[str] = set()
    is_generator = False
    for part in _own_nodes(body):
        bound.update(_names_bound_by(part))
        if isinstance(part, ast.Global):
            global_names.update(part.names)
        elif isinstance(part, ast.Nonlocal):
            nonlocal_names.update(part.names)
        elif isinstance(part, ast.Yield | ast.YieldFrom):
            is_generator = True
    return Scope(
        local=frozenset(bound - global_names - nonlocal_names),
        declared_global=frozenset(global_names),
        declared_nonlocal=frozenset(nonlocal_names),
        is_generator=is_generator,
    )


@lru_cache(maxsize=_MOST_KEPT)
def node_count(node: FunctionNode) -> int:
    """Return how many nodes the text of a function has."""
    return sum(1 for _ in ast.walk(node))


def parameter_names(args: ast.arguments) -> list[str]:
    """Return all parameter names, those with stars last."""
    names = [a.arg for a in (*args.posonlyargs, *args.args, *args.kwonlyargs)]
    return names + [a.arg for a in (args.vararg, args.kwarg) if a is not None]


def free_names(node: FunctionNode) -> frozenset[str]:
    """Return every name the body of `node` mentions and no function in it has as a local.

    A superset of what it reads: used only where following the calls one by one costs too much.
    """
    found: set[str] = set()
    todo: list[tuple[ast.AST, frozenset[str]]] = []
    todo += [(part, _hidden(node, frozenset())) for part in _body_parts(node)]
    while todo:
        part, hidden = todo.pop()
        inside = hidden
        inner: list[ast.AST] = list(ast.iter_child_nodes(part))
        if isinstance(part, ast.Name) and part.id not in hidden:
            found.add(part.id)
        elif isinstance(part, FunctionNode):
            body = _body_parts(part)
            todo += [(child, hidden) for child in inner if child not in body]
            inner, inside = body, _hidden(part, hidden)
        elif isinstance(part, _COMPREHENSIONS):
            targets = [n for g in part.generators for n in ast.walk(g.target)]
            inside = hidden | {n.id for n in targets if isinstance(n, ast.Name)}
            todo.append((part.generators[0].iter, hidden))
        todo += [(child, inside) for child in inner]
    return frozenset(found)


def _body_parts(node: FunctionNode) -> list[ast.AST]:
    return [node.body] if isinstance(node, ast.Lambda) else list(node.body)


def _hidden(node: FunctionNode, outer: frozenset[str]) -> frozenset[str]:
    """Return the names that do not reach the notebook from inside `node`."""
    scope = function_scope(node)
    return (outer | scope.local) - scope.declared_global


def _own_nodes(body: list[ast.stmt] | list[ast.expr] | list[ast.AST]) -> Iterator[ast.AST]:
    """Yield the nodes of this scope; nested functions and classes are yielded, not entered."""
    stack: list[ast.AST] = list(reversed(body))
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, ast.Lambda):
            stack.extend(_outer_parts(node.args))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            stack.extend((*node.decorator_list, *_outer_parts(node.args)))
        elif isinstance(node, ast.ClassDef):
            stack.extend((*node.decorator_list, *node.bases, *node.keywords))
        elif isinstance(node, _COMPREHENSIONS):
            # Its own names stay inside; walrus targets do not, and are found on the way down.
            stack.extend(ast.iter_child_nodes(node))
        elif not isinstance(node, ast.comprehension):
            stack.extend(ast.iter_child_nodes(node))
        else:
            stack.extend((node.iter, *node.ifs))


def _outer_parts(args: ast.arguments) -> list[ast.AST]:
    return [*args.defaults, *(d for d in args.kw_defaults if d is not None)]


def _names_bound_by(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Name):
        return [node.id] if isinstance(node.ctx, ast.Store | ast.Del) else []
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Import):
        return [(a.asname or a.name).split(".")[0] for a in node.names]
    if isinstance(node, ast.ImportFrom):
        return [a.asname or a.name for a in node.names]
    if isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar):
        return [node.name] if node.name else []
    if isinstance(node, ast.MatchMapping):
        return [node.rest] if node.rest else []
    return []
