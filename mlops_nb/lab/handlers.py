"""How does a request reach what answers it? Authenticated, authorised, and off the event loop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http.client import responses
from pathlib import Path
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.services.contents.fileio import FileManagerMixin
from jupyter_server.utils import ensure_async
from tornado.web import HTTPError, authenticated

from mlops_nb.lab.answers import Answer
from mlops_nb.lab.requests import Request

RESOURCE = "mlops_nb"
# With this header refusals come as content (`Answer.told`).
TOLD_HEADER = "X-Mlops-Nb-Faults"
_RIGHTS = ("read", "write", "execute")
_FORBIDDEN = 403
_NOT_ALLOWED = "The server does not let you do this"

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
    tells_rights : bool, default=False
        Whether the answer says what else the authorizer would allow.
    """

    pattern: str
    method: str
    permission: str
    work: Work
    tells_rights: bool = False


class LabHandler(APIHandler):  # type: ignore[misc]  # jupyter_server is an extra
    """What all addresses have in common; `make_handler` adds the methods."""

    auth_resource = RESOURCE

    async def answer(self, route: Route, parts: tuple[str, ...]) -> None:
        """Answer with what the route makes of this request."""
        contents = self.contents_manager
        has_files = isinstance(contents, FileManagerMixin)
        root = (contents.root_dir if has_files else "") or self.settings["server_root_dir"]
        request = Request(
            root=Path(root).expanduser(),
            raw=self.request.body or b"",
            query={name: self.get_query_argument(name) for name in self.request.query_arguments},
            parts=parts,
            shows_hidden=bool(getattr(contents, "allow_hidden", False)),
            has_files=has_files,
            may=await self._rights() if route.tells_rights else (),
        )
        answer = await route.work(request)
        if self._wants_told:
            answer = answer.told()
        self.set_status(answer.status)
        self.set_header("Content-Type", "application/json")
        self.set_header("Cache-Control", "no-store")
        self.finish(answer.content)

    @property
    def _wants_told(self) -> bool:
        return TOLD_HEADER in self.request.headers

    async def _rights(self) -> tuple[str, ...]:
        """Return what the server's authorizer allows this user."""
        ask, user = self.authorizer.is_authorized, self.current_user
        return tuple([one for one in _RIGHTS if await ensure_async(ask(self, user, one, RESOURCE))])

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Tell what the server itself refuses in the words of this extension."""
        error = (kwargs.get("exc_info") or (None, None))[1]
        message = responses.get(status_code, "Unknown error")
        if isinstance(error, HTTPError):
            message = error.log_message or error.reason or message
        told = {"code": f"HTTP{status_code}", "message": message, "place": "", "remedy": ""}
        if status_code == _FORBIDDEN and "not authorized" in message:
            told["message"] = f"{_NOT_ALLOWED}: {message}"
            told["remedy"] = "Ask whoever runs the server."
        answer = Answer.of(told, status_code)
        if told["remedy"] and self._wants_told:  # a user who is known, and may not
            answer = answer.told()
        self.set_status(answer.status)
        self.set_header("Content-Type", "application/json")
        self.finish(answer.content)


def make_handler(name: str, routes: list[Route]) -> type[LabHandler]:
    """Return the handler of one address with a method for each of `routes`."""
    methods = {route.method: _method(route) for route in routes}
    return type(name, (LabHandler,), methods)


def _method(route: Route) -> Any:
    async def method(self: LabHandler, *parts: str) -> None:
        await self.answer(route, parts)

    # A decorator of its own for each: it remembers the permission of its first call.
    return authenticated(authorized(action=route.permission, resource=RESOURCE)(method))
