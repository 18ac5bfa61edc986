"""How does a gate report stand in a document? As its headline, a table, and its footnotes."""

from __future__ import annotations

from mlops_nb.registry.cards.document import Block, Sentences, Span, Table
from mlops_nb.registry.report import GateReport
from mlops_nb.registry.report_rows import COLUMNS, ReportRow, footnotes, headline, report_rows


def gate_blocks(report: GateReport) -> tuple[Block, ...]:
    """Return the blocks that show a gate report."""
    if not report.outcomes:
        return (Sentences(lines=(Span(text="No gate judged it.", mark="muted"),)),)
    head = Sentences(lines=(Span(text=headline(report)),))
    notes = Sentences(lines=tuple(Span(text=note, mark="muted") for note in footnotes(report)))
    table = _without_empty(
        Table(
            columns=("Verdict", *COLUMNS[1:]),
            rows=tuple(_row(row) for row in report_rows(report)),
            numeric=frozenset({2, 3}),
        )
    )
    return (head, table, notes) if notes.lines else (head, table)


def _without_empty(table: Table) -> Table:
    """Return the table without columns that say nothing: a panel is narrow."""
    kept = [at for at in range(len(table.columns)) if any(row[at].text for row in table.rows)]
    return Table(
        columns=tuple(table.columns[at] for at in kept),
        rows=tuple(tuple(row[at] for at in kept) for row in table.rows),
        numeric=frozenset(new for new, at in enumerate(kept) if at in table.numeric),
        caption=table.caption,
    )


def _row(row: ReportRow) -> tuple[Span, ...]:
    name = Span(text=f"› {row.name}") if row.is_slice else Span(text=row.name, mark="code")
    return (
        Span(text=row.verdict, mark=row.verdict),
        name,
        Span(text=row.value),
        Span(text=row.champion),
        Span(text=row.interval),
        Span(text=row.reason),
    )
