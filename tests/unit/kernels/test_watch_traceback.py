"""Errors look as if nothing had been wrapped."""

from __future__ import annotations

import os
import traceback
from pathlib import Path

from mlops_nb.kernels.watch import Watch
from mlops_nb.kernels.watch_traceback import hide_own_frames


def test_our_frames_are_taken_out_of_an_error_and_of_those_behind_it(tmp_path: Path) -> None:
    watch = Watch(str(tmp_path), b"key")
    try:
        watch.start()
        try:
            os.stat(tmp_path / "none")  # noqa: PTH116
        except OSError as error:
            raise ValueError("no number") from error
    except ValueError as error:
        before = "".join(traceback.format_exception(error))
        hide_own_frames(error)
        after = "".join(traceback.format_exception(error))
    finally:
        watch.stop()
        watch.close()
    assert "watch_lookups.py" in before
    assert "watch_lookups.py" not in after
    assert "FileNotFoundError" in after
    assert before.count(__file__) == after.count(__file__)


def test_an_error_that_is_its_own_context_ends() -> None:
    error = ValueError()
    error.__cause__ = error
    hide_own_frames(error)
    hide_own_frames(None)
