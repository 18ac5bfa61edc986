"""What does notebook code ask of the machine, the person and the process that it runs as?

Which machine, system, user and Python it is can be told without a kernel, and compared: each is a
fact, ``machine:host`` and the like. What a process has of its own (its id, its use of time and
memory) is another in every run, as is what a machine is busy with: that is a
reason not to restore. Only who stands directly behind counts: libraries ask for their own ends.

Durations are neither: see `watch_clock`.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import getpass
import hashlib
import os
import platform
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from .watch_asker import Origins
from .watch_hook import EventHook
from .watch_imports import ImportHook
from .watch_requirements import installed_versions
from .watch_seen import Seen
from .watch_wrapping import Undo, is_disguised, wrap_function

_REMEDY = "Restore it with --cache."
# Where the project lies: who asks for an absolute path has it in what it binds.
PLACE = "place"
# By module and function: the facts that it tells.
_TELLS = {
    "socket": {"gethostname": "host", "getfqdn": "host"},
    "platform": {
        "node": "host", "uname": "host system", "platform": "system", "machine": "platform",
        "processor": "system", "system": "platform", "release": "system", "version": "system",
        "architecture": "system", "libc_ver": "system", "python_version": "interpreter",
        "python_version_tuple": "interpreter", "python_build": "interpreter",
        "python_compiler": "interpreter", "python_implementation": "interpreter",
        "freedesktop_os_release": "release",
    },
    "posixpath": {"abspath": "place", "realpath": "place"},
    "os": {
        "getcwd": "place", "getcwdb": "place",
        "uname": "host system", "getlogin": "user", "getuid": "user", "geteuid": "user",
        "getgid": "user", "getegid": "user", "getgroups": "user", "cpu_count": "cpus",
        "process_cpu_count": "cpus", "sched_getaffinity": "cpus",
    },
    "getpass": {"getuser": "user"},
    "multiprocessing": {"cpu_count": "cpus"},
    "joblib": {"cpu_count": "cpus"},
    "locale": {
        "getlocale": "locale", "getdefaultlocale": "locale", "getpreferredencoding": "locale",
        "getencoding": "locale", "localeconv": "locale", "setlocale": "locale",
    },
    "importlib.metadata": {
        "version": "packages", "metadata": "packages", "requires": "packages",
        "distribution": "packages", "distributions": "packages", "entry_points": "packages",
        "packages_distributions": "packages", "files": "packages",
    },
    "pkg_resources": {"get_distribution": "packages", "require": "packages"},
    "pandas": {"show_versions": "packages interpreter system locale"},
    "sklearn": {"show_versions": "packages interpreter executable system"},
}  # fmt: skip
# By module and function: what another process, or another moment, answers otherwise.
_PASSING = {
    "os": ("getpid", "getppid", "getpgid", "getpgrp", "getsid", "times", "getloadavg", "statvfs"),
    "threading": ("get_native_id", "get_ident"),
    "resource": ("getrusage",),
    "gc": ("get_count", "get_objects", "get_stats"),
    "shutil": ("disk_usage",),
    "tempfile": ("mktemp",),
    "psutil": (
        "Process", "cpu_percent", "cpu_times", "cpu_times_percent", "cpu_stats", "cpu_freq",
        "getloadavg", "virtual_memory", "swap_memory", "disk_usage", "disk_io_counters",
        "net_io_counters", "net_connections", "pids", "process_iter", "pid_exists", "users",
        "boot_time", "sensors_temperatures", "sensors_battery",
    ),
}  # fmt: skip
# By module and class: what its objects tell of threads and processes.
_PASSING_PARTS = {
    "threading": ("Thread", ("ident", "native_id")),
    "multiprocessing.process": ("BaseProcess", ("ident", "pid")),
}
_LOCALE = (
    "LC_ALL", "LC_CTYPE", "LC_NUMERIC", "LC_TIME", "LC_COLLATE", "LC_MONETARY", "LC_MESSAGES",
    "LANG", "LANGUAGE",
)  # fmt: skip
# The system's own: others are wrapped by the time that they are asked.
_uname, _cpu_count, _getuid = os.uname, os.cpu_count, getattr(os, "getuid", int)
_affinity: Any = getattr(os, "sched_getaffinity", lambda _: ())
_getuser, _platform = getpass.getuser, platform.platform
_getcwd, _realpath = os.getcwd, os.path.realpath


class ProcessWatch:
    """What the cells of one process ask about it.

    Parameters
    ----------
    hook : EventHook
    origins : Origins
    environment : Mapping of str to str
        As the process was given it.
    """

    def __init__(self, hook: EventHook, origins: Origins, environment: Mapping[str, str]) -> None:
        self._hook = hook
        self._origins = origins
        self._environment = dict(environment)
        self._place = _getcwd()
        self._asked: set[str] = set()
        self._passing: dict[str, None] = {}
        self._undo: list[Undo] = []

    def install(self, imports: ImportHook) -> None:
        """Wrap what tells."""
        for module, told in _TELLS.items():
            imports.when_loaded(module, partial(self._wrap, told, self._tell))
        for module, names in _PASSING.items():
            passing = {name: f"{module}.{name}" for name in names}
            imports.when_loaded(module, partial(self._wrap, passing, self._pass))
        for module, (kind, names) in _PASSING_PARTS.items():
            imports.when_loaded(module, partial(self._wrap_parts, kind, names))

    def start(self, asked: Iterable[str] = ()) -> None:
        """Forget the cell before; the next one asks at least so much."""
        self._asked, self._passing = set(asked), {}

    def stop(self, seen: Seen) -> None:
        """Tell what the cell asked."""
        for key in sorted(self._asked):
            seen.read(f"machine:{key}", self.look(key))
        for name in self._passing:
            told = f"asked what each process has of its own ({name})"
            seen.block("process", told, _REMEDY)

    def look(self, key: str) -> str | None:
        """Return the digest of something about this machine or process."""
        if key == PLACE:
            return digest_place(self._place)
        with self._hook.deaf():
            return digest_machine(key, self._environment)

    def close(self) -> None:
        """Take away all wrappers."""
        for undo in reversed(self._undo):
            undo()

    def _wrap(self, names: Mapping[str, str], tell: Callable[[str], None], module: Any) -> None:
        for name, told in names.items():
            found = vars(module).get(name)
            place, method = (found, "__init__") if isinstance(found, type) else (module, name)
            if found is None or getattr(vars(place)[method], "_mlops_nb_asks", False):
                continue
            self._undo.append(wrap_function(place, method, self._around(tell, told)))
            vars(place)[method]._mlops_nb_asks = True

    def _wrap_parts(self, kind: str, names: Iterable[str], module: Any) -> None:
        place = vars(module)[kind]
        shown = self._around(self._pass, f"{module.__name__}.{kind}")
        self._undo.append(wrap_function(place, "__repr__", shown))
        for name in names:
            self._undo.append(self._wrap_part(place, name, f"{module.__name__}.{kind}.{name}"))

    def _wrap_part(self, place: Any, name: str, told: str) -> Undo:
        original = vars(place)[name]

        def ask(thing: Any) -> Any:
            if self._is_asked_by_user():
                self._pass(told)
            return original.__get__(thing)

        part = property(ask, doc=original.__doc__)
        setattr(place, name, part)

        def undo() -> None:
            if vars(place).get(name) is part:
                setattr(place, name, original)

        return undo

    def _around(self, tell: Callable[[str], None], told: str) -> Callable[..., Any]:
        def around(original: Callable[..., Any], *given: Any, **options: Any) -> Any:
            if self._is_asked_by_user(by="pathlib" if told == PLACE else ""):
                tell(told)
            return original(*given, **options)

        return around

    def _tell(self, told: str) -> None:
        self._asked.update(told.split())

    def _pass(self, told: str) -> None:
        self._passing[told] = None

    def _is_asked_by_user(self, *, by: str = "") -> bool:
        """Return whether the notebook asks, itself or by a package that does so for it."""
        if not self._hook.is_heard():
            return False
        frame: Any = sys._getframe(1)
        while frame is not None:
            name = str(frame.f_globals.get("__name__"))
            is_by = bool(by) and name.partition(".")[0] == by
            if not (is_by or is_disguised(frame.f_code) or name == __name__):
                break
            frame = frame.f_back
        return frame is not None and self._origins.is_of_user(frame)


def digest_place(folder: str) -> str:
    """Return the digest of where on the machine a kernel starts."""
    return "sha256:" + hashlib.sha256(repr((PLACE, _realpath(folder))).encode()).hexdigest()


def digest_machine(key: str, environment: Mapping[str, str]) -> str | None:
    """Return the digest of something about the machine, the person or Python; None if unknown.

    Parameters
    ----------
    key : str
        One of "host", "platform", "system", "release", "user",
        "cpus", "interpreter", "executable", "packages", "locale"
        and "zone".
    environment : Mapping of str to str
        As a process has it from the start.
    """
    tell = _DIGESTED.get(key)
    if tell is None:
        return None
    try:
        told = tell(environment)
    except (OSError, KeyError, ImportError, AttributeError):  # no such user, no such file
        told = None
    return "sha256:" + hashlib.sha256(repr((key, told)).encode()).hexdigest()


def _zone(environment: Mapping[str, str]) -> Any:
    if environment.get("TZ"):
        return environment["TZ"]
    return os.path.realpath("/etc/localtime")


_DIGESTED: Mapping[str, Callable[[Mapping[str, str]], Any]] = {
    "host": lambda _: _uname().nodename,
    "system": lambda _: _platform(),
    "release": lambda _: sorted(platform.freedesktop_os_release().items()),
    "user": lambda environment: (environment.get("LOGNAME") or _getuser(), _getuid()),
    "platform": lambda _: (sys.platform, os.name, _uname().machine),
    "cpus": lambda _: (_cpu_count(), len(_affinity(0))),
    "interpreter": lambda _: sys.version,
    "executable": lambda _: (sys.executable, sys.prefix),
    "packages": lambda _: installed_versions(),
    "locale": lambda environment: [environment.get(name) for name in _LOCALE],
    "zone": _zone,
}
