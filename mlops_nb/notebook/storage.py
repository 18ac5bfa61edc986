"""Who reads and writes this address? papermill's handlers for their schemes, fsspec for all others.

A notebook is read and written as a whole: one object, one request. Where a file system would show
half of it meanwhile (SFTP), it is written beside its place and renamed. Everything waits for a
bounded time only: a storage that does not answer must not hold a run for ever.
"""

from __future__ import annotations

import contextlib
import re
import secrets
import threading
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from mlops_nb.errors import InputError, MlopsNbError, nearest
from mlops_nb.notebook.addresses import scheme_of, tell_address
from mlops_nb.notebook.storage_faults import read_fault

T = TypeVar("T")

READ_PATIENCE_S = 600.0
# To connect, and between two packets.
_HTTP_TIMEOUT_S = (20.0, 120.0)
# fsspec's file systems with folders that must be there, and those that rename over a file at once.
_WITH_FOLDERS = {"sftp", "ssh", "ftp", "smb", "webdav"}
_RENAMING = {"sftp", "ssh"}
# How fsspec tells a scheme in a chain (``simplecache::s3://…``) from a local path.
_BARE = re.compile(r"[a-z]+")


class UnansweredError(TimeoutError):
    """A storage that nobody waits for any longer."""


class Route(Protocol):
    """The way to one address; its faults are those of the library behind it."""

    def read(self) -> bytes:
        """Return what is there."""

    def write(self, content: bytes) -> str:
        """Put `content` there; return what a person should know of it, if anything."""


def read_address(url: str) -> bytes:
    """Return what is at `url`.

    Raises
    ------
    InputError
        MNB101 nothing is there, MNB102 it cannot be read, MNB120 the library for it is missing,
        MNB121 nobody knows the scheme.
    InfrastructureError
        MNB122 the storage cannot be reached.
    """
    try:
        return within(READ_PATIENCE_S, find_route(url).read)
    except MlopsNbError:
        raise
    except Exception as error:
        raise read_fault(error, url) from error


def find_route(url: str) -> Route:
    """Return the way to `url`; nothing is connected yet.

    Raises
    ------
    InputError
        MNB120 the library for it is missing, MNB121 nobody knows the scheme.
    """
    from papermill.iorw import HttpHandler

    handler = _papermill_handler(url)
    if handler is None:
        return _FsspecRoute(url)
    return _HttpRoute(url) if handler is HttpHandler else _PapermillRoute(url, handler)


def is_own_memory(url: str) -> bool:
    """Return whether what is at `url` is in this process's memory, and in no other's."""
    try:
        from fsspec.implementations.memory import MemoryFileSystem
        from fsspec.registry import registry
    except ImportError:
        return False
    return issubclass(registry.get(scheme_of(url), object), MemoryFileSystem)


def within(patience_s: float, act: Callable[[], T], *, done: threading.Event | None = None) -> T:
    """Return what `act` returns, or raise what it raises, or UnansweredError after `patience_s`.

    Parameters
    ----------
    patience_s : float
    act : callable
        Called in a thread of its own, which cannot be stopped and does not hold up the process.
    done : threading.Event, optional
        To be set by whoever does not want to wait any longer.
    """
    done = threading.Event() if done is None else done
    results: list[T] = []
    faults: list[BaseException] = []

    def target() -> None:
        try:
            results.append(act())
        except BaseException as error:
            faults.append(error)
        done.set()

    threading.Thread(target=target, name="mlops-nb storage", daemon=True).start()
    is_given_up = done.wait(patience_s)
    if faults:
        raise faults[0]
    if results:
        return results[0]
    why = "the run was stopped" if is_given_up else f"no answer in {patience_s:.0f} s"
    raise UnansweredError(why)


def _papermill_handler(url: str) -> Any:
    """Return papermill's handler for the scheme of `url`; None if that is the one for files."""
    from papermill.exceptions import PapermillException
    from papermill.iorw import papermill_io

    try:
        handler = papermill_io.get_handler(url)
        local = papermill_io.get_handler("local")
    except PapermillException:  # somebody took away the one for files
        return None
    return None if handler is local else handler


class _PapermillRoute:
    """A handler that papermill has, or somebody registered with it."""

    def __init__(self, url: str, handler: Any) -> None:
        self._url = url
        self._handler = handler

    def read(self) -> bytes:
        content = self._call(lambda: self._handler.read(self._url), lambda other: other.read())
        return bytes(content) if isinstance(content, bytes | bytearray) else str(content).encode()

    def write(self, content: bytes) -> str:
        text = content.decode()
        self._call(lambda: self._handler.write(text, self._url), lambda other: other.write(content))
        return ""

    def _call(self, act: Callable[[], Any], instead: Callable[[Route], Any]) -> Any:
        """Return what `act` does; where papermill lacks a library for it, fsspec may have one."""
        from papermill.exceptions import PapermillOptionalDependencyException

        try:
            return act()
        except PapermillOptionalDependencyException as error:
            try:
                other = _FsspecRoute(self._url)
            except InputError:
                raise InputError(
                    "MNB120",
                    tell_address(self._url),
                    f"the library for {scheme_of(self._url)}:// is not installed.",
                    _how_to_install(str(error)),
                ) from error
            return instead(other)


