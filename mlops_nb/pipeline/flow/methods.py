"""What does a method of an object of unknown class do? Its name decides, by tables."""

from __future__ import annotations

import ast

from mlops_nb.pipeline.flow import library, origins
from mlops_nb.pipeline.flow.callables import LibraryMethod
from mlops_nb.pipeline.flow.carriers import QUERIES, constant_text, query_names, table_names
from mlops_nb.pipeline.flow.frames import Arguments, Frame
from mlops_nb.pipeline.flow.functions import consume, invoke_loosely
from mlops_nb.pipeline.flow.machine import Machine
from mlops_nb.pipeline.flow.names import lookup
from mlops_nb.pipeline.flow.specials import reached_instances
from mlops_nb.pipeline.flow.targets import change_path
from mlops_nb.pipeline.flow.values import FRESH, IMMUTABLE, Strength, Value, union_all
from mlops_nb.pipeline.flow.words import word_set

# Methods that put their arguments into their object.
_PUTTING = word_set(
    """
    append appendleft extend extendleft insert add update setdefault put put_nowait push
    __setitem__ set
    """
)
_TAKING = word_set("pop popitem popleft remove discard clear sort reverse rotate")
_KNOWN = library.MUTATORS | library.MUTATORS_IF_UNUSED | library.PURE_METHODS
# Methods of a library's classes that call none of those a notebook's class defines.
_SILENT = word_set(
    """
    parameters named_parameters children modules to cpu cuda train eval state_dict zero_grad
    load_state_dict get_params set_params requires_grad_ __enter__ __exit__ __init__
    """
)
_PLOTTING = word_set("plot hist boxplot")
# Methods of plain containers: they call nothing that is inside.
_GROWING_KINDS = frozenset({"list", "set", "dict", "defaultdict"})
_PLAIN_KINDS = frozenset(
    {"list", "dict", "defaultdict", "set", "tuple", "frame", "array", "iterator", "file"}
)


def call_method(
    m: Machine,
    frame: Frame,
    node: ast.Call,
    receiver: Value,
    arguments: Arguments,
    *,
    is_unused: bool,
) -> Value:
    """Run ``receiver.name(arguments)`` for a receiver whose class the notebook does not define."""
    assert isinstance(node.func, ast.Attribute)  # the caller has looked
    name = node.func.attr
    kind, origin = m.heap.kind(receiver), m.heap.origin(receiver)
    strength = _receiver_change(name, kind, node, is_unused=is_unused, origin=origin)
    if strength and not m.heap.is_constant(receiver):
        change_path(m, frame, node.func.value, receiver, strength)
        is_plain = kind in _PLAIN_KINDS or name in _PUTTING or name in _TAKING
        if strength >= Strength.LIKELY and not is_plain and not origins.is_drawing(origin):
            _change_inside(m, receiver)
    if kind == "database" and f"duckdb.{name}" in library.QUERYING:
        read_tables(m, frame, node, construct=f"duckdb.{name}")
    elif name in QUERIES:
        _read_query(m, frame, node)
    passed = arguments.all()
    is_known = name in _KNOWN
    for value in passed:
        consume(m, value)
        if m.heap.kind(value) == "random":
            m.change(value, Strength.LIKELY)
    if (
        not is_known
        and kind not in {"random", "frame", "array", "file"}
        and not origins.is_known(origin)
        and receiver.objects != {IMMUTABLE}
    ):
        m.touch(passed, Strength.POSSIBLE)
        m.touch_inside(passed)
    for key, value in arguments.keywords:
        if key == "out":
            m.change(value, Strength.SURE)
    if name == "shuffle" and kind == "random":
        for value in passed[:1]:
            m.change(value, Strength.SURE)
    _call_back(m, receiver, passed, kind)
    if m.heap.classes and kind not in _PLAIN_KINDS and name not in _SILENT:
        _call_overridden(m, receiver, passed, name)
    if name in _PUTTING and not origins.is_quiet(origin):
        rest = [] if arguments.rest is None else [arguments.rest]
        takes_apart = "extend" in name or name == "update"
        for value in (*arguments.positional, *rest):
            m.heap.hold(receiver, m.heap.inside(value) if takes_apart else value)
        for _, value in arguments.keywords:
            m.heap.hold(receiver, value)
    return _result(m, name, kind, receiver, origin)


