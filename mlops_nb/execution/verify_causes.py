"""Why do passes differ? The likeliest cause, from what was observed and from which passes differ.

What was seen comes first: a value, file or variable that was another before the cell already; then
what the cell was seen to use (entropy, a clock, the network), and what its code shows. Only then
what the passes have in common: one that differs by its hash seed alone, or by its kernels alone,
points to that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mlops_nb.execution.verify_comparison import UNSEEN, Gone, Unit, is_known
from mlops_nb.execution.verify_outputs import shows_durations
from mlops_nb.execution.verify_pass import FIRST, ISOLATED, OTHER, RESTORED, CellSeen, PassSeen
from mlops_nb.execution.verify_report import Cause, Difference
from mlops_nb.pipeline.incremental.facts import Fact, FactKind

_WORDS = {
    "entropy": "unseeded randomness",
    "time": "time",
    "network": "network",
    "subprocess": "other programs",
    "workers": "threads",
    "input": "other programs",
    "process": "environment",
    "file": "files",
    "module": "files",
    "reader": "files",
}
_TIMERS = frozenset({"%time", "%%time", "%timeit", "%%timeit", "%prun", "%%prun"})
# By the words that findings, and names in code, point to.
_HINTS = {
    "MNB236": ("unseeded randomness", "Pass a seed."),
    "MNB237": ("time", "Make it a parameter."),
    "clock": ("time", "Keep it out of what is compared: a log, not a value."),
    "process": ("environment", "Keep it out of what the stage binds and shows."),
}
_THREADS = "threads"
_CODE = {
    "clock": re.compile(r"\b(perf_counter|monotonic|process_time|thread_time|default_timer)\w*"),
    "process": re.compile(r"\b(getpid|getppid|get_ident|gethostname|mkdtemp|mkstemp|gettempdir)\b"),
    _THREADS: re.compile(
        r"\b(Thread|ThreadPool|ThreadPoolExecutor|ProcessPoolExecutor|as_completed|imap_unordered|"
        r"to_thread|prange)\b"
    ),
}
_SEED_VARIABLE = "PYTHONHASHSEED"  # another process has another one
_UNBOUND = re.compile(r"name '(\w+)' is not defined")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of the notebook beside the passes.

    Attributes
    ----------
    first : PassSeen
    others : Mapping of str to PassSeen
    hints : Mapping of int to sequence of (str, str)
        By cell: codes and messages of findings about chance and clocks.
    magics : Mapping of int to frozenset of str
    """

    first: PassSeen
    others: Mapping[str, PassSeen]
    hints: Mapping[int, Sequence[tuple[str, str]]] = field(default_factory=dict)
    magics: Mapping[int, frozenset[str]] = field(default_factory=dict)


def make_explain(known: Known) -> Callable[[Unit, Difference, Mapping[str, Gone]], Cause]:
    """Return what explains differences, for `compare_passes`."""

    def explain(unit: Unit, difference: Difference, gone: Mapping[str, Gone]) -> Cause:
        for find in (_of_ending, _of_unseen, _of_before, _of_use, _of_durations, _of_threads):
            cause = find(unit, difference, gone, known)
            if cause is not None:
                return cause
        return _of_passes(difference)

    return explain


def _of_ending(
    unit: Unit, difference: Difference, gone: Mapping[str, Gone], known: Known
) -> Cause | None:
    if difference.kind != "ending":
        return None
    seen = known.others[difference.passes[0]]
    if any(joint.last == difference.cell for joint in seen.joints):
        return Cause(
            word="hidden state",
            message="it needs what cannot be handed from one kernel to another, so `run --isolate` "
            "would fail",
            remedy="Make both one stage, or make what is needed where it is used.",
        )
    unbound = _UNBOUND.search(difference.detail)
    if unbound and difference.passes == (ISOLATED,):
        return Cause(
            word="hidden state",
            message=f"it uses {unbound[1]!r}, and its code does not show that it does",
            remedy=f"Read {unbound[1]!r} in the cell by its name, or declare it with --inputs.",
        )
    return None


