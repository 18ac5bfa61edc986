"""What Jupyter Server loads: little, and routes that each ask for a permission of their own."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest

from mlops_nb.lab import _jupyter_server_extension_points, aide_process
from mlops_nb.lab.handlers import Route, make_handler
from mlops_nb.lab.routes import AIDES, make_routes
from mlops_nb.lab.tasks import Counter

LIGHT = {
    "import mlops_nb.lab": {"jupyter_server", "tornado", "IPython", "mlflow", "pandas"},
    "import mlops_nb.lab.app": {"IPython", "mlflow", "pandas", "numpy", "sklearn", "papermill"},
    "import mlops_nb.lab.analysis": {"mlflow", "pandas", "sklearn", "jupyter_server"},
}


@pytest.mark.parametrize(("statement", "heavy"), LIGHT.items(), ids=LIGHT)
def test_little_is_imported(statement: str, heavy: set[str]) -> None:
    code = f"{statement}; import sys; print(*({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_the_extension_is_the_app_of_this_module() -> None:
    [point] = _jupyter_server_extension_points()
    assert point["module"] == "mlops_nb.lab"
    assert point["app"].name == "mlops_nb"


def test_what_changes_something_asks_for_more_than_reading() -> None:
    asked = {(plan.method, plan.pattern): plan.permission for plan in make_routes(Counter())}
    reading = {"document", "fixes", "suggestions", "rename", "plan"}
    for (method, pattern), permission in asked.items():
        is_read = method == "get" or pattern in reading
        assert (permission == "read") == is_read, pattern
    assert asked["post", "jobs"] == asked["delete", "jobs/([^/]+)"] == "execute"


def test_every_action_of_a_route_is_one_of_its_aide() -> None:
    for plan in make_routes(Counter()):
        if isinstance(plan.action, str):
            module = __import__(AIDES[plan.aide].module, fromlist=["ACTIONS"])
            assert plan.action in module.ACTIONS


def test_methods_of_one_address_keep_their_own_permissions() -> None:
    async def work(request: object) -> None: ...

    routes = [
        Route(pattern="x", method=method, permission=permission, work=work)
        for method, permission in (("get", "read"), ("post", "execute"))
    ]
    handler = make_handler("X", routes)
    assert handler.get is not handler.post
    assert handler.auth_resource == "mlops_nb"


def test_a_message_that_is_cut_off_is_not_taken_for_a_whole_one() -> None:
    assert aide_process.read_exactly(io.BytesIO(b"abc"), 3) == b"abc"
    with pytest.raises(EOFError):
        aide_process.read_exactly(io.BytesIO(b"ab"), 3)
