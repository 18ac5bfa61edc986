"""What is each fact in a live kernel now? Asked of the kernel's watches and of the disk.

Only what nothing observes has no digest to ask for: what cells set in the process beside all that
is watched is told by a chain of them, which begins anew where nobody can tell what ran.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import uuid4

from mlops_nb.kernels.cell_watch import CellWatch
from mlops_nb.kernels.watch_paths import PathRules
from mlops_nb.pipeline.incremental.facts import Fact, FactKind, parse_fact
from mlops_nb.project.live_outside import LiveOutside

if TYPE_CHECKING:
    from mlops_nb.pipeline.incremental.tasks import Course


class LiveFacts:
    """The facts of one live kernel.

    Parameters
    ----------
    watch : CellWatch
    rules : PathRules
        What files are called in records.
    is_stirred : callable
        Whether something ran since the last cell that nobody watched.

    Attributes
    ----------
    outside : LiveOutside
        The same, with what only options of stages name.
    ambient : str or None
        What tells apart what nothing observes; None: nothing of the kind was set.
    """

    def __init__(
        self, watch: CellWatch, *, rules: PathRules, is_stirred: Callable[[], bool]
    ) -> None:
        self._watch = watch
        self._rules = rules
        self._is_stirred = is_stirred
        self.outside = LiveOutside(self.look, rules=rules)
        self.ambient: str | None = None

    def path_of(self, key: str) -> str:
        """Return where a file is, by its fact's key."""
        return self._rules.path(key)

    def look(self, fact: Fact) -> str | None:
        """Return the digest of a fact in this kernel now."""
        if fact.kind is FactKind.NAME:
            digest = self._watch.names.digests([fact.key])[fact.key]
            return self._watch.secrets.keyed(digest)
        if fact.kind in (FactKind.SHARING, FactKind.BETWEEN):
            names = fact.key.split()
            among = names if fact.kind is FactKind.BETWEEN else None
            return phrase_sharing(self._watch.names.shared(names), among=among)
        if fact.kind is FactKind.NAMES:
            return " ".join(sorted(self._watch.names.names()))
        if fact.kind is FactKind.AMBIENT:
            return self.ambient
        found = self._watch.facts.digests([str(fact)])[str(fact)]
        # A library that is not loaded has not been seeded either.
        return "fresh" if fact.kind is FactKind.RANDOM and found is None else found

    def peek(self, fact: Fact) -> str | None:
        """Return the digest of a fact between two cells; of a local module what is on the disk.

        Raises
        ------
        LookupError
            If it is a name, and something ran that nobody watched.
        """
        if fact.kind is FactKind.NAME and self._is_stirred():
            raise LookupError(fact.key)
        if fact.kind is FactKind.MODULE:
            from mlops_nb.kernels.watch_sources import digest_source

            return digest_source(self._rules.path(fact.key))
        return self.outside.look(fact)

    def digest(self, value: object) -> str | None:
        """Return the digest of a value as that of a name; None if it has none."""
        from mlops_nb.artifacts.fingerprint import Fingerprinter

        with Fingerprinter() as fingerprinter:
            found = fingerprinter.fingerprint(value).digest
        return None if found is None else self._watch.secrets.keyed(found)

    def states(self) -> dict[Fact, str | None]:
        """Return the digests of the process's states now: random generators, options, folder."""
        return {parse_fact(text): digest for text, digest in self._watch.facts.states().items()}

    def lose_ambient(self) -> None:
        """Note that nobody knows what a cell set beside what is watched."""
        self.ambient = uuid4().hex

    def chain_ambient(
        self,
        course: Course,
        position: int,
        *,
        before: str | None,
        reads: Mapping[Fact, str | None],
        is_seen: bool,
    ) -> None:
        """Note that a cell set something; as `told.chain_ambient` takes it."""
        from mlops_nb.execution.told import chain_ambient

        self.ambient = chain_ambient(course, position, before=before, reads=reads, is_seen=is_seen)


def phrase_sharing(parts: Sequence[Sequence[str]], *, among: Collection[str] | None = None) -> str:
    """Return how names share memory as the ledger of a run tells it; of those `among` some."""
    if among is not None:
        parts = sorted([name for name in part if name in among] for part in parts)
    return "; ".join(" ".join(part) for part in parts if len(part) > 1)
