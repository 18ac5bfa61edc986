"""How is MLflow's web interface opened on the right store?

MLflow's own server as a child process: bound to this machine, one worker, without its job
runners (a fifth of the memory). It ends with the command, however that ends. A store that is a
server already is only opened.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from mlops_nb.errors import InfrastructureError, InputError
from mlops_nb.tracking.store import QUIET_ENVIRONMENT, TrackingStore

HOST = "127.0.0.1"
DEFAULT_PORT = 5000
# MLflow opens in its mode for language models otherwise.
MODE = "workflowType=machine_learning"
START_TIMEOUT_S = 120.0
POLL_S = 0.1


def server_command(store: TrackingStore, *, port: int) -> list[str]:
    """Return the command that serves `store` on a port of this machine."""
    command = [sys.executable, "-m", "mlflow", "server"]
    command += ["--backend-store-uri", store.tracking_uri]
    if store.artifact_root is not None:
        command += ["--default-artifact-root", store.artifact_root]
    return [*command, "--host", HOST, "--port", str(port), "--workers", "1"]


def server_environment() -> dict[str, str]:
    """Return the server's environment: quiet, its programs found beside the interpreter."""
    programs = str(Path(sys.executable).parent)
    return {
        **os.environ,
        **QUIET_ENVIRONMENT,
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "PATH": os.pathsep.join([programs, os.environ.get("PATH", "")]),
    }


def choose_port(wanted: int | None) -> int:
    """Return a free port: the wanted one, else MLflow's usual one, else any.

    Raises
    ------
    InputError
        If the wanted port is taken.
    """
    for port in (wanted,) if wanted is not None else (DEFAULT_PORT, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise InputError(
        "MNB520", "--port", f"port {wanted} is taken.", "Choose another, or leave the option out."
    )


def serve(store: TrackingStore, *, port: int, ready: Callable[[str], None]) -> None:
    """Serve `store` until interrupted; `ready` is called with the address once it answers.

    Raises
    ------
    InfrastructureError
        If the server ends before it answers, or does not answer in time.
    """
    url = f"http://{HOST}:{port}"
    server = subprocess.Popen(
        server_command(store, port=port),
        env=server_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # the whole group is ended below, workers included
    )
    previous = signal.signal(signal.SIGTERM, _terminate)
    try:
        _wait_until_ready(server, url)
        ready(f"{url}/{first_page(url)}")
        server.communicate()
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, previous)
        _end(server)


def first_page(url: str) -> str:
    """Return the page to open: the runs of the experiment that ran last, else all experiments."""
    api = f"{url}/api/2.0/mlflow"
    try:
        experiments = _ask(f"{api}/experiments/search", {"max_results": 1000})["experiments"]
        ids = [experiment["experiment_id"] for experiment in experiments]
        newest = {
            "experiment_ids": ids,
            "max_results": 1,
            "order_by": ["attributes.start_time DESC"],
        }
        run = _ask(f"{api}/runs/search", newest)["runs"][0]
        return f"#/experiments/{run['info']['experiment_id']}/runs?{MODE}"
    except (OSError, ValueError, LookupError):
        return f"#/experiments?{MODE}"


def _ask(address: str, question: Mapping[str, object]) -> Any:
    request = urllib.request.Request(
        address,
        data=json.dumps(question).encode(),
        headers={"Content-Type": "application/json"},
    )
    with _open_directly(request) as answer:
        return json.load(answer)


def _open_directly(request: urllib.request.Request | str) -> Any:
    """Open an address of this machine, whatever proxy is set for others."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return opener.open(request, timeout=5)


def _wait_until_ready(server: subprocess.Popen[str], url: str) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if server.poll() is not None:
            _, text = server.communicate()
            last = text.strip().splitlines()[-1:] or ["no message"]
            raise InfrastructureError(
                "MNB521",
                url,
                f"MLflow's server ended with exit code {server.returncode}: {last[0]}.",
                "Run `mlflow server` by hand to see the whole message.",
            )
        try:
            _open_directly(f"{url}/health").close()
            return
        except OSError:
            time.sleep(POLL_S)
    raise InfrastructureError(
        "MNB522",
        url,
        f"MLflow's server did not answer within {START_TIMEOUT_S:g} s.",
        "Try again when the machine is less busy.",
    )


def _end(server: subprocess.Popen[str]) -> None:
    try:
        os.killpg(server.pid, signal.SIGTERM)
    except (AttributeError, OSError):  # no groups on this platform, or ended by itself
        server.terminate()
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        server.kill()
    if server.stderr is not None:
        server.stderr.close()


def _terminate(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
