"""What could not be written is kept, and read back as it was."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_nb.pipeline.records import RunId
from mlops_nb.tracking.entries import FinishEntry, RunEntry, StageEntry
from mlops_nb.tracking.pending import ENTRIES_FILE, keep_pending, read_pending, write_pending
from mlops_nb.tracking.processes import stamp_process

RUN = RunEntry(experiment="e", name="churn 03-01 12:00", started_ms=1, params={"lr": "0.1"})
STAGE = StageEntry(
    name="train",
    status="FINISHED",
    started_ms=1,
    ended_ms=2,
    tags={"mlops_nb.stage": "train"},
    measured=(("stage/seconds", 0.5, 0),),
    shared=(("loss", 1.0, 0), ("loss", 0.5, 1)),
)
points = st.tuples(st.text(), st.floats(allow_nan=False), st.integers())


class FakeWriter:
    """Takes entries until `fails_at`."""

    tracking_uri = "sqlite:///x"

    def __init__(self, run_id=None, *, fails_at=99):
        self.run_id = run_id
        self.entries = []
        self._fails_at = fails_at

    def write(self, entry):
        if len(self.entries) == self._fails_at:
            raise OSError("down")
        self.entries.append(entry)
        self.run_id = self.run_id or "new"


def test_entries_and_files_are_read_back_as_they_were(tmp_path):
    log = tmp_path / "a.txt"
    log.write_text("hello")
    finish = FinishEntry(
        status="FINISHED", ended_ms=3, files={"deep/a.txt": str(log), "gone": "/nonexistent"}
    )

    folder = keep_pending(tmp_path, [RUN, STAGE, finish], tracking_uri="u", run_id=RunId("r"))
    log.unlink()
    uri, run_id, (run, stage, end) = read_pending(folder)

    assert (uri, run_id) == ("u", "r")
    assert (run, stage) == (RUN, STAGE)
    assert isinstance(end, FinishEntry)
    assert (folder / end.files["deep/a.txt"]).read_text() == "hello"
    assert "gone" not in end.files


@given(st.lists(points, max_size=5), st.dictionaries(st.text(), st.text(), max_size=3))
def test_reading_undoes_writing(tmp_path_factory, shared, tags):
    entry = StageEntry(
        name="s", status="FAILED", started_ms=0, ended_ms=1, shared=tuple(shared), tags=tags
    )
    folder = keep_pending(
        tmp_path_factory.mktemp("record"), [RUN, entry], tracking_uri="u", run_id=None
    )

    assert read_pending(folder)[2] == (RUN, entry)


def test_pending_records_are_written_once_and_removed(tmp_path):
    keep_pending(tmp_path, [RUN, STAGE], tracking_uri="sqlite:///x", run_id=None)
    writers = []

    def make(run_id):
        writers.append(FakeWriter(run_id))
        return writers[-1]

    assert write_pending(tmp_path, tracking_uri="sqlite:///x", make_writer=make) == (1, 0)
    assert write_pending(tmp_path, tracking_uri="sqlite:///x", make_writer=make) == (0, 0)
    assert [writer.entries for writer in writers] == [[RUN, STAGE]]


def test_a_second_failure_doubles_nothing(tmp_path):
    keep_pending(tmp_path, [RUN, STAGE, STAGE], tracking_uri="sqlite:///x", run_id=None)
    first = FakeWriter(fails_at=2)
    write_pending(tmp_path, tracking_uri="sqlite:///x", make_writer=lambda _: first)
    continued = []

    def go_on(run_id):
        continued.append(FakeWriter(run_id))
        return continued[-1]

    assert write_pending(tmp_path, tracking_uri="sqlite:///x", make_writer=go_on) == (1, 0)
    assert continued[0].run_id == "new"
    assert continued[0].entries == [RUN, STAGE]  # the opening again, which makes no second run


def test_records_for_another_store_stay(tmp_path):
    keep_pending(tmp_path, [RUN], tracking_uri="http://elsewhere", run_id=None)

    found = write_pending(tmp_path, tracking_uri="sqlite:///x", make_writer=FakeWriter)

    assert found == (0, 1)


def test_records_of_another_format_stay(tmp_path):
    folder = keep_pending(tmp_path, [RUN], tracking_uri="sqlite:///x", run_id=None)
    file = folder / ENTRIES_FILE
    lines = file.read_text().splitlines()
    file.write_text("\n".join([json.dumps({**json.loads(lines[0]), "schema": 2}), *lines[1:]]))

    assert write_pending(tmp_path, tracking_uri="sqlite:///x", make_writer=FakeWriter) == (0, 1)
    with pytest.raises(ValueError, match="format 2"):
        read_pending(folder)


def test_what_another_process_is_still_writing_is_left_to_it_until_it_is_gone(tmp_path):
    mine, gone = stamp_process(), replace(stamp_process(), started="long ago")
    uri, writers = FakeWriter.tracking_uri, []

    def make_writer(run_id):
        writers.append(FakeWriter(run_id))
        return writers[-1]

    for owner in (mine, gone):
        keep_pending(tmp_path, [RUN, STAGE], tracking_uri=uri, run_id=None, owner=owner)

    assert write_pending(tmp_path, tracking_uri=uri, make_writer=make_writer) == (1, 0)
    assert len(writers) == 1
    assert len(list((tmp_path / "pending").glob("[!.]*"))) == 1
