"""What does a ``%mlops_promote`` line ask for? A model, and the options of the panel."""

from __future__ import annotations

import shlex
from typing import Any

from mlops_nb.errors import InputError, nearest

_OPTIONS = ("--to", "--gate")
_USAGE = "Write %mlops_promote MODEL[@V] [--to ALIAS] [--gate EXPR]…"


def parse_promote_line(line: str) -> dict[str, Any]:
    """Return the arguments of `PromoteWidget` that a line says.

    >>> parse_promote_line("churn@4 --to challenger --gate 'auc >= 0.9'")
    {'model': 'churn@4', 'to': 'challenger', 'gates': ('auc >= 0.9',)}

    Raises
    ------
    InputError
        MNB767 if the line cannot be read.
    """
    try:
        words = shlex.split(line, comments=True)
    except ValueError as error:
        raise _unreadable(f"a quote is not closed ({error}).", _USAGE + ".") from error
    model, to, gates = "", "champion", []
    while words:
        word = words.pop(0)
        option, has_value, value = word.partition("=")
        if not word.startswith("--"):
            if model:
                raise _unreadable(f"{word!r} is one model too many.", f"{_USAGE}.")
            model = word
            continue
        if option not in _OPTIONS:
            raise _unreadable(f"there is no option {option!r}.", nearest(option, _OPTIONS))
        if not has_value:
            if not words:
                raise _unreadable(f"{option} needs a value.", f"{_USAGE}.")
            value = words.pop(0)
        if option == "--to":
            to = value
        else:
            gates.append(value)
    if not model:
        raise _unreadable("it names no model.", f"{_USAGE}.")
    return {"model": model, "to": to, "gates": tuple(gates)}


def _unreadable(fault: str, remedy: str) -> InputError:
    return InputError("MNB767", "%mlops_promote", fault, remedy)
