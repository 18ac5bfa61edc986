"""Did a cell use what lies outside the process: the network, other programs, a person, the clock?

Nothing of it can be compared before a run, so each is a reason not to restore, unless the notebook
says how long or by what it holds. Not counted is what a library does for itself: asking the system
what it runs on, logging to MLflow.

Worker processes are a case of their own. What some libraries run in them (``n_jobs`` of
scikit-learn) is their own code on values that were handed over: noted. Functions of the notebook
that run in other processes, themselves or by a library such as a loader of images, may open files
there, which nobody sees: a reason not to restore.

Limits. What goes over a connection that was open before is not heard; such a connection has no
fingerprint, so whoever reads it runs.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any

from .watch_asker import Origins
from .watch_clock import ClockWatch
from .watch_hook import EventHook, Listener
from .watch_imports import ImportHook
from .watch_seen import Seen
from .watch_wrapping import Undo, wrap_function

_UNTIL = "Say how long it holds (--fresh 12h), by what (--version-of EXPR), or --cache."
_CACHE = "Name what it reads and makes (--deps, --produces), or restore it with --cache."
_SERIAL = "Let it run in this process or in threads; or restore it with --cache."

# Who stands between the code that wants something and the event.
_PASSING = frozenset({
    "subprocess", "os", "pty", "ptyprocess", "pexpect", "asyncio", "IPython", "ipykernel", "socket",
    "importlib", "contextlib", "_posixsubprocess", "selectors", "threading",
})  # fmt: skip
_WORKERS = frozenset({"multiprocessing", "joblib", "loky", "concurrent", "multiprocess"})
# Libraries that run their own code in workers, on values.
_ON_VALUES = frozenset({
    "sklearn", "scipy", "numpy", "pandas", "statsmodels", "imblearn", "xgboost", "lightgbm",
    "catboost", "umap", "hdbscan", "mapie", "shap", "skopt",
})  # fmt: skip
# Libraries that ask the system about itself, or start helpers of their own.
_SELF_ASKING = frozenset({
    "platform", "ctypes", "uuid", "matplotlib", "mlflow", "git", "distutils", "setuptools", "numba",
    "psutil", "webbrowser", "torch", "locale", "site", "sysconfig", "threadpoolctl", "debugpy",
    "tensorflow", "jax", "plotly", "kaleido", "choreographer", "_distutils_hack", "mlops_nb",
})  # fmt: skip
_TRACKING = ("log_", "_log", "set_", "start_run", "end_run", "create_", "autolog", "register_")
# Their libraries talk to servers in native code.
_CONNECTORS = {
    "psycopg2": ("connect",), "psycopg": ("connect",), "pyodbc": ("connect",),
    "MySQLdb": ("connect",), "oracledb": ("connect",), "cx_Oracle": ("connect",),
    "ibm_db": ("connect", "pconnect"), "pymssql": ("connect",), "turbodbc": ("connect",),
}  # fmt: skip
_PROGRAMS = (
    "subprocess.Popen", "os.system", "os.posix_spawn", "os.spawn", "os.exec", "os.fork",
    "os.forkpty", "pty.spawn", "os.startfile",
)  # fmt: skip


class OutsideWatch:
    """What the cells of one process do beyond it.

    Parameters
    ----------
    hook : EventHook
    origins : Origins
    """

    def __init__(self, hook: EventHook, origins: Origins) -> None:
        self._hook = hook
        self._origins = origins
        self._found: list[tuple[str, str, str]] = []
        self._notes: list[str] = []
        self._undo: list[Undo] = []
        tell = partial(self.block, "time", "read the clock", "Restore it with --cache.")
        self._clock = ClockWatch(tell, is_heard=hook.is_heard, origins=origins)

    def listeners(self) -> dict[str, Listener]:
        """Return who is to be told of which audit event."""
        return {
            "socket.connect": lambda _, given: self._connect(given[1]),
            "socket.sendto": lambda _, given: self._connect(given[1]),
            "socket.getaddrinfo": lambda _, given: self._connect((given[0], given[1])),
            **dict.fromkeys(_PROGRAMS, self._start_program),
        }

    def install(self, imports: ImportHook) -> None:
        """Wrap what makes no event."""
        self._clock.install()
        self._undo.append(self._clock.close)
        for module, names in _CONNECTORS.items():
            for name in names:
                imports.when_loaded(module, partial(self._wrap, name, self._call_server))
        methods: tuple[tuple[str, str, str, Callable[..., Any]], ...] = (
            ("ipykernel.kernelbase", "Kernel", "_input_request", self._ask_person),
            ("joblib.parallel", "Parallel", "__call__", self._run_parallel),
            ("multiprocessing.process", "BaseProcess", "start", self._run_worker),
            ("concurrent.futures.process", "ProcessPoolExecutor", "submit", self._run_worker),
            ("multiprocessing.pool", "Pool", "_map_async", self._run_worker),
            ("multiprocessing.pool", "Pool", "apply_async", self._run_worker),
        )
        for module, kind, name, around in methods:
            imports.when_loaded(module, partial(self._wrap_method, kind, name, around))

    def start(self) -> None:
        """Begin a cell; what threads did since the last one counts to it."""

    def stop(self, seen: Seen) -> None:
        """Tell what the cell did."""
        found, self._found = self._found, []
        notes, self._notes = self._notes, []
        for cause, message, remedy in found:
            seen.block(cause, message, remedy)
        for text in notes:
            seen.note(text)

    def close(self) -> None:
        """Take away all wrappers."""
        for undo in reversed(self._undo):
            undo()

    def reached(self, address: str) -> None:
        """Note that a library opens an address in native code."""
        self.block("network", f"used the network ({address})", _UNTIL)

    # --------------------------------------------------------------------------------------------

    def _wrap_method(self, kind: str, name: str, around: Callable[..., Any], module: Any) -> None:
        self._wrap(name, around, getattr(module, kind))

    def _wrap(self, name: str, around: Callable[..., Any], place: Any) -> None:
        original = vars(place).get(name)
        if original is None or getattr(original, "_mlops_nb_wraps", False):
            return
        undo = wrap_function(place, name, around)
        vars(place)[name]._mlops_nb_wraps = True
        if isinstance(place, type):
            vars(place)[name].__module__ = original.__module__
            vars(place)[name].__qualname__ = original.__qualname__
        self._undo.append(undo)

    def _connect(self, address: Any) -> None:
        if isinstance(address, (str, bytes)):
            told = os.fsdecode(address)
            if told == "/dev/log" or self._asker(_WORKERS) in _WORKERS:
                return
        else:
            host, port = (os.fsdecode(p) if isinstance(p, bytes) else p for p in address[:2])
            told = str(host) if port in (None, 0, "") else f"{host}:{port}"
        if not self._is_own_traffic():
            self.block("network", f"used the network ({told})", _UNTIL)

    def _start_program(self, event: str, given: tuple[Any, ...]) -> None:
        asker = self._asker(_WORKERS)
        if asker in _WORKERS or asker in _SELF_ASKING:
            return
        command = given[1] if event == "subprocess.Popen" and len(given) > 1 else given[:1]
        if event in ("os.fork", "os.forkpty"):
            told = "another process"
        else:
            parts = command if isinstance(command, (list, tuple)) else [command]
            texts = [
                os.fsdecode(p) if isinstance(p, (bytes, os.PathLike)) else str(p) for p in parts
            ]
            told = _shorten(" ".join(texts))
        self.block("subprocess", f"started a program ({told})", _CACHE)

    def _call_server(self, original: Callable[..., Any], *given: Any, **options: Any) -> Any:
        if self._hook.is_heard():
            module = str(getattr(original, "__module__", "")).partition(".")[0]
            self.block("network", f"used the network ({module})", _UNTIL)
        return original(*given, **options)

    def _ask_person(self, original: Callable[..., Any], *given: Any, **options: Any) -> Any:
        if self._hook.is_heard():
            self.block("input", "asked somebody for input", "Make it a parameter; or --cache.")
        return original(*given, **options)

    def _run_parallel(self, original: Callable[..., Any], *given: Any, **options: Any) -> Any:
        result = original(*given, **options)
        backend = type(getattr(given[0], "_backend", None)).__name__
        if backend not in ("SequentialBackend", "ThreadingBackend"):
            self._use_workers()
        return result

    def _run_worker(self, original: Callable[..., Any], *given: Any, **options: Any) -> Any:
        if all(kind.__name__ != "ThreadPool" for kind in type(given[0]).__mro__):
            self._use_workers()
        return original(*given, **options)

    def _use_workers(self) -> None:
        if not self._hook.is_heard():
            return
        for module, _, is_library in self._origins.stack(3):
            top = module.partition(".")[0]
            if is_library and (top in _WORKERS or top in _PASSING):
                continue
            if is_library and top in _ON_VALUES:
                told = f"{top} worked in other processes, on values it handed over"
                if told not in self._notes:
                    self._notes.append(told)
            else:
                told = "ran functions in other processes, where files are not seen"
                self.block("workers", told, _SERIAL)
            return

    def _asker(self, stop: frozenset[str]) -> str:
        """Return the package of a library that asks; empty if notebook code does.

        The first of `stop` on the way; else the first that does not merely pass on.
        """
        for module, _, is_library in self._origins.stack(3):
            top = module.partition(".")[0]
            if not is_library:
                return ""
            if top in stop or top not in _PASSING:
                return top
        return ""

    def _is_own_traffic(self) -> bool:
        """Return whether MLflow is told something, or the kernel talks for itself."""
        entry = ""
        for module, frame, is_library in self._origins.stack(3):
            top = module.partition(".")[0]
            if top in ("debugpy", "pydevd", "jupyter_client"):
                return True
            if top == "mlflow" and is_library:
                entry = frame.f_code.co_name
        return entry.startswith(_TRACKING)

    def block(self, cause: str, message: str, remedy: str) -> None:
        """Note why the cell must not be restored."""
        if (cause, message, remedy) not in self._found:
            self._found.append((cause, message, remedy))


def _shorten(text: str, limit: int = 60) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
