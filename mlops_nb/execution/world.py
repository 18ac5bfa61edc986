"""What is true before any cell has run? The facts that no cell of this run wrote, asked of the disk
and the environment that the kernel gets.

The digests are those that the watches in the kernel take (`kernels.watch_*`), so that a record made
there holds here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from mlops_nb.execution.declared_files import digest_matches, facts_of_path
from mlops_nb.kernels.watch_digests import Digests, split_key
from mlops_nb.kernels.watch_environment import look_up
from mlops_nb.kernels.watch_paths import PathRules
from mlops_nb.kernels.watch_process import PLACE, digest_machine, digest_place
from mlops_nb.pipeline.incremental.facts import Fact, FactKind

# What a random generator has before somebody seeds it.
_FRESH = "fresh"
_INITIAL = "initial"


class World:
    """Facts as they are outside the kernel.

    Parameters
    ----------
    rules : PathRules
        What files are called in records.
    environment : Mapping of str to str
        As the kernel gets it.
    key : bytes
        For digests of its variables.
    cwd : Path
        The kernel's working directory.
    probe : callable
        Returns the digest of a module or package as the kernel's interpreter would load it.
    digests : Digests, optional
        Of files, as far as they are known from before.
    """

    def __init__(
        self,
        rules: PathRules,
        *,
        environment: Mapping[str, str],
        key: bytes,
        cwd: Path,
        probe: Callable[[Fact], str | None],
        digests: Digests | None = None,
    ) -> None:
        self._rules = rules
        self._environment = environment
        self._key = key
        self._cwd = cwd
        self._probe = probe
        self._files = digests or Digests()

    def look(self, fact: Fact) -> str | None:
        """Return the digest of a fact that no cell wrote."""
        if fact.kind is FactKind.FILE:
            return self._digest_file(fact.key)
        if fact.kind is FactKind.MATCHES:
            return digest_matches(fact.key, self._rules)
        if fact.kind is FactKind.ENVIRONMENT:
            return look_up(fact.key, self._environment, self._key)
        if fact.kind in (FactKind.MODULE, FactKind.PACKAGE):
            return self._probe(fact)
        if fact == Fact(FactKind.MACHINE, PLACE):
            return digest_place(str(self._cwd))
        if fact.kind is FactKind.MACHINE:
            is_of_python = fact.key in ("interpreter", "executable", "packages")
            return (
                self._probe(fact) if is_of_python else digest_machine(fact.key, self._environment)
            )
        if fact.kind is FactKind.RANDOM:
            return _FRESH
        if fact.kind is FactKind.OPTION:
            return _INITIAL
        if fact.kind is FactKind.FOLDER:
            return self._rules.key(self._cwd) or str(self._cwd)
        return None

    def facts_of_path(self, text: str) -> tuple[Fact, ...]:
        """Return the facts that a path or pattern in an option of a stage stands for now."""
        return facts_of_path(text, cwd=self._cwd, rules=self._rules)

    def path_of(self, key: str) -> Path:
        """Return the file that a fact's key calls."""
        return Path(self._rules.path(key))

    def key_of(self, path: str) -> str:
        """Return what a path is called in records: relative to the project, where it is in it."""
        return self._rules.key(path) or path

    def _digest_file(self, key: str) -> str | None:
        path, asked = split_key(key)
        return self._files.look(self._rules.path(path), asked)
