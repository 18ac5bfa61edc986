"""What cannot be written is told with what mends it."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any

import pytest

from mlops_nb.errors import InputError
from mlops_nb.execution.destination import Destination


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOTDIR, "'/srv/runs' is no folder, nor can it be made: choose another place."),
        (errno.ENOENT, "'/srv/runs' is no folder, nor can it be made: choose another place."),
        (errno.EROFS, "Make the place writable, or choose another."),
        (errno.EACCES, "Make the place writable, or choose another."),
        (errno.ENOSPC, "Free the disk or choose another place for it."),
    ],
    ids=lambda value: errno.errorcode.get(value, "") if isinstance(value, int) else "",
)
def test_the_remedy_fits_what_is_wrong(number: int, remedy: str) -> None:
    fault = Destination("/srv/runs/out.ipynb").fault(OSError(number, "why"))
    assert (fault.code, fault.remedy) == ("MNB421", remedy)
    assert fault.fault == "the executed notebook cannot be written: why."


def test_a_link_that_leads_to_itself_is_no_place(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").symlink_to("b.ipynb")
    (tmp_path / "b.ipynb").symlink_to("a.ipynb")
    with pytest.raises(InputError, match=r"MNB111 .*a link that leads to itself"):
        Destination(str(tmp_path / "a.ipynb")).check("nb.ipynb")


def _notebook(*cells: dict[str, Any], **metadata: Any) -> str:
    made = [{"cell_type": "code", "source": "1", "outputs": [], "metadata": {}, **c} for c in cells]
    return json.dumps({"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("data.csv", "a,b\n1,2\n"),
        ("params.yaml", "rate: 0.1\n"),
        ("settings.json", '{"cells": 5}'),
        ("model.bin", "\x80\x04"),
        ("other.ipynb", _notebook({})),
        ("other.ipynb", _notebook({"execution_count": 1})),
    ],
)
def test_what_no_run_wrote_is_not_written_over(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="latin-1")
    with pytest.raises(InputError, match="MNB114") as caught:
        Destination(str(path)).check("nb.ipynb")
    assert "no run wrote" in caught.value.fault
    assert path.read_text(encoding="latin-1") == content


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("out.ipynb", ""),
        ("out.csv", ""),
        ("out.ipynb", '{"cells": [{"cell_'),  # left by a writer that was killed
        ("out.ipynb", "old"),
        ("out.ipynb", _notebook()),
        ("out", _notebook({}, papermill={})),
        ("out.ipynb", _notebook({}, mlops_nb={"run": {}})),
        ("out.ipynb", _notebook({"metadata": {"papermill": {"status": "completed"}}})),
        ("out.ipynb", _notebook({"metadata": {"execution": {"iopub.status.busy": ""}}})),
    ],
)
def test_what_was_executed_before_is_written_over(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    Destination(str(path)).check("nb.ipynb")
