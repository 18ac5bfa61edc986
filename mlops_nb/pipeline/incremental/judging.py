"""Does a trace still hold, and if not, what changed? Told as a person would want to know it.

A trace holds if every fact it read has the digest it had. What is not known yet leaves the answer
open; it does not hold up what is already seen to have changed.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from mlops_nb.pipeline.incremental.facts import Fact, FactKind, State, Unknown
from mlops_nb.pipeline.incremental.traces import Trace

Look = Callable[[Fact], State]

# What is told first: the nearer to the person's own edit, the better it explains.
_ORDER = (
    FactKind.FILE,
    FactKind.MATCHES,
    FactKind.VERSION,
    FactKind.MODULE,
    FactKind.NAME,
    FactKind.LINES,
    FactKind.ENVIRONMENT,
    FactKind.PACKAGE,
    FactKind.IMPORT,
    FactKind.MACHINE,
    FactKind.OPTION,
    FactKind.RANDOM,
    FactKind.FOLDER,
    FactKind.AMBIENT,
    FactKind.SHARING,
    FactKind.BETWEEN,
    FactKind.NAMES,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A fact that is not as it was when the trace was made, or is not known yet."""

    fact: Fact
    was: str | None
    now: State

    @property
    def is_open(self) -> bool:
        """Return whether nobody knows yet if it changed."""
        return isinstance(self.now, Unknown)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is to be said of a cell by its traces.

    Attributes
    ----------
    trace : Trace or None
        The trace that holds or may hold; of those that do not, the one with fewest changes.
    changes : tuple of Change
        Empty if the trace holds; open ones alone if that is not known yet.
    """

    trace: Trace | None
    changes: tuple[Change, ...] = ()

    @property
    def holds(self) -> bool:
        return self.trace is not None and not self.changes

    @property
    def is_open(self) -> bool:
        return bool(self.changes) and all(change.is_open for change in self.changes)


def judge(trace: Trace, look: Look) -> tuple[Change, ...]:
    """Return what changed since `trace` was made: certain changes, or else the open ones."""
    found = [
        Change(fact=fact, was=was, now=now)
        for fact, was in trace.reads.items()
        if (now := look(fact)) != was
    ]
    certain = [change for change in found if not change.is_open]
    return tuple(sorted(certain or found, key=_rank))


def choose(traces: Iterable[Trace], look: Look) -> Verdict:
    """Return the verdict on a cell whose traces, newest first, are `traces`.

    The first that holds; else the first that may hold; else the one with the fewest changes.
    """
    best: Verdict | None = None
    for trace in traces:
        if best is not None and _fails_alike(trace, best):
            continue
        verdict = Verdict(trace=trace, changes=judge(trace, look))
        if verdict.holds:
            return verdict
        if best is None or _distance(verdict) < _distance(best):
            best = verdict
    return best or Verdict(trace=None)


def _fails_alike(trace: Trace, best: Verdict) -> bool:
    """Return whether all that speaks against the best trace so far speaks against this one too:
    then it is no better, whatever else it read."""
    reads = trace.reads
    return all(change.fact in reads and reads[change.fact] != change.now for change in best.changes)


def _distance(verdict: Verdict) -> tuple[bool, int]:
    return (not verdict.is_open, len(verdict.changes))


def _rank(change: Change) -> tuple[int, Fact]:
    return (_ORDER.index(change.fact.kind), change.fact)


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Who decided a fact last in this run: for the words of a reason.

    Attributes
    ----------
    label : str
        Such as ``"stage 'train'"``, ``"cell 4"`` or ``""`` where no cell did.
    is_parameter : bool
    """

    label: str = ""
    is_parameter: bool = False


def phrase_change(
    change: Change, *, before: str = "", after: str = "", writer: Writer | None = None
) -> str:
    """Return a change as a clause, such as ``parameter 'n_estimators' changed: 100 → 300``.

    Parameters
    ----------
    change : Change
    before, after : str, optional
        What the fact looked like: a short value, or the source of a helper.
    writer : Writer, optional
    """
    fact, by = change.fact, writer or Writer()
    if isinstance(change.now, Unknown):
        if fact.kind is FactKind.VERSION:
            return f"{phrase_fact(fact)} is not known until a run asks for it"
        verb = "are" if fact.kind is FactKind.OPTION else "is"
        until = by.label or f"cell {change.now.until}"
        return f"{phrase_fact(fact)} {verb} not known until {until} ran"
    if fact.kind is FactKind.LINES:
        return "it shows lines of a cell whose text changed"
    if change.now is None:
        return f"{phrase_fact(fact)} is gone"
    if change.was is None and fact.kind in {FactKind.NAME, FactKind.FILE}:
        return f"{phrase_fact(fact)} was not there before"
    if fact.kind is FactKind.NAME:
        return _phrase_name(fact.key, before, after, by)
    if fact.kind is FactKind.RANDOM:
        return f"the random state of {fact.key} is another" + _by(by)
    values = f": {before} → {after}" if before and after else ""
    return f"{phrase_fact(fact)} changed{values}{_by(by)}"


