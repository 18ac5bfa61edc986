"""Who reads and writes an address, and how is told what went wrong there?"""

from __future__ import annotations

import builtins
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from papermill.iorw import papermill_io
from storages import Drawer, Shelf, shelves, web_server

from mlops_nb.errors import InfrastructureError, InputError
from mlops_nb.notebook.parameter_files import read_parameter_file
from mlops_nb.notebook.storage import UnansweredError, find_route, read_address, within
from mlops_nb.notebook.storage_faults import kind_of, phrase_fault, read_fault
from mlops_nb.pipeline.parameters import Text


@pytest.fixture(autouse=True)
def _shelves() -> Iterator[None]:
    with shelves():
        yield


@pytest.mark.parametrize("url", ["memory://in/ü {x}%20.ipynb", "MEMORY://in/ü {x}%20.ipynb"])
def test_a_scheme_that_papermill_does_not_know_goes_through_fsspec(url: str) -> None:
    note = find_route(url).write("ü".encode())
    assert (note, read_address(url)) == ("", "ü".encode())
    assert fsspec.filesystem("memory").cat_file("/in/ü {x}%20.ipynb") == "ü".encode()


def test_a_notebook_in_an_archive_is_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("folder/nb.ipynb", "{}")
    assert read_address(f"zip://folder/nb.ipynb::{tmp_path}/all.zip") == b"{}"


def test_a_handler_of_papermill_comes_before_fsspec() -> None:
    class Handler:
        written: str = ""

        def read(self, path: str) -> str:
            return f"ü {path}"

        def write(self, buf: str, path: str) -> None:
            self.written = buf

    handler, before = Handler(), list(papermill_io._handlers)
    papermill_io.register("memory://", handler)
    try:
        assert read_address("memory://nb") == "ü memory://nb".encode()
        find_route("memory://nb").write("ä".encode())
        assert handler.written == "ä"
    finally:
        papermill_io._handlers = before


def test_an_unknown_scheme_is_told_with_the_nearest_one() -> None:
    with pytest.raises(InputError, match=r"MNB121 memry://nb: .*'memry'\.\n.*'memory'"):
        find_route("memry://nb")
    with pytest.raises(InputError, match=r"MNB121 .*scheme 'nope'"):
        find_route("simplecache::nope://nb")


def test_without_fsspec_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(
        InputError, match=r"MNB120 .*papermill has no handler.*\n.*mlops-nb\[remote\]"
    ):
        find_route("memory://nb")


def test_a_library_that_is_missing_is_named() -> None:
    for scheme, library in (("gdrive", "gdrive_fsspec"), ("s3", "boto3|s3")):
        real = builtins.__import__

        def without(name: str, *rest: Any, real: Any = real, library: str = library) -> Any:
            if name.split(".")[0] in library.split("|"):
                raise ImportError(f"no {name}")
            return real(name, *rest)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(builtins, "__import__", without)
            with pytest.raises(InputError) as caught:
                read_address(f"{scheme}://bucket/nb.ipynb")
        assert caught.value.code == "MNB120", scheme
        assert "install" in str(caught.value).lower()
        assert "Please" not in str(caught.value)


def test_where_papermill_lacks_a_library_fsspec_is_asked() -> None:
    from papermill.exceptions import PapermillOptionalDependencyException

    class Lacking:
        def read(self, path: str) -> str:
            raise PapermillOptionalDependencyException("pip install papermill[shelf]")

        def write(self, buf: str, path: str) -> None:
            raise PapermillOptionalDependencyException("pip install papermill[shelf]")

    before = list(papermill_io._handlers)
    papermill_io.register("shelf://", Lacking())
    papermill_io.register("nowhere://", Lacking())
    try:
        find_route("shelf://nb").write(b"1")
        assert read_address("shelf://nb") == b"1"
        with pytest.raises(
            InputError, match=r"MNB120 .*\nInstall it: pip install 'papermill\[shelf\]'"
        ):
            read_address("nowhere://nb")
    finally:
        papermill_io._handlers = before


def test_a_notebook_is_put_beside_its_place_and_renamed_where_renaming_replaces() -> None:
    find_route("drawer://in/nb.ipynb").write(b"old")
    find_route("drawer://in/nb.ipynb").write(b"new")
    temporary, renamed = Drawer.uploads[-2:]
    assert temporary.startswith("/in/.nb.ipynb.")
    assert renamed == f"{temporary} -> /in/nb.ipynb"
    assert read_address("drawer://in/nb.ipynb") == b"new"
    assert list(Drawer.store) == ["/in/nb.ipynb"]


def test_a_write_that_breaks_off_leaves_what_was_there() -> None:
    route = find_route("drawer://in/nb.ipynb")
    route.write(b"old")
    for fault in (OSError("away"), ConnectionResetError()):
        Drawer.faults.append(fault)
        with pytest.raises(type(fault)):
            route.write(b"new")
        assert read_address("drawer://in/nb.ipynb") == b"old"
    assert list(Drawer.store) == ["/in/nb.ipynb"]


