"""Where are our templates? In the wheel beside the package, in a checkout at its top level."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]


def find_template(name: str) -> Path:
    """Return the template `name`, such as ``"github/workflow.yml"``.

    Raises
    ------
    FileNotFoundError
        If neither place has it: the installation is broken.
    """
    for folder in (_PACKAGE / "_templates", _PACKAGE.parent / "templates"):
        if (folder / name).is_file():
            return folder / name
    raise FileNotFoundError(f"template {name!r} is neither in the package nor beside it")
