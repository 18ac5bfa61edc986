"""Which version does a rollback go back to, when nobody names one?"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from mlops_nb.errors import InputError, MlopsNbError
from mlops_nb.registry.promotion.moments import AliasChange, past_versions, seen_changes
from mlops_nb.registry.promotion.opening import open_ledger
from mlops_nb.registry.promotion.registry import Registry
from mlops_nb.registry.promotion.versions import CHAMPION, PREVIOUS, VersionInfo


def past_champion(
    registry: Registry, name: str, changes: Sequence[AliasChange]
) -> VersionInfo | None:
    """Return the newest champion that was not rolled back from and is still there, if there is."""
    for version in past_versions(changes, CHAMPION):
        with suppress(InputError):  # somebody deleted it
            return registry.version(name, version)
    return None


def likely_target(registry: Registry, name: str, *, home: Path | None = None) -> int | None:
    """Return the version to tell a person before they roll back; None if there is none.

    Only reads. Where the history cannot be read, it is the version that ``previous`` names: the
    rollback itself says then what is wrong.

    Parameters
    ----------
    registry : Registry
    name : str
    home : Path, optional
        Where the embedded store's histories are, if not with the registry.
    """
    previous = registry.alias(name, PREVIOUS)
    try:
        model, chain = open_ledger(registry, name, home=home).snapshot()
    except MlopsNbError:
        return previous
    now = datetime.now(UTC)
    changes = seen_changes(chain.entries, model.aliases, model=name, now=now)
    found = past_champion(registry, name, changes)
    return None if found is None else found.version