def test_a_folder_that_is_missing_is_made_where_there_are_folders() -> None:
    note = find_route("drawer://out/nb.ipynb").write(b"1")
    assert note == "The folder '/out' did not exist there and was made."
    assert read_address("drawer://out/nb.ipynb") == b"1"


def test_a_bucket_that_is_missing_is_not_made() -> None:
    Shelf.faults.append(FileNotFoundError("bucket"))
    with pytest.raises(FileNotFoundError):
        find_route("shelf://bucket/nb.ipynb").write(b"1")
    assert Shelf.uploads == ["/bucket/nb.ipynb"]


def test_what_does_not_answer_is_waited_for_so_long_and_no_longer() -> None:
    gate = threading.Event()
    with pytest.raises(UnansweredError, match="no answer in 0 s"):
        within(0.01, gate.wait)
    done = threading.Event()
    done.set()
    with pytest.raises(UnansweredError, match="the run was stopped"):
        within(30, gate.wait, done=done)
    gate.set()
    assert within(30, lambda: 1) == 1
    with pytest.raises(ZeroDivisionError):
        within(30, lambda: 1 // 0)


class _ToldError(Exception):
    """An error as libraries of storages have them."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__("told")
        self.__dict__.update(attributes)


class NoSuchBucket(Exception):  # noqa: N818
    """As botocore makes it."""


CASES = [
    (_ToldError(response={"ResponseMetadata": {"HTTPStatusCode": 404}}), "missing"),
    (_ToldError(response={"ResponseMetadata": {"HTTPStatusCode": 403}}), "forbidden"),
    (_ToldError(status=401), "forbidden"),
    (_ToldError(status_code=503), "away"),
    (_ToldError(code=429), "away"),
    (_ToldError(code="404"), "missing"),
    (_ToldError(code="NoSuchKey"), "refused"),
    (NoSuchBucket(), "missing"),
    (FileNotFoundError("x"), "missing"),
    (PermissionError(13, "x"), "forbidden"),
    (ConnectionRefusedError(), "away"),
    (TimeoutError(), "away"),
    (OSError(5, "x"), "away"),
    (KeyError("x"), "refused"),
]


@pytest.mark.parametrize(("error", "kind"), CASES, ids=repr)
def test_an_error_is_sorted_whatever_library_it_is_of(error: Exception, kind: str) -> None:
    assert kind_of(error) == kind
    wrapped = RuntimeError("told by somebody else")
    wrapped.__cause__ = error
    assert kind_of(wrapped) == kind


def test_errors_of_reading_have_code_place_fault_and_remedy() -> None:
    url = "sftp://me:password@host/nb.ipynb"
    told = [str(read_fault(fault, url)) for fault in (FileNotFoundError(2, "No such file"),)]
    assert told == [
        "MNB101 sftp://me:***@host/nb.ipynb: there is no such file: No such file.\n"
        "Check the address."
    ]
    away = read_fault(ConnectionError("password of me\n was refused."), url)
    assert (type(away), away.code) == (InfrastructureError, "MNB122")
    assert away.fault == "it cannot be reached: ConnectionError: *** of me was refused."
    forbidden = read_fault(PermissionError(13, "Permission denied"), url)
    assert (type(forbidden), forbidden.code) == (InputError, "MNB102")
    assert "credentials for sftp://" in forbidden.remedy
    assert len(phrase_fault(ValueError("x" * 9000), url)) < 400


def test_pages_of_a_web_server_are_read_as_bytes_and_its_refusals_told() -> None:
    files = {"/nb.ipynb": '{"ü": 1}'.encode(), "/p.yaml?v=1": b"a: 007\n"}
    status = {"/private.ipynb": 401, "/busy.ipynb": 503, "/gone.ipynb": 404, "/put": 403}
    with web_server(files, status) as host:
        assert read_address(f"http://{host}/nb.ipynb") == files["/nb.ipynb"]
        assert read_parameter_file(f"http://{host}/p.yaml?v=1") == {"a": Text("007")}
        for name, code, told in (
            ("gone", "MNB101", "the server answers 404 Not Found"),
            ("private", "MNB102", "the server answers 401 Unauthorized"),
            ("busy", "MNB122", "the server answers 503 Service Unavailable"),
        ):
            with pytest.raises((InputError, InfrastructureError)) as caught:
                read_address(f"http://{host}/{name}.ipynb")
            assert caught.value.code == code
            assert told in caught.value.fault
        find_route(f"http://{host}/out.ipynb").write(b"{}")
        assert files["/out.ipynb"] == b"{}"
        with pytest.raises(Exception, match="403"):
            find_route(f"http://{host}/put").write(b"{}")
    with pytest.raises(InfrastructureError, match="MNB122"):
        read_address(f"http://{host}/nb.ipynb")
