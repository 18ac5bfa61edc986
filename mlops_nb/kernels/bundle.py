"""How do the session's modules come into a kernel? From its own mlops_nb, or from one text.

A kernel with this version of mlops_nb imports them, compiled already. Any other is sent their
sources in a second text, and loads each when it is first needed, as
``_mlops_nb_session.kernels.session`` and so on: standard library and IPython only, relative
imports, Python 3.9. Executed in any kernel, the text makes the module ``_mlops_nb_session`` (unless
it is there, or has no sources that the kernel lacks) and binds nothing else. Afterwards::

    import _mlops_nb_session; _mlops_nb_session.install_headless(get_ipython(), handover_dir="…")
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from functools import cache
from pathlib import Path

from mlops_nb.version import __version__

PACKAGE = "_mlops_nb_session"

# What a kernel needs in any case, and to watch cells; all that these import goes with them.
_ENTRIES = ("kernels.session", "kernels.headless")
_WATCHING = ("kernels.cell_watch",)
_IMPORT = re.compile(r"^\s*from (\.\.?)([\w.]+) import ", re.MULTILINE)

_LOADER = """
def _mlops_nb_load(version, packed):
    import sys
    if "_mlops_nb_session" in sys.modules:
        return
    import importlib, importlib.abc, importlib.machinery, types
    from importlib import metadata
    package = types.ModuleType("_mlops_nb_session", "The session of mlops_nb in this kernel.")
    package.__path__ = []
    package.current = None
    sys.modules["_mlops_nb_session"] = package
    try:
        assert metadata.version("mlops-nb") == version
        session = importlib.import_module("mlops_nb.kernels.session")
        headless = importlib.import_module("mlops_nb.kernels.headless")
    except Exception:
        if not packed:
            del sys.modules["_mlops_nb_session"]
            return
        import base64, json, zlib
        sources = json.loads(zlib.decompress(base64.b85decode(packed)))

        class Sources(importlib.abc.MetaPathFinder, importlib.abc.ExecutionLoader):
            def find_spec(self, name, path=None, target=None):
                if name in sources:
                    spec = importlib.machinery.ModuleSpec(
                        name, self, origin=self.get_filename(name), is_package=self.is_package(name)
                    )
                    spec.has_location = True
                    return spec

            def is_package(self, name):
                return name.count(".") == 1

            def get_source(self, name):
                return sources[name]

            def get_filename(self, name):
                return name.replace(".", "/") + ".py"

        sys.meta_path.insert(0, Sources())
        session = importlib.import_module("_mlops_nb_session.kernels.session")
        headless = importlib.import_module("_mlops_nb_session.kernels.headless")
    package.session = session
    package.install = session.install
    package.install_headless = headless.install_headless

    def watch_cells(config):
        home = session.__name__.rpartition(".")[0]
        module = importlib.import_module(home + ".cell_watch")
        module.watch_cells(package.current, config)

    package.watch_cells = watch_cells
_mlops_nb_load({version!r}, {packed!r})
del _mlops_nb_load
"""


@cache
def session_source(*, watches: bool = False, has_sources: bool = True) -> str:
    """Return the text to execute in a kernel, which `watches` its cells or does not.

    Without sources it does nothing in a kernel that lacks this version of mlops_nb. They take some
    50 ms to pack, and as long to read, so they are sent to a kernel that was found to lack them.
    """
    packed = ""
    if has_sources:
        content = json.dumps(module_sources(watches=watches))
        packed = base64.b85encode(zlib.compress(content.encode("utf-8"))).decode("ascii")
    text = _LOADER.replace("{version!r}", repr(__version__))
    return text.replace("{packed!r}", repr(packed))


def module_sources(*, watches: bool) -> dict[str, str]:
    """Return the sources that are sent, by the full names their modules have in a kernel."""
    folder = Path(__file__).parent.parent
    sources = {f"{PACKAGE}.{package}": "" for package in ("kernels", "artifacts")}
    todo = [*_ENTRIES, *(_WATCHING if watches else ())]
    while todo:
        module = todo.pop()
        name = f"{PACKAGE}.{module}"
        if name in sources:
            continue
        sources[name] = (folder / f"{module.replace('.', '/')}.py").read_text("utf-8")
        home = module.partition(".")[0]
        for dots, imported in _IMPORT.findall(sources[name]):
            todo.append(f"{home}.{imported}" if dots == "." else imported)
    return sources
