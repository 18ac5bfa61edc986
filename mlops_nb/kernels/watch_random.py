"""Did a cell draw from a global random generator, and could another run draw the same?

The state is compared before and after. A cell that seeds before it draws does not depend on what
was before; one that draws from a generator nobody seeded in this process drew fresh entropy, which
no other run can repeat. Setting a fresh state back makes it no less fresh. A local module that
draws what cells seeded while it is imported comes about by running the cell that imports it:
imported for another one, it would draw something else.

Limits. A generator seeded past the library's functions (``np.random.mtrand._rand.seed(1)``) counts
as not seeded: the cell runs every time. Generators on other devices are not read.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from .watch_generators import GENERATORS
from .watch_imports import ImportHook
from .watch_seen import Seen
from .watch_wrapping import Undo, wrap_function

FRESH = "fresh"
_KEPT_FRESH = 64


class RandomWatch:
    """The global generators of one process.

    Parameters
    ----------
    is_heard : callable
        Whether what this thread does now counts to a cell.
    """

    def __init__(self, is_heard: Callable[[], bool]) -> None:
        self._is_heard = is_heard
        self._sources: dict[str, _Source] = {}
        self._modules: dict[str, str] = {}
        self._depth = 0
        self._drew: list[str] = []
        self._undo: list[Undo] = []

    def install(self, imports: ImportHook) -> None:
        """Attend to each library once it is loaded."""
        for make in GENERATORS:
            generator: Any = make()
            self._modules[generator.name] = generator.module
            imports.when_loaded(generator.module, partial(self._attend, generator))

    def start(self) -> None:
        """Forget the cell before."""
        self._drew = []
        for source in self._sources.values():
            source.start()

    def stop(self, seen: Seen) -> None:
        """Tell what the cell did."""
        for name, source in sorted(self._sources.items()):
            source.stop(seen, f"random:{name}")
        for module in self._drew:
            seen.write(f"import:{module}", "loaded")

    def importing(self, *, is_done: bool) -> None:
        """Leave out of account what libraries draw from a fresh generator while they are imported.

        Call it before and after a library's module is executed that another library's did not ask
        for.
        """
        for source in self._sources.values():
            source.importing(is_done=is_done)

    def executing(self, module: str, *, is_done: bool) -> None:
        """Note which local module draws while it is imported; one that it imports counts as it.

        Call it before and after each is executed.
        """
        self._depth -= is_done
        if self._depth == 0:
            drew = [source.executing(is_done=is_done) for source in self._sources.values()]
            self._drew += [module] if any(drew) else []
        self._depth += not is_done

    def names(self) -> list[str]:
        """Return the generators whose libraries are loaded."""
        return sorted(self._sources)

    def look(self, name: str) -> str | None:
        """Return the digest of a generator's state; None if its library is not loaded."""
        source = self._sources.get(name)
        return None if source is None else source.digest()

    def capture(self) -> dict[str, dict[str, Any]]:
        """Return by fact what `restore` needs to bring back all states as they are now."""
        return {f"random:{name}": source.capture() for name, source in self._sources.items()}

    def restore(self, name: str, effect: Mapping[str, Any]) -> None:
        """Set the state as a cell left it; loads the library, which may not be yet."""
        if name not in self._sources:
            importlib.import_module(self._modules[name])
        self._sources[name].restore(effect)

    def close(self) -> None:
        """Take away all wrappers."""
        for undo in reversed(self._undo):
            undo()

    def _attend(self, generator: Any, module: Any) -> None:
        places = generator.places(module)
        source = self._sources[generator.name] = _Source(generator)
        for place in places:
            arounds = (
                (generator.seeders, self._around_seeding(source, is_set_back=False)),
                (generator.setters, self._around_seeding(source, is_set_back=True)),
                (generator.readers, self._around_reading(source)),
            )
            for names, around in arounds:
                self._undo += [wrap_function(place, name, around) for name in names]

    def _around_seeding(self, source: _Source, *, is_set_back: bool) -> Callable[..., Any]:
        def around(original: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
            given = [*arguments, *options.values()]
            if not self._is_heard():  # such as by a cell of a live kernel that nobody asks about
                result = original(*arguments, **options)
                source.was_set_unheard(None if is_set_back else not given or given[0] is None)
                return result
            source.look_back()
            result = original(*arguments, **options)
            if is_set_back:
                source.was_set_back()
            else:
                source.was_seeded(is_fresh=not given or given[0] is None)
            return result

        return around

    def _around_reading(self, source: _Source) -> Callable[..., Any]:
        def around(original: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
            if self._is_heard():
                source.was_read()
            return original(*arguments, **options)

        return around


class _Source:
    """One generator: its state, and where that came from."""

    def __init__(self, generator: Any) -> None:
        self._generator = generator
        self._is_fresh = True
        self._fresh_states: list[str] = []
        self._state, self._digest = b"", ""
        self.start()

    def start(self) -> None:
        self._at_start = self._hash()
        self._was_fresh = self._is_fresh
        self._is_seeded = self._is_read = False
        self._drew_fresh = self._took_fresh = False
        self._around = (False, False)
        if self._is_fresh:
            self._keep_fresh(self._at_start)
        self._last = self._at_start

    def digest(self) -> str:
        return FRESH if self._is_fresh else self._hash()

    def importing(self, *, is_done: bool) -> None:
        now = self._hash()
        if is_done and self._is_fresh and now != self._last:
            self._keep_fresh(now)
            if self._at_start == self._last:
                self._at_start = now
            self._last = now
        self.look_back()

    def executing(self, *, is_done: bool) -> bool:
        """Return whether a module used the state that was there before it was executed."""
        self.look_back()
        if not is_done:
            self._around = (self._is_read, self._is_seeded)
            self._is_read = self._is_seeded = False
            return False
        was_read, was_seeded = self._around
        used = self._is_read
        self._is_read = was_read or (used and not was_seeded)
        self._is_seeded |= was_seeded
        return used

    def was_read(self) -> None:
        self.look_back()
        if not self._is_seeded:
            self._is_read = True
        self._took_fresh |= self._is_fresh

    def was_seeded(self, *, is_fresh: bool) -> None:
        self._last = self._hash()
        self._is_seeded, self._is_fresh = True, is_fresh

    def was_set_unheard(self, is_fresh: bool | None) -> None:
        """Note that the state was set while no cell was watched; None: to one that was kept."""
        self._is_fresh = self._hash() in self._fresh_states if is_fresh is None else is_fresh

    def was_set_back(self) -> None:
        """Note that a state was set that somebody kept: perhaps the one from the cell's start."""
        self._last = self._hash()
        self._is_fresh = self._last in self._fresh_states
        self._is_seeded = self._last != self._at_start
        if self._is_fresh:
            self._took_fresh = False

    def stop(self, seen: Seen, fact: str) -> None:
        self.look_back()
        is_changed = self._last != self._at_start or self._was_fresh != self._is_fresh
        if self._is_read:
            seen.read(fact, FRESH if self._was_fresh else self._at_start)
        if self._drew_fresh or self._took_fresh:
            seen.block(
                "entropy",
                f"drew random numbers from the generator of {self._generator.name}, "
                "which was not seeded",
                "Seed it in the cell or above; or restore it with --cache.",
            )
        if is_changed or self._is_seeded:
            effect = {FRESH: True} if self._is_fresh else self._generator.capture()
            seen.write(fact, self.digest(), effect)

    def capture(self) -> dict[str, Any]:
        return {FRESH: self._is_fresh, **self._generator.capture()}

    def restore(self, effect: Mapping[str, Any]) -> None:
        state = {name: part for name, part in effect.items() if name != FRESH}
        if state:
            self._generator.restore(state)
        self._is_fresh = bool(effect.get(FRESH))

    def look_back(self) -> None:
        """Note what was drawn since this was last asked."""
        now = self._hash()
        if now != self._last:
            if not self._is_seeded:
                self._is_read = True
            if self._is_fresh:
                self._drew_fresh = True
                self._keep_fresh(now)
        self._last = now

    def _hash(self) -> str:
        state = self._generator.state()
        if state != self._state:  # it seldom is another
            self._state, self._digest = state, "sha256:" + hashlib.sha256(state).hexdigest()
        return self._digest

    def _keep_fresh(self, state: str) -> None:
        if self._is_fresh and state not in self._fresh_states:
            self._fresh_states = [*self._fresh_states[-_KEPT_FRESH:], state]
