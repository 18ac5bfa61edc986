"""What did a cell use and change beside the values of names? One object per kernel tells it.

The door to all other watches: files, the environment, modules, random numbers, options and what
nobody can observe. `start` just before the cell and `stop` just after it cost little; what is seen
is looked up when the cell is over. Nothing here decides: it tells facts, and what follows from
them is `pipeline.incremental`'s.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from .watch_ambient import process_state, wrap_exits
from .watch_asker import Origins
from .watch_beside import BesideWatch
from .watch_digests import Digests
from .watch_entropy import EntropyWatch
from .watch_environment import EnvironmentWatch, wrap_environment
from .watch_figures import OpenFigures
from .watch_files import FileWatch
from .watch_hook import EventHook
from .watch_imports import ImportHook
from .watch_lookups import wrap_lines, wrap_lookups
from .watch_mlflow import MlflowWatch
from .watch_module_state import ModuleStates, join_states
from .watch_modules import ModuleWatch
from .watch_native import NativeWatch
from .watch_option_libraries import library_domains
from .watch_option_python import (
    DecimalOptions,
    LocaleOptions,
    LoggingOptions,
    PathOptions,
    ProcessOptions,
    RepeatedPaths,
)
from .watch_options import OptionWatch
from .watch_outside import OutsideWatch
from .watch_paths import PathRules
from .watch_process import ProcessWatch
from .watch_random import RandomWatch
from .watch_seen import Seen
from .watch_shown_code import ShownCode
from .watch_traceback import wrap_tracebacks
from .watch_unheard import UnheardWatch
from .watch_warnings import WarningOptions
from .watch_wrapping import wrap_function

_AUTORELOAD = "IPython.extensions.deduperreload.deduperreload"
# What a cell asks that looks at the list of folders itself, where modules are looked for.
PATH = "path"
_getcwd = os.getcwd


class Watch:
    """What the cells of one kernel do beside binding names.

    Installs an audit hook, which no process can take away again, and wrappers, which `close` does.

    Parameters
    ----------
    root : str
        Folder of the project: paths in it are told relative to it.
    key : bytes
        For digests of environment variables; records hold only where it is the same.
    ignored : iterable of str, optional
        Folders whose files are nobody's data, such as those of the kernel's connection file.
    known_files : Mapping, optional
        Digests of files that were told before, as `Digests.table` has them.
    """

    def __init__(
        self,
        root: str,
        key: bytes,
        *,
        ignored: Iterable[str] = (),
        known_files: Mapping[str, Any] | None = None,
    ) -> None:
        self._rules = PathRules(root, ignored)
        self._depth = 0
        self._origins = Origins()
        self._files = FileWatch(self._rules, Digests(known_files), self._origins)
        self._hook = EventHook(self._files.listeners())
        folders = PathOptions(self._rules)
        self._modules = ModuleWatch(self._rules, self._origins, self._files, folders)
        self._states = ModuleStates()
        for name in self._modules.local():
            self._states.loaded(name)
        self._files.when_loaded = self._modules.opened
        self._outside = OutsideWatch(self._hook, self._origins)
        self._hook.listen(self._outside.listeners())
        self._imports = ImportHook(self._executed, self._missed)
        self._environment = EnvironmentWatch(
            key, is_heard=self._hook.is_heard, is_library=self._origins.is_library_module
        )
        self._random = RandomWatch(self._hook.is_heard)
        self._entropy = EntropyWatch(self._hook.is_heard, self._origins)
        self._process = ProcessWatch(self._hook, self._origins, os.environ)
        self._beside = BesideWatch(self._hook, self._origins)
        self._warnings = WarningOptions()
        self._repeated = RepeatedPaths(self._rules)
        self._options = OptionWatch(
            (
                *(self._warnings, self._warnings.shown),
                LoggingOptions(),
                LocaleOptions(),
                DecimalOptions(),
                *(folders, self._repeated),
                ProcessOptions(),
                OpenFigures(),
                *library_domains(),
            ),
            partial(join_states, self._states, process_state),
            is_heard=self._hook.is_heard,
            look_variables=self._environment.look_before,
        )
        self._options.install(self._imports)
        self._random.install(self._imports)
        self._entropy.install(self._imports)
        self._process.install(self._imports)
        self._outside.install(self._imports)
        self._native = NativeWatch(self._files, self._outside, self._hook)
        self._native.install(self._imports)
        self._unheard = UnheardWatch(self._files, self._origins)
        self._mlflow = MlflowWatch(self._hook.is_heard)
        self._mlflow.install(self._imports)
        self._undo: list[Callable[[], None]] = [
            self._imports.close,
            self._options.close,
            wrap_exits(self._hook.is_heard, self._origins.is_asked_by_library),
            self._random.close,
            self._entropy.close,
            self._process.close,
            self._outside.close,
            self._native.close,
            self._mlflow.close,
            wrap_lookups(self._files, self._hook),
            wrap_lines(self._files, self._hook),
            wrap_environment(self._environment),
        ]
        self._shown_code = ShownCode(self._hook)
        self._undo.append(self._shown_code.install())
        self._imports.when_loaded(_AUTORELOAD, self._attend_autoreload)
        self._imports.when_loaded(
            "IPython.core.interactiveshell", lambda m: self._undo.append(wrap_tracebacks(m))
        )

    def start(self, modules: Iterable[str] | None = None, machine: Iterable[str] = ()) -> None:
        """Begin to watch: a cell is about to run.

        Parameters
        ----------
        modules : iterable of str, optional
            Names of the modules that the cell's names lead to: modules themselves, and those of
            functions, classes and of the classes of values. None: any that notebooks loaded.
        machine : iterable of str, optional
            What the cell's text asks of the machine, and of `PATH`.
        """
        asked = set(machine)
        self._unheard.start()
        self._modules.start(modules)
        self._environment.start()
        self._random.start()
        self._entropy.start()
        self._process.start(asked - {PATH})
        self._outside.start()
        self._shown_code.start()
        self._options.start()
        if PATH in asked:
            self._repeated.read()
        self._folder = self._look_folder()
        self._hook.on()

    def note_lazy(self, values: Iterable[Any]) -> None:
        """Note the files of values that open them each time that they are asked."""
        self._native.note_lazy(values)

    def runs_beside(self) -> bool:
        """Return whether something of the notebook's runs beside the cell that is about to run, or
        ran on when the one before it had ended."""
        return self._beside.look()

    def left_running(self) -> bool:
        """Return whether something of the notebook's ran on when the last cell had ended."""
        return self._beside.is_left

    def take_images(self, take: Callable[[str], None]) -> Callable[[], Any]:
        """Call `take` with each file that is about to be written; return what ends that."""
        self._files.before_writing[own := object()] = take
        return partial(self._files.before_writing.pop, own, None)

    def stop(
        self,
        modules: Iterable[str] | None = None,
        code: str = "",
        names: Mapping[str, Any] = MappingProxyType({}),
    ) -> dict[str, Any]:
        """Return what the cell did; call it just after.

        Parameters
        ----------
        modules : iterable of str, optional
            As for `start`, after the cell.
        code : str, optional
            Of the cell, as Python.
        names : Mapping, optional
            The names of the notebook.

        Returns
        -------
        dict
            ``reads``, ``writes``, ``effects``, ``blockers`` and ``notes`` as `Seen` has them.
        """
        self._hook.off()
        seen = Seen()
        self._unheard.stop(self._modules.stop(modules, seen), code, names, seen)
        self._files.stop(seen)
        self._environment.stop(seen)
        self._random.stop(seen)
        self._entropy.stop(seen)
        self._process.stop(seen)
        self._outside.stop(seen)
        self._beside.stop(seen)
        self._shown_code.stop(seen)
        self._mlflow.stop(seen)
        self._options.stop(seen)
        self._tell_folder(seen)
        return seen.to_json()

    def digests(self, facts: Iterable[str]) -> dict[str, str | None]:
        """Return the digests of facts as they are now in this process."""
        return {fact: self._digest(fact) for fact in facts}

    def states(self) -> dict[str, str | None]:
        """Return the digests of all random states, all options and the working directory."""
        random = [f"random:{name}" for name in self._random.names()]
        options = [f"option:{name}" for name in self._options.names()]
        return self.digests([*random, *options, "folder:"])

    def capture(self) -> dict[str, dict[str, Any]]:
        """Return what `restore` needs to bring back random states and options as they are now."""
        return {**self._random.capture(), **self._options.capture()}

    def restore(self, effects: Mapping[str, Mapping[str, Any]]) -> list[str]:
        """Bring back what cells changed; return the facts for which that failed.

        Parameters
        ----------
        effects : Mapping of str to Mapping
            As `stop` told them, in this order. Files are the store's: they are returned.
        """
        failed = []
        for fact, effect in effects.items():
            kind, _, key = fact.partition(":")
            try:
                if kind == "environment":
                    self._environment.restore(key, effect)
                elif kind == "random":
                    self._random.restore(key, effect)
                elif kind == "folder":
                    os.chdir(self._rules.path(effect["path"]))
                elif kind == "import":
                    self._modules.bring(effect)
                elif kind != "option" or not self._options.restore(key, effect):
                    failed.append(fact)
            except Exception:  # what was stored is another version's, or damaged
                failed.append(fact)
        return failed

    def close(self) -> None:
        """Take away all wrappers."""
        self._hook.off()
        for undo in reversed(self._undo):
            undo()
        self._undo = []

    def _executed(self, name: str, spec: Any, is_done: bool) -> None:
        """Hear of a module that is about to be executed, or was."""
        is_heard = not is_done and self._hook.is_heard()
        is_library = isinstance(spec.origin, str) and self._origins.is_library_file(spec.origin)
        with self._hook.deaf():
            if not is_done:
                self._modules.executed(name, spec, is_heard=is_heard, is_library=is_library)
            elif self._modules.is_local(name):
                self._states.loaded(name)
            if is_library:
                self._import_library(is_done=is_done)
            else:
                self._random.executing(name, is_done=is_done)

    def _missed(self, name: str, path: Any) -> None:
        """Hear of a module that is not there."""
        if self._hook.is_heard():
            with self._hook.deaf():
                self._modules.missed(name, path)

    def _import_library(self, *, is_done: bool) -> None:
        """Tell the outermost of the libraries that import each other from what a cell does."""
        self._depth -= is_done
        if self._depth == 0:
            self._warnings.importing(is_done=is_done)
            self._random.importing(is_done=is_done)
        self._depth += not is_done

    def _attend_autoreload(self, module: Any) -> None:
        """Hear of modules that IPython brings up to date without executing them again."""

        def around(original: Callable[..., Any], *given: Any) -> Any:
            is_patched = original(*given)
            if is_patched:
                self._modules.patched(given[-1])
                self._states.loaded(given[-1].__name__)
            return is_patched

        place = module.DeduperReloader
        self._undo.append(wrap_function(place, "maybe_reload_module", around))

    def _look_folder(self) -> str:
        folder = _getcwd()
        return self._rules.key(folder) or folder

    def _tell_folder(self, seen: Seen) -> None:
        seen.read("folder:", self._folder)
        if (now := self._look_folder()) != self._folder:
            seen.write("folder:", now, {"path": now})

    def _digest(self, fact: str) -> str | None:
        kind, _, key = fact.partition(":")
        if kind == "file":
            return self._files.look(key)
        if kind == "environment":
            return self._environment.look(key)
        if kind == "random":
            return self._random.look(key)
        if kind == "option":
            return self._options.look(key)
        if kind == "machine":
            return self._process.look(key)
        if kind == "folder":
            return self._look_folder()
        if kind == "lines":  # of a cell that may have been edited since
            return None
        return self._modules.look(kind, key)
