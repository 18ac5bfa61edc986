"""What should a person know before relying on a model version? The model card.

After Mitchell et al., Model Cards for Model Reporting (FAT* 2019), filled with what is recorded and
nothing else: what it is, how to load it, which data it was judged on, how, by whom it was promoted,
and what it cannot be relied on for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from mlops_nb.registry.cards.document import (
    Block,
    Code,
    Document,
    Facts,
    Section,
    Sentences,
    Span,
    Table,
    facts_of,
    plain_span,
)
from mlops_nb.registry.cards.gates_block import gate_blocks
from mlops_nb.registry.comparison.differences import short_digest
from mlops_nb.registry.comparison.facts import ModelFacts, RunOrigin
from mlops_nb.registry.signature_breaks import describe_field
from mlops_nb.registry.verdicts import show
from mlops_nb.tracking.summary import render_number

_COLUMNS_SHOWN = 50
_FEW_ROWS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryLine:
    """One move of an alias: when, by whom, what, and why."""

    moment: datetime | None
    actor: str
    what: str
    reason: str = ""


def model_card(facts: ModelFacts, *, history: Sequence[HistoryLine] = ()) -> Document:
    """Return the card of a version; sections without content are left out."""
    found = [
        Section(heading="Limits", blocks=(Sentences(lines=tuple(_limits(facts))),)),
        Section(heading="What it is", blocks=(_identity(facts),)),
        Section(heading="How to load it", blocks=(_loading(facts),)),
        Section(heading="Gates", blocks=() if facts.report is None else gate_blocks(facts.report)),
        Section(heading="Metrics", blocks=tuple(metric_blocks(facts))),
        Section(heading="What it takes and answers", blocks=tuple(_signature(facts))),
        Section(heading="Data it was judged on", blocks=tuple(_data(facts))),
        Section(heading="Where it comes from", blocks=tuple(origin_blocks(facts.run))),
        Section(heading="Parameters", blocks=tuple(_params(facts))),
        Section(heading="Promotions", blocks=tuple(history_blocks(history))),
        Section(heading="Pins", blocks=tuple(_pins(facts))),
    ]
    return Document(
        title=f"Model card: {facts.title}",
        lead=tuple(_lead(facts)),
        sections=tuple(section for section in found if any(map(_has_content, section.blocks))),
    )


def version_summary(facts: ModelFacts, *, history: Sequence[HistoryLine] = ()) -> Document:
    """Return what ``models show`` prints: the card without what only a reader of a page needs."""
    kept = ("Limits", "What it is", "Gates", "Metrics", "Where it comes from", "Promotions")
    card = model_card(facts, history=history)
    sections = tuple(section for section in card.sections if section.heading in kept)
    return Document(title=facts.title, lead=card.lead, sections=sections)


def _lead(facts: ModelFacts) -> Iterator[Span]:
    yield from (Span(text=alias, mark="good") for alias in facts.aliases)
    if facts.archived is not None:
        yield Span(text="archived", mark="failed")
    if facts.report is not None and facts.report.outcomes:
        passed = facts.report.passed
        told = "blessed" if passed else "gates failed"
        yield Span(text=told, mark="passed" if passed else "failed")
    else:
        yield Span(text="not gated", mark="skipped")
    if facts.created is not None:
        yield Span(text=f"registered {told_moment(facts.created)}")


def _limits(facts: ModelFacts) -> Iterator[Span]:
    if facts.archived is not None:
        by = f" by {facts.archived.actor}" if facts.archived.actor else ""
        yield Span(text=f"It was archived{by}: {facts.archived.reason}", mark="bad")
    yield from (Span(text=fault, mark="bad") for fault in facts.faults)
    yield from (Span(text=text) for text in _weaknesses(facts))
    yield from (Span(text=note) for note in facts.notes)


def _weaknesses(facts: ModelFacts) -> Iterator[str]:
    """Yield what is recorded that says where the model cannot be relied on."""
    report = facts.report
    if report is None or not report.outcomes:
        yield "No gates were evaluated: nothing says that it is good enough."
    elif not report.passed:
        yield f"{report.summary} It was not good enough when it was judged."
    elif report.is_rubber_stamp:
        yield "It was compared with no champion: gates that compare were skipped."
    if report is not None and facts.digest and report.candidate_digest not in ("", facts.digest):
        yield "Its gates were evaluated on other files than those registered now."
    if facts.pickle_reason:
        yield f"Loading it runs code from its pickle: {facts.pickle_reason}"
    if facts.digest and facts.signature is None:
        yield "It has no signature: what it takes is not checked."
    rows = [data.n_rows for data in facts.evaluation]
    if facts.digest and not rows:
        yield "It has no evaluation data of its own: it cannot be compared on the same rows."
    elif rows and min(rows) < _FEW_ROWS:
        yield f"It was judged on {min(rows)} rows: measured values are uncertain."
    if facts.run is not None and facts.run.door == "interactive":
        yield "It was made in a live kernel: no run shows that its notebook makes it again."
    if facts.run is not None and facts.run.is_dirty:
        yield "Its code differed from the commit that is named here."


def _identity(facts: ModelFacts) -> Facts:
    size = "" if facts.size_bytes is None else show(facts.size_bytes, "size")
    return facts_of(
        [
            ("class", Span(text=facts.class_name, mark="code")),
            ("library", plain_span(facts.flavour)),
            ("kept as", plain_span(facts.serialization)),
            ("size", plain_span(size)),
            ("Python", plain_span(facts.python)),
            ("digest", Span(text=facts.digest, mark="code")),
            ("registered as", Span(text=facts.uri, mark="code")),
            ("files", Span(text=facts.source, mark="code")),
        ]
    )


def _loading(facts: ModelFacts) -> Code:
    # A name may hold quotes; repr writes it so that the line stays one string.
    return Code(
        text=f"import mlflow.pyfunc\n\nmodel = mlflow.pyfunc.load_model({facts.uri!r})\n"
        "model.predict(rows)"
    )


def metric_blocks(facts: ModelFacts) -> Iterator[Block]:
    """Yield the metrics of the run, by name; what stages and the system took is left out."""
    rows = tuple(
        (Span(text=name), Span(text=render_number(value)))
        for name, value in sorted(facts.metrics.items())
        if not name.startswith(("stage/", "system/"))
    )
    if rows:
        yield Table(columns=("Metric", "Logged by its run"), rows=rows, numeric=frozenset({1}))


def _signature(facts: ModelFacts) -> Iterator[Block]:
    for part, title in (("inputs", "Takes"), ("outputs", "Answers"), ("params", "Parameters")):
        fields = list((facts.signature or {}).get(part) or ())
        rows = tuple(
            (
                Span(text=str(field.get("name", at)), mark="code"),
                Span(text=describe_field(field)),
                Span(text="yes" if field.get("required", True) else "no"),
            )
            for at, field in enumerate(fields[:_COLUMNS_SHOWN])
        )
        if rows:
            more = len(fields) - len(rows)
            caption = f"The first {len(rows)} of {len(fields)} columns." if more else ""
            yield Table(columns=(title, "Type", "Required"), rows=rows, caption=caption)


def _data(facts: ModelFacts) -> Iterator[Block]:
    if facts.evaluation:
        yield Table(
            columns=("Variable", "Role", "Rows", "Digest", "Kept with the model"),
            rows=tuple(
                (
                    Span(text=data.name, mark="code"),
                    Span(text=data.role),
                    Span(text=f"{data.n_rows:,}"),
                    Span(text=short_digest(data.digest), mark="code"),
                    Span(text="yes" if data.is_kept else "no"),
                )
                for data in facts.evaluation
            ),
            numeric=frozenset({2}),
        )
    if facts.columns:
        shown = facts.columns[:_COLUMNS_SHOWN]
        is_cut = len(shown) < len(facts.columns)
        yield Table(
            columns=("Column", "Kind", "Missing", "Values"),
            rows=tuple(
                (
                    Span(text=column.name, mark="code"),
                    Span(text=column.kind),
                    Span(text=f"{column.missing:.1%}"),
                    Span(text=column.described),
                )
                for column in shown
            ),
            numeric=frozenset({2}),
            caption=f"The first {len(shown)} of {len(facts.columns)} columns." if is_cut else "",
        )


def origin_blocks(run: RunOrigin | None) -> Iterator[Block]:
    """Yield the run that made a version."""
    if run is None:
        return
    changed = ", with changes that were not committed" if run.is_dirty else ""
    yield facts_of(
        [
            ("run", Span(text=run.run_id, address=run.address)),
            ("notebook", plain_span(run.notebook)),
            ("stage", plain_span(run.stage)),
            ("started", plain_span(told_moment(run.started))),
            ("by", plain_span(run.user)),
            ("commit", plain_span(run.commit + changed if run.commit else "")),
            ("branch", plain_span(run.branch)),
            ("door", plain_span(run.door)),
        ]
    )


def _params(facts: ModelFacts) -> Iterator[Block]:
    if facts.params:
        yield facts_of([(name, Span(text=text)) for name, text in sorted(facts.params.items())])


def history_blocks(history: Sequence[HistoryLine]) -> Iterator[Block]:
    """Yield who moved which alias, newest last."""
    if history:
        yield Table(
            columns=("When", "Who", "What", "Why"),
            rows=tuple(
                (
                    plain_span(told_moment(line.moment)),
                    plain_span(line.actor),
                    Span(text=line.what),
                    plain_span(line.reason),
                )
                for line in history
            ),
        )


def _pins(facts: ModelFacts) -> Iterator[Block]:
    if facts.requirements:
        yield Code(text="\n".join(facts.requirements), language="text")


def told_moment(moment: datetime | None) -> str:
    """Return a time for people, in UTC; empty for none."""
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M} UTC"


def _has_content(block: Block) -> bool:
    if isinstance(block, Facts | Table):
        return bool(block.rows)
    return bool(block.text if isinstance(block, Code) else block.lines)
