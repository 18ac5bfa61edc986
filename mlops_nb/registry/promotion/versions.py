"""What is known of a registered model and of one of its versions? Plain frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

CHAMPION = "champion"
PREVIOUS = "previous"
DIGEST_TAG = "mlops_nb.digest"
ARCHIVED_TAG = "mlops_nb.archived"
"""Says why a version is not to be used any more; empty or missing: it may be."""
ARCHIVED_BY_TAG = "mlops_nb.archived.by"
ARCHIVED_AT_TAG = "mlops_nb.archived.at"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInfo:
    """The run that made a version.

    Attributes
    ----------
    run_id : str
    status : str
        MLflow's word: ``"FINISHED"``, ``"FAILED"`` …
    tags : Mapping of str to str
    metrics : Mapping of str to float
    params : Mapping of str to str
    started : datetime or None
        Aware.
    """

    run_id: str
    status: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    started: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionInfo:
    """One version of a registered model.

    Attributes
    ----------
    name : str
    version : int
    aliases : tuple of str
        Sorted.
    run_id : str
        Empty: no run made it, or nobody knows.
    source : str
        URI of what was registered.
    digest : str
        ``"sha256:HEX"`` of the package's manifest; empty if mlops_nb did not package it.
    tags : Mapping of str to str
    created : datetime or None
        Aware.
    metrics : Mapping of str to float
        Of its run; empty unless asked for with ``with_metrics``.
    """

    name: str
    version: int
    aliases: tuple[str, ...] = ()
    run_id: str = ""
    source: str = ""
    digest: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    created: datetime | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Return how a person names it: ``"churn@4"``."""
        return f"{self.name}@{self.version}"

    @property
    def uri(self) -> str:
        """Return what MLflow loads it by."""
        return f"models:/{self.name}/{self.version}"

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "version": self.version,
            "uri": self.uri,
            "aliases": list(self.aliases),
            "run_id": self.run_id or None,
            "digest": self.digest or None,
            "created": None if self.created is None else self.created.isoformat(),
            "metrics": dict(self.metrics),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """A registered model.

    Attributes
    ----------
    name : str
    aliases : Mapping of str to int
    tags : Mapping of str to str
    """

    name: str
    aliases: Mapping[str, int] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


def parse_reference(text: str) -> tuple[str, str]:
    """Return model and version or alias of ``MODEL[@V]``; the latter empty if it is not said.

    >>> parse_reference("churn@4"), parse_reference("churn@champion"), parse_reference("churn")
    (('churn', '4'), ('churn', 'champion'), ('churn', ''))
    >>> parse_reference("models:/churn/4"), parse_reference("models:/churn@champion")
    (('churn', '4'), ('churn', 'champion'))
    """
    plain = text.removeprefix("models:/")
    if plain != text and "@" not in plain:
        name, _, version = plain.partition("/")
        return name, version
    name, mark, version = plain.rpartition("@")
    return (name, version) if mark else (plain, "")
