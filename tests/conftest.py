"""What holds for every test: laws are checked without a clock, since machines are noisy; a closed
terminal ends processes, also where the tests were started to outlive theirs; where MLflow writes is
set by no test for the next one; long files come first, so that no process waits for another;
libraries compute on one thread, since several of them on a busy processor wait for each other by
turning round. Every process of tests collects them all, so that collecting is cheap: examples are
looked for where there are some, and nbformat loads without the grammar that it never needs; what
was collected is no garbage, and is not searched for some; garbage is looked for seldom, and told
of at the end."""

import gc
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

from mlops_nb.artifacts import codec_local
from mlops_nb.garbage import collect_seldom
from mlops_nb.kernels.watch_modules import ModuleWatch
from mlops_nb.notebook.light_import import without_grammar

collect_seldom()
with without_grammar():
    import nbformat  # noqa: F401

signal.signal(signal.SIGHUP, signal.SIG_DFL)
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

# What decides whether a change lands draws the same examples every time; elsewhere they are new.
# Explaining a failure traces every line of a run of the code under test: minutes, for a law.
settings.register_profile(
    "no deadline",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=bool(os.environ.get("CI") or os.environ.get("MLOPS_NB_SAME_EXAMPLES")),
    phases=[phase for phase in Phase if phase is not Phase.explain],
)
settings.load_profile("no deadline")


# Files of minutes first. Among the units the linters are, which take as long as a package's.
_LONG = ("ui/", "notebooks/", "faults/", "integration/", "unit/test_house.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    tests = Path(__file__).parent
    long = [f"{tests}{os.sep}{place}" for place in _LONG]

    def rank(item: pytest.Item) -> int:
        path = str(item.path)
        return next((n for n, place in enumerate(long) if path.startswith(place)), len(long))

    items.sort(key=rank)


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    gc.collect()  # what is wrong with the garbage of the last tests is told now
    gc.freeze()  # pytest collects five times more, through all that there is


class ExamplesOnly:
    """Modules without examples are not imported to look for some."""

    @pytest.hookimpl(wrapper=True)
    def pytest_collect_file(self, file_path: Path) -> Iterator[Any]:
        found = yield
        if file_path.suffix != ".py" or ">>> " in file_path.read_text(encoding="utf-8"):
            return found
        return [one for one in found if type(one).__name__ != "DoctestModule"]


def pytest_configure(config: pytest.Config) -> None:
    # Not a hook of this file, which would be asked for what lies beside it only.
    config.pluginmanager.register(ExamplesOnly())


@pytest.fixture(scope="session", autouse=True)
def _tests_are_no_modules_of_a_notebook() -> Iterator[None]:
    """What all test modules hold would else be read before and after each cell that is watched,
    and could not be stored."""
    real, beside = ModuleWatch.local, codec_local.is_beside_notebook
    folder = f"{Path(__file__).parent}{os.sep}"

    def is_test(name: str) -> bool:
        return str(getattr(sys.modules.get(name), "__file__", "")).startswith(folder)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ModuleWatch, "local", lambda self: [n for n in real(self) if not is_test(n)])
        patch.setattr(codec_local, "is_beside_notebook", lambda n: beside(n) and not is_test(n))
        yield


@pytest.fixture(autouse=True)
def _tracking_uri_is_left_alone() -> Iterator[None]:
    before = os.environ.get("MLFLOW_TRACKING_URI")
    yield
    after = os.environ.get("MLFLOW_TRACKING_URI")
    assert after in {before, None}, f"this test leaves MLFLOW_TRACKING_URI={after!r} behind"