def _receiver_change(
    name: str, kind: str, node: ast.Call, *, is_unused: bool, origin: str
) -> Strength | None:
    """Return how surely the method changes its object, None if it does not."""
    for keyword in node.keywords:
        if keyword.arg == "inplace":
            if not isinstance(keyword.value, ast.Constant):
                return Strength.LIKELY
            return Strength.SURE if keyword.value.value else None
    if origins.is_drawing(origin):
        return Strength.SURE if origins.draws(name) else None
    if name.startswith("fit") and origins.gives_results(origin):
        return None
    if kind in {"random", "file"} or name in library.MUTATORS:
        return Strength.SURE
    if name in library.MUTATORS_IF_UNUSED:
        return Strength.SURE if is_unused or kind in _GROWING_KINDS else None
    if name in library.PURE_METHODS:
        return None
    if is_unused and (
        name.startswith(("set_", "add_", "remove_", "update_", "insert_", "append_"))
    ):
        return Strength.SURE
    if name.endswith("_") and not name.startswith("_"):
        return Strength.SURE
    if kind in {"frame", "array"} or origins.is_quiet(origin):
        return None
    return Strength.LIKELY if is_unused else Strength.POSSIBLE


def _change_inside(m: Machine, receiver: Value) -> None:
    """Change what a library's object holds: a pipeline its steps, an optimiser its parameters."""
    todo = [o for o in receiver.objects if origins.fits_inside(m.heap.origins.get(o, ""))]
    done: set[int] = set()
    while todo:
        number = todo.pop()
        held = m.heap.held.get(number)
        if held is not None and number not in done and number not in m.heap.classes:
            done.add(number)
            inner = Value(held.objects, held.near)
            if m.heap.kind(inner) not in {"frame", "array", "file"}:
                m.touch([inner], Strength.LIKELY)
            todo += held.objects


def _read_query(m: Machine, frame: Frame, node: ast.Call) -> None:
    texts = [*node.args[:1], *(k.value for k in node.keywords if k.arg == "expr")]
    for part in texts:
        for name in query_names(constant_text(part) or ""):
            lookup(m, frame, name, node)


def read_tables(m: Machine, frame: Frame, node: ast.Call, *, construct: str) -> None:
    """Read the frames that a query takes for tables; a text that is made may name any."""
    parts = node.args[:1] or [k.value for k in node.keywords if k.arg in {"query", "sql"}]
    for text in map(constant_text, parts):
        if text is None:
            m.note_opaque(construct)
        for name in table_names(text or ""):
            if name in frame.names or m.is_bound(name):
                lookup(m, frame, name, node)


def _call_back(m: Machine, receiver: Value, passed: list[Value], kind: str) -> None:
    """Run functions that were passed (``df.apply(f)``) or that the object was made with."""
    others: Value | None = None
    for value in passed:
        if value.calls or (m.heap.classes and m.heap.instance_classes(value)):
            if others is None:
                others = union_all(m.heap.inside(v) for v in (receiver, *passed))
            invoke_loosely(m, value, others)
    if kind in _PLAIN_KINDS:
        return
    for number in receiver.objects:
        held = m.heap.held.get(number)
        if held is not None and number not in m.heap.classes:
            calls = tuple(c for c in held.calls if not isinstance(c, LibraryMethod))
            if calls or m.heap.instance_classes(held):
                invoke_loosely(m, Value(held.objects, held.near, calls), FRESH)


def _call_overridden(m: Machine, receiver: Value, passed: list[Value], name: str) -> None:
    """Run the notebook's methods that a method of a library's class may call.

    Those of the object itself if its class is made of a library's, and of what it was made with.
    """
    others = union_all(m.heap.inside(v) for v in passed)
    without = "" if name.startswith("fit") else "fit"
    for number, owner in m.heap.instance_classes(receiver):
        if owner.origin():
            invoke_loosely(m, Value(frozenset({number})), others, without=without)
    held = [m.heap.held[o] for o in receiver.objects if o in m.heap.held]
    for instance in reached_instances(m, held):
        if not instance.objects & receiver.objects:
            invoke_loosely(m, instance, others, without=without)


def _result(m: Machine, name: str, kind: str, receiver: Value, origin: str) -> Value:
    if origins.is_drawing(origin):
        return m.heap.inside(receiver)
    made = Value(origin=origins.root_of(origin)) if origin else FRESH
    if name.startswith("fit") and origins.gives_results(origin):
        return made
    if name in library.RETURNING_SELF:
        return receiver
    if receiver.objects == {IMMUTABLE}:
        return FRESH
    if name in library.SHARING and kind not in library.COPYING_KINDS:
        return m.heap.inside(receiver)
    if kind in {"frame", "array"} and name in library.PURE_METHODS:
        return Value(origin="matplotlib") if name in _PLOTTING else made
    if name not in library.PURE_METHODS and name not in library.MUTATORS:
        calls = m.heap.inside(receiver).calls
        return Value(calls=calls, origin=made.origin) if calls else made
    return made
