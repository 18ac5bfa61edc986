"""What does a project know of its registered models? Lists, facts, comparisons and cards.

Reading makes nothing: where no run was ever kept there are no models either.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mlops_nb.errors import InputError
from mlops_nb.project.kept import reading_store
from mlops_nb.project.project import Project
from mlops_nb.project.roots import Layout
from mlops_nb.registry.archiving import Archiving, archive
from mlops_nb.registry.cards.document import Document
from mlops_nb.registry.cards.model_card import HistoryLine, model_card, version_summary
from mlops_nb.registry.cards.told_history import version_history
from mlops_nb.registry.comparison.differences import Comparison, compare
from mlops_nb.registry.comparison.facts import ModelFacts
from mlops_nb.registry.comparison.reading import (
    archive_mark,
    describe_version,
    resolve_reference,
)
from mlops_nb.registry.promotion.actor import find_actor
from mlops_nb.registry.promotion.history import history
from mlops_nb.registry.promotion.registry import Registry, registry_of
from mlops_nb.registry.promotion.versions import (
    CHAMPION,
    PREVIOUS,
    VersionInfo,
    parse_reference,
)

BLESSED_TAG = "mlops_nb.gates"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredModel:
    """A registered model and its versions, newest first."""

    name: str
    aliases: dict[str, int]
    versions: tuple[VersionInfo, ...]

    def to_json(self) -> dict[str, Any]:
        """Return what ``models list --json`` prints of it."""
        versions = [
            {
                **info.to_json(),
                "gates": info.tags.get(BLESSED_TAG) or None,
                "archived": None if (mark := archive_mark(info.tags)) is None else mark.reason,
            }
            for info in self.versions
        ]
        return {"name": self.name, "aliases": self.aliases, "versions": versions}


@contextlib.contextmanager
def reading_registry(layout: Layout) -> Iterator[Registry | None]:
    """Yield the registry of a project to be read; None where nothing was ever kept."""
    with reading_store(layout) as store:
        yield None if store is None else registry_of(store)


def list_models(registry: Registry, name: str | None = None) -> tuple[RegisteredModel, ...]:
    """Return registered models with their versions, sorted by name; of `name` alone with metrics.

    Raises
    ------
    InputError
        MNB711 if there is no model `name`.
    """
    names = registry.names() if name is None else (name,)
    return tuple(
        RegisteredModel(
            name=each,
            aliases=dict(registry.model(each).aliases),
            versions=registry.versions(each, with_metrics=name is not None),
        )
        for each in names
    )


def find_facts(registry: Registry | None, reference: str) -> ModelFacts:
    """Return what is known of ``MODEL[@V]``; without a version of the champion, else the newest.

    Raises
    ------
    InputError
        MNB711, MNB712, MNB760 if there is none.
    """
    found = _existing(registry, reference)
    return describe_version(found, resolve_reference(found, *parse_reference(reference)))


def find_card(registry: Registry | None, reference: str) -> Document:
    """Return the card of ``MODEL[@V]``."""
    facts = find_facts(registry, reference)
    return model_card(facts, history=_history(registry, facts))


def find_summary(registry: Registry | None, reference: str) -> Document:
    """Return what ``models show`` prints of ``MODEL[@V]``."""
    facts = find_facts(registry, reference)
    return version_summary(facts, history=_history(registry, facts))


def archive_version(
    project: Project,
    reference: str,
    *,
    reason: str,
    undo: bool = False,
    force: bool = False,
    actor: str | None = None,
) -> Archiving:
    """Archive ``MODEL@V``, or bring it back; see `archiving.archive`.

    Raises
    ------
    InputError
        MNB765 if no version is named.
    """
    name, version = parse_reference(reference)
    if not version:
        raise InputError(
            "MNB765",
            reference,
            "names no version.",
            f"Say which: mlops-nb models archive {name}@V --reason TEXT.",
        )
    return archive(
        registry_of(project.store()),
        name,
        version,
        actor=find_actor(project.root, named=actor),
        reason=reason,
        undo=undo,
        force=force,
    )


def _history(registry: Registry | None, facts: ModelFacts) -> tuple[HistoryLine, ...]:
    return () if registry is None else version_history(history(registry, facts.name), facts.version)


def find_comparison(
    registry: Registry | None, reference: str, other: str | None = None
) -> Comparison:
    """Return how a version differs from another one, by default from the champion.

    The champion itself is compared with the version it replaced. `other` may be a version or an
    alias of the same model: ``"3"``, ``"@previous"``.

    Raises
    ------
    InputError
        MNB711, MNB712, MNB760; MNB761 if there is nothing to compare with.
    """
    found = _existing(registry, reference)
    name, version = parse_reference(reference)
    candidate = found.version(name, version) if version else _newest(found, name)
    against = _other(found, candidate, other)
    return compare(describe_version(found, candidate), describe_version(found, against))


def _existing(registry: Registry | None, reference: str) -> Registry:
    if registry is None:
        raise no_such_model(parse_reference(reference)[0])
    return registry


def no_such_model(name: str) -> InputError:
    """Return the error for a model that is asked for where nothing was ever kept."""
    return InputError(
        "MNB711",
        name,
        "there is no registered model: nothing was ever tracked here.",
        "Register one: mlops-nb run NOTEBOOK --register NAME.",
    )


def _newest(registry: Registry, name: str) -> VersionInfo:
    found = registry.versions(name)
    return (
        registry.version(name, found[0].version) if found else resolve_reference(registry, name, "")
    )


def _other(registry: Registry, candidate: VersionInfo, other: str | None) -> VersionInfo:
    if other is not None:
        if other.startswith("@") or other.isdecimal():
            return registry.version(candidate.name, other.removeprefix("@"))
        return resolve_reference(registry, *parse_reference(other))
    alias = PREVIOUS if CHAMPION in candidate.aliases else CHAMPION
    number = registry.alias(candidate.name, alias)
    if number is None:
        raise InputError(
            "MNB761",
            candidate.label,
            f"there is no {alias} to compare it with.",
            "Name two versions: mlops-nb models compare MODEL@2 MODEL@1.",
        )
    return registry.version(candidate.name, number)
