"""Which options of IPython change what cells show, and which extensions are loaded?

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

from .watch_options import Domain, Marked

Undo = Callable[[], None]
_OWN_EXTENSIONS = frozenset({"mlops_nb", "storemagic", "IPython.extensions.storemagic"})


class ShellOptions(Domain):
    """What of IPython changes what cells show, and which extensions are loaded."""

    name = "ipython"

    def attach(self, module: Any, is_on: Callable[[], bool]) -> Undo:
        """Take them as they are."""
        self._first = self._now()
        return lambda: None

    def state(self) -> dict[str, Any]:
        """Return what is not as it was at first."""
        return {n: v for n, v in self._now().items() if v != self._first.get(n)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Set them; load the extensions."""
        shell = running_shell()
        for name in state.get("extensions", ()):
            if name not in shell.extension_manager.loaded:
                shell.run_line_magic("load_ext", name)
        if "interactivity" in state:
            shell.ast_node_interactivity = state["interactivity"]
        if "figures" in state:
            for backend in _inline_backends(shell):
                backend.figure_formats = set(state["figures"])

    def _now(self) -> dict[str, Any]:
        shell = running_shell()
        if shell is None:
            return {}
        found: dict[str, Any] = {"interactivity": shell.ast_node_interactivity}
        found["extensions"] = sorted(
            name for name in shell.extension_manager.loaded if name not in _OWN_EXTENSIONS
        )
        for backend in _inline_backends(shell):
            formats = sorted(backend.figure_formats)
            if formats != ["png"]:
                found["figures"] = formats
        plain = shell.display_formatter.formatters["text/plain"]
        if plain.float_precision:
            found["precision"] = Marked(str(plain.float_precision))
        return found


def running_shell() -> Any:
    """Return IPython's shell; None where it does not run."""
    module = sys.modules.get("IPython.core.interactiveshell")
    kind = getattr(module, "InteractiveShell", None)
    return kind.instance() if kind is not None and kind.initialized() else None


def _inline_backends(shell: Any) -> list[Any]:
    """Return what holds the formats of figures, once there is such a thing."""
    return [one for one in shell.configurables if type(one).__name__ == "InlineBackend"]
