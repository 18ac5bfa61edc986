"""``mlops-nb models``: which models are registered, what is one made of, how do two differ?"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlops_nb.cli.printing import print_out, to_json_text

if TYPE_CHECKING:
    from mlops_nb.project.registered import RegisteredModel
    from mlops_nb.registry.cards.document import Document, Mark, Span, Table
    from mlops_nb.registry.promotion.versions import VersionInfo

METRICS_SHOWN = 4
_STYLES: dict[str, dict[str, Any]] = {
    "good": {"fg": "green"},
    "bad": {"fg": "red"},
    "muted": {"dim": True},
    "passed": {"fg": "green"},
    "failed": {"fg": "red", "bold": True},
    "skipped": {"fg": "yellow"},
}
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(help="List registered models, show, compare or archive versions, write cards.")
def models() -> None:
    """Group the commands on registered models."""


@models.command("list", help="List registered models; with MODEL its versions, newest first.")
@click.argument("model", required=False)
@click.option("--all", "with_archived", is_flag=True, help="Show archived versions too.")
@_JSON
def list_(model: str | None, with_archived: bool, as_json: bool) -> int:
    """Print a table or JSON on stdout; nothing is made where there are no models."""
    from mlops_nb.project.registered import list_models, reading_registry
    from mlops_nb.project.roots import find_kept

    layout = find_kept()
    with reading_registry(layout) as registry:
        if registry is None and model is not None:
            from mlops_nb.project.registered import find_facts

            find_facts(None, model)
        found = () if registry is None else list_models(registry, model)
    if as_json:
        _print(to_json_text([each.to_json() for each in found]))
    elif model is not None:
        _print_versions(found[0], with_archived=with_archived)
    elif found:
        _print_table(_models_table(found))
    else:
        click.echo(f"No registered models in {layout.root}.", err=True)
        click.echo("Register one: mlops-nb run NOTEBOOK --register NAME", err=True)
    return 0


@models.command("show", help="Show MODEL[@V]: a version's number or an alias, else the champion.")
@click.argument("model")
@_JSON
def show(model: str, as_json: bool) -> int:
    """Print what is known about a version."""
    from mlops_nb.project.registered import find_facts, find_summary, reading_registry
    from mlops_nb.project.roots import find_kept

    with reading_registry(find_kept()) as registry:
        if as_json:
            _print(to_json_text(find_facts(registry, model).to_json()))
        else:
            _print_document(find_summary(registry, model))
    return 0


@models.command(
    "compare",
    help="Compare MODEL[@V], by default the newest version, with OTHER: another MODEL@V, a version "
    "or @ALIAS of the same model, by default the champion.",
)
@click.argument("model")
@click.argument("other", required=False)
@_JSON
def compare(model: str, other: str | None, as_json: bool) -> int:
    """Print how two versions differ."""
    from mlops_nb.project.registered import find_comparison, reading_registry
    from mlops_nb.project.roots import find_kept
    from mlops_nb.registry.cards.side_by_side import compared

    with reading_registry(find_kept()) as registry:
        found = find_comparison(registry, model, other)
    if as_json:
        _print(to_json_text(found.to_json()))
    else:
        _print_document(compared(found))
    return 0


@models.command(
    "card",
    help="Write the model card of MODEL[@V] to OUT, a file that ends with .md or .html; without "
    "OUT, or with -, it is printed.",
)
@click.argument("model")
@click.argument("out", required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(["md", "html"]),
    help="By default what OUT ends with, else md.",
)
def card(model: str, out: str | None, form: str | None) -> int:
    """Write a model card."""
    from mlops_nb.errors import InputError
    from mlops_nb.project.registered import find_card, reading_registry
    from mlops_nb.project.roots import find_kept

    suffix = "" if out is None else Path(out).suffix.lower()
    kind = form or {".html": "html", ".htm": "html", ".md": "md"}.get(suffix, "")
    if out not in (None, "-") and not kind:
        raise InputError(
            "MNB762",
            str(out),
            f"a model card is written as Markdown or HTML, and {suffix!r} says neither.",
            "Name a file that ends with .md or .html, or add --format.",
        )
    with reading_registry(find_kept()) as registry:
        document = find_card(registry, model)
    text = _render(document, kind or "md")
    if out in (None, "-"):
        _print(text.rstrip("\n"))
        return 0
    _write(Path(str(out)), text)
    click.echo(f"{document.title} is in {out}.", err=True)
    return 0


@models.command(
    "archive",
    help="Archive MODEL@V: it is no longer promoted nor listed. Nothing is deleted; --undo brings "
    "it back. Who, when and why is kept in its history.",
)
@click.argument("model")
@click.option("--reason", default="", help="Why; kept in the history.")
@click.option("--undo", is_flag=True, help="Bring it back.")
@click.option("--force", is_flag=True, help="Also a champion, or what a rollback goes back to.")
@click.option("--as", "actor", metavar="NAME", help="Who does it; by default git's user.")
@_JSON
def archive(
    model: str, reason: str, undo: bool, force: bool, actor: str | None, as_json: bool
) -> int:
    """Archive a version."""
    from mlops_nb.project import Project
    from mlops_nb.project.registered import archive_version
    from mlops_nb.project.roots import find_kept

    done = archive_version(
        Project(find_kept()), model, reason=reason, undo=undo, force=force, actor=actor
    )
    if as_json:
        _print(to_json_text(done.to_json()))
        return 0
    state = "in use" if undo else "archived"
    click.echo(f"{done.label} is {state}{' already' if done.already else ''}.", err=True)
    return 0


def _render(document: Document, kind: str) -> str:
    if kind == "html":
        from mlops_nb.registry.cards.page import render_page

        return render_page(document)
    from mlops_nb.registry.cards.markdown import render_markdown

    return render_markdown(document)


def _write(path: Path, text: str) -> None:
    from mlops_nb.errors import InfrastructureError
    from mlops_nb.notebook.atomic import write_atomically

    try:
        write_atomically(path, [text.encode("utf-8", "replace")])
    except OSError as error:
        raise InfrastructureError(
            "MNB763",
            str(path),
            f"the model card cannot be written: {error.strerror or error}.",
            "Name a file in a folder that exists and is writable.",
        ) from error


def _print_versions(model: RegisteredModel, *, with_archived: bool) -> None:
    from mlops_nb.registry.comparison.reading import archive_mark

    shown = [v for v in model.versions if with_archived or archive_mark(v.tags) is None]
    hidden = len(model.versions) - len(shown)
    if shown:
        _print_table(_versions_table(shown))
    elif not model.versions:
        click.echo(f"{model.name} has no version.", err=True)
    if hidden:
        click.echo(f"{hidden} archived: add --all to see them.", err=True)


def _models_table(found: Sequence[RegisteredModel]) -> Table:
    from mlops_nb.registry.cards.document import Span, Table, plain_span
    from mlops_nb.registry.cards.model_card import told_moment

    rows = []
    for model in found:
        newest = model.versions[0] if model.versions else None
        champion = model.aliases.get("champion")
        rows.append(
            (
                Span(text=model.name),
                plain_span(champion),
                plain_span(None if newest is None else newest.version),
                plain_span(None) if newest is None else _gates(newest),
                Span(text=str(len(model.versions))),
                plain_span("" if newest is None else told_moment(newest.created)),
            )
        )
    columns = ("MODEL", "CHAMPION", "NEWEST", "ITS GATES", "VERSIONS", "REGISTERED")
    return Table(columns=columns, rows=tuple(rows), numeric=frozenset({1, 2, 4}))


def _versions_table(versions: Sequence[VersionInfo]) -> Table:
    from mlops_nb.registry.cards.document import Span, Table, plain_span
    from mlops_nb.registry.cards.model_card import told_moment
    from mlops_nb.registry.comparison.reading import archive_mark

    rows = []
    for info in versions:
        is_archived = archive_mark(info.tags) is not None
        aliases = Span(text=", ".join(info.aliases), mark="good")
        rows.append(
            (
                Span(text=str(info.version)),
                Span(text="archived", mark="failed") if is_archived else aliases,
                _gates(info),
                Span(text=_metrics(info)),
                plain_span(info.run_id[:8]),
                plain_span(told_moment(info.created)),
            )
        )
    columns = ("VERSION", "ALIASES", "GATES", "METRICS", "RUN", "REGISTERED")
    return Table(columns=columns, rows=tuple(rows), numeric=frozenset({0}))


def _gates(info: VersionInfo) -> Span:
    from mlops_nb.project.registered import BLESSED_TAG
    from mlops_nb.registry.cards.document import Span, plain_span

    said = info.tags.get(BLESSED_TAG)
    if said is None:
        return plain_span(None)
    is_blessed = said == "blessed"
    return Span(text="blessed" if is_blessed else "failed", mark="good" if is_blessed else "bad")


def _metrics(info: VersionInfo) -> str:
    from mlops_nb.tracking.summary import render_number

    own = [(n, v) for n, v in sorted(info.metrics.items()) if not n.startswith("stage/")]
    text = " ".join(f"{name}={render_number(value)}" for name, value in own[:METRICS_SHOWN])
    return f"{text} …" if len(own) > METRICS_SHOWN else text


def _print_document(document: Document) -> None:
    from mlops_nb.registry.cards.text import render_text

    _print(render_text(document, paint=_paint), is_painted=True)


def _print_table(table: Table) -> None:
    from mlops_nb.registry.cards.text import render_table

    _print(render_table(table, paint=_paint), is_painted=True)


def _paint(text: str, mark: Mark) -> str:
    return click.style(text, **_STYLES[mark]) if mark in _STYLES else text


def _print(text: str, *, is_painted: bool = False) -> None:
    from mlops_nb.cli.colour import is_coloured

    coloured = is_painted and is_coloured(sys.stdout, said="auto", environment=os.environ)
    print_out(text, color=True if coloured else None)
