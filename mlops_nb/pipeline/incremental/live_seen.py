"""What was seen of a cell's dealings with the states of the process, where nobody watched it?

The states before it and after it are known, and its text. That it drew from a random generator
shows in the state, unless this is still the system's own; that it set an option again which was set
already shows in nothing: then what is known of its last run, or its words, decide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mlops_nb.pipeline.incremental.facts import Fact, FactKind
from mlops_nb.pipeline.incremental.live_states import AT_FIRST, is_state, may_set, seeds
from mlops_nb.pipeline.incremental.live_status import Execution

States = Mapping[Fact, str | None]
_FRESH = AT_FIRST[FactKind.RANDOM]


def with_states(execution: Execution, *, before: States, after: States) -> Execution:
    """Return an execution that nobody watched, with the states that it changed and drew from."""
    source, seeding = execution.source, seeds(execution.source)
    random = {fact: digest for fact, digest in after.items() if fact.kind is FactKind.RANDOM}
    wrote = {
        fact: digest
        for fact, digest in after.items()
        if is_state(fact) and before.get(fact, AT_FIRST.get(fact.kind)) != digest
    }
    drew = {
        fact: before.get(fact, _FRESH)
        for fact, digest in random.items()
        # Who draws from a fresh one leaves it fresh.
        if not seeding and (fact in wrote or (digest == _FRESH and may_set(source, fact)))
    }
    if seeding:  # perhaps to what it was
        wrote |= {fact: digest for fact, digest in random.items() if digest != _FRESH}
    return replace(execution, writes=wrote, drew=drew, states=after, has_states=True)


def with_what_it_keeps(execution: Execution, last: Execution | None) -> Execution:
    """Return an execution with the options that its cell set when it ran `last`, and that it found
    as it had left them: who sets an option again changes nothing, and it is this cell's all the
    same."""
    if last is None or last.source.strip() != execution.source.strip():
        return execution
    kept = {
        fact: digest
        for fact, digest in last.writes.items()
        if fact.kind is FactKind.OPTION
        and is_state(fact)
        and fact not in execution.writes
        and execution.states.get(fact) == digest
    }
    if not kept:
        return execution
    reads = execution.reads
    if reads is not None:
        reads = {fact: digest for fact, digest in reads.items() if fact not in kept}
    return replace(execution, reads=reads, writes={**execution.writes, **kept})
