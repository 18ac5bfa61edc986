"""What holds for every test: laws are checked without a clock, since machines are noisy; a closed
terminal ends processes, also where the tests were started to outlive theirs; where MLflow writes is
set by no test for the next one."""

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings

signal.signal(signal.SIGHUP, signal.SIG_DFL)

# What decides whether a change lands draws the same examples every time; elsewhere they are new.
settings.register_profile("no deadline", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("no deadline")


@pytest.fixture(autouse=True)
def _tracking_uri_is_left_alone() -> Iterator[None]:
    before = os.environ.get("MLFLOW_TRACKING_URI")
    yield
    after = os.environ.get("MLFLOW_TRACKING_URI")
    assert after in {before, None}, f"this test leaves MLFLOW_TRACKING_URI={after!r} behind"
