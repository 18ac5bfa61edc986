"""How is the state of a global random generator read, brought back and heard of? For each library.

`random`, numpy's legacy generator and torch's default one on the CPU. The state is told as JSON and
never as a pickle, so that bringing it back runs no code.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import base64
import random
from array import array
from collections.abc import Callable
from typing import Any


class PythonGenerator:
    """The generator behind `random.random` and its like."""

    name = "python"
    module = "random"
    seeders = ("seed",)
    setters = ("setstate",)
    readers = ("getstate",)

    def __init__(self) -> None:
        self._told: tuple[Any, bytes] = (None, b"")

    def state(self) -> bytes:
        """Return what tells states apart."""
        found = random._inst.getstate()
        if found != self._told[0]:  # it seldom is another
            version, numbers, spare = found
            told = array("I", numbers).tobytes() + repr((version, spare)).encode()
            self._told = (found, told)
        return self._told[1]

    def capture(self) -> dict[str, Any] | None:
        """Return the state as JSON; None if it is of a kind that is not known."""
        version, numbers, spare = random._inst.getstate()
        told = None if spare is None else float(spare).hex()
        return {"version": version, "numbers": _to_text(array("I", numbers)), "spare": told}

    def restore(self, state: dict[str, Any]) -> None:
        """Set the state that `capture` told."""
        numbers = array("I", base64.b64decode(state["numbers"]))
        spare = None if state["spare"] is None else float.fromhex(state["spare"])
        random._inst.setstate((state["version"], tuple(numbers), spare))

    def places(self, module: Any) -> list[Any]:
        """Return the modules that offer the functions that seed, set and read."""
        return [module]


class NumpyGenerator:
    """The generator behind `numpy.random.rand`, and behind ``random_state=None`` in libraries."""

    name = "numpy"
    module = "numpy.random"
    seeders = ("seed",)
    setters = ("set_state",)
    readers = ("get_state",)

    def __init__(self) -> None:
        self._own: Any = None

    def state(self) -> bytes:
        """Return what tells states apart."""
        found = self._own.get_state(legacy=False)
        inner = found["state"]
        if found["bit_generator"] != "MT19937":
            return repr(found).encode()
        rest = (inner["pos"], found["has_gauss"], found["gauss"])
        return bytes(inner["key"].tobytes()) + repr(rest).encode()

    def capture(self) -> dict[str, Any] | None:
        """Return the state as JSON; None if it is of a kind that is not known."""
        found = self._own.get_state(legacy=False)
        if found["bit_generator"] != "MT19937":
            return None
        inner = found["state"]
        return {
            "key": base64.b64encode(inner["key"].astype("<u4").tobytes()).decode(),
            "pos": int(inner["pos"]),
            "has_gauss": int(found["has_gauss"]),
            "gauss": float(found["gauss"]).hex(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Set the state that `capture` told."""
        key = array("I", base64.b64decode(state["key"]))
        rest = (state["pos"], state["has_gauss"], float.fromhex(state["gauss"]))
        self._own.set_state(("MT19937", key, *rest))

    def places(self, module: Any) -> list[Any]:
        """Return the modules that offer the functions that seed, set and read."""
        self._own = module.mtrand._rand
        return [module, module.mtrand]


class TorchGenerator:
    """The generator behind `torch.rand` on the CPU."""

    name = "torch"
    module = "torch"
    seeders = ("manual_seed", "seed")
    setters = ("set_rng_state",)
    readers = ("get_rng_state", "initial_seed")

    def __init__(self) -> None:
        self._torch: Any = None

    def state(self) -> bytes:
        """Return what tells states apart."""
        return bytes(self._torch.default_generator.get_state().numpy().tobytes())

    def capture(self) -> dict[str, Any] | None:
        """Return the state as JSON; None if it is of a kind that is not known."""
        return {"state": base64.b64encode(self.state()).decode()}

    def restore(self, state: dict[str, Any]) -> None:
        """Set the state that `capture` told."""
        told = bytearray(base64.b64decode(state["state"]))
        tensor = self._torch.frombuffer(told, dtype=self._torch.uint8).clone()
        self._torch.default_generator.set_state(tensor)

    def places(self, module: Any) -> list[Any]:
        """Return the modules that offer the functions that seed, set and read."""
        self._torch = module
        return [module, module.random]


GENERATORS: tuple[Callable[[], Any], ...] = (PythonGenerator, NumpyGenerator, TorchGenerator)


def _to_text(numbers: array[int]) -> str:
    return base64.b64encode(numbers.tobytes()).decode()
