"""Is the extension there, and with what? Asked by a front end when it starts."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from mlops_nb.lab.jobs import running_jobs
from mlops_nb.lab.requests import Request
from mlops_nb.version import __version__


def tell_status(request: Request) -> dict[str, Any]:
    """Return versions, the jobs that go on, and what this user may do; imports nothing heavy."""
    return {
        "version": __version__,
        "mlflow": _version_of("mlflow"),
        "jupyterlab": _version_of("jupyterlab"),
        "jupyter_server": _version_of("jupyter-server"),
        "jobs_running": running_jobs(request.root),
        "kernel_python": _version_of("ipykernel") and platform.python_version(),
        "may": list(request.may),
        "files": request.has_files,
    }


def _version_of(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
