"""What did a person say of a stage that bears on restoring it? Its options, as decisions see them.

What nobody can observe keeps a cell from being restored, unless the person took that over: by
naming the files (``--deps``), by saying how long an outcome is good (``--fresh``), by a value that
tells whether it is (``--version-of``), or by insisting (``--cache``). Which word is an answer to
which cause stands in one table, so that a reason can name the words that would help.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mlops_nb.pipeline.incremental.traces import Blocker, Trace
from mlops_nb.pipeline.option_values import render_duration
from mlops_nb.pipeline.stages import StageOptions

_ANY = ("--deps", "--fresh", "--version-of", "--cache")
_OUTSIDE = ("--fresh", "--version-of", "--cache")
# By the cause of a blocker. Of a file or module that was another by the end of the cell, what the
# cell used is not known: there the record is wrong, and no word makes it right.
_ANSWERS: Mapping[str, Sequence[str]] = {
    "entropy": ("--cache",),
    "time": ("--cache",),
    "process": ("--cache",),
    "network": _OUTSIDE,
    "subprocess": _ANY,
    "workers": _ANY,
    "reader": _ANY,
    "native": _ANY,
    "file": (),
    "module": (),
}
_OTHERWISE = ("--cache",)
# Clocks of machines that share a store differ by less.
_CLOCKS = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On which terms the cells of a stage are restored and kept.

    Attributes
    ----------
    is_stage : bool
        Whether anything can be said of the cell at all.
    inputs, outputs : tuple of str
        Names that analysis cannot see.
    deps, produces, env : tuple of str
    version_of : str
        An expression, or an empty text.
    fresh_s : float or None
    said : frozenset of str
        Those of ``--deps --fresh --version-of --cache`` that were said.
    is_kept : bool
        False by ``--no-cache``: neither restored nor stored.
    is_first, is_last : bool
        Whether the cell is the first or last of its stage that runs.
    """

    is_stage: bool = False
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    deps: tuple[str, ...] = ()
    produces: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    version_of: str = ""
    fresh_s: float | None = None
    said: frozenset[str] = frozenset()
    is_kept: bool = True
    is_first: bool = True
    is_last: bool = True


def make_terms(options: StageOptions, *, is_first: bool = True, is_last: bool = True) -> Terms:
    """Return the terms that the options of a stage set for one of its cells."""
    said = {
        "--deps": bool(options.deps),
        "--fresh": options.fresh_s is not None,
        "--version-of": options.version_of is not None,
        "--cache": options.cache is True,
    }
    return Terms(
        is_stage=True,
        inputs=options.inputs,
        outputs=options.outputs,
        deps=options.deps,
        produces=options.produces,
        env=options.env,
        version_of=options.version_of or "",
        fresh_s=options.fresh_s,
        said=frozenset(flag for flag, is_said in said.items() if is_said),
        is_kept=options.cache is not False,
        is_first=is_first,
        is_last=is_last,
    )


def answers_to(cause: str) -> Sequence[str]:
    """Return the options that let a cell be restored although it used what `cause` says.

    >>> answers_to("network"), answers_to("time")
    (('--fresh', '--version-of', '--cache'), ('--cache',))
    """
    return _ANSWERS.get(cause, _OTHERWISE)


def unanswered(blockers: Iterable[Blocker], terms: Terms) -> tuple[Blocker, ...]:
    """Return the blockers that no option of the stage answers."""
    return tuple(b for b in blockers if terms.said.isdisjoint(answers_to(b.cause)))


def phrase_blockers(blockers: Sequence[Blocker], terms: Terms) -> str:
    """Return why a cell runs every time, and which words would change that.

    Parameters
    ----------
    blockers : sequence of Blocker
        As `unanswered` returns them, at least one.
    terms : Terms
    """
    told = f"it runs every time, since it {blockers[0].message}"
    others = len(blockers) - 1
    if others:
        told += f", and {others} more such reason{'s' * (others > 1)}"
    words = [w for w in _ANY if all(w in answers_to(b.cause) for b in blockers)]
    if words:
        asked = " or ".join(words) if len(words) < 3 else f"{', '.join(words[:-1])} or {words[-1]}"
        advice = f"say {asked} to restore it" if terms.is_stage else f"a stage can say {asked}"
        return f"{told}; {advice}"
    remedy = blockers[0].remedy.rstrip(".")
    return f"{told}; {remedy[:1].lower()}{remedy[1:]}" if remedy else told


def mark_of(trace: Trace, terms: Terms) -> str:
    """Return what a person must know of a cell that is restored although it used what cannot be
    observed, such as ``"although it read the clock (--cache)"``; else an empty text."""
    if not trace.blockers:
        return ""
    blocker = trace.blockers[0]
    words = [w for w in answers_to(blocker.cause) if w in terms.said]
    others = len(trace.blockers) - 1
    more = f" and {others} more such thing{'s' * (others > 1)}" if others else ""
    return f"although it {blocker.message}{more} ({', '.join(words)})"


def too_old(trace: Trace, terms: Terms, now: datetime) -> str:
    """Return why a trace is out of date by ``--fresh``, or an empty text."""
    if terms.fresh_s is None:
        return ""
    limit = render_duration(terms.fresh_s)
    try:
        age = now - datetime.fromisoformat(trace.made)
    except (ValueError, TypeError):
        return f"it is not known to be younger than {limit} (--fresh)"
    if age < -_CLOCKS:
        return f"its time lies ahead of this machine's, so it is not known to be within {limit}"
    return (
        f"what it left is older than {limit} (--fresh)"
        if age.total_seconds() > terms.fresh_s
        else ""
    )
