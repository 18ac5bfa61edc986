"""What reaches names without writing them? ``exec``, ``globals()``, ``getattr``, IPython."""

from __future__ import annotations

import ast
from collections.abc import Callable

from mlops_nb.pipeline.flow import magics
from mlops_nb.pipeline.flow.attributes import read_attribute
from mlops_nb.pipeline.flow.callables import Super
from mlops_nb.pipeline.flow.carriers import constant_text
from mlops_nb.pipeline.flow.frames import Frame
from mlops_nb.pipeline.flow.machine import Machine
from mlops_nb.pipeline.flow.mainspace import delete_key, is_namespace, key_of, store_key
from mlops_nb.pipeline.flow.names import lookup
from mlops_nb.pipeline.flow.targets import change_path
from mlops_nb.pipeline.flow.values import CONSTANT, FRESH, MAIN, NAMESPACE, Strength, Value


def _arguments(m: Machine, frame: Frame, node: ast.Call) -> list[Value]:
    values = [m.evaluate(m, frame, a) for a in node.args]
    return values + [m.evaluate(m, frame, k.value) for k in node.keywords]


def _inspect(m: Machine, frame: Frame, node: ast.Call) -> Value | None:
    """``globals()``, ``locals()``, and ``vars()`` and ``dir()`` without arguments."""
    name = node.func.id if isinstance(node.func, ast.Name) else "vars"
    if name in {"vars", "dir"} and node.args:
        value = m.evaluate(m, frame, node.args[0])
        if name == "vars" and value.module == MAIN:
            return Value(module=NAMESPACE)
        return None
    if name != "globals" and frame.kind == "function":
        return FRESH  # the function's own names
    m.note_opaque(name)
    if name == "globals" or (name != "dir" and frame.kind == "module"):
        return Value(module=NAMESPACE)
    return FRESH


def _run_code(m: Machine, frame: Frame, node: ast.Call) -> Value | None:
    """``exec`` and ``eval``: text written out is analysed, any other makes the cell opaque."""
    name = node.func.id if isinstance(node.func, ast.Name) else "exec"
    text = constant_text(node.args[0]) if node.args else None
    is_whole = bool(node.args) and isinstance(node.args[0], ast.Constant)
    values = _arguments(m, frame, node)
    if text is not None and is_whole and len(node.args) == 1 and not node.keywords:
        result = _run_text(m, frame, text.strip() if name == "eval" else text)
        if result is not None:
            return result
    m.note_opaque(name)
    # With namespaces of its own the code binds nothing of the notebook's.
    m.effects.rebinds = m.effects.rebinds or (
        name == "exec" and (len(values) < 2 or any(is_namespace(v) for v in values))
    )
    return FRESH


def _run_text(m: Machine, frame: Frame, text: str) -> Value | None:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return None
    if len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr):
        return m.evaluate(m, frame, tree.body[0].value)
    m.execute(m, frame, tree.body)
    return FRESH


def _get_attribute(m: Machine, frame: Frame, node: ast.Call) -> Value | None:
    """``getattr``: an attribute, if it is written out; by variable it makes the cell opaque."""
    values = _arguments(m, frame, node)
    text = constant_text(node.args[1]) if len(node.args) > 1 else None
    if not values:
        return FRESH
    if text is not None and isinstance(node.args[1], ast.Constant):
        return read_attribute(m, values[0], text)
    m.note_opaque("getattr")
    return m.heap.inside(values[0])


def _set_attribute(m: Machine, frame: Frame, node: ast.Call) -> Value | None:
    """``setattr`` and ``delattr`` change their first argument."""
    values = _arguments(m, frame, node)
    if len(values) > 1 and values[0].module == MAIN:
        name = key_of(node.args[1]) if len(node.args) > 1 else None
        if len(values) > 2:
            store_key(m, name, values[2])
        else:
            delete_key(m, name, node)
        return FRESH
    if values:
        change_path(m, frame, node.args[0], values[0], Strength.SURE)
        if len(values) > 2:
            m.heap.hold(values[0], values[2], constant_text(node.args[1]))
    return FRESH


def _super(m: Machine, frame: Frame, node: ast.Call) -> Value | None:
    _arguments(m, frame, node)
    current: Frame | None = frame
    while current is not None:
        if current.kind == "function" and current.owner is not None:
            return Value(calls=(Super(current.owner, current.this),))
        current = current.parent
    return FRESH


SPECIAL: dict[str, Callable[[Machine, Frame, ast.Call], Value | None]] = {
    "builtins.globals": _inspect,
    "builtins.locals": _inspect,
    "builtins.vars": _inspect,
    "builtins.dir": _inspect,
    "builtins.exec": _run_code,
    "builtins.eval": _run_code,
    "builtins.getattr": _get_attribute,
    "builtins.setattr": _set_attribute,
    "builtins.delattr": _set_attribute,
    "builtins.super": _super,
}


def call_ipython(m: Machine, frame: Frame, node: ast.Call, path: str) -> Value:
    """Run a call on ``get_ipython()``: magics and shell lines do what their text says."""
    if path == "builtins.get_ipython":
        return Value(module=path)
    _arguments(m, frame, node)
    method = path.rpartition(".")[2]
    texts = [a.value if isinstance(a, ast.Constant) else None for a in node.args]
    words = [t if isinstance(t, str) else None for t in texts]
    if method in {"run_line_magic", "magic"} and words and words[0] is not None:
        line = words[1] if len(words) > 1 else ""
        name = words[0]
        if method == "magic":
            name, _, line = words[0].strip("% ").partition(" ")
        return apply_magic(m, frame, node, magics.line_magic_effect(name, line or ""), f"%{name}")
    if method == "run_cell_magic" and len(words) == 3 and words[0] is not None:
        effect = magics.cell_magic_effect(words[0], words[1] or "", words[2] or "")
        return apply_magic(m, frame, node, effect, f"%%{words[0]}")
    if method in {"system", "getoutput"} and words:
        apply_magic(m, frame, node, magics.shell_effect(words[0] or ""), "!")
        return m.heap.new_value("list")
    if method in {"run_cell", "ex", "ev", "push", "reset", "safe_execfile", "run_cell_async"}:
        m.note_opaque(method)
        m.effects.rebinds = True
    return FRESH


def apply_magic(
    m: Machine, frame: Frame, node: ast.AST, effect: magics.MagicEffect, construct: str
) -> Value:
    """Do to names what a magic does."""
    m.guarded += 1
    for name in effect.reads:
        lookup(m, frame, name, node)
    for name in effect.perhaps_reads:
        if name in frame.names or m.is_bound(name):
            lookup(m, frame, name, node)
    m.guarded -= 1
    result = FRESH
    if effect.statement:
        before = m.state.fork() if effect.is_local else None
        result = _run_text(m, frame, effect.statement) or FRESH
        if before is not None:
            m.go_to(before)
    for name in effect.binds:
        m.bind_global(name, FRESH)
    for name in effect.deletes:
        if m.is_bound(name):
            m.delete_global(name)
    if effect.inspects:
        m.note_opaque(construct)
    m.effects.rebinds = m.effects.rebinds or effect.rebinds
    m.effects.may_bind = m.effects.may_bind or effect.may_bind
    return CONSTANT if result is CONSTANT else result
