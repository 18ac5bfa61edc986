"""What do the paths in a stage's options stand for in a live kernel? What they do in a run that
starts where the kernel did."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mlops_nb.kernels.watch_paths import PathRules
from mlops_nb.pipeline.incremental.facts import Fact, FactKind


class LiveOutside:
    """The disk and the environment, as a live kernel sees them.

    Parameters
    ----------
    look : callable
        Returns the digest of a fact in the kernel now.
    rules : PathRules
        What files are called in records.
    """

    def __init__(self, look: Callable[[Fact], str | None], *, rules: PathRules) -> None:
        self._look = look
        self._rules = rules
        self._folder = Path.cwd()

    def look(self, fact: Fact) -> str | None:
        """Return the digest of a fact."""
        if fact.kind is FactKind.MATCHES:
            from mlops_nb.execution.declared_files import digest_matches

            return digest_matches(fact.key, self._rules)
        return self._look(fact)

    def path_of(self, key: str) -> Path:
        """Return the file that a fact's key calls."""
        return Path(self._rules.path(key))

    def facts_of_path(self, text: str) -> tuple[Fact, ...]:
        """Return the facts that a path or pattern stands for now."""
        from mlops_nb.execution.declared_files import facts_of_path

        return facts_of_path(text, cwd=self._folder, rules=self._rules)
