"""Which options that all code sees did a cell find, and which did it set?

Options are grouped in domains, such as pandas' display or matplotlib's. A domain's digest is
``"initial"`` as long as everything is as its library has it from the start, so that a runner knows
it without a kernel. Where reading can be heard (a warning was raised, a figure drawn, a frame
shown), only cells that read a domain depend on it; the others count for every cell while their
library is loaded. Who sets one option depends on the others of its domain.

What is set for the process and can neither be read as data nor brought back is ambient: a cell that
changes it must run in every kernel.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import hashlib
import json
import sys
import uuid
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ..artifacts.fingerprint import fingerprint
from .watch_imports import ImportHook
from .watch_seen import AMBIENT, Seen

INITIAL = "initial"


class Domain:
    """One group of options.

    Attributes
    ----------
    name : str
    module : str
        Without which there are none; empty if they are Python's own.
    is_heard : bool
        Whether reading is told by `read`; else every cell reads it.
    depends_on_itself : bool
        Whether who sets one option depends on the others.
    variables : str
        Pattern of the environment's variables that the library itself reads; empty if none.
    """

    name = ""
    module = ""
    is_heard = False
    depends_on_itself = True
    variables = ""

    def __init__(self) -> None:
        self.was_read = False

    def attach(self, module: Any, is_on: Callable[[], bool]) -> Callable[[], None]:
        """Begin, once the library is loaded; return what undoes it."""
        return lambda: None

    def begin(self) -> None:
        """Make ready for a cell."""

    def state(self) -> dict[str, Any]:
        """Return the options that are not as they were at first; plain values as they are."""
        raise NotImplementedError

    def restore(self, state: Mapping[str, Any]) -> None:
        """Set the options so that `state` would be returned."""
        raise NotImplementedError

    def read(self) -> None:
        """Hear that an option was read."""
        self.was_read = True


class Marked:
    """A value that is no data: told apart, and not brought back."""

    def __init__(self, told: str) -> None:
        self.told = told


class OptionWatch:
    """The options of one process.

    Parameters
    ----------
    domains : tuple of Domain
    ambient : callable
        Returns what tells apart the states of the process that are no options.
    is_heard : callable
        Whether what this thread does now counts to a cell.
    look_variables : callable
        Returns the digest of variables of the environment as the cell found them.
    """

    def __init__(
        self,
        domains: tuple[Domain, ...],
        ambient: Callable[[], dict[str, Any]],
        *,
        is_heard: Callable[[], bool],
        look_variables: Callable[[str], str | None],
    ) -> None:
        self._waiting = domains
        self._domains: dict[str, Domain] = {}
        self._before: dict[str, str] = {}
        self._ambient = ambient
        self._is_heard = is_heard
        self._look_variables = look_variables
        self._initial_ambient = ambient()
        self._undo: list[Callable[[], None]] = []

    def install(self, imports: ImportHook) -> None:
        """Attend to each library once it is loaded."""
        for domain in self._waiting:
            if domain.module:
                imports.when_loaded(domain.module, partial(self._attach, domain))
            else:
                self._attach(domain, None)

    def start(self) -> None:
        """Forget the cell before."""
        for domain in self._domains.values():
            domain.was_read = False
            domain.begin()
        self._before = {name: self.look(name) for name in self._domains}
        self._ambient_before = self._tell_ambient()

    def stop(self, seen: Seen) -> None:
        """Tell what the cell did."""
        for name, domain in sorted(self._domains.items()):
            before, state = self._before.get(name, INITIAL), _quiet_state(domain)
            after = _digest(state)
            is_set = after != before and domain.depends_on_itself
            if domain.was_read or not domain.is_heard or is_set:
                seen.read(f"option:{name}", before)
                if domain.variables:
                    at_first = self._look_variables(domain.variables)
                    seen.read(f"environment:{domain.variables}", at_first)
            if after != before:
                seen.write(f"option:{name}", after, _to_effect(state))
        seen.read(AMBIENT, self._ambient_before)
        now = self._tell_ambient()
        if now != self._ambient_before:
            seen.write(AMBIENT, now)

    def names(self) -> list[str]:
        """Return the domains whose libraries are loaded."""
        return sorted(self._domains)

    def look(self, name: str) -> str:
        """Return the digest of a domain as it is now."""
        domain = self._domains.get(name)
        return INITIAL if domain is None else _digest(_quiet_state(domain))

    def capture(self) -> dict[str, dict[str, Any]]:
        """Return by fact what `restore` needs to bring back the domains that can be, as they are
        now."""
        effects = {n: _to_effect(_quiet_state(domain)) for n, domain in self._domains.items()}
        return {f"option:{name}": effect for name, effect in effects.items() if effect is not None}

    def restore(self, name: str, effect: Mapping[str, Any]) -> bool:
        """Set a domain as a cell left it; return whether it now is."""
        domain = next(d for d in self._waiting if d.name == name)
        if domain.module and domain.module not in sys.modules:
            __import__(domain.module)
        domain.restore(effect["state"])
        return bool(self.look(name) == effect["digest"])

    def close(self) -> None:
        """Take away all wrappers."""
        for undo in reversed(self._undo):
            undo()

    def _attach(self, domain: Domain, module: Any) -> None:
        if domain.name not in self._domains:
            self._undo.append(domain.attach(module, self._is_heard))
            self._domains[domain.name] = domain

    def _tell_ambient(self) -> str | None:
        found = self._ambient()
        changed = {n: v for n, v in found.items() if v != self._initial_ambient.get(n)}
        return _digest(changed) if changed else None


def tell_value(value: Any) -> Any:
    """Return an option's value as JSON has it, or `Marked` if it is no data."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return {"float": value.hex()}
    if isinstance(value, (list, tuple)):
        told = [tell_value(one) for one in value]
        return Marked(_text(told)) if any(isinstance(t, Marked) for t in told) else told
    owner = getattr(value, "__self__", None)
    if isinstance(owner, str) and getattr(value, "__name__", "") == "format":
        return {"format": owner}
    return mark(value)


def read_value(told: Any) -> Any:
    """Return the value that `tell_value` told."""
    if isinstance(told, list):
        return [read_value(one) for one in told]
    if isinstance(told, dict):
        return float.fromhex(told["float"]) if "float" in told else told["format"].format
    return told


def mark(value: Any) -> Marked:
    """Return what tells apart a value that is no data: its fingerprint, with all that its code
    looks up; else what is this very object's alone."""
    digest = fingerprint(value).digest
    if digest is None:
        _, digest = _nameless.setdefault(id(value), (value, uuid.uuid4().hex))
    return Marked(f"{type(value).__qualname__} {digest}")


# Kept alive, so that no other object has the address.
_nameless: dict[int, tuple[Any, str]] = {}


def _quiet_state(domain: Domain) -> dict[str, Any]:
    """Return a domain's state without taking that for a reading by the cell."""
    was_read = domain.was_read
    try:
        return domain.state()
    except Exception:  # a library of another version
        return {}
    finally:
        domain.was_read = was_read


def _digest(state: dict[str, Any]) -> str:
    if not state:
        return INITIAL
    return "sha256:" + hashlib.sha256(_text(state).encode("utf-8", "surrogatepass")).hexdigest()


def _to_effect(state: dict[str, Any]) -> dict[str, Any] | None:
    text = _text(state)
    return None if '"marked": ' in text else {"state": state, "digest": _digest(state)}


def _text(state: Any) -> str:
    return json.dumps(state, sort_keys=True, default=lambda one: {"marked": one.told})
