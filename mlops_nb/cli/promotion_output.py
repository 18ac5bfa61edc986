"""How do plans, moves and histories look on a terminal?"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mlops_nb.registry.promotion.audit_entry import AuditEntry
    from mlops_nb.registry.promotion.history import History, HistoryEvent
    from mlops_nb.registry.promotion.plan import PromotionPlan
    from mlops_nb.registry.promotion.promotion import Promotion

_WIDTH = 96
_DID = {
    "promote": "promoted",
    "rollback": "rolled back",
    "external": "moved outside",
    "approve": "approved",
    "withdraw": "approval withdrawn",
    "archive": "archived",
    "unarchive": "brought back",
}


def render_plan(plan: PromotionPlan) -> str:
    """Return what a promotion would do and what stands in its way."""
    return "\n".join(_plan_lines(plan))


def render_promotion(done: Promotion) -> str:
    """Return what a move did, in a line or two."""
    what = f"{done.name}@{done.version}"
    if done.already:
        return f"{what} is {done.to} already. Nothing was moved."
    again = " again" if done.kind == "rollback" else ""
    was = "nothing" if done.before is None else f"{done.name}@{done.before}"
    marks = f"  [forced past {', '.join(done.forced)}]" if done.forced else ""
    first = f"{what} is {done.to}{again}; it was {was}. By {done.actor}, entry {done.seq}.{marks}"
    first = "\n".join((first, *done.notes))
    if not done.hook:
        return first
    told = f"failed: {done.hook_fault}. The move stands." if done.hook_fault else "was told."
    return f"{first}\nThe hook {told}"


def render_history(found: History) -> str:
    """Return the events of a model, newest first, with what is champion."""
    lines = [_headline(found)]
    for event in reversed(found.events):
        lines += _event_lines(event)
    if not found.events:
        lines.append("  Nothing is known of it." if found.at else "  It was never promoted.")
    return "\n".join(lines)


def render_verification(found: History) -> str:
    """Return whether the history is whole, and what that means."""
    if found.problems:
        told = [f"The history of {found.name!r} does not hold. {found.place}"]
        return "\n".join([*told, *(f"  {problem}" for problem in found.problems)])
    if not found.n_entries:
        return f"The history of {found.name!r} is empty, and the registry knows of no entry."
    n, entries = found.n_entries, "entry" if found.n_entries == 1 else "entries"
    if found.has_key:
        signed = f"{found.n_signed} signed with MLOPS_NB_STORE_KEY"
    else:
        signed = "signatures not looked at: MLOPS_NB_STORE_KEY is not set"
    return (
        f"The history of {found.name!r} is whole: {n} {entries}, each bound to the one before and "
        f"the last to the registry; {signed}.\n  {found.place}"
    )


def _plan_lines(plan: PromotionPlan) -> Iterator[str]:
    now = "nothing yet" if plan.current is None else plan.current.label
    if plan.already:
        yield f"{plan.label} is {plan.to} already: there is nothing to do."
        return
    yield click.style(f"Promote {plan.label} to {plan.to} (now: {now})", bold=True)
    tags = plan.candidate.tags
    made = tags.get("mlops_nb.notebook", "nobody knows what")
    run = f", run {plan.candidate.run_id[:8]}" if plan.candidate.run_id else ""
    commit = tags.get("mlflow.source.git.commit", "")
    yield f"  made by    {made}{run}{f', commit {commit[:8]}' if commit else ''}"
    yield from _gate_lines(plan)
    yield from _infra_lines(plan)
    if plan.approvals.needed:
        names = ", ".join(one.actor for one in plan.approvals.counted) or "nobody yet"
        counted = len(plan.approvals.counted)
        yield f"  approvals  {counted} of {plan.approvals.needed}: {names}"
    for note in plan.notes:
        yield from _wrapped("note", note)
    if plan.obstacles:
        yield "In the way:"
        for obstacle in plan.obstacles:
            yield from _wrapped(click.style(obstacle.code, fg="red"), obstacle.reason, code=True)
            yield from _wrapped("", obstacle.remedy)


def _gate_lines(plan: PromotionPlan) -> Iterator[str]:
    from mlops_nb.registry.report_text import render_text

    if plan.report is None:
        yield "  gates      not asked"
    elif not plan.report.outcomes:
        yield "  gates      there are none"
    else:
        first, *rest = render_text(plan.report).splitlines()
        yield f"  gates      {first}"
        yield from (f"  {line}" for line in rest)


def _infra_lines(plan: PromotionPlan) -> Iterator[str]:
    if plan.infra is None:
        yield "  serves     not asked"
        return
    told = "yes" if plan.infra.passed else "no"
    if plan.infra.load_seconds is not None:
        told += f", loaded in {plan.infra.load_seconds:.2g} s"
    if plan.infra.peak_memory_bytes is not None:
        told += f", {plan.infra.peak_memory_bytes / 1e6:.0f} MB"
    yield f"  serves     {told}"


def _wrapped(head: str, text: str, *, code: bool = False) -> Iterator[str]:
    lines = textwrap.wrap(text, _WIDTH - 13) or [""]
    width = len(click.unstyle(head))
    yield f"  {head}{' ' * (11 - width)}{lines[0]}"
    yield from (f"{' ' * 13}{line}" for line in lines[1:])


def _headline(found: History) -> str:
    champion = "nothing" if found.champion is None else f"{found.name}@{found.champion}"
    if found.at is None:
        return click.style(f"{found.name}: champion is {champion}", bold=True)
    if found.then is None:
        known = "nothing is known of a champion then"
        return click.style(f"{found.name} at {_moment(found.at)}: {known}", bold=True)
    since = _moment(found.then.at)
    return click.style(
        f"{found.name} at {_moment(found.at)}: champion was {champion} (since {since})", bold=True
    )


def _event_lines(event: HistoryEvent) -> Iterator[str]:
    entry = event.entry
    number = "-" if event.outcome == "not noted yet" else str(entry.seq)
    who = entry.actor or "somebody past mlops-nb"
    yield f"  {number:>4}  {_moment(entry.at)}  {_what(entry)}  by {who}{_marks(event)}"
    details = [
        f"why: {entry.reason}" if entry.reason else "",
        _rested_on(entry),
    ]
    yield from (f"        {detail}" for detail in details if detail)


def _what(entry: AuditEntry) -> str:
    did = _DID[entry.kind]
    if not entry.alias:
        return f"{did}: version {entry.after}"
    before = "none" if entry.before is None else str(entry.before)
    after = "none" if entry.after is None else str(entry.after)
    return f"{did}: {entry.alias} {before} -> {after}"


def _marks(event: HistoryEvent) -> str:
    entry = event.entry
    marks = [
        f"FORCED past {', '.join(entry.forced)}" if entry.forced else "",
        "live object" if entry.live else "",
        event.outcome if event.outcome not in ("done", "noted") else "",
        "closed by a later process" if event.recovered else "",
    ]
    told = "; ".join(mark for mark in marks if mark)
    return f"  [{told}]" if told else ""


def _rested_on(entry: AuditEntry) -> str:
    known = entry.evidence
    parts = [
        known.get("notebook", ""),
        f"run {known['run_id'][:8]}" if "run_id" in known else "",
        f"commit {known['commit'][:8]}" if "commit" in known else "",
        f"gates: {known['gates']}" if "gates" in known else "",
        f"approved by {known['approved_by']}" if "approved_by" in known else "",
        f"blessed by entry {known['blessed_by']}" if "blessed_by" in known else "",
    ]
    told = ", ".join(part for part in parts if part)
    return f"on: {told}" if told else ""


def _moment(at: datetime) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S}"
