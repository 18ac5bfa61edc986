"""What cannot be written is told with what mends it."""

from __future__ import annotations

import errno

import pytest

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
