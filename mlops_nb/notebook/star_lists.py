"""What does the text of a module say it exports? ``__all__`` and top-level bindings, not run.

``__all__`` may be put together of lists, of those of other modules, and of ``dir()``; what is not
understood about it makes the answer unknown. Where names are filtered by more than an underscore,
all are taken: a name too many hides a slip, a name too few accuses a sound notebook.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

Names = frozenset[str] | None
_COPYING = frozenset({"list", "set", "tuple", "sorted", "frozenset"})
_LOOKING = frozenset({"dir", "globals", "vars", "locals"})
_GROWING = frozenset({"extend", "update", "append", "add"})


@dataclass(slots=True)
class ModuleText:
    """The walk over one module's statements.

    Attributes
    ----------
    module : str
        Its dotted name.
    is_package, is_stub : bool
    declared_by, exported_by : callable
        ``__all__`` of another module, and what a star import of it binds.
    bound : set of str
    imported : set of str
        Names of modules that the module imports for itself.
    lists : dict
        Lists of texts by name, ``__all__`` among them; None for one that cannot be told.
    is_known : bool
        False if something binds names that cannot be told.
    listing : frozenset of int
        The lines that mention ``__all__``.
    """

    module: str
    is_package: bool
    is_stub: bool
    declared_by: Callable[[str], Names]
    exported_by: Callable[[str], Names]
    bound: set[str] = field(default_factory=set)
    lists: dict[str, Names] = field(default_factory=dict)
    modules: dict[str, str] = field(default_factory=dict)
    imported: set[str] = field(default_factory=set)
    spaces: set[str] = field(default_factory=lambda: {"globals()"})
    growers: set[str] = field(default_factory=set)
    is_known: bool = True
    listing: frozenset[int] = frozenset()

    @property
    def has_declared(self) -> bool:
        return "__all__" in self.lists

    @property
    def exported(self) -> Names:
        """The names that a star import binds; None if they cannot be told."""
        declared = self.lists.get("__all__")
        if declared is not None:
            return declared
        public = frozenset(name for name in self.bound if not name.startswith("_"))
        if not self.is_known:
            return None
        # What cannot be told of ``__all__`` is at least bound, and seldom an imported module.
        return public - self.imported if self.has_declared or self.is_stub else public

    def walk(self, body: Sequence[ast.stmt]) -> None:
        """Take the statements of a module in order; of branches, all."""
        for node in body:
            self._step(node)

    def _step(self, node: ast.stmt) -> None:
        match node:
            case ast.Import() | ast.ImportFrom():
                self._import(node)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                self.bound.add(node.name)
                if self._mentions_list(node):
                    self.growers.add(node.name)
            case ast.Assign(targets=targets, value=value):
                self._bind(targets, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._bind([target], value)
            case ast.AugAssign(target=ast.Name(id=name), value=value) if name in self.lists:
                self._grow(name, self._names(value))
            case ast.Expr(value=ast.Call() as call):
                self._call(call)
            case ast.Delete(targets=targets):
                self.bound -= {t.id for t in targets if isinstance(t, ast.Name)}
            case ast.For(target=target, iter=ast.Tuple(elts=items) | ast.List(elts=items)):
                self.bound |= _stored([target])
                for item in items:
                    self._name_module(target, item)
                    if isinstance(target, ast.Name):
                        self.lists[target.id] = self._names(item)
                    self.walk(node.body)
            case ast.If(test=test):
                is_typing = ast.unparse(test).endswith("TYPE_CHECKING")
                self.walk([*([] if is_typing else node.body), *node.orelse])
            case _:
                self._others(node)

    def _mentions_list(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
        last = node.end_lineno or node.lineno
        if not any(node.lineno <= line <= last for line in self.listing):
            return False
        return any(isinstance(n, ast.Name) and n.id == "__all__" for n in ast.walk(node))

    def _others(self, node: ast.stmt) -> None:
        if isinstance(node, ast.For | ast.While | ast.With):
            self.bound |= _stored(list(ast.iter_child_nodes(node)))
        for name in ("body", "handlers", "orelse", "finalbody"):
            for part in getattr(node, name, []):
                if isinstance(part, ast.ExceptHandler):
                    self.walk(part.body)
                elif isinstance(part, ast.stmt):
                    self._step(part)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.split(".")[0]
                self.bound.add(alias.asname or top)
                if not alias.asname:
                    self.imported.add(top)
                self.modules[alias.asname or top] = alias.name if alias.asname else top
            return
        source = self._source(node)
        if self.is_package and node.level == 1 and node.module:
            self.bound.add(node.module.split(".")[0])  # a submodule is an attribute of its package
        for alias in node.names:
            if alias.name != "*":
                self.bound.add(alias.asname or alias.name)
                if self.is_stub and alias.asname != alias.name:
                    self.imported.add(alias.asname or alias.name)
                self.modules[alias.asname or alias.name] = f"{source}.{alias.name}"
                continue
            names = self.exported_by(source)
            self.is_known = self.is_known and names is not None
            self.bound |= names or set()

    def _source(self, node: ast.ImportFrom) -> str:
        parts = self.module.split(".")
        if node.level:
            kept = len(parts) - node.level + self.is_package
            return ".".join([*parts[:kept], *([node.module] if node.module else [])])
        return node.module or ""

    def _bind(self, targets: Iterable[ast.expr], value: ast.expr) -> None:
        self.bound |= _stored(targets)
        for target in targets:
            if isinstance(target, ast.Name):
                names = self._names(value)
                if names is not None or target.id == "__all__":
                    self.lists[target.id] = names
                if target.id == "__all__" and names is None:
                    self.bound |= self._names_within(value)
                if ast.unparse(value) == "globals()":
                    self.spaces.add(target.id)
                self._name_module(target, value)
            elif isinstance(target, ast.Subscript) and ast.unparse(target.value) in self.spaces:
                self._bind_by_key(target)

    def _names_within(self, value: ast.expr) -> set[str]:
        """Return the texts of those parts of an expression that can be told."""
        parts = [self._names(part) for part in ast.walk(value) if isinstance(part, ast.expr)]
        return {name for names in parts if names is not None for name in names}

    def _bind_by_key(self, target: ast.Subscript) -> None:
        """Bind what ``globals()[name]`` does, if that is a text or goes through a list of texts."""
        key = target.slice
        names = self._names(key) if isinstance(key, ast.Constant | ast.Name) else None
        self.is_known = self.is_known and names is not None
        self.bound |= names or set()

    def _name_module(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name) and isinstance(value, ast.Name | ast.Attribute):
            self.modules[target.id] = self._path(value)

    def _call(self, node: ast.Call) -> None:
        match node.func:
            case ast.Attribute(value=ast.Name(id=name), attr=method) if name in self.lists:
                given = [self._names(argument) for argument in node.args]
                if method in _GROWING:
                    for names in given:
                        self._grow(name, names)
            case ast.Name(id=name) if name in self.growers and self.has_declared:
                for argument in node.args:
                    self._grow("__all__", self.declared_by(self._path(argument)))
            case (
                ast.Attribute(value=ast.Call(func=ast.Name(id="globals"))) | ast.Name(id="setattr")
            ):
                self.is_known = False

    def _grow(self, name: str, more: Names) -> None:
        known = self.lists[name]
        self.lists[name] = None if known is None or more is None else known | more

    def _path(self, node: ast.expr) -> str:
        """Return the dotted name of the module that an expression is."""
        if isinstance(node, ast.Attribute):
            return f"{self._path(node.value)}.{node.attr}"
        return self.modules.get(node.id, node.id) if isinstance(node, ast.Name) else ""

    def _names(self, node: ast.expr) -> Names:
        """Return the texts in the list that an expression is; None if they cannot be told."""
        match node:
            case ast.Constant(value=str() as text):
                return frozenset({text})
            case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
                return _all_of(self._names(part) for part in parts)
            case ast.Starred(value=value):
                return self._names(value)
            case ast.Dict(keys=keys):
                return _all_of(None if key is None else self._names(key) for key in keys)
            case ast.Name(id=name):
                return self.lists.get(name)
            case ast.BinOp(left=left, op=ast.Add() | ast.BitOr(), right=right):
                return _all_of([self._names(left), self._names(right)])
            case ast.BinOp(left=left, op=ast.Sub(), right=right):
                kept, gone = self._names(left), self._names(right)
                return kept if kept is None or gone is None else kept - gone
            case ast.Attribute(value=value, attr="__all__"):
                return self.declared_by(self._path(value))
            case ast.Call():
                return self._called(node)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                return self._comprehension(node)
        return None

    def _called(self, node: ast.Call) -> Names:
        match node.func:
            case ast.Name(id=name) if name in _LOOKING and not node.args:
                return frozenset(self.bound) if self.is_known else None
            case ast.Name(id=name) if name in _COPYING:
                return self._names(node.args[0]) if node.args else frozenset()
            case ast.Attribute(value=value, attr="keys" | "items" | "copy"):
                return self._names(value)
            case ast.Attribute(value=ast.Constant(value=str() as text), attr="split"):
                return frozenset(text.split())
        return None

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> Names:
        (generator, *others) = node.generators
        first = generator.target.elts[0] if isinstance(generator.target, ast.Tuple) else None
        target = generator.target if first is None else first
        names = self._names(generator.iter)
        if others or names is None or ast.unparse(node.elt) != ast.unparse(target):
            return None
        if any(f"not {ast.unparse(target)}.startswith('_" in ast.unparse(t) for t in generator.ifs):
            return frozenset(name for name in names if not name.startswith("_"))
        return names


def _all_of(parts: Iterable[Names]) -> Names:
    found: set[str] = set()
    for part in parts:
        if part is None:
            return None
        found |= part
    return frozenset(found)


def _stored(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the names that are stored to in expressions."""
    return {
        part.id
        for node in nodes
        if isinstance(node, ast.expr | ast.withitem)
        for part in ast.walk(node)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
    }
