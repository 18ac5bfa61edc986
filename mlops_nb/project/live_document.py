"""Which notebook does this kernel belong to? Front ends say it in different ways, or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any


def find_document(shell: Any) -> Path | None:
    """Return the notebook file of this kernel if the front end says it and it exists.

    Jupyter Server says it in ``JPY_SESSION_NAME``, some front ends in ``__session__`` and VS Code
    in ``__vsc_ipynb_file__`` among the user's names.
    """
    names = shell.user_ns
    said = (
        names.get("__vsc_ipynb_file__"),
        names.get("__session__"),
        os.environ.get("JPY_SESSION_NAME"),
    )
    for text in said:
        if isinstance(text, str) and text.endswith(".ipynb"):
            path = Path(text)
            if path.is_file():
                return path.absolute()
    return None
