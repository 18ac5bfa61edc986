"""What a cell asks of the machine is a fact; what each process has of its own is never restored."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mlops_nb.kernels.watch import Watch
from mlops_nb.kernels.watch_process import digest_machine, digest_place

Run = Callable[[str], dict[str, Any]]
FACTS = {
    "import socket; socket.gethostname()": {"host"},
    "from socket import gethostname; gethostname()": {"host"},
    "import platform; platform.node()": {"host"},
    "import platform; platform.uname()": {"host", "system"},
    "import os; os.uname().nodename": {"host", "system"},
    "import platform; platform.system()": {"platform"},
    "import platform; platform.platform()": {"system"},
    "import platform; platform.freedesktop_os_release()": {"release"},
    "import platform; platform.python_version()": {"interpreter"},
    "import os; os.cpu_count()": {"cpus"},
    "from importlib.metadata import version; version('pytest')": {"packages"},
    "import importlib.metadata as m; m.distribution('pytest').version": {"packages"},
    "import importlib.metadata; list(importlib.metadata.distributions())": {"packages"},
    "import multiprocessing; multiprocessing.cpu_count()": {"cpus"},
    "import getpass; getpass.getuser()": {"user"},
    "import os; os.getuid()": {"user"},
    "import locale; locale.getpreferredencoding()": {"locale"},
    "import locale; locale.setlocale(locale.LC_TIME)": {"locale"},
    "import concurrent.futures as f; f.ThreadPoolExecutor()": set(),
    "import uuid; uuid.uuid5(uuid.NAMESPACE_DNS, 'a')": set(),
    "import threading; threading.current_thread().name": set(),
    "import multiprocessing; multiprocessing.current_process().name": set(),
    "import logging; logging.getLogger('law').warning('x')": set(),
    "import asyncio; asyncio.new_event_loop().close()": set(),
}
PLACES = {
    "import os; os.getcwd()": True,
    "import os; os.path.abspath('data')": True,
    "from os.path import realpath; realpath('data')": True,
    "from pathlib import Path; Path.cwd()": True,
    "from pathlib import Path; Path('data').resolve()": True,
    "from pathlib import Path; Path('data').absolute()": True,
    "from pathlib import Path; Path('data') / 'a.csv'": False,
    "import os; os.path.join('data', 'a.csv')": False,
}
OWN = (
    "import os; os.getpid()",
    "from os import getppid; getppid()",
    "import resource; resource.getrusage(0)",
    "import shutil; shutil.disk_usage('.')",
    "import psutil; psutil.Process().name()",
    "import psutil; psutil.virtual_memory()",
    "import gc; gc.get_count()",
    "list(map(os.getpgid, [0]))",
    "import multiprocessing as m; m.current_process().pid",
    "from multiprocessing import current_process; current_process().ident",
    "import threading; threading.get_ident()",
    "from threading import get_ident; get_ident()",
    "import threading; threading.current_thread().ident",
    "import threading; threading.main_thread().native_id",
    "import threading; repr(threading.current_thread())",
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    watch = Watch(str(tmp_path_factory.mktemp("project")), b"key")

    def run(source: str) -> dict[str, Any]:
        code = compile(source, "<cell>", "exec")
        watch.start()
        try:
            exec(code, {"__name__": "__main__", "os": os})
        finally:
            seen = watch.stop()
        return seen

    yield run
    watch.close()


@pytest.mark.parametrize("source", FACTS)
def test_what_tells_machine_and_person_is_a_fact(run: Run, source: str) -> None:
    seen = run(source)
    told = {f: d for f, d in seen["reads"].items() if f.startswith("machine:")}
    environment = dict(os.environ)
    assert told == {f"machine:{k}": digest_machine(k, environment) for k in FACTS[source]}
    assert seen["blockers"] == []


@pytest.mark.parametrize("source", PLACES)
def test_who_asks_for_an_absolute_path_depends_on_where_the_project_lies(
    run: Run, source: str
) -> None:
    expected = digest_place(str(Path.cwd())) if PLACES[source] else None
    assert run(source)["reads"].get("machine:place") == expected


def test_another_folder_is_another_place(tmp_path: Path) -> None:
    assert digest_place(str(tmp_path)) != digest_place(str(tmp_path / "moved"))


@pytest.mark.parametrize("source", OWN)
def test_what_each_process_has_of_its_own_is_told(run: Run, source: str) -> None:
    assert [cause for cause, _, _ in run(source)["blockers"]] == ["process"]


def test_home_and_terminal_count_where_the_notebook_asks(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert "environment:HOME" in run("import os; os.path.expanduser('~/a')")["reads"]
    assert "environment:HOME" in run("from pathlib import Path; Path.home()")["reads"]
    assert "environment:COLUMNS" in run("import shutil; shutil.get_terminal_size()")["reads"]
    assert "environment:HOME" not in run("import netrc, os; os.path.expanduser('a')")["reads"]


@pytest.mark.parametrize(("key", "variable"), [("zone", "TZ"), ("locale", "LANG")])
def test_zone_and_locale_are_those_of_the_environment(key: str, variable: str) -> None:
    assert digest_machine(key, {variable: "a"}) == digest_machine(key, {variable: "a"})
    assert digest_machine(key, {variable: "a"}) != digest_machine(key, {variable: "b"})
    assert digest_machine("nothing", {}) is None


def test_what_is_installed_is_told_by_names_and_versions(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "site-packages"
    monkeypatch.setattr("sys.path", [str(tmp_path), str(folder)])
    digests = []
    for place, version in ((folder, 1), (folder, 2), (tmp_path, 3)):
        (place / "tool.dist-info").mkdir(parents=True, exist_ok=True)
        (place / "tool.dist-info/METADATA").write_text(f"Name: tool\nVersion: {version}\n")
        digests.append(digest_machine("packages", {}))
    assert digests[0] != digests[1] == digests[2]