def _of_unseen(
    unit: Unit, difference: Difference, gone: Mapping[str, Gone], known: Known
) -> Cause | None:
    if difference.detail != UNSEEN:
        earlier = gone[FIRST].names
        reads = {f.key for i in unit.cells for f in known.first.cells[i].reads}
        names = [n for n in earlier if n == difference.subject or n in reads]
        if not names:
            return None
        return Cause(
            word="mutation",
            message=f"{names[0]!r} had changed in {earlier[names[0]]} without being seen to: by a "
            "thread, or through an object elsewhere that holds it",
            remedy=f"Mend {earlier[names[0]]} first.",
        )
    return Cause(
        word="mutation",
        message=f"{difference.subject!r} changed while the cell ran, by something that is not "
        "seen: a thread, or an object elsewhere that holds it",
        remedy="Change it where its name is read, and wait for threads before the cell ends.",
    )


def _of_before(
    unit: Unit, difference: Difference, gone: Mapping[str, Gone], known: Known
) -> Cause | None:
    """Return what was another before the cell already."""
    for name in difference.passes:
        for cell, other in _pairs(unit, difference, known, name):
            for fact in _changed_reads(cell, other):
                cause = _of_fact(fact, gone[name])
                if cause is not None:
                    return cause
    return None


_ALIASING = Cause(
    word="aliasing",
    message="names it reads were one object, and are not any more, or the other way round",
    remedy="Copy what is to be changed.",
)


def _of_fact(fact: Fact, gone: Gone) -> Cause | None:
    if fact == Fact(FactKind.ENVIRONMENT, _SEED_VARIABLE):
        return None
    maker = {FactKind.NAME: gone.names, FactKind.FILE: gone.files}.get(fact.kind, {}).get(fact.key)
    if maker is not None:
        return Cause(
            word="upstream",
            message=f"it reads {fact.key!r}, which {maker} left otherwise",
            remedy=f"Mend {maker} first.",
        )
    told = {
        FactKind.FILE: Cause(
            word="files",
            message=f"{fact.key!r} was another when it was read: the notebook, or a program "
            "beside it, changes it",
            remedy="Write to another file than is read, or make the file anew each time.",
        ),
        FactKind.ENVIRONMENT: Cause(
            word="environment",
            message=f"the environment variable {fact.key!r} was another",
            remedy="Make it a parameter.",
        ),
        FactKind.RANDOM: Cause(
            word="unseeded randomness",
            message=f"the random state of {fact.key} was another before it",
            remedy="Seed the generator in the cell that draws.",
        ),
        FactKind.OPTION: _hidden(f"the options of {fact.key} were others"),
        FactKind.AMBIENT: _hidden("cells before it had set something else in the process"),
        FactKind.FOLDER: _hidden("the working directory was another"),
        FactKind.IMPORT: _hidden(f"{fact.key} was not imported there"),
        FactKind.MODULE: Cause(
            word="files",
            message=f"module {fact.key!r} was another",
            remedy="Do not change modules while the notebook runs.",
        ),
        FactKind.SHARING: _ALIASING,
        FactKind.BETWEEN: _ALIASING,
    }
    return told.get(fact.kind)


def _hidden(message: str) -> Cause:
    return Cause(
        word="hidden state",
        message=message,
        remedy="Set it in a cell that is set-up (tag 'setup'), or in the stage itself.",
    )


