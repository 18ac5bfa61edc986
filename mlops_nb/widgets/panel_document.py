"""What must a person see before they press Promote? Verdict first, then what it rests on."""

from __future__ import annotations

from collections.abc import Iterator

from mlops_nb.registry.cards.document import (
    Block,
    Document,
    Mark,
    Section,
    Sentences,
    Span,
    Table,
    facts_of,
    plain_span,
)
from mlops_nb.registry.cards.gates_block import gate_blocks
from mlops_nb.registry.cards.model_card import metric_blocks, origin_blocks, version_summary
from mlops_nb.registry.cards.side_by_side import (
    change_table,
    compared,
    data_blocks,
    metric_tables,
    signature_blocks,
)
from mlops_nb.registry.comparison.differences import Comparison
from mlops_nb.registry.comparison.facts import ModelFacts
from mlops_nb.registry.infra import InfraReport
from mlops_nb.registry.promotion.plan import PromotionPlan
from mlops_nb.registry.verdicts import show

OPEN = frozenset({"What stands in the way", "Gates", "Metrics"})
"""Sections that are open when a panel is first seen."""


def planned(plan: PromotionPlan, candidate: ModelFacts, comparison: Comparison | None) -> Document:
    """Return a plan as a document.

    Parameters
    ----------
    plan : PromotionPlan
    candidate : ModelFacts
        With the plan's gate report.
    comparison : Comparison or None
        With what the alias names now; None: nothing.
    """
    sections = [
        Section(heading="What stands in the way", blocks=tuple(_obstacles(plan))),
        Section(heading="Gates", blocks=() if plan.report is None else gate_blocks(plan.report)),
        *_differences(candidate, comparison),
        Section(heading="Does it serve?", blocks=tuple(_infra(plan.infra))),
        Section(heading="Approvals", blocks=tuple(_approvals(plan))),
    ]
    return Document(
        title=f"{plan.label} → {plan.to}",
        lead=tuple(_lead(plan)),
        sections=tuple(section for section in sections if section.blocks),
    )


def recorded(candidate: ModelFacts, comparison: Comparison | None, *, to: str) -> Document:
    """Return what is on record, where nothing is judged anew: in headless runs."""
    summary = version_summary(candidate)
    gates = () if candidate.report is None else gate_blocks(candidate.report)
    sections = [
        Section(heading="Gates", blocks=gates),
        *_differences(candidate, comparison),
    ]
    return Document(
        title=f"{candidate.title} → {to}",
        lead=summary.lead,
        sections=tuple(section for section in sections if section.blocks),
    )


def _lead(plan: PromotionPlan) -> Iterator[Span]:
    if plan.already:
        yield Span(text=f"is {plan.to} already", mark="passed")
        return
    if plan.report is not None and plan.report.outcomes:
        yield Span(text=plan.report.summary.rstrip("."), mark=_chip(plan.report.passed))
    else:
        yield Span(text="no gates", mark="skipped")
    if plan.infra is not None:
        yield Span(
            text="serves" if plan.infra.passed else "does not serve",
            mark=_chip(plan.infra.passed),
        )
    if plan.approvals.needed:
        had = f"{len(plan.approvals.counted)} of {plan.approvals.needed} approvals"
        yield Span(text=had, mark=_chip(not plan.approvals.missing))
    was = "is the first" if plan.current is None else f"replaces {plan.current.label}"
    yield Span(text=was)


def _chip(holds: bool) -> Mark:
    return "passed" if holds else "failed"


def _obstacles(plan: PromotionPlan) -> Iterator[Block]:
    if plan.already:
        return
    if not plan.obstacles:
        yield Sentences(lines=(Span(text="Nothing stands in the way.", mark="good"),))
    else:
        yield Table(
            columns=("Code", "What is wrong", "What to do", "Can be forced"),
            rows=tuple(
                (
                    Span(text=one.code, mark="code"),
                    Span(text=one.reason),
                    Span(text=one.remedy),
                    Span(text="yes" if one.overridable else "no"),
                )
                for one in plan.obstacles
            ),
        )
    if plan.notes:
        yield Sentences(lines=tuple(Span(text=note, mark="muted") for note in plan.notes))


def _differences(candidate: ModelFacts, comparison: Comparison | None) -> Iterator[Section]:
    if comparison is None:
        yield Section(heading="Metrics", blocks=tuple(metric_blocks(candidate)))
        yield Section(heading="Where it comes from", blocks=tuple(origin_blocks(candidate.run)))
        return
    yield Section(heading="Metrics", blocks=tuple(metric_tables(comparison)))
    signature = tuple(signature_blocks(comparison)) or (_alike("Both take and answer the same."),)
    data = tuple(data_blocks(comparison)) or (_alike("Nothing says on which data one was judged."),)
    yield Section(heading="What they take and answer", blocks=signature)
    yield Section(heading="Data", blocks=data)
    for heading, changes in (
        ("Parameters", comparison.params),
        ("Pins", comparison.pins),
        ("Model", comparison.others),
    ):
        if changes:
            yield Section(heading=heading, blocks=(change_table(changes, comparison),))
    runs = [section for section in compared(comparison).sections if section.heading == "Runs"]
    yield from runs


def _alike(text: str) -> Sentences:
    return Sentences(lines=(Span(text=text, mark="muted"),))


def _infra(infra: InfraReport | None) -> Iterator[Block]:
    if infra is None:
        return
    peak, took = infra.peak_memory_bytes, infra.load_seconds
    lines = [Span(text=problem, mark="bad") for problem in infra.problems]
    if not lines:
        lines = [Span(text="It loads in a fresh process and answers as it did when it was made.")]
    yield Sentences(lines=(*lines, *(Span(text=note, mark="muted") for note in infra.notes)))
    yield facts_of(
        [
            ("loading", plain_span(None if took is None else show(took, "duration"))),
            ("memory", plain_span(None if peak is None else show(peak, "size"))),
        ]
    )


def _approvals(plan: PromotionPlan) -> Iterator[Block]:
    if not plan.approvals.needed:
        return
    lines = [
        Span(text=f"{one.actor}, {one.at:%Y-%m-%d %H:%M} UTC{': ' * bool(one.reason)}{one.reason}")
        for one in plan.approvals.counted
    ]
    lines += [Span(text=text, mark="muted") for text in plan.approvals.ignored]
    if plan.approvals.missing:
        missing = f"{plan.approvals.missing} more needed: mlops-nb approve {plan.label}"
        lines.append(Span(text=missing, mark="bad"))
    yield Sentences(lines=tuple(lines))
