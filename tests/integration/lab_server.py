"""A real Jupyter server with our extension alone, at a base address as JupyterHub gives it."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from free_ports import free_port
from running import code, write_notebook

BASE = "/user/me@here/"
TOKEN = "a-token"
_EXTENSIONS = "{'mlops_nb.lab': True}"
_PATIENCE_S = 60.0


class LabServer:
    """A server in a process of its own.

    Parameters
    ----------
    root : Path
        Its root folder.
    private : Path
        A folder for what Jupyter keeps.
    options : str
        More of its command line.
    """

    def __init__(self, root: Path, private: Path, *options: str) -> None:
        self.root = root
        self.port = free_port()
        private.mkdir(exist_ok=True)
        self.log = private / "server.log"
        names = ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR")
        own = {f"JUPYTER_{name}": str(private / name) for name in names}
        words = [
            *(sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root"),
            f"--ServerApp.port={self.port}",
            "--ServerApp.port_retries=0",
            f"--ServerApp.root_dir={root}",
            f"--ServerApp.base_url={BASE}",
            f"--IdentityProvider.token={TOKEN}",
            f"--ServerApp.jpserver_extensions={_EXTENSIONS}",
            "--ServerApp.allow_unauthenticated_access=False",
            *options,
        ]
        environment = {**os.environ, **own, "JUPYTER_NO_CONFIG": "1", "IPYTHONDIR": str(private)}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                words, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self._wait()

    def ask(
        self,
        method: str,
        address: str,
        body: Any = None,
        *,
        token: str | None = TOKEN,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, Any]:
        """Return status and JSON of an answer; `body` as it is if it is bytes."""
        raw = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{BASE}mlops-nb/{address}", method=method, data=raw
        )
        if token is not None:
            request.add_header("Authorization", f"token {token}")
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=_PATIENCE_S) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read() or b"null")

    def wait_for(self, address: str, *done: str, of: str = "status") -> dict[str, Any]:
        """Return the answer of `address` once what it says `of` is one of `done`."""
        until = time.monotonic() + _PATIENCE_S
        while True:
            status, told = self.ask("GET", address)
            if status == 200 and told[of] in done:
                return dict(told)
            if time.monotonic() > until:
                raise TimeoutError(f"{address}: {told}")
            time.sleep(0.05)

    def stop(self) -> str:
        """End the server as a person does; return what it said."""
        self.process.terminate()
        self.process.wait(100)
        return self.log.read_text("utf-8", "replace")

    def _wait(self) -> None:
        until = time.monotonic() + _PATIENCE_S
        while time.monotonic() < until and self.process.poll() is None:
            try:
                self.ask("GET", "status")
                return
            except OSError:
                time.sleep(0.05)
        self.process.kill()
        raise RuntimeError(self.log.read_text("utf-8", "replace"))


CELLS = [
    code("n = 3", "parameters"),
    code("rows = list(range(n))", "stage:load"),
    code(
        "total = sum(rows)\nprint('total', total)", mlops_nb={"stage": "fit", "metrics": ["total"]}
    ),
]
_shared: list[LabServer] = []
ODD = "Übung 100% (a b)"


def shared_server(tmp_path_factory: pytest.TempPathFactory) -> LabServer:
    """Return the server that all test modules of a process ask."""
    if not _shared:
        _shared.append(_start(tmp_path_factory.mktemp("lab")))
    return _shared[0]


def _start(home: Path) -> LabServer:
    """Return a server.

    Its root is a link. In it are a project with a notebook in a folder below, a notebook of no
    project, a folder of an odd name with settings that cannot be used, and a way out (``out``).
    """
    (home / "real").mkdir()
    root = home / "a root"
    root.symlink_to(home / "real")
    settings = "[tool.mlops_nb]\ntrack = false\n"
    for project, text in (("proj", settings), (ODD, "[tool.mlops_nb]\nstage_line = 'loud'\n")):
        (root / project / "deep").mkdir(parents=True)
        (root / project / "pyproject.toml").write_text(text, "utf-8")
        write_notebook(root / project / "deep" / "nb.ipynb", CELLS)
    (root / "alone").mkdir()
    write_notebook(root / "alone" / "nb.ipynb", CELLS)
    (home / "data").mkdir()
    (home / "data" / "pyproject.toml").write_text(settings, "utf-8")
    write_notebook(home / "data" / "n %41.ipynb", CELLS)
    (root / "out").symlink_to(home)
    started = LabServer(root, home / "private")
    atexit.register(started.process.kill)
    return started
