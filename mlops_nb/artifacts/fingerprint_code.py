"""Which code is it, whatever its comments, layout and place, and what does it reach?

The code object in memory is read, not source text: text may have been edited since it was loaded,
is missing for what ``exec`` made, and cannot tell lambdas of one line apart. Instructions are
written by name with what they refer to, so that numbering of constants, line tables and padding do
not count; constants, defaults, closure and the globals that are read do (bytecode alone misses
them). A docstring is a value a program can read, so it counts; so do names of local variables.

The digest of a function holds for one minor version of Python, whose compiler made the code.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import builtins
import dis
import sys
import weakref
from bisect import bisect_left
from collections.abc import Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple

from .fingerprint_atoms import encode_atom, encode_text
from .fingerprint_columns import encode_columns
from .fingerprint_digest import combine
from .fingerprint_node import Node, Visit
from .fingerprint_origin import is_library, library_name, library_version, module_name, name_part
from .identity import identity

_SILENT = frozenset({"NOP", "CACHE", "EXTENDED_ARG", "RESUME", "NOT_TAKEN"})
_LOADS = frozenset({"LOAD_GLOBAL", "LOAD_NAME"})
_ATTRIBUTES = frozenset({"LOAD_ATTR", "LOAD_METHOD"})
# Closure cells and attributes of functools.singledispatch's functions that hold a cache.
_DISPATCH_CACHES = frozenset({"dispatch_cache", "cache_token", "_clear_cache"})


class _Known(NamedTuple):
    keep: Any
    part: bytes
    reached: dict[str, frozenset[tuple[str, ...]]]
    imported: frozenset[str]


_known: dict[int, _Known] = {}


def read_code(code: CodeType) -> bytes:
    """Return the part of a code object."""
    return _known_code(code).part


def reached_names(code: CodeType) -> dict[str, frozenset[tuple[str, ...]]]:
    """Return the globals that code reads, each with the attributes it takes from it.

    An empty tuple among them says that the value itself is used.
    """
    return _known_code(code).reached


def imported_names(code: CodeType) -> frozenset[str]:
    """Return the modules that code imports when it runs."""
    return _known_code(code).imported


def _known_code(code: CodeType) -> _Known:
    found = _known.get(identity(code))
    if found is not None and found.keep() is code:
        return found
    instructions = [one for one in dis.get_instructions(code) if one.opname not in _SILENT]
    reached: dict[str, set[tuple[str, ...]]] = {}
    for name, chain in _loads(instructions):
        reached.setdefault(name, set()).add(chain)
    imported = {str(one.argval) for one in instructions if one.opname == "IMPORT_NAME"}
    for const in code.co_consts:
        if isinstance(const, CodeType):
            inner = _known_code(const)
            imported |= inner.imported
            for name, chains in inner.reached.items():
                reached.setdefault(name, set()).update(chains)
    ident = identity(code)
    _known[ident] = _Known(
        keep=weakref.ref(code, lambda _: _known.pop(ident, None)),
        part=_encode(code, instructions),
        reached={name: frozenset(chains) for name, chains in reached.items()},
        imported=frozenset(imported),
    )
    return _known[ident]


def _loads(instructions: list[dis.Instruction]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for at, one in enumerate(instructions):
        if one.opname not in _LOADS:
            continue
        chain = []
        for other in instructions[at + 1 :]:
            if other.opname not in _ATTRIBUTES or not isinstance(other.argval, str):
                break
            chain.append(other.argval)
        yield str(one.argval), tuple(chain)


def _encode(code: CodeType, instructions: list[dis.Instruction]) -> bytes:
    numbers: dict[int, int] = {}
    for number, one in enumerate(instructions):
        numbers[one.offset] = number
    end = len(instructions)
    ordered = sorted(numbers)

    def number_at(offset: int) -> int:
        # Jumps may lead to an instruction that was left out: then to the next one.
        at = bisect_left(ordered, offset)
        return numbers[ordered[at]] if at < len(ordered) else end

    texts = []
    for one in instructions:
        argument: Any = one.argval
        if one.opcode in dis.hasjrel or one.opcode in dis.hasjabs:
            argument = number_at(int(argument))
        elif one.opcode in dis.hasconst:
            argument = _encode_constant(argument).hex()
        texts.append(f"{one.opname} {argument!r}")
    handlers = [
        (number_at(entry.start), number_at(entry.end), number_at(entry.target), entry.depth)
        for entry in getattr(dis.Bytecode(code), "exception_entries", ())
    ]
    face = (
        code.co_name, code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount,
        code.co_flags, repr(code.co_varnames), repr(code.co_cellvars), repr(code.co_freevars),
        repr(handlers), _docstring(code),
    )  # fmt: skip
    columns = [*(encode_columns(face) or ()), *(encode_columns(texts) or ())]
    return b"#" + combine(b"code", [encode_text("{}.{}".format(*sys.version_info)), *columns])


def _docstring(code: CodeType) -> str | None:
    first = code.co_consts[0] if code.co_consts else None
    return first if isinstance(first, str) else None


def _encode_constant(constant: Any) -> bytes:
    """Return the bytes of a constant of a code object; the compiler nests few levels."""
    atom = encode_atom(constant)
    if atom is not None:
        return atom
    if isinstance(constant, CodeType):
        return read_code(constant)
    if isinstance(constant, tuple):
        return combine(b"constants", [_encode_constant(one) for one in constant])
    if isinstance(constant, frozenset):
        return combine(b"constant set", sorted(_encode_constant(one) for one in constant))
    return encode_text(repr(constant))  # slice objects, from Python 3.14 on


def read_function(function: FunctionType, visit: Visit) -> Node | bytes:
    """Read a function written in Python: by name in a library, else code and what it reaches."""
    named = library_name(function, function.__module__, function.__qualname__)
    if named is not None:
        return named
    home = function.__globals__.get("__name__")
    version = library_version(home)
    texts = [function.__name__, function.__qualname__, str(function.__module__), version or ""]
    known = [read_code(function.__code__), *map(encode_text, texts)]
    places: list[str] = []
    children: list[Any] = []

    def add(place: str, child: Any) -> None:
        places.append(place)
        children.append(child)

    add(".__defaults__", function.__defaults__)
    add(".__kwdefaults__", function.__kwdefaults__)
    add(".__annotations__", _annotations(function))
    skipped = _caches(function, version)
    attributes = vars(function)
    if not skipped.isdisjoint(attributes):
        attributes = {name: one for name, one in attributes.items() if name not in skipped}
    add(".__dict__", attributes)
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or ()):  # noqa: B905 - Python 3.9
        if name not in skipped:
            add(f".__closure__[{name!r}]", cell)
    if version is None:
        for name in sorted(_known_code(function.__code__).imported):
            module = sys.modules.get(name)
            if module is not None and not is_library(name):
                add(f".import[{name!r}]", module)
    if version is None and function.__globals__ is visit.memo.apart:
        known.extend(map(encode_text, sorted(reached_names(function.__code__))))
    elif version is None:
        for place, child in _reach(function.__code__, function.__globals__, known):
            add(place, child)
    return Node(b"function", known, children, label=places.__getitem__, fresh=bool(skipped))


def _caches(function: FunctionType, version: str | None) -> frozenset[str]:
    """Return the closure cells and attributes that are no part of a function."""
    is_library = version is not None and function.__globals__.get("__name__") == "functools"
    return _DISPATCH_CACHES if is_library else frozenset()


def _annotations(function: FunctionType) -> Any:
    lazy = getattr(function, "__annotate__", None)  # Python 3.14: evaluated when they are read
    return lazy if lazy is not None else function.__annotations__


def _reach(code: CodeType, space: dict[str, Any], known: list[bytes]) -> Iterator[tuple[str, Any]]:
    """Yield the globals that code reads; add to `known` the names of those and of what is fixed."""
    for name, chains in sorted(reached_names(code).items()):
        known.append(b"." + encode_text(name))
        if name not in space:
            known.append(b"builtin" if hasattr(builtins, name) else b"absent")
            continue
        value = space[name]
        if not isinstance(value, ModuleType) or () in chains:
            yield f".__globals__[{name!r}]", value
            continue
        for chain in sorted(chains):
            known.append(b"." + encode_text(".".join(chain)))
            fixed, place, child = _follow(value, chain)
            if fixed is not None:
                known.append(fixed)
            else:
                yield f".__globals__[{name!r}]{place}", child


def _follow(module: ModuleType, chain: tuple[str, ...]) -> tuple[bytes | None, str, Any]:
    """Return what ``module.a.b`` is: a part if its library fixes it, else its place and value."""
    here: Any = module
    place = ""
    for at, name in enumerate(chain):
        space = vars(here)
        version = library_version(space.get("__name__"))
        if version is not None and not isinstance(space.get(name), ModuleType):
            # A part of a library that is loaded when it is first asked for is no other one then.
            is_part = here.__name__ == ".".join((module_name(module), *chain[:at]))
            home, inner = (module, chain) if is_part else (here, chain[at:])
            return name_part(home.__name__, ".".join(inner), version), "", None
        if name not in space:
            return b"absent", "", None
        here = space[name]
        place += f".{name}"
        if not isinstance(here, ModuleType):
            break
    return None, place, here
