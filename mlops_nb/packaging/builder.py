"""How is a kernel's model packaged without slowing, or endangering, the run? In a process of its
own.

What packaging imports (scikit-learn, MLflow's model half, skops) takes seconds of one core, and the
runner has its own half of MLflow to import meanwhile: two processes use two cores. A model whose
library crashes while it is read back takes the builder with it, not the run. And the builder can be
the kernel's interpreter, where the model's library is the one that made it; the runner's stands in
where the kernel's lacks this package.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from mlops_nb.errors import InfrastructureError, InputError, MlopsNbError
from mlops_nb.packaging.package import EvaluationData, ModelPackage
from mlops_nb.version import __version__

_ERRORS = {kind.__name__: kind for kind in (InputError, InfrastructureError)}
_CLOSE_S = 5.0


class PackageBuilder:
    """A process that builds packages of handovers; start it early, it loads what it needs.

    Parameters
    ----------
    python : str or None
        The kernel's interpreter; None if it is not known.
    cwd : Path
        The kernel's working directory.

    Attributes
    ----------
    python : str
        The interpreter that was started.
    """

    def __init__(self, python: str | None, *, cwd: Path) -> None:
        self._cwd = cwd
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
        self._is_killed = False
        self._candidates = [sys.executable]
        if python is not None and python != sys.executable and os.access(python, os.X_OK):
            self._candidates.insert(0, python)
        self._process = self._start(self._candidates.pop(0))

    def build(
        self, handover: Path, directory: Path, *, allow: tuple[str, ...] = ()
    ) -> ModelPackage:
        """Build the package of what a kernel handed over; see `package_handover`.

        Raises
        ------
        InputError, InfrastructureError
            As `package_handover`; MNB616 if the process ended.
        """
        self._await_ready()
        request = {"handover": str(handover), "directory": str(directory), "allow": list(allow)}
        self._write(request)
        answer = self._read()
        if answer is None:
            raise self._ended()
        if "package" in answer:
            return package_from_json(answer["package"])
        raise _ERRORS.get(answer["kind"], MlopsNbError)(*answer["error"])

    def close(self) -> None:
        """End the process and take its files away."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_CLOSE_S)
        self.kill()
        self._said.close()

    def kill(self) -> None:
        """End the process at once; a call of `build` that waits for it fails."""
        self._is_killed = True
        self._end_process()

    def _end_process(self) -> None:
        with contextlib.suppress(OSError):
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):  # what was not sent is not wanted any more
                assert pipe is not None
                pipe.close()

    def _start(self, python: str) -> subprocess.Popen[bytes]:
        self._is_ready = False
        self.python = python
        return subprocess.Popen(
            # -P: a module of the user's must not stand in for one that starting needs.
            [python, "-P", "-m", "mlops_nb.packaging.builder_process", str(self._cwd)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            env={**os.environ, "TMPDIR": tempfile.gettempdir()},  # which may be the run's own
        )

    def _await_ready(self) -> None:
        """Wait for the process to say its version; start the next interpreter if it cannot."""
        while not self._is_ready:
            answer = self._read()
            if answer is not None and answer.get("version") == __version__:
                self._is_ready = True
            elif self._candidates and not self._is_killed:
                self._end_process()
                self._process = self._start(self._candidates.pop(0))
            else:
                raise self._ended()

    def _write(self, request: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):  # it is gone, which reading tells
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()

    def _read(self) -> dict[str, Any] | None:
        """Return the next answer; None if there is none."""
        assert self._process.stdout is not None
        try:
            line = self._process.stdout.readline()
        except ValueError:  # closed by `kill`
            return None
        return json.loads(line) if line.endswith(b"\n") else None

    def _ended(self) -> InfrastructureError:
        status = self._process.wait()
        how = f"exit status {status}"
        if status < 0:
            with contextlib.suppress(ValueError):
                how = f"killed by {signal.Signals(-status).name}"
        self._said.seek(0)
        words = self._said.read().decode(errors="replace").strip().splitlines()
        last = f" It said: {words[-1]}" if words else ""
        return InfrastructureError(
            "MNB616",
            "the process that packages models",
            f"ended before it was done ({how}).{last}",
            "Run again; if memory is short, give the machine more or make the model smaller.",
        )


def package_to_json(package: ModelPackage) -> dict[str, Any]:
    """Return `package` as JSON can hold it.

    >>> package = ModelPackage(directory=Path("p"), name="m", class_name="C", flavour="sklearn",
    ...                        serialization="skops")
    >>> package_from_json(json.loads(json.dumps(package_to_json(package)))) == package
    True
    """
    return {**asdict(package), "directory": str(package.directory)}


def package_from_json(content: Mapping[str, Any]) -> ModelPackage:
    """Return the package that `package_to_json` described."""
    evaluation = tuple(EvaluationData(**entry) for entry in content["evaluation"])
    texts = {key: tuple(content[key]) for key in ("requirements", "notes")}
    place = Path(content["directory"])
    return ModelPackage(**{**content, **texts, "evaluation": evaluation, "directory": place})
