"""What is there after a run? Executed as the last cell of a notebook: prints all names with values,
types, shared objects and shared memory, and the states of the process that later cells would see.

Written without any of our fingerprints, which are what is on trial.
"""

import decimal
import hashlib
import locale
import logging
import os
import sys
import types
import warnings

_HIDDEN = {"In", "Out", "exit", "quit", "get_ipython", "open", "states"}


def states(space):
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    print("state folder", os.getcwd().endswith("sub"))  # noqa: PTH109 - as text
    print("state colour", os.environ.get("LAW_COLOUR"))
    print("state limit", sys.getrecursionlimit())
    print("state decimal", decimal.getcontext().prec)
    print("state logging", logging.getLogger("law").level)
    print("state warnings", [f[:2] for f in warnings.filters if f[0] == "ignore" and not f[1]][:3])
    print("state locale", locale.setlocale(locale.LC_ALL))
    print("state builtins", getattr(sys.modules["builtins"], "law", None))
    print("state math", getattr(sys.modules.get("math"), "law", None))
    print("state path", [p for p in sys.path if p.startswith("more")])
    near = sys.modules.get("near")
    print("state near", "near" in space and getattr(near, "NAME", None))
    print("state mode", os.environ.get("LAW_MODE"))
    for name in ("settings", "files", "model", "late"):
        module = sys.modules.get(f"steps.{name}")
        if "steps" in space and module is not None:
            held = {k: v for k, v in vars(module).items() if not k.startswith("__")}
            plain = {k: v for k, v in held.items() if isinstance(v, (int, str, list, dict))}
            print(f"state {name}", sorted(plain.items()))
    if "Mean" in space:
        print("state made", getattr(space["Mean"], "made", None))
    if numpy is not None and "np" in space:
        print("state numpy", numpy.get_printoptions()["precision"], numpy.geterr())
    if pandas is not None and "pd" in space:
        print("state pandas", pandas.options.display.max_rows, pandas.options.display.precision)
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None and "plt" in space:
        print("state matplotlib", pyplot.rcParams["lines.linewidth"], pyplot.get_fignums())
    sklearn = sys.modules.get("sklearn")
    if sklearn is not None and any(n in space for n in ("StandardScaler", "set_config")):
        print("state sklearn", sklearn.get_config()["transform_output"])


def _tell_all(space):
    ids, shown = {}, []

    def tell(value, depth=0):
        """Return a text of a value; objects that can change have numbers, so that sharing shows."""
        kind = type(value).__name__
        if isinstance(value, (bool, int, float, complex, str, bytes, type(None), range)):
            return repr(value)
        if isinstance(value, types.ModuleType):
            return f"module {value.__name__}"
        if id(value) in ids:
            return f"#{ids[id(value)]}"
        if not isinstance(value, (tuple, frozenset)):
            ids[id(value)] = len(ids)
            shown.append(value)
            kind += f"#{ids[id(value)]}"
        if depth > 12:
            return kind
        return f"{kind} {parts(value, depth + 1)}"

    def parts(value, depth):
        numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
        if isinstance(value, dict):
            return [(tell(k, depth), tell(v, depth)) for k, v in value.items()]
        if isinstance(value, (list, tuple)):
            return [tell(v, depth) for v in value]
        if isinstance(value, (set, frozenset)):
            return sorted(tell(v, depth) for v in value)
        if numpy is not None and isinstance(value, numpy.ndarray):
            flags = (value.flags.c_contiguous, value.flags.writeable)
            listed = value.tolist() if value.size < 10**4 else hash(value.tobytes())
            return (str(value.dtype), value.shape, flags, listed)
        if pandas is not None and isinstance(value, (pandas.DataFrame, pandas.Series)):
            types_of = value.dtypes.to_dict() if value.ndim == 2 else value.dtype
            names = (value.index.name, list(value.columns) if value.ndim == 2 else value.name)
            return (str(types_of), names, value.attrs, value.to_csv())
        if type(value).__name__.endswith("GroupBy"):  # without what it keeps for itself
            return (tell(value.obj, depth), value.size().to_csv())
        if numpy is not None and isinstance(value, numpy.random.Generator):
            return repr(value.bit_generator.state)
        if numpy is not None and isinstance(value, numpy.random.RandomState):
            return repr(value.get_state(legacy=False))
        if isinstance(value, types.FunctionType):
            return function(value, depth)
        if isinstance(value, type):
            own = {k: v for k, v in vars(value).items() if not k.startswith("__")}
            return (value.__module__, [(k, tell(v, depth)) for k, v in sorted(own.items())])
        reduced = getattr(value, "__dict__", None)
        if hasattr(value, "gi_frame") or type(value).__name__.endswith("iterator"):
            return "iterator"
        if isinstance(reduced, dict):
            return [(k, tell(v, depth)) for k, v in sorted(reduced.items())]
        return "?"

    def function(value, depth):
        code = value.__code__
        cells = [tell(c.cell_contents, depth) for c in value.__closure__ or ()]
        consts = [repr(c) for c in code.co_consts if not isinstance(c, types.CodeType)]
        kept = tell(value.__defaults__, depth)
        digest = hashlib.sha256(code.co_code).hexdigest()[:8]
        return (value.__qualname__, digest, consts, code.co_names, cells, kept)

    for name in sorted(space):
        if name.startswith("_") or name in _HIDDEN:
            continue
        print(f"name {name} =", tell(space[name]))
    numpy = sys.modules.get("numpy")
    arrays = [v for v in shown if numpy is not None and isinstance(v, numpy.ndarray)]
    for i, one in enumerate(arrays):
        for j, other in enumerate(arrays[:i]):
            if numpy.shares_memory(one, other):
                print("arrays", i, j, "share memory")
    states(space)


_tell_all(globals())
