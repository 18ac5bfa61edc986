"""The JupyterLab door: a server extension, and beside it the front end that it answers.

Light to import: Jupyter asks this module what it offers whenever a server starts.
"""

from __future__ import annotations

from typing import Any


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """Return what Jupyter Server is to load."""
    from mlops_nb.lab.app import LabServer

    return [{"module": "mlops_nb.lab", "app": LabServer}]
