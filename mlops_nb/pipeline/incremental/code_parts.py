"""Of what parts is code made: what runs with a cell, what it defines, imports, and changes?"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator, Sequence

from mlops_nb.pipeline.cells import Code
from mlops_nb.pipeline.incremental.spreading import Definition
from mlops_nb.pipeline.trees import parse_code

_BUILTINS = frozenset(dir(builtins))


def split_code(tree: ast.Module | ast.stmt) -> tuple[list[ast.AST], list[Definition]]:
    """Return the nodes that run with the cell, and the functions and classes in it.

    What stands in a method counts to its class.
    """
    outside: list[ast.AST] = []
    definitions: list[Definition] = []
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        outside.append(node)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bases = node.bases if isinstance(node, ast.ClassDef) else []
            body = [inner for part in (*node.body, *bases) for inner in ast.walk(part)]
            definitions.append(Definition(name=node.name, parameters=_parameters(node), body=body))
            todo += node.decorator_list
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
            body, parameters = list(ast.walk(node.value)), _parameters(node.value)
            definitions += [Definition(name=n, parameters=parameters, body=body) for n in names]
        else:
            todo += ast.iter_child_nodes(node)
    return outside, definitions


def _parameters(node: ast.AST) -> frozenset[str]:
    arguments = getattr(node, "args", None)
    return (
        frozenset(n.arg for n in ast.walk(arguments) if isinstance(n, ast.arg))
        if (arguments is not None)
        else frozenset()
    )


def sets_attribute_of(parameters: frozenset[str], body: Sequence[ast.AST]) -> bool:
    """Return whether code sets an attribute of what is handed to it."""
    stored = (n for n in body if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store))
    called = (n for n in body if isinstance(n, ast.Call) and n.args)
    set_by_name = (n.args[0] for n in called if last_name(n.func) == "setattr")
    return any(root_of(node) in parameters for node in (*stored, *set_by_name))


def last_name(node: ast.expr) -> str:
    """Return the name that an expression ends with; empty if it is none."""
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def changed_in(nodes: Iterable[ast.AST]) -> Iterator[ast.expr]:
    """Yield what is called with the result thrown away, and the attributes and items that are
    set."""
    for node in nodes:
        if isinstance(node, ast.Expr):
            value = node.value.value if isinstance(node.value, ast.Await) else node.value
            if isinstance(value, ast.Call):
                yield value.func
        elif isinstance(node, ast.Assign):
            yield from (t for t in node.targets if isinstance(t, ast.Attribute | ast.Subscript))
        elif isinstance(node, ast.AugAssign | ast.AnnAssign) and not isinstance(
            node.target, ast.Name
        ):
            yield node.target


def imports_in(nodes: Iterable[ast.AST], *, package: str = "") -> dict[str, str]:
    """Return the names that statements import, with what they import.

    >>> imports_in(ast.walk(ast.parse("import a.b, c.d as e; from . import f")), package="p.q")
    {'a': 'a', 'e': 'c.d', 'f': 'p.q.f'}
    """
    found = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                found[alias.asname or top] = alias.name if alias.asname else top
        elif isinstance(node, ast.ImportFrom):
            base = base_of(node, package=package)
            for alias in node.names:
                if alias.name != "*":
                    found[alias.asname or alias.name] = f"{base}.{alias.name}"
    return found


def stars_in(nodes: Iterable[ast.AST], *, package: str = "") -> list[str]:
    """Return the modules whose names are imported by a star."""
    return [
        base_of(node, package=package)
        for node in nodes
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)
    ]


def base_of(node: ast.ImportFrom, *, package: str) -> str:
    """Return the module that a ``from`` statement in a module of `package` imports from."""
    parents = package.split(".") if package else []
    kept = parents[: len(parents) - node.level + 1] if node.level else []
    return ".".join([*kept, *([node.module] if node.module else [])])


def _is_space(node: ast.Call) -> bool:
    """Return whether a call is `vars` of something, or an attribute of it by name."""
    return last_name(node.func) in ("vars", "getattr") and bool(node.args)


def root_of(node: ast.expr) -> str:
    """Return the name that an expression begins with; empty if it is none."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        if isinstance(node, ast.Call):
            node = node.args[0] if _is_space(node) else node.func
        else:
            node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def builtins_in(code: Code) -> set[str]:
    """Return the names in a cell that stand for builtins as long as nobody binds them."""
    tree = parse_code(code)
    if tree is None:
        return set()
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return names & _BUILTINS
