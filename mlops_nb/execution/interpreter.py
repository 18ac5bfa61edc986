"""What would the kernel's interpreter load? Versions of packages and sources of modules, asked
without starting a kernel.

The runner's own interpreter is asked directly, another one by a short process; once per run for
each package, since a plan asks for the same ones with every trace of every cell.
"""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from pathlib import Path

from mlops_nb.kernels import watch_packages
from mlops_nb.kernels.watch_paths import PathRules
from mlops_nb.kernels.watch_process import digest_machine
from mlops_nb.kernels.watch_sources import digest_source
from mlops_nb.pipeline.incremental.facts import Fact, FactKind

_TIMEOUT_S = 60.0
# Executed behind the text of `watch_packages`.
_TELL = """
found = {normal_name(d.metadata["Name"]): 0 for d in metadata.distributions() if d.metadata["Name"]}
print(json.dumps({name: distribution_version(name) for name in [*found, "python"]}))
"""


class Interpreter:
    """The interpreter of a kernel.

    Parameters
    ----------
    python : str or None
        Its path; None if it is not known.
    rules : PathRules
        What files are called in records.
    """

    def __init__(self, python: str | None, *, rules: PathRules) -> None:
        self._python = python
        self._rules = rules
        self._known: dict[str, str | None] = {}

    def look(self, fact: Fact) -> str | None:
        """Return the digest of a local module, the version of a package, or what else tells which
        Python it is, as it is now."""
        if fact.kind is FactKind.MODULE:
            return digest_source(self._rules.path(fact.key))
        if fact.kind is FactKind.MACHINE:
            return digest_machine(fact.key, {}) if self._is_ours else None
        if fact.key.endswith("?") and not self._is_ours:
            return "unknown"
        if fact.key not in self._known:
            self._known[fact.key] = (
                watch_packages.distribution_version(fact.key)
                if self._is_ours
                else self._versions.get(fact.key)
            )
        return self._known[fact.key]

    @functools.cached_property
    def _is_ours(self) -> bool:
        python = self._python
        return python is not None and Path(python).absolute() == Path(sys.executable).absolute()

    @functools.cached_property
    def _versions(self) -> dict[str, str | None]:
        """Versions in another interpreter; none, so that nothing is restored, if it cannot tell."""
        if self._python is None:
            return {}
        text = Path(watch_packages.__file__).read_text("utf-8") + _TELL
        try:
            told = subprocess.run(
                [self._python, "-c", text], capture_output=True, timeout=_TIMEOUT_S, check=True
            )
            return dict(json.loads(told.stdout))
        except (OSError, subprocess.SubprocessError, ValueError):
            return {}
