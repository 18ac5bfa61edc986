"""What is set, what is installed, what is missing on this machine? The facts behind ``doctor``.

Findings are values; nothing is imported that is heavy: versions come from the installed metadata.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from mlops_nb.artifacts.store_url import mask_url
from mlops_nb.pipeline.gates.declared import DeclaredGate
from mlops_nb.project.check_settings import CheckSettings
from mlops_nb.project.roots import Layout
from mlops_nb.project.setting_table import TABLE
from mlops_nb.project.settings import Settings
from mlops_nb.project.strippers import project_strippers
from mlops_nb.registry.promotion.rules import PromotionRules

Verdict = Literal["ok", "missing", "note"]

# distribution -> (what works with it, the command that brings it); None where it is a dependency.
_PACKAGES: Mapping[str, tuple[str, str | None]] = {
    "papermill": ("headless runs", None),
    "nbclient": ("headless runs", None),
    "nbconvert": ("HTML of a run", None),
    "ipykernel": ("Python kernels", None),
    "mlflow": ("tracking and models", None),
    "scikit-learn": ("models of scikit-learn", None),
    "skops": ("models stored without pickle", None),
    "jupyterlab": ("panel beside the notebook", "pip install 'mlops-nb[lab]'"),
    "ipywidgets": ("widgets in notebooks", "pip install 'mlops-nb[lab]'"),
    "matplotlib": ("figures of the example notebooks", "pip install 'mlops-nb[notebooks]'"),
    "xgboost": ("models of xgboost", "pip install 'mlops-nb[xgboost]'"),
    "lightgbm": ("models of lightgbm", "pip install 'mlops-nb[lightgbm]'"),
    "torch": ("models of PyTorch", "pip install 'mlops-nb[torch]'"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the doctor's report; `remedy` is empty where nothing is to be done."""

    topic: str
    verdict: Verdict
    text: str
    remedy: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def list_settings(settings: Settings) -> list[dict[str, Any]]:
    """Return every setting with its value, where it came from and what it is for."""
    return [
        {
            "name": setting.name,
            "value": _shown(getattr(settings, setting.name)),
            "origin": settings.origins.get(setting.name, "default"),
            "help": setting.help,
        }
        for setting in TABLE
    ]


def _shown(value: Any) -> Any:
    """Return a value of a setting as plain data."""
    if isinstance(value, CheckSettings | PromotionRules):
        return value.to_table()
    if isinstance(value, tuple) and any(isinstance(one, DeclaredGate) for one in value):
        return [str(gate) for gate in value]
    return mask_url(value) if isinstance(value, str) else value


def examine_machine(layout: Layout) -> list[Finding]:
    """Return findings on Python, packages, kernels, the folder, git and output strippers."""
    findings = [
        Finding(topic="python", verdict="ok", text=f"{platform.python_version()} {sys.executable}")
    ]
    findings += [_examine_package(name) for name in _PACKAGES]
    findings.append(_examine_kernels())
    findings.append(_examine_folder(layout))
    findings.append(_examine_git(layout.root))
    findings += _examine_strippers(layout.root)
    return findings


def _examine_package(name: str) -> Finding:
    purpose, command = _PACKAGES[name]
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        if command is None:
            remedy = "Install it: pip install --force-reinstall mlops-nb"
            return Finding(
                topic=name, verdict="missing", text=f"needed for {purpose}", remedy=remedy
            )
        return Finding(topic=name, verdict="note", text=f"not here: no {purpose}", remedy=command)
    return Finding(topic=name, verdict="ok", text=version)


def _examine_kernels() -> Finding:
    from jupyter_client.kernelspec import KernelSpecManager

    names = sorted(KernelSpecManager().find_kernel_specs())
    if names:
        return Finding(topic="kernels", verdict="ok", text=", ".join(names))
    return Finding(
        topic="kernels",
        verdict="missing",
        text="no kernel is installed",
        remedy="python -m ipykernel install --sys-prefix",
    )


def _examine_folder(layout: Layout) -> Finding:
    place = layout.state if layout.state.exists() else layout.root
    if not os.access(place, os.W_OK):
        return Finding(
            topic="project folder",
            verdict="missing",
            text=f"{place} is not writable",
            remedy="Make it writable: runs are kept there.",
        )
    free = shutil.disk_usage(place).free / 1e9
    return Finding(topic="project folder", verdict="ok", text=f"{layout.root} ({free:.1f} GB free)")


def _examine_git(root: Path) -> Finding:
    if shutil.which("git") is None:
        text, remedy = "git is not installed: runs carry no commit", "Install git."
    elif not any((folder / ".git").exists() for folder in (root, *root.parents)):
        text, remedy = "no repository here: runs carry no commit", "git init"
    else:
        return Finding(topic="git", verdict="ok", text="runs carry the commit and the dirty diff")
    return Finding(topic="git", verdict="note", text=text, remedy=remedy)


def _examine_strippers(root: Path) -> list[Finding]:
    """Find tools set up to delete the cell metadata that our directives may live in."""
    return [
        Finding(
            topic="output stripper",
            verdict="note",
            text=f"{stripper.tool} ({stripper.file}, line {stripper.line}) "
            + ("leaves out of scripts " if stripper.in_scripts else "deletes ")
            + " and ".join(f"cell.metadata.{key}" for key in stripper.deletes),
            remedy=f"{stripper.remedy} Or declare stages in %%mlops_stage or comment lines.",
        )
        for stripper in project_strippers(root)
    ]
