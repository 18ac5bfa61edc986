"""Which files may a library have opened in native code that no wrapper tells of?

What Python opens makes an event, and of the functions in `watch_readers` wrappers tell. Any other
library may open files that nobody hears of: those that the cell names. Where a cell calls such a
library, itself or by functions of the notebook and of local modules, each file that there is by a
text in this code, by a path that its names hold, or in a folder that it listed, counts as read. One
that changed meanwhile may be the cell's own product, or somebody else's: then the cell is not
restored. All that makes a cell run once too often, not too rarely.

Limits. Names of files that come from tables, from other files and from attributes of libraries'
objects; programs that the library starts are told by `watch_outside`.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import glob
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from .watch_asker import Origins
from .watch_files import READING, FileWatch
from .watch_named_files import NamedFiles
from .watch_seen import Seen

# Open files in Python, by wrapped functions, or none.
HEARD = (READING - {"cv2", "h5py", "PIL", "polars", "pyarrow", "duckdb"}) | frozenset({
    "IPython", "ipykernel", "ipywidgets", "mlflow", "mlops_nb", "sklearn", "matplotlib", "seaborn",
    "mpl_toolkits", "plotly", "bokeh", "altair", "statsmodels", "patsy", "networkx", "sympy",
    "tqdm", "requests", "httpx", "urllib3", "yaml", "toml", "tomli", "tomlkit", "dotenv", "click",
    "rich", "dateutil", "pytz", "tzdata", "six", "cycler", "packaging", "typing_extensions",
    "pydantic", "pydantic_core", "attr", "attrs", "jinja2", "markupsafe", "bs4", "soupsieve",
    "tabulate", "loguru", "numexpr", "bottleneck", "numba", "llvmlite", "threadpoolctl",
    "cloudpickle", "dill", "nltk", "missingno", "folium", "branca", "shap", "lime",
    "optuna", "imblearn", "mlxtend", "category_encoders", "lifelines", "umap", "hdbscan", "pandera",
    "torch", "sqlalchemy", "boto3", "botocore", "s3fs", "gcsfs", "traitlets", "pytest",
})  # fmt: skip
_CLOCK = getattr(time, "CLOCK_REALTIME_COARSE", None)
_MAX_LISTED = 10_000
_REMEDY = "Name them with --deps."


class UnheardWatch:
    """The files that libraries of one process may open where nobody hears of it.

    Parameters
    ----------
    files : FileWatch
    origins : Origins
    """

    def __init__(self, files: FileWatch, origins: Origins) -> None:
        self._files = files
        self._origins = origins
        self._since = 0

    def start(self) -> None:
        """Begin a cell."""
        self._since = _now()

    def stop(
        self, libraries: Iterable[str], code: str, names: Mapping[str, Any], seen: Seen
    ) -> None:
        """Tell what may have been read and written; call it before `FileWatch.stop`.

        Parameters
        ----------
        libraries : iterable of str
            First parts of the names of installed modules that the cell used.
        code : str
            Of the cell, as Python.
        names : Mapping
            The names of the notebook.
        seen : Seen
        """
        unheard = frozenset(libraries) - HEARD
        if not unheard or not code:
            return
        named = NamedFiles(unheard, names, self._origins)
        named.look(code)
        if not named.is_called:
            return
        listed = list(islice(self._listed(), _MAX_LISTED + 1))
        for path in (*named.files(), *listed):
            self._tell(path, seen)
        if named.is_cut or len(listed) > _MAX_LISTED:
            told = "names more files than are looked at, for a library that nobody hears"
            seen.block("reader", told, _REMEDY)

    def _tell(self, path: str, seen: Seen) -> None:
        if path.endswith((".ipynb", ".py", ".pyc")) or self._files.is_written(path):
            return
        try:
            changed = os.stat(path).st_ctime_ns  # noqa: PTH116 - texts
        except (OSError, ValueError):
            return
        if changed > self._since:
            told = f"may have written '{path}' in native code, where nobody hears of it"
            seen.block("reader", told, "Name it with --produces.")
        self._files.read(path)

    def _listed(self) -> Iterator[str]:
        """Yield the files of the folders that the cell listed."""
        for folder in self._files.listed():
            pattern = os.path.join(glob.escape(folder), "*")  # noqa: PTH118
            yield from filter(os.path.isfile, glob.iglob(pattern))  # noqa: PTH207


def _now() -> int:
    """Return the time as files are stamped with it, in nanoseconds."""
    return time.time_ns() if _CLOCK is None else time.clock_gettime_ns(_CLOCK)
