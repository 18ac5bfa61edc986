"""Which variables of the environment did a cell read and set?

`os.environ` is one object that everybody asks, so its class is made to tell. What notebook code and
local modules ask counts whatever it is; what a library asks counts unless it says who and where
somebody is (home, user, terminal): else no record would hold for a colleague. Listing all variables
counts as asking for each that was there, and which there are: what a class of settings finds may be
set tomorrow. What each kernel is given of its own is no part of such a list. A library that reads
variables in native code is not heard: whoever may use it depends on all that begin as its own do.

Values may be secrets: what was read leaves the kernel as digests with a key. What a cell set must
be brought back when it is restored, so its value is told in clear, unless the variable's name says
that it is a secret: then it cannot be brought back, and the cell has to run. What the kernel set
for itself before the first cell counts as what it was given.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import sys
from collections.abc import Callable, Mapping
from typing import Any

from .watch_seen import Seen

# Who and where somebody is. A library that asks finds its caches and its colours.
_PERSONAL = frozenset({
    "HOME", "USER", "LOGNAME", "USERNAME", "USERPROFILE", "PATH", "PWD", "OLDPWD", "SHELL",
    "SHLVL", "_", "TERM", "COLUMNS", "LINES", "COLORTERM", "NO_COLOR", "FORCE_COLOR", "CLICOLOR",
    "LANG", "LANGUAGE", "TMPDIR", "TEMP", "TMP", "DISPLAY", "HOSTNAME", "EDITOR", "VISUAL",
    "PAGER", "BROWSER", "APPDATA", "LOCALAPPDATA", "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP",
    "VIRTUAL_ENV", "CONDA_PREFIX", "MPLCONFIGDIR", "SSH_CONNECTION", "SSH_TTY", "TZDIR", "CI",
})  # fmt: skip
_PERSONAL_PREFIXES = (
    "XDG_", "LC_", "JPY_", "JUPYTER", "IPY", "PYDEVD", "MLOPS_NB_", "_MLOPS_NB", "GIT_",
    "MLFLOW_", "_MLFLOW", "VSCODE_", "DBUS_", "SSH_", "SYSTEMD_", "INVOCATION_", "CLICOLOR_",
)  # fmt: skip
# What a kernel's program sets for itself; who runs it cannot know.
_OF_KERNELS = frozenset({
    "MPLBACKEND", "TERM", "CLICOLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "PAGER", "GIT_PAGER",
    "PYDEVD_USE_FRAME_EVAL",
})  # fmt: skip
ALL = "*"
# Read in native code by libraries, which `OptionWatch` knows to be loaded.
PATTERNS = ("POLARS_*",)
_SECRET = re.compile(
    r"TOKEN|SECRET|PASS|PWD|CREDENTIAL|AUTH|PRIVATE|COOKIE|SESSION|SIGNATURE|DSN|(^|_)(API)?_?KEY|"
    r"ACCESS|CONNECTION|(^|_)(URL|URI)$",
    re.IGNORECASE,
)
# What a library picks when it lists all variables, whether or not it is there.
_PROXIES = ("http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy")
_PICKED = {
    "urllib.request": ("REQUEST_METHOD", *_PROXIES, *map(str.upper, _PROXIES)),
    "tqdm.utils": ("TQDM_DISABLE", "TQDM_ASCII", "TQDM_NCOLS", "TQDM_MININTERVAL"),
}
# Lists them to hand them on to the processes that it starts.
_PASSING_ON = frozenset({"joblib.externals.loky.backend.fork_exec"})
# Another in each kernel: who lists all variables is not after these.
_OF_EACH_KERNEL = ("JPY_", "MLOPS_NB_", "_MLOPS_NB")
# Who asks on behalf of who calls.
_FORWARDING = frozenset({
    "os", "_collections_abc", "collections.abc", "copy", "posixpath", "ntpath", "genericpath",
    "pathlib", "pathlib._local", "pathlib._abc", "shutil", "tempfile", "argparse", "optparse",
})  # fmt: skip


class EnvironmentWatch:
    """The variables that cells of one process use.

    Parameters
    ----------
    key : bytes
        For the digests; records hold only where it is the same.
    is_heard : callable
        Whether what this thread does now counts to a cell.
    is_library : callable
        Whether a module, by its name, is an installed library's.
    """

    def __init__(
        self, key: bytes, *, is_heard: Callable[[], bool], is_library: Callable[[str], bool]
    ) -> None:
        self._key = key
        self._is_heard = is_heard
        self._is_library = is_library
        self._reads: dict[str, str | None] = {}
        self._coded: dict[Any, Any] = {}
        self._before: dict[str, str] = {}
        raw, given = _raw(), _given()
        # What the kernel set itself counts as what it was given: that can be told without a kernel.
        self._given = {
            name: (raw[name], given.get(name))
            for name in _OF_KERNELS & raw.keys()
            if raw[name] != given.get(name)
        }

    def start(self) -> None:
        """Forget the cell before."""
        self._reads = {}
        held = dict.copy(_coded())
        if held != self._coded:  # it seldom is another
            self._coded, self._before = held, _decoded(held)

    def stop(self, seen: Seen) -> None:
        """Tell what the cell did."""
        for name, digest in sorted(self._reads.items()):
            seen.read(f"environment:{name}", digest)
        if _coded() == self._coded:
            return
        now, before = _raw(), self._before
        for name in sorted({*now, *before}):
            value = now.get(name)
            if value == before.get(name):
                continue
            effect = None if value is not None and _is_secret(name) else {"value": value}
            seen.write(f"environment:{name}", self._digest_of(name, value), effect)
        for pattern in PATTERNS:
            found, left = (look_up(pattern, held, self._key) for held in (before, now))
            if found != left:  # what it is now follows from what else there was
                seen.read(f"environment:{pattern}", found)
                seen.write(f"environment:{pattern}", left, {})

    def look(self, name: str) -> str | None:
        """Return the digest of a variable as it is now."""
        if name.endswith(ALL):
            return look_up(name, _raw(), self._key)
        return self._digest_of(name, _raw().get(name))

    def look_before(self, name: str) -> str | None:
        """Return the digest of a pattern as the cell found it."""
        return look_up(name, self._before, self._key)

    def restore(self, name: str, effect: Mapping[str, Any]) -> None:
        """Set a variable as a cell left it; those of a pattern are brought back one by one."""
        if name.endswith(ALL):
            return
        if effect["value"] is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = effect["value"]

    def _digest_of(self, name: str, value: str | None) -> str | None:
        own = self._given.get(name)
        return self.digest(own[1] if own is not None and own[0] == value else value)

    def digest(self, value: str | None) -> str | None:
        """Return the keyed digest of a value; None for a variable that is not set."""
        return digest_value(value, self._key)

    def asked(self, name: Any) -> None:
        """Note that a variable is read, set or not, by whoever calls."""
        if name in self._reads or not isinstance(name, str) or not self._is_heard():
            return
        asker = _asker()
        if name not in _PICKED.get(asker, (name,)):
            return
        if is_personal(name) and self._is_library(asker):
            return
        if ALL in self._reads and name.startswith(_OF_EACH_KERNEL):
            return
        self._reads[name] = self._digest_of(name, self._before.get(name))

    def listed(self) -> None:
        """Note that all variables are read, and which there are: those that do not say who and
        where somebody is."""
        if ALL in self._reads or not self._is_heard():
            return
        asker = _asker()
        for name in _PICKED.get(asker, ()):
            self._reads.setdefault(name, self._digest_of(name, self._before.get(name)))
        if asker in _PICKED or asker in _PASSING_ON:
            return
        self._reads[ALL] = digest_listing(self._before, self._key)
        if self._is_library(asker):
            return
        for name in self._before:
            if not is_personal(name):
                self.asked(name)


def wrap_environment(watch: EnvironmentWatch) -> Callable[[], None]:
    """Make `os.environ` tell `watch` what is asked of it; return what undoes that.

    `os.getenv`, `get`, `in` and copies ask through these methods.
    """
    kind: Any = type(os.environ)
    names = ("__getitem__", "__iter__", "__len__", "__repr__")
    originals = {name: getattr(kind, name) for name in names}

    def is_ours(environ: Any) -> bool:
        return environ is os.environ or environ is getattr(os, "environb", None)

    def getitem(environ: Any, name: Any) -> Any:
        if is_ours(environ):
            watch.asked(os.fsdecode(name) if isinstance(name, bytes) else name)
        return originals["__getitem__"](environ, name)

    def list_all(name: str) -> Any:
        def ask(environ: Any) -> Any:
            if is_ours(environ):
                watch.listed()
            return originals[name](environ)

        return ask

    kind.__getitem__ = getitem
    for name in names[1:]:
        setattr(kind, name, list_all(name))

    def undo() -> None:
        for name, original in originals.items():
            setattr(kind, name, original)

    return undo


def look_up(name: str, environment: Mapping[str, str], key: bytes) -> str | None:
    """Return the digest of a variable; of which there are for ``"*"``; and of all that begin so
    for a pattern such as ``"POLARS_*"``, None if there are none."""
    if name == ALL:
        return digest_listing(environment, key)
    if name.endswith(ALL):
        held = sorted(pair for pair in environment.items() if pair[0].startswith(name[:-1]))
        return digest_value(repr(held), key) if held else None
    return digest_value(environment.get(name), key)


def digest_value(value: str | None, key: bytes) -> str | None:
    """Return the keyed digest of a value; None for None."""
    if value is None:
        return None
    told = value.encode("utf-8", "surrogateescape")
    return f"hmac:{hmac.new(key, told, hashlib.sha256).hexdigest()}"


def digest_listing(environment: Mapping[str, str], key: bytes) -> str:
    """Return the keyed digest of which variables there are, without those of a person or kernel."""
    names = sorted(n for n in environment if not is_personal(n) and n not in _OF_KERNELS)
    return str(digest_value("\0".join(names), key))


def is_personal(name: str) -> bool:
    """Return whether a variable says who and where somebody is, and nothing about data."""
    return name in _PERSONAL or name.startswith(_PERSONAL_PREFIXES)


def _is_secret(name: str) -> bool:
    return _SECRET.search(name) is not None


def _raw() -> dict[str, str]:
    """Return the variables without asking `os.environ` as others do."""
    return _decoded(dict.copy(_coded()))


def _coded() -> dict[Any, Any]:
    environ: Any = os.environ
    held: dict[Any, Any] = environ._data
    return held


def _decoded(held: dict[Any, Any]) -> dict[str, str]:
    environ: Any = os.environ
    decode, decode_value = environ.decodekey, environ.decodevalue
    return {decode(name): decode_value(value) for name, value in held.items()}


def _given() -> dict[str, str]:
    """Return the variables that this process was started with; none where nobody can tell."""
    try:
        with open("/proc/self/environ", "rb") as file:  # noqa: PTH123
            rows = file.read().split(b"\0")
    except OSError:
        return {}
    pairs = (os.fsdecode(row).partition("=") for row in rows if row)
    return {name: value for name, _, value in pairs}


def _asker() -> str:
    """Return the name of the module whose code asks."""
    frame: Any = sys._getframe(2)
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if name not in _FORWARDING and name != __name__:
            return name
        frame = frame.f_back
    return ""
