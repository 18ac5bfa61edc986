"""What does ``%load_ext mlops_nb`` do? It makes stages work in the kernel one sits at.

A door: it parses what a person typed, calls `Project` and shows the outcome. Loading is light;
what a magic needs is imported when it is used.
"""

from __future__ import annotations

from typing import Any


def load(shell: Any) -> None:
    """Install the session, the magics and their completion in `shell`; again does no harm."""
    from mlops_nb.magics.extension import load_extension

    load_extension(shell)


def unload(shell: Any) -> None:
    """Take everything away that `load` installed."""
    from mlops_nb.magics.extension import unload_extension

    unload_extension(shell)
