"""The extension where servers are set up otherwise: a root elsewhere, links, odd names, a user who
may only read, notebooks that are in no files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from lab_server import CELLS, ODD, LabServer, shared_server

from mlops_nb.lab.routes import make_routes
from mlops_nb.lab.tasks import Counter

pytestmark = pytest.mark.xdist_group("lab_server")

TOLD = {"X-Mlops-Nb-Faults": "told"}
# A user who may do what a header of the test names, by itself read; and a contents manager that
# keeps its notebooks in a database.
CONFIG = """
from jupyter_server.auth import Authorizer
from jupyter_server.services.contents.manager import ContentsManager
class Named(Authorizer):
    def is_authorized(self, handler, user, action, resource):
        may = handler.request.headers.get("X-May", "read").split()
        return resource != "mlops_nb" or action in may
class Database(ContentsManager):
    pass
c.ServerApp.authorizer_class = Named
c.ServerApp.contents_manager_class = Database
"""


def _sent(path: str, **more: Any) -> dict[str, Any]:
    cells = [
        {"id": f"c{n}", **cell, "tags": cell["metadata"]["tags"]} for n, cell in enumerate(CELLS)
    ]
    return {"path": path, "cells": cells, **more}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> LabServer:
    return shared_server(tmp_path_factory)


def test_a_notebook_in_a_linked_folder_is_run_where_the_file_browser_shows_it(
    server: LabServer,
) -> None:
    path = "out/data/n %41.ipynb"
    plan = server.ask("POST", "plan", _sent(path))[1]
    assert (plan["why_not"], plan["stages"][0]["action"]) == (None, "run")
    job = server.ask("POST", "jobs", {"path": path})[1]
    assert job["path"] == path
    done = server.wait_for(f"jobs/{quote(job['id'])}", "completed", "failed", "died")
    assert done["ending"] == "completed"
    found = server.ask("GET", f"jobs?path={quote(path)}")[1]
    assert [one["id"] for one in found] == [job["id"]]
    copied = server.ask("POST", f"jobs/{quote(job['id'])}/copy")[1]["path"]
    assert copied.startswith("out/data/")
    assert (server.root / copied).is_file()


def test_settings_above_a_notebook_hold_under_any_name(server: LabServer) -> None:
    path = f"{ODD}/deep/nb.ipynb"
    status, answer = server.ask("POST", "document", _sent(path, version=1))
    assert (status, "'loud'" in answer["diagnostics"][0]["message"]) == (200, True)
    told = server.ask("POST", "plan", _sent(path))[1]["why_not"]
    assert "'loud'" in told["message"]
    refused = server.ask("POST", "jobs", {"path": path}, headers=TOLD)[1]["refused"]
    assert (refused["code"], refused["field"]) == (told["code"], "")


def test_what_went_away_meanwhile_is_no_wrong_question(server: LabServer) -> None:
    for path in ("gone/a.ipynb", "proj/Untitled.ipynb"):
        address = quote(path)
        assert server.ask("GET", f"jobs?path={address}") == (200, [])
        assert server.ask("GET", f"runs?path={address}") == (200, [])
        assert server.ask("GET", f"models?path={address}") == (200, [])
        assert server.ask("POST", "document", _sent(path))[0] == 200
        assert server.ask("POST", "plan", _sent(path))[1]["stages"][0]["action"] == "run"
    assert not (server.root / "gone").exists()


def test_a_user_learns_what_he_may_do_and_why_there_is_no_run(tmp_path: Path) -> None:
    (tmp_path / "config.py").write_text(CONFIG, "utf-8")
    server = LabServer(tmp_path, tmp_path / "private", f"--config={tmp_path / 'config.py'}")
    try:
        for plan in make_routes(Counter()):  # no right stands in for another
            others = " ".join({"read", "write", "execute"} - {plan.permission})
            address, body = (
                plan.pattern.replace("([^/]+)", "x"),
                {} if plan.method == "post" else None,
            )
            answered, told = server.ask(
                plan.method.upper(), address, body, headers={"X-May": others}
            )
            assert (plan.pattern, answered) == (plan.pattern, 403)
            assert told["remedy"] == "Ask whoever runs the server."
        status = server.ask("GET", "status")[1]
        assert (status["may"], status["files"]) == (["read"], False)
        assert server.ask("POST", "document", _sent("a.ipynb"))[0] == 200
        assert server.ask("POST", "jobs", {"path": "a.ipynb"})[0] == 403
        answered, told = server.ask("POST", "jobs", {"path": "a.ipynb"}, headers=TOLD)
        assert (answered, told["refused"]["status"]) == (200, 403)
        assert told["refused"]["remedy"] == "Ask whoever runs the server."
        assert json.dumps(server.ask("GET", "runs")) == "[200, []]"
    finally:
        said = server.stop()
    assert "Traceback" not in said
