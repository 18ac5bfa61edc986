"""What does a kernel tell the runner of each cell, and what is it given before one?

Around a cell the values of its names and all else it uses are watched (`artifacts.changes`,
`watch`); what it left is stored, and one report goes to the runner, which decides what to make of
it. Before a cell the kernel is supplied: names dropped, values brought back, random states and
options set. Cells are watched when the runner asks for it with the message; nothing is decided
here.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..artifacts.blob_folder import BlobFolder
from ..artifacts.changes import ValueWatch
from ..artifacts.codec_classes import ask_for_subclasses
from ..artifacts.fingerprint_caches import count_calls
from ..artifacts.fingerprint_origin import is_library, module_name
from ..artifacts.slot_names import leaving_no_slot_names
from .before_images import BeforeImages
from .cell_secrets import Secrets
from .cell_snapshot import StageSnapshot
from .cell_values import CellValues
from .cell_versions import tell_version
from .shown_values import ShownValues
from .watch import Watch
from .watch_homes import class_home
from .watch_left_open import is_logged_to
from .watch_seen import AMBIENT

Send = Callable[[str, Mapping[str, Any]], None]


class CellWatch:
    """The watch over the cells of one kernel.

    Parameters
    ----------
    shell : InteractiveShell
    send : callable
        ``send(kind, content)`` tells the runner.
    root : str
        Folder of the project.
    store : str
        Folder of the store.
    stamp : str
        Of the process whose pins keep what is stored here.
    key : str
        For digests of environment variables, hexadecimal.
    secrets : sequence of str
        Environment variables whose values are in nothing that is told or stored.

    Attributes
    ----------
    facts : Watch
    names : ValueWatch
    values : CellValues
    """

    def __init__(
        self,
        shell: Any,
        *,
        send: Send,
        root: str,
        store: str,
        stamp: str,
        key: str,
        secrets: Sequence[str] = (),
    ) -> None:
        self.secrets = Secrets(secrets, bytes.fromhex(key))
        blobs = BlobFolder(Path(store), stamp=stamp, fsync=False)
        blobs.refuse = self.secrets if self.secrets else None
        self._shell = shell
        self._send = send
        self.facts = Watch(root, bytes.fromhex(key), ignored=_private_folders())
        self.names = ValueWatch(shell.user_ns, shell.user_ns_hidden)
        self.values = CellValues(blobs, shell.user_ns, self.secrets)
        self._shown = ShownValues()
        self._taken: StageSnapshot | None = None
        self._spec: Mapping[str, Any] | None = None
        self._seconds = 0.0
        self._images: BeforeImages | None = None

    @property
    def is_watching(self) -> bool:
        return self._spec is not None

    def begin(self, metadata: Mapping[str, Any]) -> None:
        """Begin to watch the cell that is about to run, if the runner asks for it."""
        spec = metadata.get("mlops_nb_watch")
        if not isinstance(spec, dict):
            return
        try:
            with no_collection(), leaving_no_slot_names():
                self._begin(spec)
        except Exception as error:  # the cell is the user's, the fault is ours
            self._lose(error)

    def end(self, *, ok: bool) -> None:
        """Tell what the cell did, and store what it left unless it failed."""
        spec, self._spec = self._spec, None
        if spec is None:
            return
        try:
            with no_collection(), leaving_no_slot_names():
                self._end(spec, ok=ok)
        except Exception as error:
            self._lose(error)

    def _lose(self, error: Exception) -> None:
        """Tell that a cell could not be observed."""
        self._spec = None
        self._send("lost", {"error": f"{type(error).__name__}: {error}"})

    def _begin(self, spec: Mapping[str, Any]) -> None:
        begun = time.perf_counter()
        if spec.get("asks_caches"):
            count_calls()
        if spec.get("asks_subclasses"):
            ask_for_subclasses()
        is_any = spec["reads_all"] or self.facts.runs_beside()
        reads = self.names.names() if is_any else spec["reads"]
        self.names.start(reads, spec["touches"])
        self.values.let_go(spec["touches"])
        self._spec = spec
        if spec.get("images") and self._images is None:
            self._images = BeforeImages(spec["images"])
            self.facts.take_images(self._images.take)
        self.facts.start(self._modules(reads), spec.get("machine", ()))
        self.facts.note_lazy(map(self._shell.user_ns.get, reads))
        self._seconds = time.perf_counter() - begun

    def _end(self, spec: Mapping[str, Any], *, ok: bool) -> None:
        begun = time.perf_counter()
        modules = self._modules({*spec["reads"], *spec["touches"]})
        seen = self.facts.stop(modules, self._code(), self._shell.user_ns)
        changes = self.names.stop(spec["touches"])
        # A file that a name has open comes about with the name, which has no fingerprint.
        if any(not changes.obstacles or is_logged_to(path) for path in seen["written_on"]):
            seen["writes"][AMBIENT] = "a file left open"
        keeps = ok and spec["keeps"]
        groups = self.values.store(
            spec["cell"],
            changes.groups,
            digests=changes.writes,
            obstacles=changes.obstacles,
            plain=changes.plain,
            is_moving=self.facts.left_running(),
        ) if keeps else []  # fmt: skip
        if keeps:
            self._keep_files(seen["effects"])
        names = {*changes.reads, *changes.writes}
        self._send(
            "cell",
            {
                "cell": spec["cell"],
                "reads": {**self.secrets.facts(changes.reads), **seen["reads"]},
                "writes": {**self.secrets.facts(changes.writes), **seen["writes"]},
                "parts": [list(group) for group in changes.groups],
                "groups": [group.to_json() for group in groups],
                "stored": self.values.stored_since(),
                "shared": [list(part) for part in changes.shared],
                "mingles": changes.mingles,
                "reaches": {name: list(found) for name, found in changes.reaches.items()},
                "labels": {name: list(found) for name, found in changes.labels.items()},
                "relabelled": list(changes.relabelled),
                "obstacles": dict(changes.obstacles),
                "effects": self._without_secrets(seen["effects"]),
                "blockers": seen["blockers"],
                "notes": seen["notes"],
                "images": [] if self._images is None else self._images.since(),
                "shown": {f"name:{n}": t for n in sorted(names) if (t := self._show(n))},
                "survey": self._survey() if spec.get("surveys") else None,
                "overhead_s": self._seconds + time.perf_counter() - begun,
            },
        )

    def _survey(self) -> dict[str, str | None]:
        """Return the digests of all names, looked at anew: also of what nobody saw change."""
        values = ValueWatch(self._shell.user_ns, self._shell.user_ns_hidden)
        found = values.digests(values.names())
        return {name: self.secrets.keyed(digest) for name, digest in found.items()}

    def supply(self, order: str) -> None:
        """Give the kernel what it lacks before the next cell, and tell what could not be had.

        Parameters
        ----------
        order : str
            JSON: ``count`` (the number of the next cell), ``drops``, ``loads`` (each with
            ``manifest``, ``names``, ``trusted``) and ``effects``.
        """
        wanted = json.loads(order)
        space = self._shell.user_ns
        for name in wanted["drops"]:
            space.pop(name, None)
        self.names.changed(wanted["drops"])
        self.values.let_go(wanted["drops"])
        if wanted["loads"]:  # a module that a value needs is imported as its cell would do it
            self.facts.restore(wanted["effects"])
        faults = {}
        for load in wanted["loads"]:
            fault = self.values.load(load["manifest"], load["names"], trusted=load["trusted"])
            if fault:
                faults[load["names"][0]] = fault
            self.names.changed(load["names"])
        failed = self.facts.restore(wanted["effects"])
        self._shell.execution_count = wanted["count"]
        self._send("supplied", {"faults": faults, "failed": failed})

    def evaluate(self, asked: str) -> None:
        """Tell the fingerprint of an expression's value, as ``--version-of`` asks for it.

        Parameters
        ----------
        asked : str
            JSON: ``expression`` and the ``names`` in it.
        """
        wanted = json.loads(asked)
        names = [name for name in wanted["names"] if name in self._shell.user_ns]
        self._send("version", tell_version(wanted["expression"], names, self._shell, self))

    def snapshot(self, asked: str) -> None:
        """Take down everything that the next stage could change.

        Parameters
        ----------
        asked : str
            JSON: ``folder`` for values, and ``reads`` (None: any name).
        """
        self.release()
        wanted = json.loads(asked)
        fault = ""
        try:
            self._taken = StageSnapshot(
                self._shell, self, folder=wanted["folder"], reads=wanted["reads"]
            )
        except Exception as error:  # then the stage is not tried again
            fault = f"its inputs could not be taken down: {type(error).__name__}: {error}"
        self._send("taken", {"fault": fault})

    def release(self) -> None:
        """Forget what `snapshot` took down."""
        if self._taken is not None:
            self._taken.release()
        self._taken = None

    def revert(self) -> None:
        """Make everything be as `snapshot` found it, and tell why that cannot be."""
        fault = "its inputs could not be taken down"
        if self._taken is not None:
            try:
                fault = self._taken.revert()
            except Exception as error:
                fault = f"its inputs cannot be brought back: {type(error).__name__}: {error}"
        self._send("reverted", {"fault": fault})

    def drain(self) -> None:
        """Wait until everything is stored, and tell what became of it."""
        self._send("stored", {"stored": self.values.stored_since(wait=True)})

    def _modules(self, names: Iterable[str]) -> set[str]:
        """Return the names of the modules that values of names lead to."""
        found = set()
        for name in names:
            value = self._shell.user_ns.get(name)
            if isinstance(value, types.ModuleType):
                found.add(module_name(value))
            else:
                own = value if isinstance(value, (type, types.FunctionType)) else type(value)
                found.add(class_home(own))
        return found - {"__main__", "builtins", ""}

    def _code(self) -> str:
        """Return the code of the cell that ran last, as Python."""
        history = getattr(self._shell, "history_manager", None)
        cells = getattr(history, "input_hist_parsed", None) or [""]
        return str(cells[-1])

    def has_local_modules(self, names: Iterable[str]) -> bool:
        """Return whether values of names come from modules that are no library's: what these hold,
        the user's names may hold, too."""
        found = self._modules(names)
        return any(one in sys.modules and not is_library(one) for one in found)

    def _without_secrets(self, effects: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is needed to bring back what a cell set, but for what holds a secret."""
        return {
            fact: effect
            for fact, effect in effects.items()
            if not self.secrets or not self.secrets.are_in(json.dumps(effect, default=str))
        }

    def _keep_files(self, effects: Mapping[str, dict[str, Any]]) -> None:
        for fact, effect in effects.items():
            if fact.startswith("file:"):
                # Where it lies here is nobody else's business: its fact says where in the project.
                effect["blob"] = self.values.keep_file(effect.pop("path"))

    def _show(self, name: str) -> str:
        """Return a value as a reason shows it, unless a secret is in it."""
        text = self._shown.show(self._shell.user_ns.get(name))
        return "" if self.secrets.are_in(text) else text


@contextmanager
def no_collection() -> Iterator[None]:
    """Let Python look for cycles later: among a million objects of the user's it takes longer than
    all that is done here, and what is made here has none."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def watch_cells(session: Any, config: str) -> None:
    """Make the session of a kernel watch its cells; `config` is JSON with the arguments of
    `CellWatch`."""
    session.cells = CellWatch(session.shell, send=session.send, **json.loads(config))


def _private_folders() -> list[str]:
    """Return folders whose files are the kernel's own."""
    module = sys.modules.get("ipykernel.kernelapp")
    application = getattr(module, "IPKernelApp", None)
    found = []
    if application is not None and application.initialized():
        path = application.instance().abs_connection_file
        found.append(os.path.dirname(path))  # noqa: PTH120 - the result is text
    return found
