"""The extension in a real Jupyter server: who may ask, what is answered, jobs to their end."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
from lab_server import TOKEN, LabServer, shared_server
from running import write_notebook
from wire_shapes import read_shapes

from mlops_nb.lab.routes import make_routes
from mlops_nb.lab.tasks import Counter

pytestmark = pytest.mark.xdist_group("lab_server")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> LabServer:
    return shared_server(tmp_path_factory)


def _cells(*sources: str) -> list[dict[str, Any]]:
    return [{"id": f"c{n}", "source": source} for n, source in enumerate(sources)]


ADDRESSES = sorted({(plan.method.upper(), plan.pattern) for plan in make_routes(Counter())})


@pytest.mark.parametrize(("method", "pattern"), ADDRESSES, ids=lambda value: str(value))
def test_nobody_asks_without_a_token(server: LabServer, method: str, pattern: str) -> None:
    address = pattern.replace("([^/]+)", "x")
    for token in (None, "another"):
        status, told = server.ask(method, address, {} if method == "POST" else None, token=token)
        assert status == 403
        assert set(told) == {"code", "message", "place", "remedy"}


def test_a_page_of_somebody_else_cannot_post_in_the_users_name(server: LabServer) -> None:
    refused = server.ask("POST", "jobs", {"path": "x"}, token=None)
    assert "_xsrf" in refused[1]["message"]
    elsewhere = {"Origin": "http://evil.example"}
    assert server.ask("POST", "jobs", {"path": "x"}, token=None, headers=elsewhere)[0] == 404


def test_the_server_tells_versions_without_importing_mlflow(server: LabServer) -> None:
    status, told = server.ask("GET", "status")
    assert status == 200
    assert told["version"]
    assert told["mlflow"]


def test_an_edited_document_is_told_again_and_again(server: LabServer) -> None:
    for value in range(3):
        body = {"path": "proj/deep/nb.ipynb", "version": value}
        sources = ("# mlops: stage a\nx = 1", f"# mlops: stage b\ny = x + {value}")
        status, told = server.ask("POST", "document", {**body, "cells": _cells(*sources)})
        assert status == 200
        assert told["version"] == value
        assert told["layout"]["edges"][0]["names"] == ["x"]


FAULTS: dict[str, tuple[str, str, Any, int, str]] = {
    "no JSON": ("POST", "document", b"{", 400, "MNB880"),
    "no cells": ("POST", "document", {"path": "a.ipynb"}, 400, "MNB881"),
    "no path": ("POST", "document", {"cells": []}, 400, "MNB881"),
    "up": ("POST", "document", {"path": "../secret.ipynb", "cells": []}, 403, "MNB882"),
    # As in the file browser: whoever may ask here may open that file there.
    "through a link": ("POST", "plan", {"path": "out/data/x.ipynb", "cells": []}, 200, ""),
    "a job outside": ("POST", "jobs", {"path": "../secret.ipynb"}, 403, "MNB882"),
    "an output outside": (
        "POST",
        "jobs",
        {"path": "alone/nb.ipynb", "output": "../x.ipynb"},
        403,
        "MNB882",
    ),
    "encoded": ("GET", "jobs?path=%2e%2e%2fsecret.ipynb", None, 403, "MNB882"),
    "encoded twice": ("GET", "runs?path=%252e%252e%252fx", None, 200, ""),
    "a job of no notebook": ("POST", "jobs", {"path": "Untitled.ipynb"}, 404, "MNB101"),
    "no such job": ("GET", "jobs/20260101-000000-abcdef", None, 404, "MNB883"),
    "a job elsewhere": (
        "GET",
        "jobs/20260101-000000-abcdef~" + base64.urlsafe_b64encode(b"../x").decode(),
        None,
        403,
        "MNB882",
    ),
    "an id that is none": ("GET", "jobs/%2e%2e%2f%2e%2e", None, 404, "MNB883"),
    "no such task": ("GET", "tasks/x", None, 404, "MNB883"),
    "no such code": ("GET", "explain/MNB2000", None, 404, "MNB819"),
    "no such stage": (
        "POST",
        "rename",
        {"path": "a.ipynb", "cells": [], "old": "a", "new": "b"},
        422,
        "MNB835",
    ),
    "no such method": ("DELETE", "status", None, 405, "HTTP405"),
    "a log from nowhere": ("GET", "jobs?limit=-1", None, 400, "MNB881"),
}


@pytest.mark.parametrize(
    ("method", "address", "body", "status", "code"), FAULTS.values(), ids=FAULTS
)
def test_a_fault_has_a_status_a_code_and_a_remedy(
    server: LabServer, method: str, address: str, body: Any, status: int, code: str
) -> None:
    got, told = server.ask(method, address, body)
    assert got == status, told
    if code:
        assert told["code"] == code
        assert str(server.root.parent) not in json.dumps(told)


def test_a_job_runs_to_its_end_and_is_looked_at(server: LabServer) -> None:
    asked = {"path": "proj/deep/nb.ipynb", "parameters": {"n": 4}}
    status, job = server.ask("POST", "jobs", asked)
    assert status == 201
    assert job["path"] == "proj/deep/nb.ipynb"
    assert server.ask("POST", "jobs", asked)[0] == 409
    done = server.wait_for(f"jobs/{job['id']}", "completed", "failed", "died")
    assert (done["status"], done["exit_code"], done["error"]) == ("completed", 0, None)
    assert done["metrics"] == {"total": 6}
    assert [(one["name"], one["status"]) for one in done["stages"]] == [
        ("load", "completed"),
        ("fit", "completed"),
    ]
    assert done["progress"] | {"stage": 0} == {
        "phase": "finishing",
        "cell": None,
        "stage": 0,
        "done": 3,
        "cells": 3,
    }
    shapes = read_shapes()
    assert shapes.faults(job, "Job") == shapes.faults(done, "Job") == []
    log = server.ask("GET", f"jobs/{job['id']}/log")[1]
    assert "total 6" in log["text"]
    assert server.ask("GET", f"jobs/{job['id']}/log?offset={log['offset']}")[1]["text"] == ""
    assert [one["id"] for one in server.ask("GET", "jobs?path=proj/deep/nb.ipynb")[1]] == [
        job["id"]
    ]
    assert (done["output"], done["can_copy"]) == (None, True)
    status, copied = server.ask("POST", f"jobs/{job['id']}/copy")
    assert status == 201
    assert json.loads((server.root / copied["path"]).read_text("utf-8"))["cells"]
    plan = server.ask("POST", "plan", _saved(server, "proj/deep/nb.ipynb", parameters={"n": 4}))[1]
    assert [(s["action"], s["metrics_last"]) for s in plan["stages"]] == [
        ("restore", {}),
        ("restore", {"total": 6}),
    ]


def _saved(server: LabServer, path: str, **more: Any) -> dict[str, Any]:
    node = json.loads((server.root / path).read_text("utf-8"))
    return {"path": path, "cells": node["cells"], "metadata": node["metadata"], **more}


def test_a_job_that_fails_says_why(server: LabServer) -> None:
    path = write_notebook(server.root / "alone" / "bad.ipynb", ["1 / 0"])
    job = server.ask("POST", "jobs", {"path": f"alone/{path.name}"})[1]
    done = server.wait_for(f"jobs/{job['id']}", "completed", "failed", "died")
    assert (done["status"], done["exit_code"]) == ("failed", 1)
    assert done["ending"] == "failed in cell 0, after 0 of 1 cells"
    assert done["error"]["code"] == "MNB410"
    assert read_shapes().faults(done, "Job") == []
    assert "ZeroDivisionError" in server.ask("GET", f"jobs/{job['id']}/log")[1]["text"]


def test_an_option_that_is_wrong_is_told_beside_its_field_and_starts_nothing(
    server: LabServer,
) -> None:
    before = server.ask("GET", "jobs?path=alone/nb.ipynb")[1]
    asked = {"path": "alone/nb.ipynb", "parameters": {"n": 2, "m": 4}}
    status, told = server.ask("POST", "jobs", asked)
    assert (status, told["code"], told["field"]) == (422, "MNB301", "parameters.m")
    assert server.ask("GET", "jobs?path=alone/nb.ipynb")[1] == before


def test_a_page_that_asks_for_it_is_told_refusals_without_a_status(server: LabServer) -> None:
    headers = {"X-Mlops-Nb-Faults": "told"}
    status, told = server.ask("GET", "jobs/20260101-000000-abcdef", headers=headers)
    assert (status, told["refused"]["status"], told["refused"]["code"]) == (200, 404, "MNB883")
    assert server.ask("GET", "status", token=None, headers=headers)[0] == 403


def test_a_job_is_cancelled(server: LabServer) -> None:
    path = write_notebook(server.root / "proj" / "slow.ipynb", ["import time\ntime.sleep(600)"])
    job = server.ask("POST", "jobs", {"path": f"proj/{path.name}"})[1]
    address = f"jobs/{job['id']}"
    server.wait_for(address, "running")
    until = time.monotonic() + 30
    while server.ask("GET", address)[1]["progress"]["cell"] is None and time.monotonic() < until:
        time.sleep(0.05)
    assert server.ask("DELETE", address)[1]["status"] in ("cancelling", "cancelled")
    done = server.wait_for(address, "cancelled", "failed", "died", "completed")
    assert (done["status"], done["exit_code"], done["error"]) == ("cancelled", 143, None)
    assert done["ending"] == "cancelled on request in cell 0, after 0 of 1 cells"
    assert "Somebody cancelled this run." in server.ask("GET", f"{address}/log")[1]["text"]
    assert server.ask("DELETE", address)[1]["status"] == "cancelled"


def test_a_huge_document_is_answered_and_the_server_stays_awake(server: LabServer) -> None:
    cells = _cells(*(f"# mlops: stage s{n}\nx{n} = {n}" for n in range(1500)))
    status, told = server.ask("POST", "document", {"path": "huge.ipynb", "cells": cells})
    assert (status, len(told["stages"])) == (200, 1500)
    raw = b'{"path": "x", "cells": [' + b" " * (33 << 20) + b"]}"
    assert server.ask("POST", "document", raw)[1]["code"] == "MNB880"


def test_the_projects_state_is_where_the_command_line_keeps_it(server: LabServer) -> None:
    assert (server.root / "proj" / ".mlops_nb" / "jobs").is_dir()
    assert not (server.root / ".mlops_nb").exists()
    assert server.ask("GET", "models?path=proj/deep/nb.ipynb") == (200, [])


def test_the_server_ends_at_once_and_warns_of_nothing(server: LabServer) -> None:
    begun = time.monotonic()
    said = server.stop()
    assert time.monotonic() - begun < 60
    assert "mlops-nb" not in said.partition("Extension endpoints without")[2].partition("[I")[0]
    assert "Traceback" not in said
    assert TOKEN not in said
