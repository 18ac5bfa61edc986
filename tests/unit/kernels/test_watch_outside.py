"""What a cell asks of the network, of programs, of a person and of the clock is told."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mlops_nb.kernels.watch import Watch

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    monkeypatch.chdir(tmp_path)
    watch = Watch(str(tmp_path), b"key")
    space: dict[str, Any] = {"__name__": "__main__", "sys": sys, "watch": watch}

    def run(source: str, **names: Any) -> dict[str, Any]:
        space.update(names)
        watch.start()
        try:
            exec(compile(source, "<cell>", "exec"), space)
        finally:
            seen = watch.stop()
        return seen

    yield run
    watch.close()


@pytest.fixture
def port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def causes(seen: dict[str, Any]) -> set[str]:
    return {cause for cause, _, _ in seen["blockers"]}


NETWORK = (
    "import socket; socket.create_connection(('127.0.0.1', port)).close()",
    "import socket; s = socket.socket(type=socket.SOCK_DGRAM); s.sendto(b'x', ('127.0.0.1', port));"
    "s.close()",
    "import urllib.request, urllib.error, threading\n"
    "try: urllib.request.urlopen(f'http://127.0.0.1:{port}', timeout=0.05)\nexcept OSError: pass",
    "import asyncio\nasync def go():\n    _, w = await asyncio.open_connection('127.0.0.1', port)\n"
    "    w.close()\nasyncio.run(go())",
)


@pytest.mark.parametrize("source", NETWORK)
def test_the_network_is_told_with_its_address(run: Run, port: int, source: str) -> None:
    seen = run(source, port=port)
    assert causes(seen) == {"network"}
    assert f"127.0.0.1:{port}" in str(seen["blockers"])


PROGRAMS = (
    "import subprocess; subprocess.run([sys.executable, '-c', ''], check=True)",
    "import os; os.system('true')",
    "import os; os.popen('true').close()",
    "import os; os.waitpid(os.posix_spawn('/bin/true', ['true'], {}), 0)",
    "import asyncio\nasync def go():\n    p = await asyncio.create_subprocess_exec('true')\n"
    "    await p.wait()\nasyncio.run(go())",
)


@pytest.mark.parametrize("source", PROGRAMS)
def test_programs_are_told(run: Run, source: str) -> None:
    assert causes(run(source)) == {"subprocess"}


def test_what_a_library_asks_the_system_for_itself_is_none_of_it(run: Run) -> None:
    source = "import platform; platform._uname_cache = None; platform.uname().processor"
    assert run(source)["blockers"] == []


def test_workers_of_a_library_are_noted(run: Run) -> None:
    seen = run(
        "from sklearn.linear_model import Ridge\n"
        "from sklearn.model_selection import cross_val_score as score\n"
        "score(Ridge(), [[i] for i in range(20)], list(range(20)), n_jobs=2)"
    )
    assert seen["blockers"] == []
    assert seen["notes"] == ["sklearn worked in other processes, on values it handed over"]


WORKERS = {
    "from joblib import Parallel, delayed; Parallel(2)(delayed(abs)(i) for i in (1, 2))": True,
    "from concurrent.futures import ProcessPoolExecutor as P\n"
    "with P(1) as p: p.submit(abs, 1).result()": True,
    "import multiprocessing as m\nwith m.Pool(1) as p: p.map(abs, [1])": True,
    "from joblib import Parallel, delayed; Parallel(1)(delayed(abs)(i) for i in (1, 2))": False,
    "from joblib import Parallel, delayed\n"
    "Parallel(2, backend='threading')(delayed(abs)(i) for i in (1, 2))": False,
    "from concurrent.futures import ThreadPoolExecutor as T\n"
    "with T(1) as p: p.submit(abs, 1).result()": False,
}


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("source", WORKERS)
def test_functions_that_the_notebook_runs_in_other_processes_are_told(
    run: Run, source: str
) -> None:
    assert causes(run(source)) == ({"workers"} if WORKERS[source] else set())


CLOCK = {
    "import time; time.time()": True,
    "import time; time.strftime('%Y')": True,
    "from time import time; time()": True,
    "import time; time.localtime()": True,
    "import time; time.localtime(0); time.strftime('%Y', time.gmtime(0)); time.ctime(0)": False,
    "import datetime; datetime.datetime.now()": True,
    "import datetime as d; d.datetime.now(tz=d.timezone.utc)": True,
    "from datetime import datetime; (lambda: datetime.today())()": True,
    "from datetime import date; date.today()": True,
    "import pandas as pd; pd.Timestamp.now()": True,
    "import pandas as pd; pd.Timestamp.today()": True,
    "import datetime; datetime.datetime(2020, 1, 1).isoformat()": False,
    "import datetime; datetime.datetime.fromtimestamp(0)": False,
    "import pandas as pd; pd.Timestamp('2020-01-01'); pd.date_range('2020', periods=2)": False,
    "import email.utils; email.utils.formatdate()": True,
    "import email.utils; email.utils.formatdate(0)": False,
    "import time; time.clock_gettime(time.CLOCK_REALTIME)": True,
    "import time; time.perf_counter(); time.sleep(0)": False,
    "import logging; logging.makeLogRecord({})": False,
}


@pytest.mark.parametrize("source", CLOCK)
def test_clocks_that_notebook_code_reads_are_told(run: Run, source: str) -> None:
    assert causes(run(source)) == ({"time"} if CLOCK[source] else set())


def test_the_class_whose_clock_is_heard_stays_what_it_was(run: Run) -> None:
    import datetime
    import pickle

    class Own(datetime.datetime):
        pass

    assert type(Own.now()) is Own
    assert type(Own.utcnow()) is Own if sys.version_info < (3, 12) else True
    assert Own.now(tz=datetime.UTC).tzinfo is datetime.UTC
    assert abs(datetime.datetime.now().timestamp() - datetime.datetime.today().timestamp()) < 60
    with pytest.raises(TypeError):
        datetime.datetime.now(1)
    assert pickle.loads(pickle.dumps(datetime.datetime.now))() is not None


def test_a_person_who_is_asked_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from ipykernel.kernelbase import Kernel

    seen = run(
        "try: Kernel._input_request(None, '', None, {})\nexcept Exception: pass", Kernel=Kernel
    )
    assert causes(seen) == {"input"}


def test_a_thread_that_works_between_cells_counts_to_the_next_one(run: Run, tmp_path: Path) -> None:
    go, done = threading.Event(), threading.Event()
    source = (
        "import threading\ndef work():\n    go.wait(); open('late.txt').close(); done.set()\n"
        "thread = threading.Thread(target=work); thread.start()"
    )
    (tmp_path / "late.txt").write_text("x")
    assert "file:late.txt" not in run(source, go=go, done=done)["reads"]
    go.set()
    assert done.wait(10)
    assert "file:late.txt" in run("thread.join()")["reads"]
    assert "file:late.txt" not in run("pass")["reads"]


def test_threads_of_ours_count_to_no_cell(run: Run, tmp_path: Path) -> None:
    (tmp_path / "own.txt").write_text("x")
    work = threading.Thread(target=(tmp_path / "own.txt").read_text, name="mlops_nb store")
    assert "file:own.txt" not in run("work.start(); work.join()", work=work)["reads"]
