"""Where do temporary files of a run go, so that none is left however the run ends?

Into one folder with a guardian of its own. MLflow, nbconvert and the process that packages models
ask `tempfile` for a place, so this changes the process's answer: for a process that is ours alone
(the command line). Kernels keep the place that the user's environment names.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from mlops_nb.kernels.guardian import dismiss, set_guardian

_lasting: list[str] = []


@contextlib.contextmanager
def guarded_temporaries(*, is_own_process: bool) -> Iterator[None]:
    """Keep this process's temporary files in a folder that goes with the block, or the process."""
    if not is_own_process:
        yield
        return
    try:
        # A short name: the paths of a kernel's sockets lie in it, and may have some 100 bytes.
        folder = tempfile.mkdtemp(prefix="mnb-")
    except OSError:  # told by the kernel, which needs a folder more than we do
        yield
        return
    _lasting.append(tempfile.gettempdir())
    before, tempfile.tempdir = tempfile.tempdir, folder
    guardian = set_guardian(Path(folder))
    try:
        yield
    finally:
        tempfile.tempdir = before
        _lasting.pop()
        if guardian is not None:
            dismiss(guardian)
        shutil.rmtree(folder, ignore_errors=True)


def lasting_folder() -> Path:
    """Return the folder for temporary files that are to outlive the run."""
    return Path(_lasting[-1] if _lasting else tempfile.gettempdir())
