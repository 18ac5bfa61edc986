"""What becomes of what Kale says to Kubernetes: limits, annotations, images, volumes?

A run here has the machine, the environment and the files of whoever starts it, so most of it has no
counterpart; it stays in the file, where Kale reads it, and is listed with what to do instead.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mlops_nb.pipeline.cells import Cell
from mlops_nb.pipeline.migration.kale_tags import KaleTags
from mlops_nb.pipeline.migration.outcome import NOTEBOOK, Draft

METADATA_KEY = "kubeflow_notebook"
_CPU = re.compile(r"(\d+(?:\.\d+)?)(m?)")
_MEMORY = re.compile(r"(\d+(?:\.\d+)?)([KMGT])(i?)B?")
_MACHINE = "a run uses the machine it is started on"
_POD = "there is no pod that it could describe"
# What is noted of the notebook's metadata: key -> why it has no counterpart, what to do.
_NOTED = {
    "docker_image": (
        "a run uses the environment it is started in",
        "Install what the image has; the run records the versions.",
    ),
    "base_image": (
        "a run uses the environment it is started in",
        "Install what the image has; the run records the versions.",
    ),
    "katib_run": ("there is no search over parameters", "Start a run for each: -p NAME VALUE."),
    "steps_defaults": (_POD, "Leave them out; for secrets say --secret NAME."),
    "timeout": ("Kale's is for each pod", "Say --timeout for a stage, or for the run."),
}


def leave_details(draft: Draft, cell: Cell, tags: KaleTags) -> None:
    """List the limits, annotations and the like of one cell."""
    for kind, value in tags.details:
        why, remedy = _detail(kind, value)
        if why:
            draft.leave(cell.index, f"{kind}:{value}", why, remedy)


def _detail(kind: str, value: str) -> tuple[str, str]:
    """Return why a detail has no counterpart, and what to do; empty if that is nothing."""
    if kind == "limit":
        resources = to_resources(value)
        later = f" Once --resources is there: --resources {resources}." if resources else ""
        return _MACHINE, f"Start it on one that has it.{later}"
    if kind == "cache":
        return (
            ("", "") if value == "enabled" else ("every run executes every stage", "Nothing to do.")
        )
    if kind == "secret":
        variable = value.rpartition(":")[2]
        return (
            "secrets come from the environment of whoever starts the run",
            f"Set {variable} there, and say --secret {variable}.",
        )
    if kind == "image":
        return _NOTED["docker_image"]
    if kind == "report":
        return "", ""
    if kind == "notebook":
        return "a pipeline is one notebook", "Copy the cells of that notebook into this one."
    return _POD, "Leave it: it does no harm here."


def to_resources(limit: str) -> str:
    """Return a limit of Kubernetes as ``--resources`` says it; empty if it cannot.

    >>> to_resources("nvidia.com/gpu:2"), to_resources("cpu:500m"), to_resources("memory:8Gi")
    ('gpu=2', 'cpu=0.5', 'memory=8GiB')
    """
    name, _, value = limit.rpartition(":")
    if name.endswith("/gpu") and value.isdigit():
        return f"gpu={value}"
    if name == "cpu" and (match := _CPU.fullmatch(value)):
        cpu = float(match[1]) / (1000 if match[2] else 1)
        return f"cpu={cpu:g}"
    if name == "memory" and (match := _MEMORY.fullmatch(value)):
        return f"memory={match[1]}{match[2]}{match[3]}B"
    return ""


def migrate_metadata(draft: Draft, metadata: Mapping[str, Any]) -> None:
    """Carry over what Kale's metadata of the notebook say; list what they said to Kubernetes."""
    said = metadata.get(METADATA_KEY)
    if "kale" not in draft.conventions or not isinstance(said, Mapping):
        return
    experiment = said.get("experiment_name")
    if isinstance(experiment, str) and experiment.strip():
        draft.settings["experiment"] = experiment.strip()
        draft.carry(NOTEBOOK, f"experiment_name {experiment!r}", "setting experiment")
    for volume in said.get("volumes") or ():
        mount = volume.get("mount_point") if isinstance(volume, Mapping) else None
        draft.leave(
            NOTEBOOK,
            f"volume {mount or volume!r}",
            "a run reads the files of the machine it is started on",
            f"See that {mount or 'its folder'} is there, or make the path a parameter.",
        )
    for key, (why, remedy) in _NOTED.items():
        if said.get(key):
            value = said[key]
            shown = f" {value!r}" if isinstance(value, str | int) and value is not True else ""
            draft.leave(NOTEBOOK, f"{key}{shown}", why, remedy)
