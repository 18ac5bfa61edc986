"""Which version of its data would a stage read now? The value of ``--version-of``, as a digest.

The expression is the user's code, evaluated among their names before anything of the stage; that it
changes none of them is checked, since what changed here would be no cell's doing.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from typing import Any

from ..artifacts.changes import NO_DIGEST

_FILE = "<--version-of>"
_SHOWN = 60
_UNFIT = "its value has no fingerprint, so nobody can tell whether it changed"


def tell_version(expression: str, names: Sequence[str], shell: Any, cells: Any) -> dict[str, Any]:
    """Return what the runner is told of an expression's value.

    Parameters
    ----------
    expression : str
    names : sequence of str
        Names it may read.
    shell : InteractiveShell
    cells : CellWatch

    Returns
    -------
    dict
        ``digest`` and ``shown``, a short value; or ``digest`` None, with ``name``, ``message`` and
        ``traceback`` of what is wrong.
    """
    before = cells.names.digests(names)
    try:
        value = eval(compile(expression, _FILE, "eval"), shell.user_ns)
        digest = cells.values.fingerprint(value)
        shown = repr(value) if digest else ""
    except Exception as error:
        frames = traceback.format_exception(type(error), error, error.__traceback__)
        own = [part for part in frames if _FILE in part or not part.startswith("  File")]
        return _fault(type(error).__name__, str(error), "".join(own))
    if digest is None:
        return _fault("TypeError", _UNFIT)
    cells.names.changed(names)
    after = cells.names.digests(names)
    known = {name for name, d in before.items() if d is not None and not d.startswith(NO_DIGEST)}
    changed = [name for name in sorted(known) if after[name] != before[name]]
    if changed:
        return _fault("RuntimeError", f"it changes '{changed[0]}', and may only look")
    return {"digest": cells.secrets.keyed(digest), "shown": shown if len(shown) <= _SHOWN else ""}


def _fault(name: str, message: str, told: str = "") -> dict[str, Any]:
    return {"digest": None, "name": name, "message": message, "traceback": told}
