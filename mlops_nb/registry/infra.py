"""Will this package serve? Asked in a fresh process before it is promoted.

It must load, answer its stored example, reproduce its golden predictions, and stay within limits
of time and memory. What MLflow and the model's library take to import is no part of loading it: it
is the machine's more than the model's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from mlops_nb.packaging.golden import has_golden
from mlops_nb.packaging.metadata import read_metadata
from mlops_nb.registry.trials import Trial
from mlops_nb.registry.verdicts import show


@dataclass(frozen=True, slots=True, kw_only=True)
class InfraLimits:
    """What a package may take.

    Attributes
    ----------
    load_s : float, default=60
        To load the model.
    memory_bytes : int or None, default=None
        Of the process at its largest, libraries included; None: as much as it wants.
    """

    load_s: float = 60.0
    memory_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InfraReport:
    """Whether a package serves.

    Attributes
    ----------
    digest : str
        Of the package that was asked.
    problems : tuple of str
        Full sentences; empty if it serves.
    notes : tuple of str
        What a person should know.
    load_seconds : float or None
    peak_memory_bytes : int or None
    limits : InfraLimits
    """

    digest: str
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    load_seconds: float | None = None
    peak_memory_bytes: int | None = None
    limits: InfraLimits = field(default_factory=InfraLimits)

    @property
    def passed(self) -> bool:
        return not self.problems

    def to_json(self) -> dict[str, Any]:
        return {"schema": 1, "passed": self.passed, **asdict(self)}


def infra_report(
    trial: Trial, package: Path, *, digest: str, limits: InfraLimits | None = None
) -> InfraReport:
    """Return whether a package serves, as its trial shows.

    Parameters
    ----------
    trial : Trial
        Of a process that asked it what is stored with it.
    package : Path
    digest : str
        Of the package.
    limits : InfraLimits, optional
    """
    limits = limits or InfraLimits()
    notes = [] if trial.fault else list(_differing_pins(package))
    if not has_golden(package):
        notes.append("It has no golden predictions: name rows with --example or --eval.")
    return InfraReport(
        digest=digest,
        problems=tuple(_problems(trial, limits)),
        notes=tuple(notes),
        load_seconds=trial.load_seconds,
        peak_memory_bytes=trial.peak_memory_bytes,
        limits=limits,
    )


def _problems(trial: Trial, limits: InfraLimits) -> Iterator[str]:
    if trial.fault:
        yield trial.fault
    yield from trial.problems
    if trial.load_seconds is not None and trial.load_seconds > limits.load_s:
        took, most = show(trial.load_seconds, "duration"), show(limits.load_s, "duration")
        yield f"It took {took} to load, more than {most}."
    peak, most_bytes = trial.peak_memory_bytes, limits.memory_bytes
    if peak is not None and most_bytes is not None and peak > most_bytes:
        yield f"Its process took {show(peak, 'size')}, more than {show(most_bytes, 'size')}."


def _differing_pins(package: Path) -> Iterator[str]:
    """Yield a sentence for each pin that what is installed here does not fulfil."""
    for line in read_metadata(package)["requirements"]:
        try:
            wanted = Requirement(line)
            here = metadata.version(wanted.name)
        except (InvalidRequirement, metadata.PackageNotFoundError):
            yield f"It asks for {line}, which is not installed here."
            continue
        if not wanted.specifier.contains(here, prereleases=True):
            yield f"It asks for {line}, and {here} is installed here."
