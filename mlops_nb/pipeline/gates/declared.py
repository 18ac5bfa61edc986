"""Which gates hold, and who said so? Gates with where they were written; said twice they are one.

A notebook writes them in lines, the settings for registered models, a command in options. They add
up: nobody takes a gate of another away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mlops_nb.errors import InputError
from mlops_nb.pipeline.gates.gate import Gate
from mlops_nb.pipeline.gates.parsing import parse_gate

EVERY_MODEL = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredGate:
    """A gate and where it was written.

    Attributes
    ----------
    gate : Gate
    origins : tuple of str
        ``"churn.ipynb, cell 7"``, ``"--gate"``, a file of settings.
    model : str
        The registered model it is for; ``"*"`` is any.
    """

    gate: Gate
    origins: tuple[str, ...] = ()
    model: str = EVERY_MODEL

    def __str__(self) -> str:
        """Return the gate, with the model in front where it is for one."""
        return str(self.gate) if self.model == EVERY_MODEL else f"{self.model}: {self.gate}"

    def said_in(self, origin: str) -> DeclaredGate:
        """Return the gate as written in `origin`."""
        return replace(self, origins=(origin,))


def unite_gates(declared: Iterable[DeclaredGate]) -> tuple[DeclaredGate, ...]:
    """Return each gate once, in the order in which they were first said, with all who said it.

    >>> one = DeclaredGate(gate=parse_gate("accuracy>=90%"), origins=("cell 3",))
    >>> two = DeclaredGate(gate=parse_gate("accuracy >= 0.9"), origins=("--gate",))
    >>> [(str(found), found.origins) for found in unite_gates([one, two])]
    [('accuracy >= 0.9', ('cell 3', '--gate'))]
    """
    found: dict[Gate, DeclaredGate] = {}
    for one in declared:
        known = found.get(one.gate)
        origins = one.origins if known is None else (*known.origins, *one.origins)
        found[one.gate] = DeclaredGate(gate=one.gate, origins=tuple(dict.fromkeys(origins)))
    return tuple(found.values())


def gates_for(declared: Iterable[DeclaredGate], model: str) -> tuple[DeclaredGate, ...]:
    """Return the gates that hold for the registered model `model`."""
    return unite_gates(one for one in declared if one.model in (EVERY_MODEL, model))


def parse_gate_table(value: Any) -> tuple[DeclaredGate, ...]:
    """Return the gates that a setting says: one text, a list of texts, or a table of them by model.

    >>> [str(one) for one in parse_gate_table({"*": "clean_run", "churn": ["auc >= 0.8 (scored)"]})]
    ['clean_run', 'churn: roc_auc >= 0.8 (scored)']

    Raises
    ------
    ValueError
        If it is none of these.
    GateError
        MNB701 to MNB705, with the entry as its place.
    """
    if isinstance(value, Mapping):
        return tuple(
            replace(one, model=name)
            for name, texts in value.items()
            for one in _read(texts, place=f"gates.{name}")
        )
    return _read(value, place="gates")


def _read(value: Any, *, place: str) -> tuple[DeclaredGate, ...]:
    if isinstance(value, str):
        return (DeclaredGate(gate=parse_gate(value, place=place)),)
    if not isinstance(value, list | tuple) or not all(isinstance(text, str) for text in value):
        raise ValueError("a gate, a list of gates, or a table of them by registered model")
    return tuple(
        DeclaredGate(gate=parse_gate(text, place=f"{place}[{number}]"))
        for number, text in enumerate(value)
    )


def placed_error(error: InputError, place: str) -> InputError:
    """Return `error` as one at `place`, with all else that it says."""
    return type(error)(error.code, place, *error.args[2:])
