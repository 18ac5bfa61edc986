"""What does a runner send into a kernel? The session's modules as one text that needs no package.

Executed in any kernel, the text makes the package ``_mlops_nb_session`` in ``sys.modules`` (unless
it is there) and binds nothing else. Afterwards::

    import _mlops_nb_session; _mlops_nb_session.install_headless(get_ipython(), handover_dir="…")
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

# In the order of their imports.
MODULES = (
    "metric_values",
    "observation",
    "handover",
    "stage_line",
    "alarm",
    "stage_cell",
    "session",
    "headless",
)

_LOADER = """
def _mlops_nb_load(sources):
    import linecache, sys, types
    if "_mlops_nb_session" in sys.modules:
        return
    package = types.ModuleType("_mlops_nb_session", "The session of mlops_nb in this kernel.")
    package.__path__ = []
    sys.modules["_mlops_nb_session"] = package
    for name, source in sources:
        module = types.ModuleType("_mlops_nb_session." + name)
        module.__package__ = "_mlops_nb_session"
        path = "<mlops_nb session: " + name + ">"
        linecache.cache[path] = (len(source), None, source.splitlines(True), path)
        sys.modules[module.__name__] = module
        setattr(package, name, module)
        exec(compile(source, path, "exec"), module.__dict__)
    package.current = None
    package.install = package.session.install
    package.install_headless = package.headless.install_headless
_mlops_nb_load({sources!r})
del _mlops_nb_load
"""


@cache
def session_source() -> str:
    """Return the text to execute in a kernel."""
    folder = Path(__file__).parent
    sources = [(name, (folder / f"{name}.py").read_text("utf-8")) for name in MODULES]
    return _LOADER.replace("{sources!r}", repr(sources))