def _phrase_name(name: str, before: str, after: str, by: Writer) -> str:
    if _is_definition(before) and _is_definition(after):
        return f"{changed_line(before, after)} of helper '{name}' changed"
    values = f": {before} → {after}" if before and after else ""
    if by.is_parameter:
        return f"parameter '{name}' changed{values}"
    if by.label:
        return f"it reads '{name}', which {by.label} changed{values}"
    return f"'{name}' changed{values}"


def _by(writer: Writer) -> str:
    return f", by {writer.label}" if writer.label else ""


def _is_definition(text: str) -> bool:
    return text.lstrip().startswith(("def ", "async def ", "class ", "@", "lambda"))


def changed_line(before: str, after: str) -> str:
    """Return where two sources first differ, by the lines of the later one.

    >>> changed_line("def f(x):\\n    return x", "def f(x):\\n    return x + 1")
    'line 2'
    """
    new = after.splitlines()
    first, last = changed_lines(before.splitlines(), new)
    line = min(first + 1, max(1, len(new)))
    return f"line {line}" if last - first <= 1 else f"lines {line}-{last}"


def changed_lines(before: Sequence[str], after: Sequence[str]) -> tuple[int, int]:
    """Return the first range of lines in `after`, from 0, that is not as it was in `before`."""
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for kind, _, _, first, last in matcher.get_opcodes():
        if kind != "equal":
            return first, last
    return 0, 0


def phrase_fact(fact: Fact) -> str:
    """Return what a fact is about, for a person.

    >>> phrase_fact(Fact(FactKind.AMBIENT)), phrase_fact(Fact(FactKind.OPTION, "pandas.display"))
    ('what earlier cells set in the process', 'the options of pandas.display')
    """
    key = fact.key
    words = {
        FactKind.NAME: f"'{key}'",
        FactKind.NAMES: "which names are bound",
        FactKind.SHARING: f"which of {list_names(key.split())} are one object",
        FactKind.BETWEEN: f"which of {list_names(key.split())} are one object",
        FactKind.FILE: _file(key),
        FactKind.MATCHES: f"which files '{key}' matches",
        FactKind.VERSION: f"the value of '{key}' (--version-of)",
        FactKind.ENVIRONMENT: _variable(key),
        FactKind.MODULE: f"module '{key}'",
        FactKind.PACKAGE: (
            f"whether there is a '{key[:-1]}'" if key.endswith("?") else f"the version of '{key}'"
        ),
        FactKind.IMPORT: f"the import of '{key}'",
        FactKind.MACHINE: _MACHINE.get(key, f"the machine's {key}"),
        FactKind.RANDOM: f"the random state of {key}",
        FactKind.OPTION: f"the options of {key}",
        FactKind.FOLDER: "the working directory",
        FactKind.LINES: "the text of a cell",
        FactKind.AMBIENT: "what earlier cells set in the process",
    }
    return words[fact.kind]


def _variable(key: str) -> str:
    if key == "*":
        return "which environment variables there are"
    return f"{'an' if key.endswith('*') else 'the'} environment variable '{key}'"


_MACHINE = {
    "host": "the machine's name",
    "user": "the user",
    "cpus": "the number of processors",
    "zone": "the time zone",
    "locale": "the locale",
    "interpreter": "the version of Python",
    "executable": "the place of Python",
    "packages": "which versions of libraries are installed",
    "place": "the place of the project on the machine",
}
_ASKED_OF_FILES = {
    "?link": "where {} leads",
    "?time": "the time of {}",
    "?changed": "the change time of {}",
    "?used": "the access time of {}",
    "?mode": "the mode of {}",
    "?owner": "the owner of {}",
    "?inode": "the place on the disk of {}",
}


def _file(key: str) -> str:
    path, mark, asked = key.rpartition("?")
    told = _ASKED_OF_FILES.get(f"?{asked}") if mark else None
    return f"'{key}'" if told is None else told.format(f"'{path}'")


def list_names(names: Sequence[str]) -> str:
    """Return the first names, and how many more there are.

    >>> list_names(["a", "b"]), list_names(["a", "b", "c", "d", "e"])
    ("'a', 'b'", "'a', 'b', 'c' and 2 more names")
    """
    told = ", ".join(f"'{name}'" for name in names[:3])
    rest = len(names) - 3
    return told if rest <= 0 else f"{told} and {rest} more name{'s' * (rest > 1)}"


def phrase_changes(clauses: Sequence[str], *, most: int = 2) -> str:
    """Return the first clauses and how many more there are, as one reason."""
    told = "; ".join(clauses[:most])
    rest = len(clauses) - most
    return told if rest <= 0 else f"{told}; and {rest} more"
