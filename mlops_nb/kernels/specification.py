"""Which interpreter and variables will a kernel have, before it is started?

Plans look at the packages of a kernel that does not run. What is told here is what jupyter_client
does when it starts one.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from string import Template
from typing import Any

from mlops_nb.errors import InputError

_MINOR = "{}.{}".format(*sys.version_info)


def find_spec(kernel_name: str) -> Any:
    """Return a kernel's specification; None if there is none."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        return KernelSpecManager().get_kernel_spec(kernel_name)
    except NoSuchKernel:
        return None


def find_python(spec: Any) -> str | None:
    """Return the interpreter of a kernel; None if it is not Python."""
    if spec is None or str(spec.language).lower() != "python":
        return None
    first = str(spec.argv[0])
    if first in ("python", f"python{sys.version_info[0]}", f"python{_MINOR}"):
        return sys.executable  # as jupyter_client has it
    return shutil.which(first)


def find_environment(spec: Any, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a kernel, but for its own.

    Parameters
    ----------
    spec : KernelSpec or None
        Its specification.
    environment : Mapping of str to str
        Variables that go before those of the specification.
    """
    found = {**os.environ, **environment}
    own = {} if spec is None else {n: v for n, v in spec.env.items() if n not in environment}
    return {**found, **{n: Template(str(v)).safe_substitute(found) for n, v in own.items()}}


def is_ipykernel(command: Sequence[str]) -> bool:
    """Say whether a specification's command starts an ipykernel."""
    return any("ipykernel" in part for part in command)


def no_such_kernel(name: str, manager: Any, *, language: str = "python") -> InputError:
    """Return the error for a kernel without a specification.

    Parameters
    ----------
    name : str
    manager : KernelManager
    language : str
        Of the notebook: a kernel for another one is not what ipykernel installs.
    """
    names = sorted(manager.kernel_spec_manager.find_kernel_specs())
    if language != "python":
        return InputError(
            "MNB401",
            f"kernel {name!r}",
            f"no such kernel is installed, and the notebook's language is {language!r};"
            f" installed: {', '.join(names) or 'none'}.",
            f"Install a kernel for {language} as its project tells, or pass --kernel.",
        )
    return InputError(
        "MNB401",
        f"kernel {name!r}",
        f"no such kernel is installed; installed: {', '.join(names) or 'none'}.",
        f"Install it (python -m ipykernel install --user --name {name}), pass --kernel, "
        "or set kernel in [tool.mlops_nb].",
    )
