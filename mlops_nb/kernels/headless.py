"""How does a session work for a runner? Stages come with the message, reports go out over a comm.

The runner puts ``mlops_nb_stage`` into the metadata of each ``execute_request``; nothing is parsed
here. Each report is sent before the cell's idle message, as JSON text: NaN survives, which
Jupyter's own JSON refuses.

Part of what is injected into kernels: standard library and IPython only, Python 3.9.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import types
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from .session import COMM, Session, install
from .stage_cell import SCHEMA, Report


def install_headless(
    shell: Any, *, handover_dir: str | None = None, show_line: str = "full", link: str | None = None
) -> Session:
    """Install the session for a runner and open the comm ``mlops_nb`` (that is its id too).

    Parameters
    ----------
    shell : InteractiveShell
    handover_dir : str or None
        Where ``--model`` values are written; None if the kernel does not share the runner's disk.
    show_line : {"stable", "full", "off"}
    link : str or None
        Address of the run, for the stage line.
    """
    comm = _open_comm()

    def report(content: Report, objects: Mapping[str, Any]) -> str | None:
        comm.send(data={"report": json.dumps(content)})
        return link

    def send(kind: str, content: Mapping[str, Any]) -> None:
        comm.send(data={kind: json.dumps(content)})

    found = importlib.util.find_spec("mlops_nb")
    if found is None or found.origin is None:  # a folder that an uninstallation left has no origin
        sys.modules["mlops_nb"] = _stand_in()
    session = install(
        shell,
        resolve=_resolve,
        report=report,
        show_line=show_line,
        door="headless",
        handover_dir=handover_dir,
    )
    session.send = send
    # Gates are read from the notebook and decided by the runner; a kernel has nothing to do.
    shell.register_magic_function(_nothing, "line", "mlops_gate")
    return session


def _nothing(line: str) -> None:
    return None


def read_told(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what the session told in a ``comm_msg``, by kind: ``report`` of a stage's cell,
    ``cell``, ``supplied``, ``stored``; empty if the message is not ours."""
    if content.get("comm_id") != COMM:
        return {}
    told = content.get("data", {})
    return {kind: json.loads(text) for kind, text in told.items() if isinstance(text, str)}


def _resolve(raw_cell: str, metadata: Mapping[str, Any]) -> Mapping[str, Any] | None:
    spec = metadata.get("mlops_nb_stage")
    return spec if isinstance(spec, dict) else None


@lru_cache(maxsize=1)
def _open_comm() -> Any:
    """Return the comm, opened by the first call in this kernel."""
    content = {"schema": SCHEMA, "python": ".".join(map(str, sys.version_info[:3]))}
    try:
        from comm import create_comm
    except ImportError:  # ipykernel before 6.18
        from ipykernel.comm import Comm as create_comm  # noqa: N813 - same call
    return create_comm(target_name=COMM, comm_id=COMM, data=content)


def _stand_in() -> types.ModuleType:
    """Return a module that lets ``%load_ext mlops_nb`` pass in a kernel that lacks the package."""
    module = types.ModuleType("mlops_nb", "Stands in for mlops_nb, which this kernel lacks.")

    def load_ipython_extension(shell: Any) -> None:
        for name in ("mlops_check", "mlops_graph", "mlops_promote", "mlops_run"):
            shell.register_magic_function(_unavailable(name), "line", name)

    def refuse(name: str) -> Any:
        raise AttributeError(
            f"mlops_nb is not installed in this kernel, so mlops_nb.{name} is missing; "
            "stages run without it. Install mlops-nb there to use it from the notebook."
        )

    module.load_ipython_extension = load_ipython_extension  # type: ignore[attr-defined]
    module.__getattr__ = refuse  # type: ignore[method-assign]
    return module


def _unavailable(name: str) -> Any:
    def magic(line: str) -> None:
        print(f"%{name} needs mlops-nb in this kernel, where it is not installed.", file=sys.stderr)

    return magic
