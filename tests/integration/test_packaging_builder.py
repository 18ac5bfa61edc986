"""The process that packages: it crashes alone, goes on answering, and never outlives a run."""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from test_packaging_handover import hand_over

from mlops_nb.errors import InfrastructureError, InputError
from mlops_nb.packaging import verify_package
from mlops_nb.packaging.builder import PackageBuilder

PLAIN = """
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    X = np.eye(4)
    clf = LogisticRegression().fit(X, [0, 1, 0, 1])
    said = {"model": "clf", "example": "X"}
"""


class Crash:
    """Ends the process that unpickles it."""

    def __reduce__(self) -> tuple[object, tuple[int]]:
        return os._exit, (7,)


@pytest.fixture(scope="module")
def handover(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hand_over(tmp_path_factory.mktemp("notebook") / "home", source=PLAIN)


@pytest.fixture(scope="module")
def builder(handover: Path) -> Iterator[PackageBuilder]:
    """Return one for all tests: it takes seconds until it has loaded MLflow."""
    made = PackageBuilder(None, cwd=handover.parents[1])
    yield made
    made.close()


def spoilt(handover: Path, tmp_path: Path, content: bytes) -> Path:
    copy = tmp_path / "spoilt"
    shutil.copytree(handover, copy)
    (copy / "model.pkl").write_bytes(content)
    return copy


def test_it_says_what_it_cannot_read_and_goes_on(
    builder: PackageBuilder, handover: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="MNB608"):
        builder.build(spoilt(handover, tmp_path, b"no pickle"), tmp_path / "first")
    made = builder.build(handover, tmp_path / "second")
    assert made.serialization == "skops"
    assert verify_package(made.directory, digest=made.digest).problems == ()


def test_a_model_that_crashes_what_reads_it_is_told_with_the_exit_status(
    builder: PackageBuilder, handover: Path, tmp_path: Path
) -> None:
    crashing = spoilt(handover, tmp_path, pickle.dumps(Crash()))
    with pytest.raises(InfrastructureError, match="exit status 7") as caught:
        builder.build(crashing, tmp_path / "package")
    assert caught.value.code == "MNB616"
    assert not (tmp_path / "package").exists()


@pytest.mark.parametrize("python", ["missing", "lacks the package"])
def test_the_runners_interpreter_stands_in_for_a_kernels_that_cannot(
    python: str, handover: Path, tmp_path: Path
) -> None:
    script = tmp_path / "python"
    if python != "missing":
        script.write_text("#!/bin/sh\necho No module named mlops_nb >&2\nexit 1\n")
        script.chmod(0o755)
    builder = PackageBuilder(str(script), cwd=handover.parents[1])
    try:
        assert builder.build(handover, tmp_path / "package").flavour == "sklearn"
    finally:
        builder.close()


def test_it_ends_with_the_process_that_started_it(handover: Path) -> None:
    script = (
        "import sys\nfrom pathlib import Path\n"
        "from mlops_nb.packaging.builder import PackageBuilder\n"
        "builder = PackageBuilder(None, cwd=Path('.'))\n"
        "builder._await_ready()\n"
        "print(builder._process.pid, flush=True)\nsys.stdin.read()\n"
    )
    command = [sys.executable, "-c", script]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=handover.parents[1]
    ) as parent:
        assert parent.stdout is not None
        process = psutil.Process(int(parent.stdout.readline()))
        process.send_signal(signal.SIGINT)  # for the runner alone
        assert process.is_running()
        parent.kill()
    gone, left = psutil.wait_procs([process], timeout=60)
    assert not left, gone
