"""When does what is done around a cell cost so much that it must be told?

A tenth of the cell's own time is what nobody minds; below half a second nobody notices either.
"""

from __future__ import annotations

_UNNOTICED_S = 0.5
_SHARE = 0.1


def is_dear(overhead_s: float, *, own_s: float) -> bool:
    """Return whether to watch a cell and to keep what it left took more than it should.

    Examples
    --------
    >>> is_dear(0.4, own_s=0.01), is_dear(3.0, own_s=20.0), is_dear(3.0, own_s=60.0)
    (False, True, False)
    """
    return overhead_s > max(_UNNOTICED_S, _SHARE * own_s)
