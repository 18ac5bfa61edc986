"""What does `verify` tell? For each unit of a notebook whether all passes agree, and if not why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

DifferenceKind = Literal["ending", "value", "file", "metric", "output"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What most likely makes passes differ.

    Attributes
    ----------
    word : str
        ``"unseeded randomness"``, ``"time"``, ``"network"``, ``"other programs"``, ``"files"``,
        ``"environment"``, ``"hash order"``, ``"hidden state"``, ``"mutation"``, ``"aliasing"``,
        ``"threads"``, ``"upstream"`` or ``"unknown"``.
    message : str
        What points to it.
    remedy : str
    """

    word: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing in which passes differ from the first.

    Attributes
    ----------
    kind : {"ending", "value", "file", "metric", "output"}
    subject : str
        The name, file or metric; empty for endings and outputs.
    cell : int
        Index among all cells, from 0.
    passes : tuple of str
        Those that differ from the first.
    detail : str
        What it was here and there, where that is short.
    """

    kind: DifferenceKind
    subject: str
    cell: int
    passes: tuple[str, ...]
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitReport:
    """One stage, or one cell of no stage.

    Attributes
    ----------
    label : str
        ``"stage 'train'"`` or ``"cell 4"``.
    stage : str or None
    cells : tuple of int
    differences : tuple of Difference
        The first is what `cause` is about.
    cause : Cause or None
    accepts : str
        Why a difference is none that counts: the stage says itself that it may differ; else empty.
    chance : tuple of str
        What it was seen to use that may differ from run to run, whether it did or not.
    unverified : Mapping of str to str
        Names that have no fingerprint, with the reason.
    absent : tuple of str
        Passes that did not come to it.
    """

    label: str
    stage: str | None
    cells: tuple[int, ...]
    differences: tuple[Difference, ...] = ()
    cause: Cause | None = None
    accepts: str = ""
    chance: tuple[str, ...] = ()
    unverified: Mapping[str, str] = field(default_factory=dict)
    absent: tuple[str, ...] = ()

    @property
    def is_equal(self) -> bool:
        return not self.differences or bool(self.accepts)

    def to_json(self) -> dict[str, Any]:
        """Return what ``verify --json`` has of it (schema 1)."""
        return {
            "name": self.label,
            "stage": self.stage,
            "cells": list(self.cells),
            "equal": self.is_equal,
            "differences": [
                {
                    "kind": d.kind,
                    "subject": d.subject,
                    "cell": d.cell,
                    "passes": list(d.passes),
                    "detail": d.detail,
                }
                for d in self.differences
            ],
            "cause": None
            if self.cause is None
            else {
                "word": self.cause.word,
                "message": self.cause.message,
                "remedy": self.cause.remedy,
            },
            "accepts": self.accepts,
            "nondeterministic": list(self.chance),
            "unverified": dict(self.unverified),
            "absent": list(self.absent),
        }
