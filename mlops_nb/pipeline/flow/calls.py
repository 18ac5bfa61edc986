"""What does a call do? The notebook's functions are followed, libraries looked up in tables.

Whatever else is called may change what it is given.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from mlops_nb.pipeline.flow import library, namespaces, origins
from mlops_nb.pipeline.flow.attributes import notebook_attribute
from mlops_nb.pipeline.flow.callables import Partial
from mlops_nb.pipeline.flow.carriers import constant_text, names_in_call
from mlops_nb.pipeline.flow.frames import Arguments, Frame
from mlops_nb.pipeline.flow.functions import consume, invoke, invoke_loosely, iterate
from mlops_nb.pipeline.flow.machine import Machine
from mlops_nb.pipeline.flow.mainspace import call_namespace, evaluate_base, is_namespace
from mlops_nb.pipeline.flow.methods import call_method, read_tables
from mlops_nb.pipeline.flow.names import lookup
from mlops_nb.pipeline.flow.specials import all_specials, call_specials, reached_instances
from mlops_nb.pipeline.flow.values import (
    CONSTANT,
    FRESH,
    IMMUTABLE,
    MAIN,
    Strength,
    Value,
    union_all,
)


@dataclass(frozen=True, slots=True)
class Site:
    """Where a call stands: its frame, its node, and whether its result is thrown away."""

    frame: Frame
    node: ast.Call
    is_unused: bool


def evaluate_call(m: Machine, frame: Frame, node: ast.Call, *, is_unused: bool = False) -> Value:
    """Run a call in the abstract and return what it may give."""
    func = node.func
    if isinstance(func, ast.Attribute):
        receiver = evaluate_base(m, frame, func.value)
        if is_namespace(receiver):
            return call_namespace(m, frame, node, func.attr)
        if receiver.module and receiver.module != MAIN:
            path = f"{receiver.module}.{func.attr}"
            return _call_path(m, Site(frame, node, is_unused), path, receiver)
        if receiver.module:
            return _call_value(m, Site(frame, node, is_unused), m.read_global(func.attr, func))
        found = notebook_attribute(m, receiver, func.attr)
        if found is not None and (found.calls or m.heap.instance_classes(found)):
            return invoke(m, found, evaluate_arguments(m, frame, node))
        arguments = evaluate_arguments(m, frame, node)
        return call_method(m, frame, node, receiver, arguments, is_unused=is_unused)
    return _call_value(m, Site(frame, node, is_unused), m.evaluate(m, frame, func))


def _call_value(m: Machine, site: Site, callee: Value) -> Value:
    if callee.module:
        return _call_path(m, site, callee.module, callee)
    arguments = evaluate_arguments(m, site.frame, site.node)
    if callee.calls or m.heap.instance_classes(callee):
        return invoke(m, callee, arguments)
    return _call_unknown(m, arguments, is_unused=site.is_unused)


def evaluate_arguments(m: Machine, frame: Frame, node: ast.Call) -> Arguments:
    """Return what a call passes, its stars taken apart where that is possible."""
    positional: list[Value] = []
    keywords: list[tuple[str, Value]] = []
    rest: Value | None = None
    for part in node.args:
        if isinstance(part, ast.Starred):
            inner = m.evaluate(m, frame, part.value)
            inner = iterate(m, inner)
            rest = inner if rest is None else rest.union(inner)
        elif rest is not None:
            rest = rest.union(m.evaluate(m, frame, part))
        else:
            positional.append(m.evaluate(m, frame, part))
    for keyword in node.keywords:
        value = m.evaluate(m, frame, keyword.value)
        if keyword.arg is None:
            inner = m.heap.inside(value)
            rest = inner if rest is None else rest.union(inner)
        else:
            keywords.append((keyword.arg, value))
    return Arguments(positional=tuple(positional), keywords=tuple(keywords), rest=rest)


def _call_unknown(m: Machine, arguments: Arguments, *, is_unused: bool) -> Value:
    passed = arguments.all()
    m.touch(passed, Strength.LIKELY if is_unused else Strength.POSSIBLE)
    m.touch_inside(passed)
    _call_back(m, passed)
    return _near_all(m, passed)


def _near_all(m: Machine, values: list[Value]) -> Value:
    """Return an unknown result: it may share memory with any argument, and call what was passed."""
    near = {(o, Strength.POSSIBLE) for v in values for o in v.objects if o > IMMUTABLE}
    near |= {(o, Strength.POSSIBLE) for v in values for o, _ in v.near}
    calls = tuple(dict.fromkeys(c for v in values for c in v.calls))
    return Value(frozenset(), frozenset(near), calls)


def _call_back(m: Machine, passed: list[Value]) -> list[Value]:
    """Run what was passed and may be called, functions and methods of notebook objects.

    Returns what that gives.
    """
    made = []
    for value in passed:
        if value.calls or (m.heap.classes and m.heap.instance_classes(value)):
            others = union_all(m.heap.inside(v) for v in passed if v is not value)
            made.append(invoke_loosely(m, value, others))
        for number in value.objects:
            held = m.heap.held.get(number)
            if held is not None and held.calls and m.heap.kinds.get(number) != "instance":
                made.append(invoke_loosely(m, Value(calls=held.calls), FRESH))
    return made


def _call_path(m: Machine, site: Site, path: str, callee: Value) -> Value:
    """Call something imported, or a builtin, by its dotted path."""
    special = namespaces.SPECIAL.get(path)
    if special is not None:
        found = special(m, site.frame, site.node)
        if found is not None:
            return found
    if path.startswith("builtins.get_ipython"):
        return namespaces.call_ipython(m, site.frame, site.node, path)
    arguments = evaluate_arguments(m, site.frame, site.node)
    _read_strings(m, site, path, arguments)
    if path == "functools.partial" and arguments.positional:
        target, *others = arguments.positional
        bound = Arguments(
            positional=tuple(others), keywords=arguments.keywords, rest=arguments.rest
        )
        box = m.heap.new_value("function", holding=bound.all())
        return Value(box.objects, calls=(Partial(target, bound),))
    return _call_library(m, site, path, arguments)


def _call_library(m: Machine, site: Site, path: str, arguments: Arguments) -> Value:
    passed = arguments.all()
    owner, _, name = path.rpartition(".")
    root = site.node.func.value if isinstance(site.node.func, ast.Attribute) else None
    if root is not None and _is_setting(owner, name):
        _change_root(m, site.frame, root)
    for place in library.CHANGING.get(path, ()):
        if isinstance(place, int) and place < len(arguments.positional):
            m.change(arguments.positional[place], Strength.SURE)
    for key, value in arguments.keywords:
        if key == "out" or key in library.CHANGING.get(path, ()):
            m.change(value, Strength.SURE)
    for value in passed:
        if path not in library.ONLY_LOOKING:
            consume(m, value)
        if m.heap.kind(value) == "random":
            m.change(value, Strength.LIKELY)
    is_known = library.is_pure(path) or path in library.CHANGING
    is_class = name[:1].isupper() or name.startswith("make_")
    if not is_known:
        unused = Strength.LIKELY if site.is_unused else Strength.POSSIBLE
        m.touch(passed, Strength.POSSIBLE if is_class else unused)
        m.touch_inside(passed)
    made = _call_back(m, passed) if library.calls_back(path) else []
    if m.heap.classes and path not in library.INDIFFERENT:
        for value in reached_instances(m, passed):
            call_specials(m, value, all_specials(m, value))
    result = _result(m, path, arguments, is_known=is_known, is_class=is_class)
    if path in library.MAPPING:
        for value in made:
            m.heap.hold(result, value)
    return result.union(union_all(made)) if path == "functools.reduce" and made else result


def _result(
    m: Machine, path: str, arguments: Arguments, *, is_known: bool, is_class: bool
) -> Value:
    passed = arguments.all()
    if path in library.CONSTANTS:
        return CONSTANT
    first = arguments.positional[0] if arguments.positional else FRESH
    if path in library.VIEWS:
        return m.heap.inside(first)
    if path in library.ELEMENTS:
        return union_all([first, *(m.heap.inside(v) for v in passed)])
    kind = library.kind_made_by(path)
    if path in library.SHALLOW:
        return _shallow_copy(m, kind, arguments)
    if kind in {"frame", "array"}:
        return m.heap.new_value(kind, origin="pandas" if kind == "frame" else "numpy")
    origin = path if origins.is_known(path) and not path.startswith("builtins.") else ""
    if origins.is_drawing(path):
        return m.heap.new_value("drawing", origin=origin)
    if is_class or kind:
        return m.heap.new_value(kind, holding=passed, origin=origin)
    calls = tuple(dict.fromkeys(c for v in passed for c in v.calls))
    if not is_known:
        return _near_all(m, passed)
    if path.startswith("builtins."):
        return FRESH
    return Value(calls=calls, origin=origins.root_of(origin)) if calls or origin else FRESH


def _shallow_copy(m: Machine, kind: str, arguments: Arguments) -> Value:
    """Return a new container of what the arguments hold, and of keyword arguments themselves."""
    rest = [] if arguments.rest is None else [arguments.rest]
    inner = [m.heap.inside(v) for v in (*arguments.positional, *rest)]
    box = m.heap.new_value(kind, holding=[*inner, *rest])
    for key, value in arguments.keywords:
        m.heap.hold(box, value, key)
    if kind == "iterator":
        m.heap.follow(box, arguments.all())
    return box


def _is_setting(owner: str, name: str) -> bool:
    """Return True for ``sys.path.append`` and the like: a module's own state is changed."""
    last = owner.rpartition(".")[2]
    known = {"path", "environ", "rcParams", "modules", "argv", "meta_path", "options", "filters"}
    return (
        last in known
        and "." in owner
        and (name in library.MUTATORS or name in library.MUTATORS_IF_UNUSED)
    )


def _change_root(m: Machine, frame: Frame, node: ast.expr) -> None:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    if isinstance(node, ast.Name):
        m.change(m.evaluate(m, frame, node), Strength.SURE)


def _read_strings(m: Machine, site: Site, path: str, arguments: Arguments) -> None:
    """Read the names in formulas, in the expressions of ``pd.eval``, and in SQL."""
    node = site.node
    if path in library.QUERYING:
        read_tables(m, site.frame, node, construct=path)
        return
    texts = [*node.args[:2], *(k.value for k in node.keywords if k.arg in {"formula", "expr"})]
    for part in texts:
        text = constant_text(part)
        if text is None:
            continue
        for name in names_in_call(path, text):
            if name in site.frame.names or m.is_bound(name):
                value = lookup(m, site.frame, name, node)
                if f"{name}(" in text:
                    invoke_loosely(m, value, FRESH)
