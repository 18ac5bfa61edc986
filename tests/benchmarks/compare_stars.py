"""Which names of star imports does the analysis know? Compared with what Python really binds.

Run it by hand: ``python tests/benchmarks/compare_stars.py [MODULE…]``. Each module is imported in a
process of its own. Missing names matter, except modules that are only there because something else
has imported them; names too many are what cannot be told without running the module.
"""

from __future__ import annotations

import subprocess
import sys
import time

from mlops_nb.notebook.stars import star_names

MODULES = """
typing numpy numpy.random numpy.linalg numpy.ma pylab matplotlib.pylab matplotlib.pyplot math cmath
tkinter tkinter.ttk turtle os os.path random itertools functools collections time datetime decimal
fractions statistics string re socket threading multiprocessing ctypes scipy scipy.stats
scipy.special scipy.linalg scipy.optimize scipy.signal scipy.integrate scipy.interpolate
scipy.sparse scipy.spatial scipy.fft scipy.ndimage sklearn sklearn.metrics sklearn.preprocessing
sklearn.linear_model sklearn.datasets pandas ipywidgets IPython.display PIL.Image tqdm xgboost
lightgbm dataclasses enum pathlib json csv unittest logging operator polars pydantic sympy networkx
"""
_BOUND = """
import sys
space = {}
exec("from " + sys.argv[1] + " import *", space)
print("bound:", *sorted(name for name in space if name != "__builtins__"))
"""


def really_bound(module: str) -> set[str] | None:
    """Return what a star import binds, None if the module cannot be imported."""
    command = [sys.executable, "-W", "ignore", "-c", _BOUND, module]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    _, found, names = done.stdout.rpartition("bound:")
    return set(names.split()) if found and done.returncode == 0 else None


def main(modules: list[str]) -> None:
    """Print a line for each module that can be imported, and how many are known whole."""
    n_known = n_whole = n_all = 0
    for module in modules:
        bound = really_bound(module)
        if bound is None:
            continue
        started = time.process_time()
        found = star_names(module)
        seconds = time.process_time() - started
        n_all += 1
        if found is None:
            print(f"{module:28} unknown    of {len(bound):4}  {seconds:.2f} s")
            continue
        missing, more = sorted(bound - found), len(found - bound)
        n_known += 1
        n_whole += not missing
        print(
            f"{module:28} {len(bound):4} bound, {len(missing):3} missing, {more:3} too many  "
            f"{seconds:.2f} s  {' '.join(missing[:6])}"
        )
    print(f"{n_all} modules: {n_known} known, {n_whole} of them without a missing name")


if __name__ == "__main__":
    main(sys.argv[1:] or MODULES.split())
