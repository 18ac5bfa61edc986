"""What can the result of a cell depend on, and what can a cell change? Facts, each with a digest.

A name of the notebook, a file, an environment variable, a module's source and the state of a random
generator are treated alike: a cell read some facts and wrote others. All that is asked of a fact is
whether its digest is what it was.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class FactKind(StrEnum):
    """What a fact is about; the value begins its key in a record."""

    __hash__ = str.__hash__  # asked a million times in a plan; an enumeration's own is Python code

    NAME = "name"
    """A name of the notebook; its digest is the value's fingerprint."""
    SHARING = "sharing"
    """Which names share memory with those of the key: what is changed through one name is seen
    through the others, and nothing of it is in their digests."""
    BETWEEN = "between"
    """Which of the key's names share memory with each other: of a cell that changed none of them,
    and so cannot be seen through any other name."""
    NAMES = "names"
    """Which names are bound at all: read by code that lists them; its key is empty."""
    FILE = "file"
    """A file or folder, relative to the project where it is inside it."""
    MATCHES = "matches"
    """Which files a pattern of ``--deps`` matches."""
    VERSION = "version"
    """The value of a stage's ``--version-of``; its key is the expression."""
    ENVIRONMENT = "environment"
    """A variable of the environment; its digest is keyed, the value may be a secret."""
    MODULE = "module"
    """The source of a local module as it was loaded."""
    PACKAGE = "package"
    """The version of an installed distribution."""
    IMPORT = "import"
    """That a module was imported for what this does, not for its name."""
    LINES = "lines"
    """That a cell with just this text is there, comments included: its digest is its key."""
    MACHINE = "machine"
    """Which machine, person or interpreter it is, as far as a cell asked."""
    RANDOM = "random"
    """The state of a global random generator."""
    OPTION = "option"
    """The options of a library that all code sees, such as pandas' or matplotlib's."""
    FOLDER = "folder"
    """The working directory; its key is empty."""
    AMBIENT = "ambient"
    """What cells changed in the process that nothing observes; its key is empty."""


class Fact(NamedTuple):
    """One thing that a cell can read or write.

    A tuple, and no data class: a plan looks facts up a million times, and hashes and compares them
    in C so.

    >>> str(Fact(FactKind.FILE, "data/train.csv"))
    'file:data/train.csv'
    """

    kind: FactKind
    key: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.key}"


def name_fact(name: str) -> Fact:
    """Return the fact that a name of the notebook is."""
    return Fact(FactKind.NAME, name)


NAMES = Fact(FactKind.NAMES)


def sharing_fact(names: Iterable[str], *, only_between: bool = False) -> Fact:
    """Return the fact how these names share memory, with each other and with any others.

    Parameters
    ----------
    names : iterable of str
    only_between : bool, default=False
        Whether only with each other.
    """
    kind = FactKind.BETWEEN if only_between else FactKind.SHARING
    return Fact(kind, " ".join(sorted(names)))


def parse_fact(text: str) -> Fact:
    """Return the fact that `str` wrote.

    Raises
    ------
    ValueError
        If it is of a kind that is not known here.
    """
    kind, _, key = text.partition(":")
    return Fact(_KINDS.get(kind) or FactKind(kind), key)


# An enumeration's own way from value to member is Python code.
_KINDS = {str(kind): kind for kind in FactKind}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """That a fact is not known yet: a cell that may run will decide it.

    Attributes
    ----------
    until : int
        The cell, among all cells from 0.
    """

    until: int


# The digest of a fact; None where there is no such thing: a name not bound, a file not there.
State = str | Unknown | None
