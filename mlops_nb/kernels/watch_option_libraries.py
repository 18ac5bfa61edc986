"""Which options of libraries do all cells share, and who reads them?

pandas, matplotlib and numpy's printing tell when they are asked; of the rest every cell is taken to
depend on what is not as the library has it.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

from .watch_figures import choose_backend, tell_backend
from .watch_option_pandas import PandasAccessors, PandasOptions, ToldItems
from .watch_option_shell import ShellOptions
from .watch_options import Domain, read_value, tell_value

Undo = Callable[[], None]
# From who asks matplotlib whether it is interactive down to its options.
_MOST_FRAMES = 5


class MatplotlibOptions(Domain):
    """What in ``rcParams`` is not matplotlib's default, by settings files, styles or code."""

    name = "matplotlib"
    module = "matplotlib"
    is_heard = True
    # The front end's choice, as long as the notebook does not choose (`watch_figures`).
    _FRONT_END = frozenset({"backend", "backend_fallback", "interactive", "toolbar"})

    def attach(self, module: Any, is_on: Callable[[], bool]) -> Undo:
        """Begin to hear of readings."""
        self._matplotlib = module
        kind, originals = module.RcParams, {}
        # Where there is `_get`, all that is asked for goes through it.
        for name in ("_get" if "_get" in vars(kind) else "__getitem__", "__iter__"):
            originals[name] = original = vars(kind)[name]

            def ask(params: Any, *keys: Any, original: Any = original) -> Any:
                if not self.was_read and is_on() and not _is_asked_after_each_cell(keys):
                    self.read()
                return original(params, *keys)

            setattr(kind, name, ask)

        def undo() -> None:
            for name, original in originals.items():
                setattr(kind, name, original)

        return undo

    def state(self) -> dict[str, Any]:
        """Return what is not the default."""
        default, found = self._matplotlib.rcParamsDefault, {}
        for key, value in dict.items(self._matplotlib.rcParams):
            if key not in self._FRONT_END and value != dict.get(default, key):
                found[key] = self._tell(value)
        return {**found, **tell_backend(self._matplotlib)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Set what was not the default; all else to it."""
        params, default = self._matplotlib.rcParams, self._matplotlib.rcParamsDefault
        choose_backend(self._matplotlib, state)
        for key in self.state():
            if key not in state and key not in self._FRONT_END:
                params[key] = dict.get(default, key)
        for key, told in state.items():
            if key in self._FRONT_END:
                continue
            is_cycle = isinstance(told, dict) and "cycle" in told
            params[key] = self._cycle(told["cycle"]) if is_cycle else read_value(told)

    @staticmethod
    def _tell(value: Any) -> Any:
        if hasattr(value, "by_key"):
            told = {key: tell_value(list(rows)) for key, rows in value.by_key().items()}
            return {"cycle": told}
        return tell_value(value)

    @staticmethod
    def _cycle(told: Mapping[str, Any]) -> Any:
        return sys.modules["cycler"].cycler(**{key: read_value(rows) for key, rows in told.items()})


def _is_asked_after_each_cell(keys: tuple[Any, ...]) -> bool:
    """Return whether pyplot asks, as it does after each cell, if figures are to be drawn now, and
    has none open."""
    frame: Any = sys._getframe(2) if keys == ("interactive",) else None
    for _ in range(_MOST_FRAMES):
        if frame is None:
            break
        if frame.f_code.co_name == "_draw_all_if_interactive":
            return not sys.modules["matplotlib._pylab_helpers"].Gcf.figs
        frame = frame.f_back
    return False


class ColorOptions(Domain):
    """Which colours matplotlib's names stand for: seaborn gives its own to ``"b"`` and the like."""

    name = "matplotlib.colors"
    module = "matplotlib.colors"
    is_heard = True

    def attach(self, module: Any, is_on: Callable[[], bool]) -> Undo:
        """Begin to hear of colours that are looked up."""
        self._colors = colors = module.get_named_colors_mapping()
        self._first = dict(colors)
        if not hasattr(colors, "cache"):
            self.is_heard = False
            return lambda: None
        told = ToldItems(colors.cache)
        told.when_read = lambda: self.read() if is_on() else None
        colors.cache = told

        def undo() -> None:
            colors.cache = dict(told)

        return undo

    def state(self) -> dict[str, Any]:
        """Return the colours that are not as they were at first; None for those taken away."""
        if self._colors == self._first:
            return {}
        names = self._colors.keys() | self._first.keys()
        now = {name: self._colors.get(name) for name in names}
        return {n: tell_value(v) for n, v in now.items() if v != self._first.get(n)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Set them; all others as they were at first."""
        chosen = {**self._first, **{name: _read_color(told) for name, told in state.items()}}
        for name in self._colors.keys() | chosen.keys():
            if chosen.get(name) is None:
                del self._colors[name]
            elif self._colors.get(name) != chosen[name]:
                self._colors[name] = chosen[name]


def _read_color(told: Any) -> Any:
    value = read_value(told)
    return tuple(value) if isinstance(value, list) else value


class AskedOptions(Domain):
    """Options that a library tells whole and takes whole.

    Parameters
    ----------
    name, module : str
    tell : callable
        Given the module, returns options by name.
    set : callable
        Given the module and options by name.
    defaults : Mapping, optional
        As they are at first; without, as they are when the library is loaded.
    variables : str, optional
        Pattern of the environment's variables that hold them, too.
    """

    def __init__(
        self,
        name: str,
        module: str,
        *,
        tell: Callable[[Any], Mapping[str, Any]],
        set: Callable[[Any, dict[str, Any]], Any],
        defaults: Mapping[str, Any] | None = None,
        variables: str = "",
    ) -> None:
        super().__init__()
        self.name, self.module, self.variables = name, module, variables
        self._tell, self._set = tell, set
        self._defaults = defaults

    def attach(self, module: Any, is_on: Callable[[], bool]) -> Undo:
        """Take them as they are, unless it is known how they are at first."""
        self._module = module
        now = self._tell(module)
        self._first = {**now, **{k: v for k, v in (self._defaults or {}).items() if k in now}}
        return lambda: None

    def state(self) -> dict[str, Any]:
        """Return what is not as it was at first."""
        now = self._tell(self._module)
        return {n: tell_value(v) for n, v in now.items() if v != self._first.get(n)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Set all of them."""
        chosen = {name: read_value(told) for name, told in state.items()}
        self._set(self._module, {**self._first, **chosen})


_NUMPY_ERRORS = {
    "divide": "warn",
    "over": "warn",
    "under": "ignore",
    "invalid": "warn",
    "call": None,
}
_NUMPY_PRINTING = {
    "edgeitems": 3, "threshold": 1000, "floatmode": "maxprec", "precision": 8, "suppress": False,
    "linewidth": 75, "nanstr": "nan", "infstr": "inf", "sign": "-", "formatter": None,
    "override_repr": None, "legacy": False,
}  # fmt: skip


def library_domains() -> tuple[Domain, ...]:
    """Return the domains of all libraries that are known."""
    return (
        *(PandasOptions(g) for g in ("display", "compute", "mode", "future", "styler", "plotting",
                                     "io")),
        PandasAccessors(),
        MatplotlibOptions(),
        ColorOptions(),
        ShellOptions(),
        AskedOptions(
            "numpy.printing", "numpy", defaults=_NUMPY_PRINTING,
            tell=lambda numpy: numpy.get_printoptions(),
            set=lambda numpy, chosen: numpy.set_printoptions(**chosen),
        ),
        AskedOptions(
            "numpy.errors", "numpy", defaults=_NUMPY_ERRORS,
            tell=lambda numpy: {**numpy.geterr(), "call": numpy.geterrcall()},
            set=_set_numpy_errors,
        ),
        AskedOptions(
            "sklearn", "sklearn",
            tell=lambda sklearn: sklearn.get_config(),
            set=lambda sklearn, chosen: sklearn.set_config(**chosen),
        ),
        AskedOptions(
            "xarray", "xarray",
            tell=lambda xarray: xarray.get_options(),
            set=lambda xarray, chosen: xarray.set_options(**chosen),
        ),
        AskedOptions(
            "polars", "polars", variables="POLARS_*",
            tell=lambda polars: _flat(json.loads(polars.Config.save())),
            set=lambda polars, chosen: polars.Config.load(json.dumps(_nested(chosen))),
        ),
        AskedOptions("torch", "torch", tell=_tell_torch, set=_set_torch),
    )  # fmt: skip


def _set_numpy_errors(numpy: Any, chosen: dict[str, Any]) -> None:
    numpy.seterrcall(chosen.pop("call"))
    numpy.seterr(**chosen)


def _tell_torch(torch: Any) -> dict[str, Any]:
    return {
        "dtype": str(torch.get_default_dtype()).partition(".")[2],
        "threads": torch.get_num_threads(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "precision": torch.get_float32_matmul_precision(),
        "gradients": torch.is_grad_enabled(),
    }


def _set_torch(torch: Any, chosen: dict[str, Any]) -> None:
    torch.set_default_dtype(getattr(torch, chosen["dtype"]))
    torch.set_num_threads(chosen["threads"])
    torch.use_deterministic_algorithms(chosen["deterministic"])
    torch.set_float32_matmul_precision(chosen["precision"])
    torch.set_grad_enabled(chosen["gradients"])


def _flat(nested: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{group} {n}": v for group, found in nested.items() for n, v in found.items()}


def _nested(flat: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for name, value in flat.items():
        group, _, rest = name.partition(" ")
        found.setdefault(group, {})[rest] = value
    return found
