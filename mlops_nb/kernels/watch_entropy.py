"""Did a cell take random numbers that no seed repeats, and did they matter?

`os.urandom` is at the bottom of `secrets`, `uuid4`, `random.SystemRandom` and of every generator of
numpy that is made without a seed. What notebook code and local modules ask for counts. Of what a
library asks for, only seeds of generators count: bytes and ids are names of temporary files, of
messages and of HTML elements. Libraries that make generators to draw names (`_NAMERS`) and what
happens while a library is imported do not count.

Limits. Generators that are seeded in native code (``torch.Generator().seed()``, SQL functions) are
not seen; of polars' draws those without a seed count, and of those with a generator that nobody can
ask for its state all (`_HIDDEN`).

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import os
import random
import sys
import uuid
from collections.abc import Callable
from typing import Any

from .watch_asker import Origins
from .watch_imports import ImportHook
from .watch_seen import Seen
from .watch_wrapping import Undo, wrap_function

# Draw from a generator of their own in native code, however it was seeded.
_HIDDEN = {
    "cv2": ("randu", "randn", "randShuffle", "kmeans"),
    "tensorflow.python.framework.random_seed": ("get_seed",),
}
_PASSING = frozenset({"random", "secrets", "uuid", "os"})
_NAMERS = frozenset({
    "tempfile", "multiprocessing", "joblib", "concurrent", "asyncio", "zmq", "jupyter_client",
    "ipykernel", "IPython", "traitlets", "tornado", "comm", "mlflow", "dask", "distributed",
    "matplotlib", "requests", "urllib3", "http", "email", "ssl", "aiohttp", "httpx", "fsspec",
    "s3fs", "gcsfs", "botocore", "boto3", "google", "azure", "sqlalchemy", "shutil", "logging",
    "tqdm", "rich", "werkzeug", "debugpy", "ipywidgets", "ray", "grpc",
})  # fmt: skip
# Makes generators whose state is set in the next moment: copies, and what was pickled.
_COPYING = "numpy.random._pickle"
_REMEDY = "Give it a seed; or restore the cell with --cache."


class EntropyWatch:
    """What the cells of one process take from the system's randomness.

    Parameters
    ----------
    is_heard : callable
        Whether what this thread does now counts to a cell.
    origins : Origins
    """

    def __init__(self, is_heard: Callable[[], bool], origins: Origins) -> None:
        self._is_heard = is_heard
        self._origins = origins
        self._causes: dict[tuple[str, int, int], int] = {}
        self._undo: list[Undo] = []

    def install(self, imports: ImportHook) -> None:
        """Wrap what gives entropy."""
        imports.when_loaded("numpy.random._mt19937", self._attend_seeding)
        imports.when_loaded("polars", self._attend_polars)
        for module in _HIDDEN:
            imports.when_loaded(module, self._attend_hidden)
        bottoms = ((os, "urandom"), (random, "_urandom"), (os, "getrandom"), (uuid, "uuid1"))
        self._undo += [wrap_function(place, name, self._around) for place, name in bottoms]
        original = random.Random.seed

        def seed(generator: Any, a: Any = None, version: int = 2) -> None:
            if a is None and generator is not random._inst:
                self._asked(is_seed=True)
            original(generator, a, version)

        seed.__doc__ = original.__doc__
        seed.__module__, seed.__qualname__ = "random", "Random.seed"
        random.Random.seed = seed  # type: ignore[assignment, method-assign]

        def undo() -> None:
            random.Random.seed = original  # type: ignore[method-assign]

        self._undo.append(undo)

    def start(self) -> None:
        """Forget the cell before."""
        self._causes = {}

    def stop(self, seen: Seen) -> None:
        """Tell what the cell did."""
        for cause, _, _ in self._causes:
            seen.block("entropy", cause, _REMEDY)

    def close(self) -> None:
        """Take away all wrappers."""
        for undo in reversed(self._undo):
            undo()

    def _around(self, original: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        self._asked()
        return original(*arguments, **options)

    def _asked(self, *, is_seed: bool = False) -> None:
        if not self._is_heard():
            return
        way: list[str] = []
        for module, frame, is_library in self._origins.stack(3):
            if module in _PASSING:
                way.append(module)
                continue
            # Generators of numpy ask `random` from native code, without a frame of their own.
            is_seed = is_seed or way == ["random"]
            if is_library and not self._counts(module, is_seed=is_seed):
                return
            told = f"made a generator without a seed in {module}" if is_library else _tell(way)
            place = (told, id(frame), frame.f_lasti)
            self._causes[place] = self._causes.get(place, 0) + 1
            return

    def _attend_seeding(self, module: Any) -> None:
        """Learn when `RandomState` is given a seed.

        It takes entropy first in any case. A seed that is not None then goes through
        `operator.index`, in the same call of the same code.
        """
        self._undo.append(_replace(module, "operator", _Operator(module.operator, self._seeded)))

    def _attend_polars(self, module: Any) -> None:
        """Learn of draws that polars makes in native code, which ask nobody for entropy."""

        def around(original: Callable[..., Any], *given: Any, **options: Any) -> Any:
            is_seeded = options.get("seed") is not None or (
                original.__name__ == "shuffle" and len(given) > 1 and given[1] is not None
            )
            if self._is_heard() and not is_seeded:
                self._causes["drew random numbers in polars without a seed", 0, 0] = 1
            return original(*given, **options)

        for kind in ("Series", "DataFrame", "Expr"):
            place = getattr(module, kind, None)
            for name in ("shuffle", "sample"):
                if place is not None and name in vars(place):
                    home = vars(place)[name].__module__
                    self._undo.append(wrap_function(place, name, around))
                    vars(place)[name].__module__ = home
                    vars(place)[name].__qualname__ = f"{kind}.{name}"

    def _attend_hidden(self, module: Any) -> None:
        """Learn of draws whose generator cannot be brought back."""
        library = module.__name__.partition(".")[0]

        def around(original: Callable[..., Any], *given: Any, **options: Any) -> Any:
            if self._is_heard():
                self._causes[f"drew from {library}'s own generator, which nobody sees", 0, 0] = 1
            return original(*given, **options)

        for name in _HIDDEN[module.__name__]:
            self._undo.append(wrap_function(module, name, around))

    def _seeded(self) -> None:
        frame = sys._getframe(2)
        for told, ident, place in self._causes:
            if (ident, place) == (id(frame), frame.f_lasti):
                self._causes[told, ident, place] -= 1
                if not self._causes[told, ident, place]:
                    del self._causes[told, ident, place]
                return

    def _counts(self, module: str, *, is_seed: bool) -> bool:
        """Return whether what a library asks for can be in a result."""
        is_named = module.partition(".")[0] in _NAMERS or module == _COPYING
        return is_seed and not is_named and not self._origins.is_importing(3)


class _Operator:
    """The module `operator` as one module of numpy sees it: `index` tells that it was called."""

    def __init__(self, original: Any, tell: Callable[[], None]) -> None:
        self._original = original
        self._tell = tell

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)

    def index(self, number: Any) -> Any:
        """Return `operator.index` of `number`."""
        self._tell()
        return self._original.index(number)


def _replace(place: Any, name: str, value: Any) -> Undo:
    original = getattr(place, name)
    setattr(place, name, value)
    return lambda: setattr(place, name, original)


def _tell(way: list[str]) -> str:
    if "uuid" in way:
        return "made a random identifier (uuid)"
    if "secrets" in way or not way:
        return "took random bytes from the system"
    return "took a random seed from the system: a generator without a seed"
