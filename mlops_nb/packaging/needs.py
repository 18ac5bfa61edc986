"""What must be importable where this model is loaded? Asked of the model itself, not of the
notebook.

The model is pickled into nowhere, and every class, function and module met on the way is noted.
That finds what a custom transformer drags along and leaves out what the notebook merely imported;
MLflow's way (load the model in a fresh process, list what was imported) takes seconds and pins
pytest. Limits: an import inside a function of an installed library is that library's business; a
name looked up with ``importlib`` at prediction time is not seen.
"""

from __future__ import annotations

import dis
from collections.abc import Iterable, Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

import cloudpickle

# The notebook itself, our own session, what pickled it, and what a test run leaves in objects.
_IGNORED = frozenset(
    {"__main__", "__mp_main__", "_mlops_nb_session", "mlops_nb", "cloudpickle", "pytest", "_pytest"}
)


class _Nowhere:
    """A file that keeps nothing."""

    def write(self, data: Any) -> int:
        return len(data)


class _Observer(cloudpickle.Pickler):  # type: ignore[misc]  # cloudpickle ships no types
    """Pickle an object graph into nowhere and note where its classes and functions come from."""

    def __init__(self) -> None:
        super().__init__(_Nowhere(), protocol=5, buffer_callback=lambda buffer: None)
        self.modules: set[str] = set()
        self.last: object = None

    def reducer_override(self, obj: Any) -> Any:
        self.last = obj
        self.modules.update(_modules_of(obj))
        return super().reducer_override(obj)


def find_modules(*objects: Any) -> frozenset[str]:
    """Return the dotted names of the modules that classes, functions and values in `objects` come
    from.

    What cannot be pickled is walked as far as possible.
    """
    found: set[str] = set()
    for value in objects:
        observer = _Observer()
        try:
            observer.dump(value)
        except Exception:  # whether it can be stored is asked elsewhere, with a better answer
            found.update(_modules_of(value))
        found.update(observer.modules)
    return frozenset(
        name
        for name in found
        if name and name.split(".")[0] not in _IGNORED and not name.startswith("_cython_")
    )  # _cython_3_2_4 and the like: types Cython makes at run time, no module


def find_unpicklable(model: Any) -> tuple[str, str] | None:
    """Return the attribute of `model` that cannot be pickled and the type of the culprit, or None.

    The attribute is ``""`` if it is the model itself.
    """
    culprit = _culprit_in(model)
    if culprit is None:
        return None
    for name, value in getattr(model, "__dict__", {}).items():
        inner = _culprit_in(value)
        if inner is not None:
            return str(name), inner
    return "", culprit


def _culprit_in(value: Any) -> str | None:
    observer = _Observer()
    try:
        observer.dump(value)
    except Exception:
        last = value if observer.last is None else observer.last
        return f"{type(last).__module__}.{type(last).__qualname__}"
    return None


def _modules_of(obj: Any) -> Iterator[str]:
    if isinstance(obj, ModuleType):
        yield obj.__name__
    elif isinstance(obj, type):
        yield from (str(base.__module__) for base in obj.__mro__)
    elif isinstance(obj, FunctionType):
        yield str(obj.__module__)
        if obj.__module__ in ("__main__", "__mp_main__", None):
            yield from imports_in(obj.__code__)
    else:
        module = getattr(obj, "__module__", None)
        yield module if isinstance(module, str) else ""
        yield from (str(base.__module__) for base in type(obj).__mro__)


def imports_in(code: CodeType) -> Iterator[str]:
    """Yield the modules that `code`, and the code nested in it, imports absolutely."""
    previous: Iterable[Any] = ()
    for instruction in dis.get_instructions(code):
        if instruction.opname == "IMPORT_NAME" and tuple(previous)[:1] == (0,):
            yield str(instruction.argval)
        if instruction.opname == "LOAD_CONST" and isinstance(instruction.argval, int):
            previous = (instruction.argval,)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from imports_in(constant)