def _of_use(
    unit: Unit, difference: Difference, gone: Mapping[str, Gone], known: Known
) -> Cause | None:
    """Return what the cells were seen to use, or show that they use."""
    cells = [i for i in unit.cells if i <= difference.cell]
    for index in reversed(cells):
        for seen in (known.first, *known.others.values()):
            for blocker in seen.cells[index].blockers if index in seen.cells else ():
                word = _WORDS.get(blocker.cause, blocker.cause)
                return Cause(word=word, message=f"it {blocker.message}", remedy=blocker.remedy)
        for code, message in known.hints.get(index, ()):
            if code not in _HINTS:
                continue
            word, remedy = _HINTS[code]
            return Cause(word=word, message=message.rstrip("."), remedy=remedy)
    return None


def find_hints(source: str) -> list[tuple[str, str]]:
    """Return what the names in a cell's code say of clocks, processes and threads, as
    `Known.hints` has it.

    >>> find_hints("begun = time.perf_counter()")
    [('clock', 'it calls perf_counter')]
    """
    found = ((word, pattern.search(source)) for word, pattern in _CODE.items())
    return [(word, f"it calls {match[0]}") for word, match in found if match]


def _of_durations(
    unit: Unit, difference: Difference, gone: Mapping[str, Gone], known: Known
) -> Cause | None:
    if difference.kind != "output":
        return None
    is_timed = bool(known.magics.get(difference.cell, frozenset()) & _TIMERS)
    pairs = _pairs(unit, difference, known, difference.passes[0])
    own = [(a, b) for a, b in pairs if a is known.first.cells.get(difference.cell)]
    if not is_timed and not any(shows_durations(a.outputs, b.outputs) for a, b in own):
        return None
    return Cause(
        word="time",
        message="what it shows tells how long something took",
        remedy="Show that on a terminal only, or leave it.",
    )


def _of_threads(
    unit: Unit, difference: Difference, gone: Mapping[str, Gone], known: Known
) -> Cause | None:
    if difference.passes == (OTHER,):  # its hash seed is likelier
        return None
    cells = [i for i in unit.cells if i <= difference.cell]
    calls = (m for i in reversed(cells) for code, m in known.hints.get(i, ()) if code == _THREADS)
    message = next(calls, None)
    if message is None:
        return None
    return Cause(
        word="threads",
        message=f"{message}, and what runs side by side does not end in the same order each time",
        remedy="Keep results in the order of what they were made from, as Executor.map does, and "
        "wait for all of them.",
    )


def _of_passes(difference: Difference) -> Cause:
    """Return what the passes that differ have in common."""
    passes = set(difference.passes)
    if passes == {OTHER}:
        return Cause(
            word="hash order",
            message="only the process with another hash seed differs: the order of a set of texts, "
            "or a hash of them, is in the result",
            remedy="Sort before the order counts: sorted(names) instead of list(names).",
        )
    if passes == {ISOLATED}:
        return _hidden(
            "only in a kernel of its own it differs: it depends on what cells before it left in "
            "the process, other than by a name it reads"
        )
    if passes == {RESTORED}:
        return Cause(
            word="aliasing",
            message="what came back from the store is another value than was kept",
            remedy="Bind plain values; report it if this is one.",
        )
    return Cause(
        word="unknown",
        message="clean runs differ, and nothing that was observed says why: threads that race, "
        "randomness in native code, memory that was not set",
        remedy="Compute the value twice in one cell to narrow it down.",
    )


def _pairs(
    unit: Unit, difference: Difference, known: Known, name: str
) -> Iterator[tuple[CellSeen, CellSeen]]:
    """Yield the cells of a unit up to a difference, as the first pass and another saw them."""
    other = known.others.get(name)
    for index in unit.cells:
        if other is not None and index <= difference.cell:
            pair = known.first.cells.get(index), other.cells.get(index)
            if pair[0] is not None and pair[1] is not None:
                yield pair[0], pair[1]


def _changed_reads(cell: CellSeen, other: CellSeen) -> Iterator[Fact]:
    for fact in sorted(cell.reads.keys() & other.reads.keys()):
        one, two = cell.reads[fact], other.reads[fact]
        if one != two and is_known(one) and is_known(two):
            yield fact
