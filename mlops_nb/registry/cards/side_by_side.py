"""How is a comparison of two versions shown? What matters for a promotion stands first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlops_nb.pipeline.gates.metrics import find_metric
from mlops_nb.registry.cards.document import (
    Block,
    Document,
    Mark,
    Section,
    Sentences,
    Span,
    Table,
    plain_span,
)
from mlops_nb.registry.cards.model_card import told_moment
from mlops_nb.registry.comparison.differences import (
    Comparison,
    Judgement,
    MetricChange,
    ValueChange,
)
from mlops_nb.registry.comparison.facts import ModelFacts
from mlops_nb.registry.verdicts import show
from mlops_nb.tracking.summary import render_number

_TINTS: dict[Judgement, Mark] = {"better": "good", "worse": "bad", "same": "muted", "": ""}


def compared(comparison: Comparison) -> Document:
    """Return the comparison as a document; sections without a difference are left out."""
    candidate, champion = comparison.candidate, comparison.champion
    sections = [
        Section(heading="Metrics", blocks=tuple(metric_tables(comparison))),
        Section(heading="What they take and answer", blocks=tuple(signature_blocks(comparison))),
        Section(heading="Data", blocks=tuple(data_blocks(comparison))),
        *(
            Section(heading=heading, blocks=(change_table(changes, comparison),) if changes else ())
            for heading, changes in (
                ("Parameters", comparison.params),
                ("Pins", comparison.pins),
                ("Model", comparison.others),
            )
        ),
        Section(heading="Runs", blocks=(_runs(candidate, champion),)),
    ]
    return Document(
        title=f"{candidate.title} against {champion.title}",
        lead=tuple(_lead(comparison)),
        sections=tuple(section for section in sections if section.blocks),
    )


def metric_tables(comparison: Comparison) -> Iterator[Block]:
    """Yield the metrics: those scored on the same rows, then those each run logged."""
    sides = (comparison.candidate.title, comparison.champion.title)
    if comparison.scored:
        yield Table(
            columns=("Scored on the same rows", *sides, "Change", "Interval", "Rows"),
            rows=tuple(
                (
                    *_metric_cells(change),
                    Span(text=_interval(change)),
                    Span(text="" if change.n_rows is None else f"{change.n_rows:,}"),
                )
                for change in comparison.scored
            ),
            numeric=frozenset({1, 2, 5}),
        )
    if comparison.logged:
        yield Table(
            columns=("Logged by each run", *sides, "Change"),
            rows=tuple(_metric_cells(change) for change in comparison.logged),
            numeric=frozenset({1, 2}),
        )
        if comparison.has_same_data is not True:
            told = "on other rows" if comparison.has_same_data is False else "on unknown rows"
            text = f"Each run measured {told}: what was logged may not be comparable."
            yield Sentences(lines=(Span(text=text, mark="muted"),))


def signature_blocks(comparison: Comparison) -> Iterator[Block]:
    """Yield the columns that differ, and what callers would stumble over."""
    if comparison.columns:
        yield change_table(comparison.columns, comparison)
    if comparison.breaks:
        yield Sentences(lines=tuple(Span(text=text, mark="bad") for text in comparison.breaks))


def data_blocks(comparison: Comparison) -> Iterator[Block]:
    """Yield how the evaluation data differ."""
    if comparison.data:
        yield change_table(comparison.data, comparison)
    elif comparison.has_same_data:
        yield Sentences(lines=(Span(text="Both have the same evaluation data."),))


def change_table(changes: Sequence[ValueChange], comparison: Comparison) -> Table:
    """Return values that are not alike as a table."""
    return Table(
        columns=("", comparison.candidate.title, comparison.champion.title),
        rows=tuple(
            (Span(text=change.name), plain_span(change.candidate), plain_span(change.champion))
            for change in changes
        ),
    )


def _lead(comparison: Comparison) -> Iterator[Span]:
    if comparison.is_same_package:
        yield Span(text="the same package")
    changes = (*comparison.scored, *_only_logged(comparison))
    for judged in ("better", "worse"):
        n = sum(change.judged == judged for change in changes)
        if n:
            yield Span(text=f"{n} {judged}", mark=_TINTS[judged])
    if comparison.breaks:
        yield Span(text="callers would stumble", mark="failed")


def _only_logged(comparison: Comparison) -> Iterator[MetricChange]:
    """Yield what no gate scored; on other rows it counts only where nothing else is known."""
    scored = {find_metric(change.name) for change in comparison.scored}
    if comparison.has_same_data or not scored:
        for change in comparison.logged:
            if find_metric(change.name) not in scored or find_metric(change.name) is None:
                yield change


def _metric_cells(change: MetricChange) -> tuple[Span, ...]:
    return (
        Span(text=change.name),
        plain_span(None if change.candidate is None else render_number(change.candidate)),
        plain_span(None if change.champion is None else render_number(change.champion)),
        _told_change(change),
    )


def _told_change(change: MetricChange) -> Span:
    if change.change is None:
        return plain_span(None)
    if change.judged == "same" or change.change == 0:
        return Span(text="same", mark="muted")
    relative = f", {change.change / abs(change.champion):+.1%}" if change.champion else ""
    word = f" {change.judged}" if change.judged else ""
    return Span(text=f"{change.change:+.4g}{relative}{word}", mark=_TINTS[change.judged])


def _interval(change: MetricChange) -> str:
    if change.interval is None:
        return ""
    return f"{show(change.interval.low)} to {show(change.interval.high)}"


def _runs(candidate: ModelFacts, champion: ModelFacts) -> Table:
    def cells(facts: ModelFacts) -> tuple[Span, ...]:
        run = facts.run
        if run is None:
            return (Span(text=facts.title), *(plain_span(None) for _ in range(5)))
        dirty = " (changed)" if run.is_dirty else ""
        return (
            Span(text=facts.title),
            Span(text=run.run_id[:12], address=run.address),
            plain_span(told_moment(run.started)),
            plain_span(run.user),
            plain_span(run.notebook),
            plain_span(f"{run.commit[:12]}{dirty}" if run.commit else ""),
        )

    return Table(
        columns=("Version", "Run", "Started", "By", "Notebook", "Commit"),
        rows=(cells(candidate), cells(champion)),
    )
