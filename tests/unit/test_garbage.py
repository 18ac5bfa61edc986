"""Our own processes spend their time on other things than looking for garbage."""

import gc
from collections.abc import Iterator

import pytest

from mlops_nb import cli


@pytest.fixture(autouse=True)
def _threshold() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def test_the_command_line_looks_for_garbage_seldom(capsys: pytest.CaptureFixture[str]) -> None:
    gc.set_threshold(700, 10, 10)
    with pytest.raises(SystemExit):
        cli.main(["--version"])
    assert gc.isenabled()
    assert gc.get_threshold()[0] >= 10_000
