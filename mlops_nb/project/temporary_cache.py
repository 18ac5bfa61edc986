"""Where do values lie on their way between kernels, and between the runs that `verify` compares?

In a store of one run's own, which goes with it: nothing is read from the project's cache, and
nothing is left there.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from mlops_nb.artifacts.store import Store
from mlops_nb.errors import InfrastructureError
from mlops_nb.execution.isolation import IsolationRule
from mlops_nb.execution.kept import KeptResults
from mlops_nb.execution.runcells import CacheRequest
from mlops_nb.pipeline.incremental.tasks import CacheMode
from mlops_nb.project.cache import is_gone
from mlops_nb.tracking.processes import stamp_process

# The folder goes with the run, so nothing in it is removed before.
_NO_CAP_BYTES = 1 << 60


class TemporaryResults(KeptResults):
    """A store whose folder is removed when it is closed.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        stamp = str(stamp_process())
        store = Store(
            folder, stamp=stamp, has_vanished=is_gone, cap_bytes=_NO_CAP_BYTES, fsync=False
        )
        super().__init__(store, stamp=stamp)

    def close(self) -> None:
        """Let the store go, with all that is in it."""
        super().close()
        shutil.rmtree(self._folder, ignore_errors=True)


def open_temporary(
    *, root: Path, mode: CacheMode, notebook: str, key: bytes | None = None, **how: Any
) -> CacheRequest:
    """Return a request for a store of one's own; its `kept` is to be closed.

    Parameters
    ----------
    root : Path
        Folder of the project.
    mode : {"stages", "all"}
    notebook : str
    key : bytes, optional
        For digests of environment variables; one of its own by default, so that those of two
        requests are comparable only where it is given.
    **how
        What else a `CacheRequest` holds.

    Raises
    ------
    InfrastructureError
        MNB433 there is no place for it.
    """
    try:
        folder = Path(tempfile.mkdtemp(prefix="mnb-"))
    except OSError as error:
        raise InfrastructureError(
            "MNB433",
            tempfile.gettempdir(),
            f"values cannot be kept from kernel to kernel: {error.strerror}.",
            "Make room there, or set TMPDIR to a folder that has some.",
        ) from error
    return CacheRequest(
        kept=TemporaryResults(folder),
        mode=mode,
        root=root,
        key=secrets.token_bytes(32) if key is None else key,
        place={"notebook": notebook},
        **how,
    )


def isolate_stages(cache: CacheRequest | None, *, root: Path, notebook: str) -> CacheRequest:
    """Return `cache` for a run whose stages have a kernel each: where nothing is to be kept, in a
    store that goes with the run."""
    if cache is None:
        cache = open_temporary(root=root, mode="stages", notebook=notebook, restores=False)
    return replace(cache, isolation=IsolationRule())
