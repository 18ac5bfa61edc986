"""Models to packages: an MLflow model directory that proves itself.

`build_package` makes one from a live object, `verify_package` checks one, `log_package` and
`register_package` hand one to MLflow, `load_handover` reads what a kernel left for the runner.
Nothing here is loaded before it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlops_nb.packaging.handover import (
        Handover,
        kernel_imports,
        load_handover,
        package_handover,
    )
    from mlops_nb.packaging.model import build_package, warm_up
    from mlops_nb.packaging.package import ModelPackage, PackageRequest
    from mlops_nb.packaging.publication import link_metrics, log_package, register_package
    from mlops_nb.packaging.verification import Verification, verify_package

__all__ = [
    "Handover",
    "ModelPackage",
    "PackageRequest",
    "Verification",
    "build_package",
    "kernel_imports",
    "link_metrics",
    "load_handover",
    "log_package",
    "package_handover",
    "register_package",
    "verify_package",
    "warm_up",
]

_HOMES = {
    "Handover": "handover",
    "ModelPackage": "package",
    "PackageRequest": "package",
    "Verification": "verification",
    "build_package": "model",
    "kernel_imports": "handover",
    "load_handover": "handover",
    "link_metrics": "publication",
    "log_package": "publication",
    "package_handover": "handover",
    "register_package": "publication",
    "verify_package": "verification",
    "warm_up": "model",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
