"""Who does this? A name, and where it comes from: a name is asserted, nobody proves it here.

``--as`` beats the user that a tracking server authenticates, which beats git's, which beats the
system's. The history keeps the source beside the name.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mlops_nb.errors import InputError
from mlops_nb.tracking.entries import user_name
from mlops_nb.tracking.gitinfo import read_author, read_identity

_LONGEST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A person, or what acts for one.

    Attributes
    ----------
    name : str
    identity : str
        Where the name comes from.
    names : tuple of str
        Other names of theirs.
    """

    name: str
    identity: str = "asserted"
    names: tuple[str, ...] = ()


def find_actor(
    folder: Path, *, named: str | None = None, environment: Mapping[str, str] | None = None
) -> Actor:
    """Return who acts in a project's folder.

    Raises
    ------
    InputError
        MNB733 if `named` is no name.
    """
    if named is not None:
        name = named.strip()
        if not name or not name.isprintable() or len(name) > _LONGEST:
            raise InputError(
                "MNB733", "--as", f"{named!r} is no name.", "Give a name or an address."
            )
        return Actor(name=name, identity="--as, asserted")
    login = (os.environ if environment is None else environment).get("MLFLOW_TRACKING_USERNAME")
    if login:
        return Actor(name=login, identity="login at the tracking server")
    git_name, address = read_identity(folder)
    if address or git_name:
        names = tuple(name for name in (git_name,) if name and address)
        return Actor(name=address or git_name, identity="git, asserted", names=names)
    return Actor(name=user_name(), identity="system user, asserted")


def authors_of(folder: Path, *, tags: Mapping[str, str]) -> frozenset[str]:
    """Return who made a version: the user of its run, and who wrote its commit."""
    commit = tags.get("mlflow.source.git.commit", "")
    names = {tags.get("mlflow.user", ""), *(read_author(folder, commit) if commit else ())}
    return frozenset(names - {""})
