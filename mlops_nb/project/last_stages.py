"""What did each stage of a notebook take and leave when it was last executed headless?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlops_nb.project.former_runs import former_runs
from mlops_nb.project.past_copies import past_copies
from mlops_nb.project.roots import Layout


def last_stages(layout: Layout, notebook: Path) -> dict[str, dict[str, Any]]:
    """Return for each stage what its last execution took and left: ``seconds``, ``metrics``,
    ``run_id``.

    Metrics are all of the run's, as its record has them by their names. A stage that was restored
    took what it took when it ran.
    """
    found: dict[str, dict[str, Any]] = {}
    for copy in (*past_copies(layout, notebook), *former_runs(layout, notebook)):
        for stage in copy.record.get("stages") or ():
            restored = stage.get("restored") or {}
            if stage.get("status") in ("completed", "restored") and stage["name"] not in found:
                found[stage["name"]] = {
                    "seconds": restored.get("seconds", stage.get("seconds")),
                    "metrics": dict(copy.record.get("metrics") or {}),
                    "run_id": copy.record.get("run_id"),
                }
    return found


def metrics_of(names: tuple[str, ...], metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of a run's metrics that the variables `names` hold: numbers, or dicts of them.

    >>> metrics_of(("scores",), {"scores.f1": 0.5, "auc": 0.9})
    {'scores.f1': 0.5}
    """
    return {
        metric: value
        for metric, value in metrics.items()
        if any(metric == name or metric.startswith(f"{name}.") for name in names)
    }
