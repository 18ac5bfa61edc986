"""What does Jupyter Server load? An application with the routes of `routes`, and their processes.

Requests are answered in threads that wait for processes beside the server, so its event loop only
passes bytes on. When the server stops, the processes that hold nothing end; jobs go on.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from jupyter_server.extension.application import ExtensionApp
from jupyter_server.utils import url_path_join

from mlops_nb.lab.aide import Aide
from mlops_nb.lab.answers import Answer, answering
from mlops_nb.lab.handlers import LabHandler, Route, Work, make_handler
from mlops_nb.lab.jobs import running_jobs
from mlops_nb.lab.requests import Request
from mlops_nb.lab.routes import AIDES, RoutePlan, make_routes
from mlops_nb.lab.tasks import Counter

# For what is done in the server itself; each aide has one thread that waits for it.
_THREADS = 8
_REFUSED, _FAULT = 400, 500
_VETS = "analysis"


class LabServer(ExtensionApp):  # type: ignore[misc]  # jupyter_server is an extra
    """The server side of the panel in JupyterLab."""

    name = "mlops_nb"

    def initialize_handlers(self) -> None:
        """Add the routes; called by Jupyter Server."""
        self._aides = {
            name: Aide(plan.module, patience_s=plan.patience_s) for name, plan in AIDES.items()
        }
        self._threads = {
            name: ThreadPoolExecutor(1 if name else _THREADS, thread_name_prefix=f"mlops-nb {name}")
            for name in ("", *AIDES)
        }
        self._counter = Counter()
        routes: dict[str, list[Route]] = {}
        for plan in make_routes(self._counter):
            route = Route(
                pattern=plan.pattern,
                method=plan.method,
                permission=plan.permission,
                work=self._work_of(plan),
                tells_rights=plan.tells_rights,
            )
            routes.setdefault(plan.pattern, []).append(route)
        for number, (pattern, alike) in enumerate(routes.items()):
            handler: type[LabHandler] = make_handler(f"LabHandler{number}", alike)
            self.handlers.append((url_path_join("/mlops-nb", pattern), handler))

    async def stop_extension(self) -> None:
        """End what works for the server; jobs have processes of their own and go on."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        going_on = running_jobs(Path(self.serverapp.root_dir).expanduser())
        if going_on:
            self.log.info("Jobs go on without this server: %s", ", ".join(going_on))
        for aide in self._aides.values():
            aide.close()
        self._counter.close()
        for pool in self._threads.values():
            pool.shutdown(wait=False, cancel_futures=True)

    def _work_of(self, plan: RoutePlan) -> Work:
        async def work(request: Request) -> Answer:
            loop = asyncio.get_running_loop()
            threads = self._threads[plan.aide]
            return await loop.run_in_executor(threads, partial(self._carry_out, plan, request))

        return work

    def _carry_out(self, plan: RoutePlan, request: Request) -> Answer:
        if not isinstance(plan.action, str):
            action = plan.action
            vetted = self._aides[_VETS].ask(plan.vet, request) if plan.vet else None
            if vetted is not None and vetted.status >= _REFUSED:
                return vetted
            return answering(lambda: action(request), root=request.root)
        aide = self._aides[plan.aide]
        answer = aide.ask(plan.action, request)
        if answer.status >= _FAULT:
            self.log.error("%s: %s\n%s", plan.action, answer.content.decode(), aide.last_words())
        return answer
