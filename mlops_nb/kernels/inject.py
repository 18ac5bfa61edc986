"""What does the runner put into a kernel before the first cell, and what does it learn of it?

One silent request: what makes it hold out (`resilience`), merged flushes (`streams`), who tells
whether it still works for a cell (`witness`) and the session, which it imports. A kernel without
mlops_nb runs stages too: it is sent the session's sources (`bundle`) in a second request. One that
has another version of mlops_nb is refused: `%load_ext mlops_nb` in it would mix the two.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from mlops_nb.errors import InputError
from mlops_nb.kernels.bundle import session_source
from mlops_nb.version import __version__

# Evaluated with the request; an error (the package is not there) is an answer too.
EXPRESSIONS = {
    "version": "__import__('importlib.metadata').metadata.version('mlops-nb')",
    "session": "'_mlops_nb_session' in __import__('sys').modules",
}


def injection_source(
    *,
    handover_dir: Path | None,
    show_line: str,
    link: str | None = None,
    watch: Mapping[str, Any] | None = None,
    has_sources: bool = False,
) -> str:
    """Return the text to execute silently in an IPython kernel; it binds no name of the user's.

    Parameters
    ----------
    handover_dir : Path or None
        Where the session leaves models of stages.
    show_line : {"stable", "full", "off"}
        The line shown after a stage.
    link : str or None
        Address of the run, for the stage line.
    watch : Mapping or None
        How cells are to be watched: the arguments of `CellWatch`, by JSON.
    has_sources : bool, default=False
        Whether this is the second text, for a kernel that said to the first one that it
        `lacks_session`.
    """
    begin_watch = (
        ""
        if watch is None
        else f"\n    __import__('_mlops_nb_session').watch_cells({json.dumps(watch)!r})"
    )
    folder = None if handover_dir is None else str(handover_dir)
    return (
        f"{'' if has_sources else _beginning()}"
        f"{session_source(watches=watch is not None, has_sources=has_sources)}\n"
        f"if {EXPRESSIONS['session']}:\n"
        "    __import__('_mlops_nb_session').install_headless("
        f"get_ipython(), handover_dir={folder!r}, show_line={show_line!r}, link={link!r})"
        f"{begin_watch}\n"
    )


@cache
def _beginning() -> str:
    """Return the text of what a kernel of any kind gets."""
    return (
        f"exec(compile({_module_source('resilience')!r}, '<mlops_nb resilience>', 'exec'), "
        "{'__name__': '_mlops_nb_resilience', 'shell': get_ipython()})\n"
        f"exec(compile({_module_source('streams')!r}, '<mlops_nb streams>', 'exec'), "
        "{'__name__': '_mlops_nb_streams'})\n"
        f"exec(compile({_module_source('witness')!r}, '<mlops_nb witness>', 'exec'), "
        "{'__name__': '_mlops_nb_witness', 'shell': get_ipython()})\n"
    )


def lacks_session(reply: Mapping[str, Any]) -> bool:
    """Return whether the kernel that answered `reply` has to be sent the session's sources."""
    answer = reply.get("user_expressions", {}).get("session", {})
    return str(answer.get("data", {}).get("text/plain", "")) == "False"


def check_version(reply: Mapping[str, Any], *, kernel_name: str) -> None:
    """Raise if the kernel that answered `reply` has another version of mlops_nb installed.

    Raises
    ------
    InputError
        MNB404.
    """
    answer = reply.get("user_expressions", {}).get("version", {})
    found = str(answer.get("data", {}).get("text/plain", "")).strip("'\"")
    if answer.get("status") == "ok" and found != __version__:
        raise InputError(
            "MNB404",
            f"kernel {kernel_name!r}",
            f"it has mlops-nb {found}, the runner is {__version__}.",
            f"Install mlops-nb=={__version__} in the kernel's environment, or remove it there.",
        )


def _module_source(name: str) -> str:
    """Return the text of a module of this package that installs itself when executed."""
    call = "install()" if name == "streams" else "install(shell)"
    return f"{(Path(__file__).parent / f'{name}.py').read_text('utf-8')}\n{call}\n"
