"""What may be known of code that a notebook imports?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is known of something that is imported.

    Attributes
    ----------
    path : str
        Where it really stands.
    is_known : bool
        Whether it is code of a local module that was read.
    leaves : bool
        Whether a hidden state is left when it is called.
    makes : bool
        Whether it makes objects whose methods leave one.
    sets : bool
        Whether it sets attributes of what is handed to it.
    """

    path: str
    is_known: bool = False
    leaves: bool = False
    makes: bool = False
    sets: bool = False


class KnownCode(Protocol):
    """Knows the local modules of a notebook."""

    def judge(self, path: str) -> Verdict:
        """Return what is known of what stands at a dotted path."""
        ...

    def names_of(self, module: str) -> frozenset[str]:
        """Return the names that a star import of a module may bind."""
        ...