def _how_to_install(said: str) -> str:
    """Return papermill's sentence on what is missing as a remedy."""
    extra = re.search(r"papermill\[\w+\]", said)
    return f"Install it: pip install '{extra[0]}'." if extra else f"{said.rstrip('.')}."


class _HttpRoute:
    """GET and PUT as papermill's handler does them; it takes a page that says 404 for the notebook,
    guesses the encoding, and waits for ever."""

    def __init__(self, url: str) -> None:
        self._url = url

    def read(self) -> bytes:
        import requests

        asked = {"Accept": "application/json"}
        answer = requests.get(self._url, headers=asked, timeout=_HTTP_TIMEOUT_S)
        answer.raise_for_status()
        return answer.content

    def write(self, content: bytes) -> str:
        import requests

        kind = {"Content-Type": "application/json"}
        answer = requests.put(self._url, data=content, headers=kind, timeout=_HTTP_TIMEOUT_S)
        answer.raise_for_status()
        return ""


class _FsspecRoute:
    """Any file system of fsspec, chains of them (``zip://nb.ipynb::s3://…``) included."""

    def __init__(self, url: str) -> None:
        scheme, mark, rest = url.partition(":")
        self._url = scheme.lower() + mark + rest
        self._has_failed = False
        _check_library(self._url)

    def read(self) -> bytes:
        system, path = self._connect()
        system.invalidate_cache()  # sizes it remembers are those of an older file
        content: bytes = system.cat_file(path)
        return content

    def write(self, content: bytes) -> str:
        try:
            system, path = self._connect()
            try:
                self._put(system, path, content)
                return ""
            except FileNotFoundError:
                folder = path.rpartition("/")[0]
                if not folder or not _WITH_FOLDERS.intersection(_protocols(system)):
                    raise
                system.makedirs(folder, exist_ok=True)
                self._put(system, path, content)
                return f"The folder {folder!r} did not exist there and was made."
        except Exception:
            self._has_failed = True
            raise

    def _connect(self) -> tuple[Any, str]:
        """Return file system and path; after a fault not over the connection that failed."""
        from fsspec.core import url_to_fs

        system, path = url_to_fs(self._url, skip_instance_cache=self._has_failed)
        return system, str(path)

    def _put(self, system: Any, path: str, content: bytes) -> None:
        if not _RENAMING.intersection(_protocols(system)):
            system.pipe_file(path, content)
            return
        folder, slash, name = path.rpartition("/")
        temporary = f"{folder}{slash}.{name[:40]}.{secrets.token_hex(6)}.tmp"
        try:
            system.pipe_file(temporary, content)
            system.mv(temporary, path)
        except BaseException:
            with contextlib.suppress(Exception):
                system.rm_file(temporary)
            raise


def _protocols(system: Any) -> set[str]:
    given = system.protocol
    return {given} if isinstance(given, str) else set(given)


def _check_library(url: str) -> None:
    """Refuse what fsspec cannot read; raises as `find_route`."""
    scheme, place = scheme_of(url), tell_address(url)
    try:
        import fsspec
    except ImportError as error:
        raise InputError(
            "MNB120",
            place,
            f"papermill has no handler for {scheme}://, and fsspec is not installed.",
            "Install it: pip install 'mlops-nb[remote]'.",
        ) from error
    parts = url.split("::")  # some may be local paths
    for part in (part for part in parts if "://" in part or _BARE.fullmatch(part)):
        try:
            fsspec.get_filesystem_class(scheme_of(part))
        except ImportError as error:
            raise InputError(
                "MNB120",
                place,
                f"the library for {scheme_of(part)}:// is not installed: {_plain(error)}.",
                "Install it beside mlops-nb.",
            ) from error
        except ValueError as error:
            raise InputError(
                "MNB121",
                place,
                f"neither papermill nor fsspec knows the scheme {scheme_of(part)!r}.",
                nearest(scheme_of(part), _known_schemes()),
            ) from error


def _plain(error: ImportError) -> str:
    return str(error).replace("Please ", "").rstrip(".")


def _known_schemes() -> list[str]:
    import fsspec

    return [*fsspec.available_protocols(), "s3", "gs", "abs", "adl", "hdfs", "http", "https"]
