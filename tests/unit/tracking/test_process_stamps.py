"""A stamp names one process for good."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_nb.tracking.processes import ProcessStamp, has_vanished, read_stamp, stamp_process


def test_a_living_process_has_not_vanished():
    assert not has_vanished(stamp_process(os.getpid()))


def test_a_process_that_ended_has_vanished():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    stamp = stamp_process(child.pid)
    assert not has_vanished(stamp)
    child.communicate(b"\n")

    assert has_vanished(stamp)


@pytest.mark.parametrize("field", ["boot", "started"])
def test_another_process_with_the_same_number_is_not_taken_for_it(field):
    stamp = dataclasses.replace(stamp_process(), **{field: "other"})

    assert has_vanished(stamp)


def test_a_process_on_another_host_is_taken_to_be_alive():
    assert not has_vanished(dataclasses.replace(stamp_process(), host="elsewhere", started="1"))


@given(st.integers(min_value=0), st.sampled_from(["", "b-1"]), st.sampled_from(["", "12.5"]))
def test_what_is_written_is_read_back(pid, boot, started):
    stamp = ProcessStamp(host="h", boot=boot, pid=pid, started=started)

    assert read_stamp(str(stamp)) == stamp


@pytest.mark.parametrize("text", ["", "h|b|x|1", "h|b|1", "h|b|1|2|3"])
def test_any_other_text_is_no_stamp(text):
    assert read_stamp(text) is None
