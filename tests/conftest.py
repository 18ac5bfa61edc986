"""What holds for every test: laws are checked without a clock, since machines are noisy; a closed
terminal ends processes, also where the tests were started to outlive theirs; where MLflow writes is
set by no test for the next one; long files come first, so that no process waits for another;
libraries compute on one thread, since several of them on a busy processor wait for each other by
turning round."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import Phase, settings

from mlops_nb.kernels.watch_modules import ModuleWatch

signal.signal(signal.SIGHUP, signal.SIG_DFL)
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

# What decides whether a change lands draws the same examples every time; elsewhere they are new.
# Explaining a failure traces every line of a run of the code under test: minutes, for a law.
settings.register_profile(
    "no deadline",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    phases=[phase for phase in Phase if phase is not Phase.explain],
)
settings.load_profile("no deadline")


_LONG = ("faults", "integration", "notebooks", "ui")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    tests = Path(__file__).parent
    long = tuple(f"{tests / tier}{os.sep}" for tier in _LONG)
    items.sort(key=lambda item: not str(item.path).startswith(long))


@pytest.fixture(scope="session", autouse=True)
def _tests_are_no_modules_of_a_notebook() -> Iterator[None]:
    """What all test modules hold would else be read before and after each cell that is watched."""
    real, folder = ModuleWatch.local, f"{Path(__file__).parent}{os.sep}"

    def local(watch: ModuleWatch) -> list[str]:
        return [
            name
            for name in real(watch)
            if not str(getattr(sys.modules.get(name), "__file__", "")).startswith(folder)
        ]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ModuleWatch, "local", local)
        yield


@pytest.fixture(autouse=True)
def _tracking_uri_is_left_alone() -> Iterator[None]:
    before = os.environ.get("MLFLOW_TRACKING_URI")
    yield
    after = os.environ.get("MLFLOW_TRACKING_URI")
    assert after in {before, None}, f"this test leaves MLFLOW_TRACKING_URI={after!r} behind"
