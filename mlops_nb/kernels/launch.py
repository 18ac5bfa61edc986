"""How does a kernel start, and how does it end, so that the runner need not wait and nothing is
left behind?

A kernel is a process: once it is started it boots on its own while the runner imports papermill.
So the launch is a value of its own that a door makes first (`KernelLaunch.start`), and that the
run takes over or `discard` ends. Kernels of ipykernel are reached over Unix sockets: no port can
be taken twice. Other kernels get ports that were free a moment ago; where another process was
faster, they are started again with new ones (`start_again`).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Coroutine, Mapping
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

from mlops_nb.errors import InfrastructureError, InputError
from mlops_nb.kernels.doubt import Doubt
from mlops_nb.kernels.guardian import MARK, dismiss, end_marked, set_guardian
from mlops_nb.kernels.memory import KernelMemory
from mlops_nb.kernels.specification import (
    find_environment,
    find_python,
    find_spec,
    is_ipykernel,
    no_such_kernel,
)
from mlops_nb.kernels.standstill import Standstill
from mlops_nb.kernels.terminal import KernelTerminal
from mlops_nb.pipeline.secrets import Masker

# Unix sockets have paths of at most 104 bytes (macOS); jupyter_client appends "-1" to "-5".
_SOCKET_PATH_LIMIT = 95
# How often a kernel is started whose ports were taken.
_STARTS = 4
_PORT_TAKEN = re.compile(r"address (is )?already in use|EADDRINUSE|errno 98\b", re.IGNORECASE)
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
        Variables set beside the runner's own, and before those of the kernel specification.
    masker : Masker, optional
        Of the run's secrets: what the kernel wrote to its terminal is told in errors.
    language : str
        Of the notebook.
    """

    def __init__(
        self,
        kernel_name: str | None,
        *,
        cwd: Path,
        environment: Mapping[str, str],
        masker: Masker | None = None,
        language: str = "python",
    ) -> None:
        self.kernel_name = kernel_name or "python3"
        self._language = language
        self._cwd = cwd
        self._environment = dict(environment)
        self._private = _make_private()
        self._terminal = KernelTerminal(self._private, masker or Masker())
        self._starts = 0
        self._guardian: subprocess.Popen[bytes] | None = None
        self._memory: KernelMemory | None = None
        self._standstill = Standstill()
        self._stood_still = False
        self.manager: Any = None
        self.doubt = Doubt(self._private)

    def start(self) -> KernelLaunch:
        """Start the process and return at once; it boots on its own.

        Raises
        ------
        InputError
            MNB401 no such kernel, MNB402 no such working directory.
        InfrastructureError
            MNB403 the process would not start.
        """
        if not self._cwd.is_dir():
            self._remove_private()
            raise InputError(
                "MNB402", str(self._cwd), "the working directory does not exist.", "Create it."
            )
        self._guardian = set_guardian(self._private)
        try:
            self._start()
        except BaseException:
            self._release()
            raise
        return self

    async def start_again(self) -> bool:
        """Start a kernel anew that ended because a port of its was taken.

        Returns
        -------
        bool
            False if that is not why it ended, or it was started often enough.

        Raises
        ------
        InfrastructureError
            MNB403 the process would not start.
        """
        if self._starts >= _STARTS or not _PORT_TAKEN.search(self._terminal.last_words(lines=20)):
            return False
        with contextlib.suppress(RuntimeError, OSError):
            await self.manager.shutdown_kernel(now=True)
        self._start()
        return True

    def _start(self) -> None:
        from jupyter_client.kernelspec import NoSuchKernel
        from jupyter_client.manager import AsyncKernelManager

        manager = AsyncKernelManager(kernel_name=self.kernel_name, autorestart=False)
        manager.connection_file = str(self._private / f"connection-{self._starts}.json")
        try:
            command = manager.kernel_spec.argv
            self._choose_transport(manager, command)
            run_apart(self._start_process(manager))
        except NoSuchKernel as error:
            raise no_such_kernel(self.kernel_name, manager, language=self._language) from error
        except (OSError, RuntimeError) as error:
            raise InfrastructureError(
                "MNB403",
                f"kernel {self.kernel_name!r}",
                f"the kernel would not start: {error}.",
                "Run its command by hand to see why: " + " ".join(command),
            ) from error
        except BaseException:  # stopped on the way, with the process there or not yet
            run_apart(_abandon(manager))
            raise
        self.manager = manager
        self._memory = KernelMemory(manager.provisioner.pid)
        self._starts += 1

    @property
    def is_ipython(self) -> bool:
        """Whether code for IPython can be injected."""
        return str(self.manager.kernel_spec.language).lower() == "python"

    @property
    def python(self) -> str | None:
        """The kernel's interpreter; None if it is not Python, or found by jupyter_client."""
        command = Path(self.manager.kernel_spec.argv[0])
        return str(command) if self.is_ipython and command.is_absolute() else None

    @property
    def cwd(self) -> Path:
        return self._cwd

    def find_python(self) -> str | None:
        """Return the interpreter that the kernel will have, started or not; None if it is not
        Python, or its specification is not there."""
        return find_python(find_spec(self.kernel_name))

    def find_environment(self) -> dict[str, str]:
        """Return the variables that the kernel will have, started or not, but for its own."""
        return find_environment(find_spec(self.kernel_name), self._environment)

    def exit_status(self) -> int | None:
        """Return the process's exit status, negative for a signal; None while it lives, and before
        it is started."""
        if self.manager is None:
            return None
        process = getattr(self.manager.provisioner, "process", None)
        if process is None:
            return None if self.manager.has_kernel else 0
        status: int | None = process.poll()
        return status

    def note_memory(self) -> None:
        """Take down how much memory the kernel uses; to be called while it lives."""
        if self._memory is not None:
            self._memory.note()

    def end_standstill(self) -> None:
        """End the process if it is stopped and nobody has continued it for minutes; to be called
        while it lives."""
        pid = getattr(self.manager.provisioner, "pid", None) if self.manager is not None else None
        if pid and not self._stood_still and self._standstill.look(pid, now=time.monotonic()):
            self._stood_still = True
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)

    @property
    def ran_out_of_memory(self) -> bool:
        """Whether the system ended the kernel for want of memory."""
        return self.lacked_memory and self.exit_status() == -signal.SIGKILL

    @property
    def lacked_memory(self) -> bool:
        """Whether the system ended any process for want of memory while the kernel lived."""
        return self._memory is not None and self._memory.has_run_out()

    def describe_end(self) -> str:
        """Return a phrase for how the process ended, with the last lines it wrote to its
        terminal."""
        status = self.exit_status()
        if self._stood_still:
            minutes = self._standstill.limit_s / 60
            phrase = (
                "the kernel process was stopped (SIGSTOP), not continued for "
                f"{minutes:.0f} min, and ended"
            )
        elif status is None:
            phrase = "the kernel does not answer"
        elif status < 0:
            name = signal.Signals(-status).name if -status in set(signal.Signals) else str(-status)
            phrase = f"the kernel was ended by {name}"
            if name == "SIGKILL" and self._memory is not None:
                phrase += f", {self._memory.describe()}"
        else:
            phrase = f"the kernel process ended with status {status}"
        said = "" if self.crash_trace() else self._terminal.last_words()
        return f"{phrase}; it wrote: {said}" if said else phrase

    def crash_trace(self) -> str:
        """Return where Python code was when native code crashed; empty if it did not."""
        return self._terminal.crash_trace()

    async def interrupt(self) -> None:
        """Interrupt the kernel as Ctrl-C does; a dead one is left alone."""
        with contextlib.suppress(RuntimeError, OSError):
            await self.manager.interrupt_kernel()

    async def kill(self) -> None:
        """End the process and all it started now, and remove its files."""
        self.doubt.close()
        if self.manager is not None:
            with contextlib.suppress(RuntimeError, OSError):
                await self.manager.shutdown_kernel(now=True)
        await asyncio.to_thread(self._release)

    def discard(self) -> None:
        """End a kernel that no run took over."""
        run_apart(self.kill())

    async def _start_process(self, manager: Any) -> None:
        # What a kernel writes past its streams goes here instead of over the runner's output.
        arguments = []
        if is_ipykernel(manager.kernel_spec.argv):
            arguments.append("--HistoryManager.hist_file=:memory:")
        spec = manager.kernel_spec
        spec.env = {k: v for k, v in spec.env.items() if k not in self._environment}
        self.doubt.prepare()
        with self._terminal.path.open("wb") as log:
            await manager.start_kernel(
                cwd=str(self._cwd),
                env={**os.environ, **self._environment, MARK: str(self._private)},
                extra_arguments=arguments,
                stdout=log,
                stderr=log,
            )
        (self._private / "group").write_text(str(manager.provisioner.pid), encoding="ascii")

    def _choose_transport(self, manager: Any, command: list[str]) -> None:
        prefix = str(self._private / "kernel")
        usable = sys.platform != "win32" and len(os.fsencode(prefix)) <= _SOCKET_PATH_LIMIT
        if usable and is_ipykernel(command):
            manager.transport = "ipc"
            manager.ip = prefix

    def _release(self) -> None:
        """End what the kernel left behind, remove its files and let the guardian go."""
        if self._guardian is not None:
            end_marked(str(self._private))
            dismiss(self._guardian)
            self._guardian = None
        self._remove_private()

    def _remove_private(self) -> None:
        shutil.rmtree(self._private, ignore_errors=True)


def _make_private() -> Path:
    """Return a new folder for the kernel's sockets and files, closed to others."""
    try:
        return Path(tempfile.mkdtemp(prefix="mlops-nb-"))
    except OSError as error:
        raise InfrastructureError(
            "MNB406",
            tempfile.gettempdir() if tempfile.tempdir else "the folder for temporary files",
            f"no folder for the kernel can be made there: {error.strerror or error}.",
            "Free the disk, or set TMPDIR to a folder that can be written.",
        ) from error


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


async def _abandon(manager: Any) -> None:
    """End a kernel whose start was broken off."""
    process = getattr(manager.provisioner, "process", None)
    if process is not None:
        process.kill()
        process.wait()
    with contextlib.suppress(Exception):  # of a manager that is neither started nor not
        await manager.cleanup_resources()
