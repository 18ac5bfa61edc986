"""A Jupyter front end in a real browser: a server of its own, a notebook opened and run."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from free_ports import free_port

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
_START_S = 120
_END_S = 100
_IDLE = (
    "() => window.jupyterapp && jupyterapp.shell.currentWidget && "
    "jupyterapp.shell.currentWidget.sessionContext && "
    "jupyterapp.shell.currentWidget.sessionContext.session && "
    "jupyterapp.shell.currentWidget.sessionContext.session.kernel && "
    "jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'"
)


class FrontEnd:
    """A running server; `application` is ``"lab"`` or ``"notebook"``."""

    def __init__(self, url: str, token: str, root: Path, application: str) -> None:
        self.url = url
        self.token = token
        self.root = root
        self.application = application

    def write_notebook(self, name: str, cells: Sequence[tuple[str, Mapping[str, Any]]]) -> Path:
        """Write a notebook of code cells, each a source and its metadata."""
        path = self.root / name
        nodes = [
            {
                "cell_type": "code",
                "id": f"cell-{number}",
                "source": source,
                "metadata": dict(metadata),
                "outputs": [],
                "execution_count": None,
            }
            for number, (source, metadata) in enumerate(cells)
        ]
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        node = {
            "cells": nodes,
            "metadata": {"kernelspec": kernel},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        path.write_text(json.dumps(node))
        return path

    def open(self, page: Any, name: str) -> None:
        """Open a notebook and wait until its kernel is idle."""
        place = (
            f"lab/workspaces/{Path(name).stem}/tree" if self.application == "lab" else "notebooks"
        )
        page.goto(f"{self.url}/{place}/{name}?token={self.token}")
        page.wait_for_function(_IDLE, timeout=_START_S * 1000)

    def run_all(self, page: Any, *, last: int) -> None:
        """Run all cells, wait until cell `last` has a number, save."""
        page.evaluate("() => jupyterapp.commands.execute('notebook:run-all-cells')")
        page.wait_for_function(
            "last => { const cell = jupyterapp.shell.currentWidget.content.widgets[last].model;"
            " return cell.executionCount > 0 && cell.executionState !== 'running'; }",
            arg=last,
            timeout=_START_S * 1000,
        )
        page.wait_for_function(_IDLE, timeout=_START_S * 1000)
        page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")

    def saved(self, name: str) -> list[dict[str, Any]]:
        """Return the code cells as the front end saved them."""
        cells: list[dict[str, Any]] = json.loads((self.root / name).read_text())["cells"]
        return cells


@contextmanager
def serve(
    root: Path, *, application: str = "lab", python: str = sys.executable
) -> Iterator[FrontEnd]:
    """Start a Jupyter server in `root` with everything of its own, and stop it."""
    port, token = free_port(), "test-token"
    own = root / ".jupyter-own"
    settings = own / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false"}')
    folders = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "IPYTHONDIR": "ipython",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
    }
    environment = {**os.environ, **{key: str(own / name) for key, name in folders.items()}}
    expose = "LabApp" if application == "lab" else "JupyterNotebookApp"
    log = own / "server.log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [python, "-m", f"jupyter{'lab' if application == 'lab' else ''}"]
            + ([] if application == "lab" else ["notebook"])
            + [
                "--no-browser",
                "--allow-root",
                "--ip=127.0.0.1",
                f"--port={port}",
                f"--IdentityProvider.token={token}",
                f"--ServerApp.root_dir={root}",
                f"--{expose}.expose_app_in_browser=True",
                # A server of JupyterLab serves Notebook 7, too, where that is installed.
                "--JupyterNotebookApp.expose_app_in_browser=True",
            ],
            cwd=root,
            env=environment,
            stdout=said,
            stderr=said,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{url}/api/status?token={token}", process, log)
        yield FrontEnd(url, token, root, application)
    finally:
        _end(process, log)


def text_of(cell: Mapping[str, Any]) -> str:
    """Return what a saved cell shows as text."""
    parts = []
    for output in cell["outputs"]:
        text = (
            output.get("text")
            or output.get("data", {}).get("text/plain")
            or output.get("traceback")
        )
        parts.append("".join(text) if isinstance(text, list) else str(text))
    return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(parts))


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _START_S
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"the server did not start:\n{log.read_text()[-3000:]}")


def _end(process: subprocess.Popen[bytes], log: Path) -> None:
    """Stop a server; one that does not is ended, and what it said last is told."""
    process.terminate()
    try:
        process.wait(_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        said = log.read_text()[-3000:]
        raise RuntimeError(f"the server did not end within {_END_S} s:\n{said}") from None
