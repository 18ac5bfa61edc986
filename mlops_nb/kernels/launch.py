"""How does a kernel start, and how does it end, so that the runner need not wait and nothing is
left behind?

A kernel is a process: once it is started it boots on its own while the runner imports papermill.
So the launch is a value of its own that a door makes first (`KernelLaunch.start`), and that the
run takes over or `discard` ends. Kernels of ipykernel are reached over Unix sockets: no port can
be taken twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Coroutine, Mapping
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

from mlops_nb.errors import InfrastructureError, InputError

# Unix sockets have paths of at most 104 bytes (macOS); jupyter_client appends "-1" to "-5".
_SOCKET_PATH_LIMIT = 95
T = TypeVar("T")


class KernelLaunch:
    """One kernel process, from its start to its end.

    Parameters
    ----------
    kernel_name : str or None
        Name of a kernel specification; None for ``python3``.
    cwd : Path
        Its working directory.
    environment : Mapping of str to str
        Variables set beside the runner's own.
    """

    def __init__(
        self, kernel_name: str | None, *, cwd: Path, environment: Mapping[str, str]
    ) -> None:
        self.kernel_name = kernel_name or "python3"
        self._cwd = cwd
        self._environment = dict(environment)
        self._private = Path(tempfile.mkdtemp(prefix="mlops-nb-"))
        self.manager: Any = None

    def start(self) -> KernelLaunch:
        """Start the process and return at once; it boots on its own.

        Raises
        ------
        InputError
            MNB401 no such kernel, MNB402 no such working directory.
        InfrastructureError
            MNB403 the process would not start.
        """
        from jupyter_client.kernelspec import NoSuchKernel
        from jupyter_client.manager import AsyncKernelManager

        if not self._cwd.is_dir():
            self._remove_private()
            raise InputError(
                "MNB402", str(self._cwd), "the working directory does not exist.", "Create it."
            )
        manager = AsyncKernelManager(kernel_name=self.kernel_name, autorestart=False)
        try:
            command = manager.kernel_spec.argv
            self._choose_transport(manager, command)
            run_apart(self._start_process(manager))
        except NoSuchKernel as error:
            self._remove_private()
            raise _no_such_kernel(self.kernel_name, manager) from error
        except (OSError, RuntimeError) as error:
            self._remove_private()
            raise InfrastructureError(
                "MNB403",
                f"kernel {self.kernel_name!r}",
                f"the kernel would not start: {error}.",
                "Run its command by hand to see why: " + " ".join(command),
            ) from error
        self.manager = manager
        return self

    @property
    def is_ipython(self) -> bool:
        """Whether code for IPython can be injected."""
        return str(self.manager.kernel_spec.language).lower() == "python"

    @property
    def python(self) -> str | None:
        """The kernel's interpreter; None if it is not Python, or found by jupyter_client."""
        command = Path(self.manager.kernel_spec.argv[0])
        return str(command) if self.is_ipython and command.is_absolute() else None

    def exit_status(self) -> int | None:
        """Return the process's exit status, negative for a signal; None while it lives."""
        process = getattr(self.manager.provisioner, "process", None)
        if process is None:
            return None if self.manager.has_kernel else 0
        status: int | None = process.poll()
        return status

    def describe_end(self) -> str:
        """Return a phrase for how the process ended, with the last lines it wrote to its
        terminal."""
        status = self.exit_status()
        if status is None:
            phrase = "the kernel does not answer"
        elif status < 0:
            name = signal.Signals(-status).name if -status in set(signal.Signals) else str(-status)
            memory = ", as the system does when memory runs out" if name == "SIGKILL" else ""
            phrase = f"the kernel was ended by {name}{memory}"
        else:
            phrase = f"the kernel process ended with status {status}"
        said = self._last_words()
        return f"{phrase}; it wrote: {said}" if said else phrase

    async def interrupt(self) -> None:
        """Interrupt the kernel as Ctrl-C does; a dead one is left alone."""
        with contextlib.suppress(RuntimeError, OSError):
            await self.manager.interrupt_kernel()

    async def kill(self) -> None:
        """End the process and its children now, and remove its files."""
        if self.manager is None:
            self._remove_private()
            return
        with contextlib.suppress(RuntimeError, OSError):
            await self.manager.shutdown_kernel(now=True)
        self._remove_private()

    def discard(self) -> None:
        """End a kernel that no run took over."""
        run_apart(self.kill())

    async def _start_process(self, manager: Any) -> None:
        # What a kernel writes past its streams goes here instead of over the runner's output.
        arguments = []
        if _is_ipykernel(manager.kernel_spec.argv):
            arguments.append("--HistoryManager.hist_file=:memory:")
        with (self._private / "terminal.log").open("wb") as log:
            await manager.start_kernel(
                cwd=str(self._cwd),
                env={**os.environ, **self._environment},
                extra_arguments=arguments,
                stdout=log,
                stderr=log,
            )

    def _choose_transport(self, manager: Any, command: list[str]) -> None:
        prefix = str(self._private / "kernel")
        usable = sys.platform != "win32" and len(os.fsencode(prefix)) <= _SOCKET_PATH_LIMIT
        if usable and _is_ipykernel(command):
            manager.transport = "ipc"
            manager.ip = prefix

    def _last_words(self) -> str:
        try:
            raw = (self._private / "terminal.log").read_bytes()[-2000:]
        except OSError:
            return ""
        lines = [line for line in raw.decode(errors="replace").splitlines() if line.strip()]
        return " / ".join(lines[-3:])

    def _remove_private(self) -> None:
        shutil.rmtree(self._private, ignore_errors=True)


def run_apart(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end, also from within a running event loop (then in a thread)."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    results: list[T] = []
    failures: list[BaseException] = []

    def target() -> None:
        try:
            results.append(asyncio.run(work))
        except BaseException as error:
            failures.append(error)

    thread = Thread(target=target, name="mlops-nb")
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
    return results[0]


def _is_ipykernel(command: list[str]) -> bool:
    return any("ipykernel" in part for part in command)


def _no_such_kernel(name: str, manager: Any) -> InputError:
    names = sorted(manager.kernel_spec_manager.find_kernel_specs())
    return InputError(
        "MNB401",
        f"kernel {name!r}",
        f"no such kernel is installed; installed: {', '.join(names) or 'none'}.",
        f"Install it (python -m ipykernel install --user --name {name}), pass --kernel, "
        "or set kernel in [tool.mlops_nb].",
    )
