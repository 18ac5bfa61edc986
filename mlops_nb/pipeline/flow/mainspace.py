"""What is done to the notebook's names through a dict or a module that holds them?

``globals()``, ``vars()`` and ``locals()`` of a cell, ``sys.modules[__name__]``, ``__main__`` and
IPython's ``user_ns`` are the notebook's names, whatever variable they are put into. A key that is
written out is that name; by any other key the cell may read and bind every name.
"""

from __future__ import annotations

import ast

from mlops_nb.pipeline.flow.effects import merge_states
from mlops_nb.pipeline.flow.frames import Frame
from mlops_nb.pipeline.flow.machine import Machine
from mlops_nb.pipeline.flow.values import (
    CONSTANT,
    FRESH,
    MAIN,
    NAMESPACE,
    NAMESPACES,
    Value,
)
from mlops_nb.pipeline.flow.words import word_set

_READING = word_set("keys values items copy __contains__ __len__ __iter__ __or__")


def is_namespace(value: Value) -> bool:
    """Return True if `value` is a dict of the notebook's names."""
    return value.module in NAMESPACES and value.module != MAIN


def evaluate_base(m: Machine, frame: Frame, node: ast.expr) -> Value:
    """Return what the base of a subscript, attribute or call is.

    A namespace that is only used there does not make the cell opaque: the key decides.
    """
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and not node.args
        and not node.keywords
        and (node.func.id == "globals" or (node.func.id in {"locals", "vars"} and not frame.parent))
        and node.func.id not in frame.names
        and not m.is_bound(node.func.id)
    ):
        return Value(module=NAMESPACE)
    return m.evaluate(m, frame, node)


def key_of(node: ast.expr) -> str | None:
    """Return the name that a key is, None if it is not written out."""
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return str(node.value) if is_text and isinstance(node, ast.Constant) else None


def read_key(m: Machine, name: str | None, node: ast.AST) -> Value:
    """Read one name; without one, all."""
    if name is not None:
        return m.read_global(name, node)
    m.note_opaque("globals")
    return FRESH


def store_key(m: Machine, name: str | None, value: Value) -> None:
    """Bind one name; without one, any."""
    if name is not None:
        m.bind_global(name, value)
        return
    m.note_opaque("globals")
    m.effects.rebinds = True


def delete_key(m: Machine, name: str | None, node: ast.AST) -> None:
    """Delete one name; without one, any."""
    if name is None:
        store_key(m, None, FRESH)
        return
    m.read_global(name, node)
    m.delete_global(name)


def call_namespace(m: Machine, frame: Frame, node: ast.Call, method: str) -> Value:
    """Run a method of the dict: ``update``, ``get``, ``setdefault``, ``pop`` ..."""
    values = [m.evaluate(m, frame, a) for a in node.args]
    named = [(k.arg, m.evaluate(m, frame, k.value)) for k in node.keywords]
    name = key_of(node.args[0]) if node.args else None
    if method == "update":
        _update(m, node, values, named)
        return CONSTANT
    if method == "__setitem__" and len(values) > 1:
        store_key(m, name, values[1])
        return CONSTANT
    if method == "__getitem__":
        return read_key(m, name, node)
    if method in {"get", "setdefault", "pop"} and values:
        return _ask(m, node, method, name, values)
    m.note_opaque("globals")
    m.effects.rebinds = m.effects.rebinds or method not in _READING
    return FRESH


def _ask(m: Machine, node: ast.Call, method: str, name: str | None, values: list[Value]) -> Value:
    """Read a name that may be missing, and bind or delete it then."""
    has_default = len(values) > 1 or method != "pop"
    m.guarded += has_default
    found = read_key(m, name, node)
    m.guarded -= has_default
    before = m.state.fork()
    if method == "setdefault":
        store_key(m, name, values[1] if len(values) > 1 else CONSTANT)
    elif method == "pop":
        delete_key(m, name, node)
    if has_default:
        m.go_to(merge_states(before, m.state))
    return found.union(values[1]) if len(values) > 1 else found


def _update(
    m: Machine, node: ast.Call, values: list[Value], named: list[tuple[str | None, Value]]
) -> None:
    for part, value in zip(node.args, values, strict=True):
        if isinstance(part, ast.Dict) and all(k is not None and key_of(k) for k in part.keys):
            for key in part.keys:
                name = None if key is None else key_of(key)
                known = m.heap.at(value, name)
                store_key(m, name, FRESH if known is None else known)
        else:
            store_key(m, None, value)
    for name, value in named:
        store_key(m, name, value)
