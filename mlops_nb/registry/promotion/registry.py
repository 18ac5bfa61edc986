"""Where are models registered? The port to the registry, and which adapter serves it.

MLflow's registry has no compare-and-swap and no history; both are built on top of what is here.
The port says only what every MLflow registry can do, so that a fake and a server keep the same
promises (`tests/contract`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from mlops_nb.registry.promotion.client_registry import ClientRegistry
from mlops_nb.registry.promotion.database_registry import DatabaseRegistry, is_known
from mlops_nb.registry.promotion.versions import ModelInfo, RunInfo, VersionInfo
from mlops_nb.tracking.store import TrackingStore, open_store


class Registry(Protocol):
    """Registered models, their versions, aliases and tags.

    Every method may raise InputError (MNB711 no such model, MNB712 no such version or alias) and
    InfrastructureError (MNB713 the registry refuses or cannot be reached).
    """

    @property
    def store(self) -> TrackingStore:
        """Return the store the registry belongs to."""

    def names(self) -> tuple[str, ...]:
        """Return the names of all registered models, sorted."""

    def model(self, name: str) -> ModelInfo:
        """Return a registered model with its aliases and tags, as they are now."""

    def alias(self, name: str, alias: str) -> int | None:
        """Return the version an alias names; None if there is no such alias."""

    def version(self, name: str, version: int | str) -> VersionInfo:
        """Return a version by its number or by an alias, with the metrics of its run."""

    def versions(self, name: str, *, with_metrics: bool = False) -> tuple[VersionInfo, ...]:
        """Return all versions, newest first."""

    def run(self, run_id: str) -> RunInfo | None:
        """Return the run that made a version; None if it is gone."""

    def set_tags(self, name: str, version: int, tags: Mapping[str, str]) -> None:
        """Set tags of a version."""

    def set_model_tags(self, name: str, tags: Mapping[str, str]) -> None:
        """Set tags of the registered model."""

    def move_alias(self, name: str, alias: str, version: int | None) -> None:
        """Let an alias name `version`, whatever it named; None takes the alias away."""

    def fetch(self, name: str, version: int) -> AbstractContextManager[Path]:
        """Copy the package of a version to a folder that is there while the block runs."""

    def read_files(self, name: str, version: int, files: Sequence[str]) -> Mapping[str, bytes]:
        """Return small files of a version's package by their names; what it has not is left out."""

    def read_run_file(self, run_id: str, file: str) -> bytes | None:
        """Return one file among the artifacts of a run; None if it cannot be had."""

    def add_files(self, run_id: str, files: Mapping[str, str]) -> None:
        """Add texts by their names to the artifacts of a run."""


def open_registry(tracking_uri: str | None = None, *, home: Path) -> Registry:
    """Return the registry of a project.

    Parameters
    ----------
    tracking_uri : str, optional
        As `open_store` takes it: by default MLFLOW_TRACKING_URI, else the embedded store.
    home : Path
        ``.mlops_nb/record`` of the project.

    Raises
    ------
    MlopsNbError
        If the store cannot be used.
    """
    return registry_of(open_store(home, tracking_uri=tracking_uri))


def registry_of(store: TrackingStore) -> Registry:
    """Return the registry of a store that is open.

    Raises
    ------
    MlopsNbError
        If the store cannot be used.
    """
    store.require()
    return DatabaseRegistry(store) if is_known(store) else ClientRegistry(store)
