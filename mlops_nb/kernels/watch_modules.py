"""Which local modules and libraries does a cell use, and in which version?

A local module is one that its author still edits: beside the notebook, on the path, or a project
installed for editing. It is known by its file and by its source as it was *loaded*. Where the file
says something else by now, the cell used what is nowhere any more, and is not to be kept.

A cell uses the modules that its names lead to, those that are executed while it runs, and what the
local ones among these import. The first two are told by whoever knows the names.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import importlib
import os
import sys
import types
import uuid
from collections.abc import Iterable, Iterator, Mapping
from importlib.util import source_from_cache
from typing import Any

from .watch_asker import Origins
from .watch_files import FileWatch
from .watch_option_python import PathOptions
from .watch_packages import distribution_version
from .watch_paths import PathRules
from .watch_requirements import Packages
from .watch_seen import Seen
from .watch_sources import digest_source, imported_names

_OURS = ("mlops_nb", "_mlops_nb_session")
# Imports what others ask it for.
_MACHINERY = "importlib"
_getcwd = os.getcwd
_SOURCES = (".py", ".so", ".pyd", ".ipynb", ".dylib")


class ModuleWatch:
    """The modules of one process.

    Parameters
    ----------
    rules : PathRules
    origins : Origins
    files : FileWatch
        Knows which files are not there.
    folders : PathOptions
        Where modules are looked for.
    """

    def __init__(
        self, rules: PathRules, origins: Origins, files: FileWatch, folders: PathOptions
    ) -> None:
        self._rules, self._folders = rules, folders
        self._origins = origins
        self._files = files
        self._packages = Packages()
        self._loaded: dict[str, tuple[str, str | None]] = {}
        self._given: set[str] | None = set()
        self._executed: list[str] = []
        self._asked_for: dict[str, dict[str, Any]] = {}
        self._asked_tops: set[str] = set()
        self._missed: dict[str, str | None] = {}
        self._begun_in = ""
        self._of_cells: set[str] = set()
        self._own = frozenset(sys.modules)
        for name, module in list(sys.modules.items()):
            self._take(name, getattr(module, "__spec__", None), is_late=True)

    def executed(self, name: str, spec: Any, *, is_heard: bool, is_library: bool) -> None:
        """Hear of a module that is about to be executed, whether by a cell, and whether it is an
        installed library's."""
        if not is_library:
            self._take(name, spec)
        self._executed.append(name)
        asker = self._origins.asker(but=_MACHINERY) if is_heard else None
        if asker is not None and not asker[1]:
            self._asked_tops.add(name.partition(".")[0])
            if asker[0] == "__main__":
                self._asked_for[name] = self._place()

    def opened(self, path: str) -> None:
        """Hear of a source that is loaded, and take it for a file if that is no import."""
        if path.endswith(".pyc"):
            if sys.pycache_prefix is None and self._origins.is_library_file(path):
                return  # then so is its source
            try:
                path = source_from_cache(path)
            except ValueError:  # not beside a source
                return
        if not self._origins.is_library_file(path) and all(
            path != known for known, _ in self._loaded.values()
        ):
            self._files.read(path)

    def missed(self, name: str, path: Any) -> None:
        """Hear of a module that is looked for and not there, and where it could have been."""
        asker = self._origins.asker(but=_MACHINERY)
        if asker is None or asker[1]:
            return
        top, _, last = name.rpartition(".")
        for folder in sys.path if path is None else path:
            full = os.path.abspath(folder or ".")  # noqa: PTH100
            if self._origins.is_library_file(os.path.join(full, "x")):  # noqa: PTH118
                continue
            for candidate in (f"{last}.py", last):
                key = self._rules.key(os.path.join(full, candidate))  # noqa: PTH118
                if key is not None:
                    self._missed[f"file:{key}?"] = self._files.look(f"{key}?")
        if not top:
            self._missed[f"package:{name}?"] = distribution_version(f"{name}?")

    def patched(self, module: Any) -> None:
        """Hear that somebody brought a loaded module up to its file (``%autoreload``)."""
        self._take(module.__name__, getattr(module, "__spec__", None))

    def start(self, modules: Iterable[str] | None) -> None:
        """Forget the cell before; `modules` are those that its names lead to, None: any."""
        self._given = None if modules is None else set(modules)
        self._executed, self._asked_for, self._asked_tops = [], {}, set()
        self._missed, self._begun_in = {}, _look_folder()

    def stop(self, modules: Iterable[str] | None, seen: Seen) -> set[str]:
        """Tell what the cell used, and return the installed libraries among it by the first parts
        of their names; `modules` are those that names lead to now."""
        given: set[str] | None = None
        if self._given is not None and modules is not None:
            given = self._given | set(modules)
        names = (set(sys.modules) - self._own if given is None else given) | set(self._executed)
        used = self._closure(names)
        for name in sorted(used & self._loaded.keys()):
            self._tell_source(name, seen)
        tops = {name.partition(".")[0] for name in used if self._is_installed(name)}
        for package, version in self._packages.used(tops).items():
            seen.read(f"package:{package}", version)
        self._tell_imports(given, seen)
        self._tell_shadows(seen)
        for fact, digest in self._missed.items():
            seen.read(fact, digest)
        return tops

    def bring(self, effect: Mapping[str, Any]) -> None:
        """Import what a cell imported that does not run, from the folders where it looked: another
        module of that name may stand in those of now."""
        before, folder = list(sys.path), _look_folder()
        try:
            if effect.get("folder"):
                os.chdir(self._rules.path(effect["folder"]))
            if effect.get("folders"):
                self._folders.restore(effect["folders"])
            importlib.import_module(effect["module"])
        finally:
            sys.path[:] = before
            if effect.get("folder"):
                os.chdir(folder)

    def look(self, kind: str, key: str) -> str | None:
        """Return the digest of a fact ``module``, ``package`` or ``import`` in this process.

        A local module that is not loaded has the source that would be loaded.
        """
        if kind == "package":
            return distribution_version(key)
        if kind == "import":
            return "loaded" if key in self._of_cells else None
        if kind != "module":
            return None
        loaded = self.sources()
        return loaded[key] if key in loaded else digest_source(self._rules.path(key))

    def local(self) -> list[str]:
        """Return the local modules that are loaded."""
        return list(self._loaded)

    def is_local(self, name: str) -> bool:
        """Return whether a loaded module is one that its author still edits."""
        return name in self._loaded

    def sources(self) -> dict[str, str | None]:
        """Return the digests of all local modules as they were loaded, by file."""
        return {self._key(path): digest for path, digest in self._loaded.values()}

    # --------------------------------------------------------------------------------------------

    def _take(self, name: str, spec: Any, *, is_late: bool = False) -> None:
        """Take down the source of a local module before it is executed."""
        path = getattr(spec, "origin", None)
        if name.partition(".")[0] in _OURS or name == "__main__" or not isinstance(path, str):
            return
        if not path.endswith(_SOURCES) or self._origins.is_library_file(path):
            return
        digest = digest_source(path)
        if is_late and not _is_older_than_process(path):
            digest = f"unknown:{uuid.uuid4().hex}"
        self._loaded[name] = (path, digest)

    def _tell_source(self, name: str, seen: Seen) -> None:
        path, digest = self._loaded[name]
        key = self._key(path)
        seen.read(f"module:{key}", digest)
        if digest_source(path) != digest:
            seen.block(
                "module",
                f"used module '{key}' as it was loaded, and the file is another by now",
                "Restart the kernel, or reload the module.",
            )

    def _tell_imports(self, given: set[str] | None, seen: Seen) -> None:
        """Tell which modules the notebook imported, for cells that reach them as attributes."""
        for name in sorted(self._of_cells):
            parent = name.rpartition(".")[0]
            while given is not None and parent:
                if parent in given:
                    seen.read(f"import:{name}", "loaded")
                parent = parent.rpartition(".")[0]
        for name, place in self._asked_for.items():
            if name in sys.modules and name.partition(".")[0] not in _OURS:
                self._of_cells.add(name)
                seen.write(f"import:{name}", "loaded", {"module": name, **place})

    def _place(self) -> dict[str, Any]:
        """Return where modules are looked for now, if not where they were before all cells, and in
        which folder, if not in the one where the cell began: as `bring` takes it."""
        folder, folders = _look_folder(), self._folders.state()
        moved = {} if folder == self._begun_in else {"folder": self._rules.key(folder) or folder}
        return {**moved, **({"folders": folders} if folders else {})}

    def _tell_shadows(self, seen: Seen) -> None:
        """Tell which files are not there that would have been imported instead."""
        for top in sorted(self._asked_tops):
            file = _file_of(sys.modules.get(top))
            if file is None or top in _OURS:
                continue
            folders = [os.path.abspath(folder or ".") for folder in sys.path]  # noqa: PTH100
            for full in folders:
                is_here = os.path.abspath(file) in _candidates(full, top, file)  # noqa: PTH100
                is_last = is_here and not self._is_space(top)
                is_library = self._origins.is_library_file(os.path.join(full, "x"))  # noqa: PTH118
                if is_last and (is_library or os.path.basename(file) != f"{top}.py"):  # noqa: PTH119
                    break
                if is_library:
                    continue
                # Beside a module stands what goes before it: a package.
                others = (f"{top}/__init__.py", f"{top}.py")[: 1 if is_last else 2]
                for candidate in others:
                    key = self._rules.key(os.path.join(full, candidate))  # noqa: PTH118
                    if key is not None:
                        seen.read(f"file:{key}?", self._files.look(f"{key}?"))
                if is_here:
                    break

    def _closure(self, names: Iterable[str]) -> set[str]:
        """Return modules and all that local ones among them lead to."""
        todo, found = [(name, True) for name in names], set[tuple[str, bool]]()
        while todo:
            name, is_whole = todo.pop()
            if {(name, True), (name, is_whole)} & found or name not in sys.modules:
                continue
            found.add((name, is_whole))
            parent = name.rpartition(".")[0]
            todo += [(parent, False)] if parent else []
            if name in self._loaded or self._is_space(name):
                todo += self._led_to(name, is_whole=is_whole)
        return {name for name, _ in found}

    def _led_to(self, name: str, *, is_whole: bool) -> Iterator[tuple[str, bool]]:
        module = sys.modules[name]
        path = self._loaded.get(name, ("", None))[0]
        if path.endswith(".py"):
            package = str(getattr(module, "__package__", None) or "")
            yield from imported_names(path, package)
        for value in list(vars(module).values()):
            if isinstance(value, types.ModuleType):
                inner = str(getattr(value, "__name__", ""))
                if is_whole or not inner.startswith(f"{name}."):
                    yield inner, True
            elif isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType)):
                yield str(value.__module__), False

    @staticmethod
    def _is_space(name: str) -> bool:
        """Return whether a module is a namespace package, which has parts and no source."""
        module = sys.modules[name]
        return hasattr(module, "__path__") and getattr(module, "__file__", None) is None

    def _is_installed(self, name: str) -> bool:
        file = _file_of(sys.modules.get(name.partition(".")[0]))
        return file is not None and self._origins.is_installed_file(file)

    def _key(self, path: str) -> str:
        return self._rules.key(path) or path


