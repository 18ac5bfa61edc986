"""What does a cell declare? One parser for the four carriers: magic line, comment, tag, metadata.

Carriers on one cell add up where they agree and are an error where they do not. What looks like a
directive but is none is an error too: a cell that a person meant as a stage must never run as a
plain cell without a word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mlops_nb.pipeline.cells import Cell, StageName
from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.directive_lines import (
    COMMENT_LINE,
    MAGIC_LINE,
    directive_lines,
    near_misses,
    split_directive,
)
from mlops_nb.pipeline.option_values import STAGE_NAME
from mlops_nb.pipeline.option_words import (
    parse_options,
    read_metadata_options,
    refuse_unsupported,
    render_options,
    split_words,
)
from mlops_nb.pipeline.options import DirectiveError
from mlops_nb.pipeline.stages import Directive

__all__ = [
    "COMMENT_LINE",
    "MAGIC_LINE",
    "RUN_KEYS",
    "DirectiveError",
    "parse_magic_line",
    "read_directive",
    "render_magic_line",
    "split_directive",
]

_TAG = re.compile(r"stage:(?P<name>.*)", re.DOTALL)
_NEAR_TAG = re.compile(r"\s*stages?\s*[:=].*", re.IGNORECASE | re.DOTALL)
# What a run writes into the `mlops_nb` object of an executed copy; no part of a directive.
RUN_KEYS = frozenset({"status", "started", "ended", "seconds", "error", "reason", "run", "trace"})


def parse_magic_line(line: str) -> Directive:
    """Return the directive that `line`, the text after ``%%mlops_stage``, declares.

    Raises
    ------
    DirectiveError
        MNB210 no or unfit name, MNB211-MNB214 options, MNB213 an option without effect yet.
    """
    words = split_words(line)
    if not words:
        raise DirectiveError(
            "MNB210", "", "the directive names no stage.", "Write a name: %%mlops_stage train."
        )
    if words[0].startswith("-"):
        raise DirectiveError(
            "MNB210",
            "",
            f"the directive starts with option {words[0]!r}.",
            "The stage's name comes first: %%mlops_stage train --metrics accuracy.",
            words[0],
        )
    name = _stage_name(words[0])
    options = parse_options(words[1:])
    refuse_unsupported(options)
    return Directive(stage=name, options=options)


def render_magic_line(directive: Directive) -> str:
    """Return the text after ``%%mlops_stage`` that `parse_magic_line` reads back."""
    return f"{directive.stage} {render_options(directive.options)}".rstrip()


def read_directive(cell: Cell) -> tuple[Directive | None, list[Diagnostic]]:
    """Return what `cell` declares, whoever carries it, and every finding about it.

    Returns
    -------
    Directive or None
        None if the cell declares no stage, or none that can be read.
    list of Diagnostic
        MNB210-MNB214: the directive; MNB216: looks like one; MNB217: options without a stage, or
        a stage that is no code cell.
    """
    return _Reader(cell).read()


class _Reader:
    """Collects the carriers of one cell, then unites them."""

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self.findings: list[Diagnostic] = []
        self.said: list[Directive] = []

    def read(self) -> tuple[Directive | None, list[Diagnostic]]:
        if self.cell.type == "code":
            self._read_source()
        self._read_tags()
        loose = self._read_metadata()
        if self.cell.type != "code":
            if self.said:
                self._report("MNB217", "only code cells can be stages.", "Move it to a code cell.")
            return None, self.findings
        if not self.said:
            if loose and not self.findings:
                self._report(
                    "MNB217",
                    f"the metadata says {', '.join(map(repr, loose))}, but no stage.",
                    "Add the stage's name, or remove the options.",
                )
            return None, self.findings
        return self._unite(loose), self.findings

    def _read_source(self) -> None:
        source = self.cell.source
        if "%%" not in source and "#" not in source:
            return
        heads = directive_lines(source)
        for line, carrier, text in heads:
            parsed: Directive | None
            try:
                parsed = parse_magic_line(text)
            except DirectiveError as error:
                self._fail(error, line)
                parsed = _name_only(text)
            if parsed is not None:
                self.said.append(
                    Directive(
                        stage=parsed.stage, options=parsed.options, carriers=(carrier,), line=line
                    )
                )
        self.findings += near_misses(self.cell, {line for line, _, _ in heads})

    def _read_tags(self) -> None:
        for tag in self.cell.tags:
            match = _TAG.fullmatch(tag)
            if match is None:
                if _NEAR_TAG.fullmatch(tag):
                    self._report("MNB216", f"tag {tag!r} is no directive.", _tag_remedy(tag))
                continue
            try:
                self.said.append(Directive(stage=_stage_name(match["name"]), carriers=("tag",)))
            except DirectiveError as error:
                self._report(error.code, error.fault, _tag_remedy(tag, error.remedy))

    def _read_metadata(self) -> Mapping[str, Any]:
        """Add the metadata's directive; return options that name no stage."""
        metadata = {k: v for k, v in self.cell.metadata.items() if k not in RUN_KEYS}
        name = metadata.pop("stage", None)
        options: dict[str, Any] = {}
        try:
            if name is not None:
                name = _stage_name(name)
            options = read_metadata_options(metadata)
            refuse_unsupported(options)
        except DirectiveError as error:
            self._fail(error, 0)
            options = {}
        if name is None or not isinstance(name, str) or not STAGE_NAME.fullmatch(name):
            return options
        self.said.append(Directive(stage=StageName(name), options=options, carriers=("metadata",)))
        return {}

    def _unite(self, loose: Mapping[str, Any]) -> Directive:
        first = self.said[0]
        options: dict[str, Any] = {}
        parts = [*self.said]
        if loose:
            parts.append(Directive(stage=first.stage, options=loose, carriers=("metadata",)))
        for part in parts:
            if part.stage != first.stage:
                self._report(
                    "MNB214",
                    f"its {part.carriers[0]} says stage {part.stage!r}, "
                    f"its {first.carriers[0]} says {first.stage!r}.",
                    "Keep one of them.",
                )
                continue
            for name, value in part.options.items():
                if options.setdefault(name, value) != value:
                    self._report(
                        "MNB214",
                        f"its {part.carriers[0]} says {render_options({name: value})!r}, "
                        f"another carrier {render_options({name: options[name]})!r}.",
                        "Keep one of them.",
                    )
        return Directive(
            stage=first.stage,
            options=options,
            carriers=tuple(dict.fromkeys(c for part in parts for c in part.carriers)),
            line=next((part.line for part in parts if part.line), 0),
        )

    def _fail(self, error: DirectiveError, line: int) -> None:
        self._report(error.code, error.fault, error.remedy, line)

    def _report(self, code: str, message: str, remedy: str, line: int = 0) -> None:
        self.findings.append(
            Diagnostic(
                code=code,
                severity="error",
                cell=self.cell.index,
                line=line,
                message=message,
                remedy=remedy,
            )
        )


def _tag_remedy(tag: str, otherwise: str = "Write the tag as stage:NAME.") -> str:
    """Return how to write a tag that nearly is one: with the name it has, if it has one."""
    name = re.split(r"[:=]", tag, maxsplit=1)[1].strip()
    return f"Write the tag as stage:{name}." if STAGE_NAME.fullmatch(name) else otherwise


def _stage_name(value: Any) -> StageName:
    if not isinstance(value, str) or not STAGE_NAME.fullmatch(value):
        raise DirectiveError(
            "MNB210",
            "",
            f"{value!r} cannot name a stage.",
            "Use letters, digits, - and _, with no digit or - in front.",
        )
    return StageName(value)


def _name_only(text: str) -> Directive | None:
    """Return the stage of a directive with unreadable options: the cell keeps its place."""
    word = text.split(maxsplit=1)[0] if text.strip() else ""
    return Directive(stage=StageName(word)) if STAGE_NAME.fullmatch(word) else None
