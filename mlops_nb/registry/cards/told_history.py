"""Which lines of a model's history concern one version, and what do they say to people?"""

from __future__ import annotations

from mlops_nb.registry.cards.model_card import HistoryLine
from mlops_nb.registry.promotion.history import History, HistoryEvent

_ASIDE = {"unfinished": " (unfinished)", "not noted yet": " (not noted yet)"}


def version_history(history: History, version: int) -> tuple[HistoryLine, ...]:
    """Return what happened to a version, oldest first; what was given up is left out."""
    return tuple(
        HistoryLine(
            moment=event.entry.at,
            actor=event.entry.actor or "somebody, past mlops-nb",
            what=tell_event(event),
            reason=event.entry.reason,
        )
        for event in history.events
        if version in (event.entry.before, event.entry.after) and event.outcome != "given up"
    )


def tell_event(event: HistoryEvent) -> str:
    """Return what happened: ``"champion: version 1 to 2, forced past MNB720"``."""
    entry = event.entry
    told = {
        "approve": f"approved version {entry.after}",
        "withdraw": f"withdrew the approval of version {entry.after}",
        "archive": f"archived version {entry.after}",
        "unarchive": f"brought version {entry.after} back",
    }.get(entry.kind)
    if told is None:
        before = "none" if entry.before is None else f"version {entry.before}"
        after = "none" if entry.after is None else f"version {entry.after}"
        told = f"{entry.alias}: {before} to {after}"
        told += {"rollback": ", rolled back"}.get(entry.kind, "")
    forced = f", forced past {', '.join(entry.forced)}" if entry.forced else ""
    return told + forced + _ASIDE.get(event.outcome, "")