def _look_folder() -> str:
    try:
        return _getcwd()
    except OSError:  # somebody removed it
        return ""


def _candidates(folder: str, top: str, file: str) -> tuple[str, ...]:
    """Return where a top-level module found in `folder` would have `file`."""
    name = os.path.basename(file)  # noqa: PTH119
    return tuple(os.path.join(folder, *way) for way in ((name,), (top, name), (top,)))  # noqa: PTH118


def _file_of(module: Any) -> str | None:
    # Some libraries make up every attribute that they are asked for.
    space = getattr(module, "__dict__", {})
    file, path = space.get("__file__"), space.get("__path__", ())
    if isinstance(file, str):
        return file
    try:
        return next((part for part in path if isinstance(part, str)), None)
    except TypeError:
        return None


def _is_older_than_process(path: str) -> bool:
    """Return whether a file was not changed since this process began, as far as can be told."""
    try:
        with open("/proc/self/stat", encoding="ascii", errors="replace") as file:  # noqa: PTH123
            ticks = int(file.read().rpartition(")")[2].split()[19])
        with open("/proc/uptime", encoding="ascii") as file:  # noqa: PTH123
            uptime = float(file.read().split()[0])
        import time

        began = time.time() - uptime + ticks / os.sysconf("SC_CLK_TCK")
        return os.stat(path).st_mtime < began  # noqa: PTH116
    except (OSError, ValueError, IndexError):
        return False
