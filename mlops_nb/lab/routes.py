"""Which addresses are there, who may use them, and who answers? One table.

What works on documents, records or MLflow is done by an aide; what only looks at a few small files
is done in a thread of the server.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mlops_nb.lab import jobs
from mlops_nb.lab.requests import Request
from mlops_nb.lab.status import tell_status

# Name -> the module whose actions it carries out; each is a process of its own.
AIDES: Mapping[str, str] = {
    "analysis": "mlops_nb.lab.analysis",
    "plans": "mlops_nb.lab.plans",
    "records": "mlops_nb.lab.records",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutePlan:
    """One method of one address, and who answers.

    Attributes
    ----------
    method, pattern, permission
        As in `Route`.
    action : str or callable
        The name of an aide's action, or what is called in a thread of the server.
    aide : str
        Empty for the latter.
    """

    method: Literal["get", "post", "delete"]
    pattern: str
    permission: Literal["read", "write", "execute"]
    action: str | Callable[[Request], Any]
    aide: str = ""


def _analysis(
    method: Literal["get", "post"], pattern: str, action: str, *, aide: str = "analysis"
) -> RoutePlan:
    # Computed from what is sent, so that whoever may read may ask.
    return RoutePlan(method=method, pattern=pattern, permission="read", action=action, aide=aide)


ROUTES: tuple[RoutePlan, ...] = (
    RoutePlan(method="get", pattern="status", permission="read", action=tell_status),
    _analysis("post", "document", "document"),
    _analysis("post", "fixes", "fixes"),
    _analysis("post", "suggestions", "suggestions"),
    _analysis("post", "rename", "rename"),
    _analysis("post", "plan", "plan", aide="plans"),
    _analysis("get", r"explain/([^/]+)", "explain"),
    _analysis("get", "runs", "runs", aide="records"),
    _analysis("get", "runs/compare", "compare", aide="records"),
    _analysis("get", r"runs/([^/]+)", "run", aide="records"),
    RoutePlan(
        method="post",
        pattern=r"runs/([^/]+)/copy",
        permission="write",
        action="copy",
        aide="records",
    ),
    RoutePlan(method="post", pattern="jobs", permission="execute", action=jobs.start),
    RoutePlan(method="get", pattern="jobs", permission="read", action=jobs.list_jobs),
    RoutePlan(method="get", pattern=r"jobs/([^/]+)", permission="read", action=jobs.show),
    RoutePlan(method="delete", pattern=r"jobs/([^/]+)", permission="execute", action=jobs.cancel),
    RoutePlan(method="get", pattern=r"jobs/([^/]+)/log", permission="read", action=jobs.log),
    RoutePlan(method="post", pattern=r"jobs/([^/]+)/copy", permission="write", action=jobs.copy),
)
