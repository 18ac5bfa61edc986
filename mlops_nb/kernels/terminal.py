"""What did a kernel write past its streams, and where did it crash?

Its terminal is a file in its private folder: the runner's own output stays clean, and what native
code said before it died can be told. Secrets are masked before anything is cut.
"""

from __future__ import annotations

from pathlib import Path

from mlops_nb.kernels.crash import read_crash
from mlops_nb.pipeline.secrets import Masker

# Far more than is told, so that a secret is not cut before it is found.
_LOG_READ = 64_000


class KernelTerminal:
    """The terminal of one kernel process.

    Parameters
    ----------
    folder : Path
        The private folder of the kernel.
    masker : Masker
        Of the run's secrets.
    """

    def __init__(self, folder: Path, masker: Masker) -> None:
        self.path = folder / "terminal.log"
        self._masker = masker

    def last_words(self, lines: int = 3) -> str:
        """Return the last lines as one."""
        said = [line for line in self._end(4_000).splitlines() if line.strip()]
        return " / ".join(said[-lines:])

    def crash_trace(self) -> str:
        """Return where Python code was when native code crashed, latest call first; empty if it
        did not."""
        return read_crash(self._end(20_000))

    def _end(self, size_bytes: int) -> str:
        try:
            raw = self.path.read_bytes()[-_LOG_READ:]
        except OSError:
            return ""
        return self._masker.text(raw.decode(errors="replace"))[-size_bytes:]
