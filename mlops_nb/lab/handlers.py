"""How does a request reach what answers it? Authenticated, authorised, and off the event loop."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http.client import responses
from pathlib import Path
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado.web import HTTPError, authenticated

from mlops_nb.lab.answers import Answer
from mlops_nb.lab.requests import Request

RESOURCE = "mlops_nb"
_METHODS = ("get", "post", "delete")

Work = Callable[[Request], Awaitable[Answer]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method of one address.

    Attributes
    ----------
    pattern : str
        Below the extension's prefix; its groups are the parts of the request.
    method : {"get", "post", "delete"}
    permission : {"read", "write", "execute"}
        What the server's authorizer is asked for.
    work : callable
    """

    pattern: str
    method: str
    permission: str
    work: Work


class LabHandler(APIHandler):  # type: ignore[misc]  # jupyter_server is an extra
    """What all addresses have in common; `make_handler` adds the methods."""

    auth_resource = RESOURCE

    async def answer(self, work: Work, parts: tuple[str, ...]) -> None:
        """Answer with what `work` makes of this request."""
        query = {name: self.get_query_argument(name) for name in self.request.query_arguments}
        request = Request(
            root=Path(self.settings["server_root_dir"]).expanduser(),
            raw=self.request.body or b"",
            query=query,
            parts=parts,
            shows_hidden=bool(getattr(self.contents_manager, "allow_hidden", False)),
        )
        answer = await work(request)
        self.set_status(answer.status)
        self.set_header("Content-Type", "application/json")
        self.set_header("Cache-Control", "no-store")
        self.finish(answer.content)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Tell what the server itself refuses in the words of this extension."""
        error = (kwargs.get("exc_info") or (None, None))[1]
        message = responses.get(status_code, "Unknown error")
        if isinstance(error, HTTPError):
            message = error.log_message or error.reason or message
        self.set_header("Content-Type", "application/json")
        told = {"code": f"HTTP{status_code}", "message": message, "place": "", "remedy": ""}
        self.finish(json.dumps(told))


def make_handler(name: str, routes: list[Route]) -> type[LabHandler]:
    """Return the handler of one address with a method for each of `routes`."""
    methods = {route.method: _method(route) for route in routes}
    return type(name, (LabHandler,), methods)


def _method(route: Route) -> Any:
    async def method(self: LabHandler, *parts: str) -> None:
        await self.answer(route.work, parts)

    # A decorator of its own for each: it remembers the permission of its first call.
    return authenticated(authorized(action=route.permission, resource=RESOURCE)(method))
