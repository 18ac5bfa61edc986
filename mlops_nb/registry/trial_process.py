"""What does a packaged model do in a process that knows nothing else? The fresh process.

Started by `trials`, in an empty directory: nothing helps a model that is not in its package or
installed. What models are served with (MLflow, their library) is imported once; each package is
then loaded in a copy of this process, so that no package's code, state or memory meets another's.
Where processes cannot be copied there is one package per process.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from mlops_nb.garbage import collect_seldom
from mlops_nb.registry.scoring_process import try_package

CAN_COPY = sys.platform == "linux"


def main() -> None:
    """Carry out the orders in the file named on the command line, one after the other.

    The number of each is printed when it begins; what came of it is in the files it names:
    ``result``, or ``ended`` with the code of a process that left none, and ``errors``.
    """
    collect_seldom()
    orders = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    import_libraries([Path(order["package"]) for order in orders])
    for number, order in enumerate(orders):
        print(number, file=out, flush=True)
        if not CAN_COPY:
            _carry_out(order)
            continue
        code = _copied(order)
        if code:
            Path(order["ended"]).write_text(str(code), encoding="utf-8")


def import_libraries(packages: Sequence[Path]) -> None:
    """Import what loads these packages, as far as it is installed: that is not their loading."""
    import mlflow.pyfunc  # noqa: F401  # what everybody loads models by

    for name in dict.fromkeys(name for package in packages for name in _libraries(package)):
        with suppress(Exception):  # loading tells what is missing
            importlib.import_module(name)


def _libraries(package: Path) -> list[str]:
    """Return the modules that a package's description names, but for those that it ships."""
    import yaml

    from mlops_nb.packaging.metadata import read_metadata

    about = read_metadata(package)
    shipped = {Path(name).stem for name in about["code"]} | {"__main__"}
    flavours = yaml.safe_load((package / "MLmodel").read_text(encoding="utf-8"))["flavors"]
    names = [
        flavours.get("python_function", {}).get("loader_module", ""),
        about["class"].rpartition(".")[0],
        "skops.io" if about["serialization"]["format"] == "skops" else "",
    ]
    return [name for name in names if name and name.partition(".")[0] not in shipped]


def _copied(order: Mapping[str, Any]) -> int:
    """Carry out an order in a copy of this process, and return how that ended: 0, a code, or the
    negative number of a signal."""
    with warnings.catch_warnings():
        # Threads of native libraries are idle here; those that know of copies start anew.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status)
    code = 1
    try:
        signal.alarm(max(1, round(order["timeout_s"])))
        _carry_out(order)
        code = 0
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else 1
    finally:
        os._exit(code)


def _carry_out(order: Mapping[str, Any]) -> None:
    errors = os.open(order["errors"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for stream in (1, 2):  # what the model prints is no answer of ours
        os.dup2(errors, stream)

    def note(found: Mapping[str, Any]) -> None:
        whole = Path(order["result"]).with_suffix(".partial")
        whole.write_text(json.dumps(found), encoding="utf-8")
        whole.replace(order["result"])

    try_package(order, note)
