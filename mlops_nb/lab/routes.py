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
from mlops_nb.lab.tasks import Counter


@dataclass(frozen=True, slots=True, kw_only=True)
class AidePlan:
    """A process that works for the server.

    Attributes
    ----------
    module : str
        What has its ``ACTIONS``.
    patience_s : float
        What an answer may take: an edit waits for the analysis, while hashing the files that a
        notebook read takes what it takes.
    """

    module: str
    patience_s: float


AIDES: Mapping[str, AidePlan] = {
    "analysis": AidePlan(module="mlops_nb.lab.analysis", patience_s=60.0),
    "plans": AidePlan(module="mlops_nb.lab.plans", patience_s=600.0),
    "records": AidePlan(module="mlops_nb.lab.records", patience_s=180.0),
}
Method = Literal["get", "post", "delete"]
Permission = Literal["read", "write", "execute"]


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
    vet : str
        An action of the aide for documents that may refuse before; empty if there is none.
    tells_rights : bool
        As in `Route`.
    """

    method: Method
    pattern: str
    permission: Permission
    action: str | Callable[[Request], Any]
    aide: str = ""
    vet: str = ""
    tells_rights: bool = False


def _aide(
    method: Method, pattern: str, action: str, *, by: str, permission: Permission = "read"
) -> RoutePlan:
    # Computed from what is sent or kept: whoever may read may ask, also by post.
    return RoutePlan(method=method, pattern=pattern, permission=permission, action=action, aide=by)


def _here(
    method: Method,
    pattern: str,
    action: Callable[[Request], Any],
    *,
    permission: Permission,
    vet: str = "",
    tells_rights: bool = False,
) -> RoutePlan:
    return RoutePlan(
        method=method,
        pattern=pattern,
        permission=permission,
        action=action,
        vet=vet,
        tells_rights=tells_rights,
    )


_JOB, _RUN, _MODEL = r"jobs/([^/]+)", r"runs/([^/]+)", r"models/([^/]+)"
# Of two that fit, the first counts.
_ROUTES = (
    _here("get", "status", tell_status, permission="read", tells_rights=True),
    _aide("post", "document", "document", by="analysis"),
    _aide("post", "fixes", "fixes", by="analysis"),
    _aide("post", "suggestions", "suggestions", by="analysis"),
    _aide("post", "rename", "rename", by="analysis"),
    _aide("get", r"explain/([^/]+)", "explain", by="analysis"),
    _aide("post", "plan", "plan", by="plans"),
    _here("post", "jobs", jobs.start, permission="execute", vet="vet"),
    _here("get", "jobs", jobs.list_jobs, permission="read"),
    _here("get", _JOB, jobs.show, permission="read"),
    _here("delete", _JOB, jobs.cancel, permission="execute"),
    _here("get", f"{_JOB}/log", jobs.log, permission="read"),
    _here("post", f"{_JOB}/copy", jobs.copy, permission="write"),
    _aide("get", "runs", "runs", by="records"),
    _aide("get", "runs/compare", "compare", by="records"),
    _aide("get", _RUN, "run", by="records"),
    _aide("post", f"{_RUN}/copy", "copy", by="records", permission="write"),
    _aide("get", "models", "models", by="records"),
    _aide("get", _MODEL, "model", by="records"),
    _aide("get", f"{_MODEL}/history", "history", by="records"),
)


def make_routes(counter: Counter) -> tuple[RoutePlan, ...]:
    """Return the routes of a server; promotions are asked for at `counter`."""
    return (
        *_ROUTES,
        # Judging a model runs it.
        _here("post", f"{_MODEL}/promotion", counter.plan, permission="execute"),
        _here("post", f"{_MODEL}/promote", counter.promote, permission="write"),
        _here("post", f"{_MODEL}/rollback", counter.rollback, permission="write"),
        _here("post", f"{_MODEL}/approve", counter.approve, permission="write"),
        _here("get", r"tasks/([^/]+)", counter.show, permission="read"),
    )
