"""Storages for tests: a web server on the loop-back interface, and file systems of fsspec."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import fsspec
from fsspec.implementations.memory import MemoryFileSystem


class Shelf(MemoryFileSystem):
    """A file system whose calls a test can let fail; ``shelf://``."""

    protocol = "shelf"
    store: dict[str, Any] = {}  # noqa: RUF012  # as fsspec has it
    pseudo_dirs = [""]  # noqa: RUF012
    faults: list[BaseException] = []  # noqa: RUF012
    uploads: list[str] = []  # noqa: RUF012
    gate = threading.Event()

    @classmethod
    def clear(cls) -> None:
        """Empty it, with nothing that fails and nobody who waits."""
        cls.store.clear()
        cls.faults.clear()
        cls.uploads.clear()
        cls.gate.set()

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return super()._strip_protocol(path.replace("shelf://", "memory://", 1))

    def cat_file(self, path: str, *args: Any, **kwargs: Any) -> Any:
        self._fail()
        return super().cat_file(path, *args, **kwargs)

    def pipe_file(self, path: str, value: Any, *args: Any, **kwargs: Any) -> Any:
        self.uploads.append(path)
        self.gate.wait(30)
        self._fail()
        return super().pipe_file(path, value, *args, **kwargs)

    def _fail(self) -> None:
        if self.faults:
            raise self.faults.pop(0)


class Drawer(Shelf):
    """As SFTP: folders must be there, and a rename replaces; ``sftp://`` by name only."""

    protocol = ("drawer", "sftp")
    folders = {"/in"}  # noqa: RUF012

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return MemoryFileSystem._strip_protocol(path.replace("drawer://", "memory://", 1))

    def pipe_file(self, path: str, value: Any, *args: Any, **kwargs: Any) -> Any:
        if path.rpartition("/")[0] not in self.folders:
            raise FileNotFoundError(2, "No such file or directory")
        return super().pipe_file(path, value, *args, **kwargs)

    def makedirs(self, path: str, exist_ok: bool = False) -> None:
        self.folders.add(path)

    def mv(self, path1: str, path2: str, **kwargs: Any) -> None:
        self.uploads.append(f"{path1} -> {path2}")
        self._fail()
        self.store[path2] = self.store.pop(path1)


@contextmanager
def shelves() -> Iterator[None]:
    """Register ``shelf://`` and ``drawer://``, both empty."""
    for name, kind in (("shelf", Shelf), ("drawer", Drawer)):
        kind.clear()
        fsspec.register_implementation(name, kind, clobber=True)
    Drawer.folders.intersection_update({"/in"})
    try:
        yield
    finally:
        for kind in (Shelf, Drawer):
            kind.clear()


class _Answers(BaseHTTPRequestHandler):
    files: dict[str, bytes]
    status: dict[str, int]

    def do_GET(self) -> None:
        self._answer(self.files.get(self.path), otherwise=404)

    def do_PUT(self) -> None:
        self.files[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(b"", otherwise=200)

    def _answer(self, content: bytes | None, *, otherwise: int) -> None:
        status = self.status.get(self.path, 200 if content is not None else otherwise)
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")  # without a charset: Latin-1 to requests
        body = content if content is not None and status == 200 else b"<html>no</html>"
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


@contextmanager
def web_server(files: dict[str, bytes], status: dict[str, int]) -> Iterator[str]:
    """Yield the address of a server with `files` by path; `status` answers for a path instead."""
    kind = type("Answers", (_Answers,), {"files": files, "status": status})
    with ThreadingHTTPServer(("127.0.0.1", 0), kind) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
