"""What do gates decide on? Everything measured or stored about candidate, champion and data.

Gathered once, before any gate is looked at; deciding then touches nothing. What could not be had
says why, in the place of the value: a gate that needs it fails with that reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mlops_nb.pipeline.records import RunRecord
from mlops_nb.registry.answers import Answers

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationRows:
    """The data that candidate and champion are scored on: the candidate's ``--eval``.

    Attributes
    ----------
    names : tuple of str
        Variables: features, target and, if said, slices.
    features : object
        A frame, an array, texts.
    target : ndarray of shape (n_rows,) or (n_rows, n_outputs)
    slices : object or None
        A frame, a series or an array of one column.
    digest : str
    """

    names: tuple[str, ...]
    features: Any
    target: Array
    slices: Any = None
    digest: str = ""

    @property
    def n_rows(self) -> int:
        return len(self.target)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEvidence:
    """What is known of one model.

    Attributes
    ----------
    name : str
        ``"churn@4"``.
    digest : str
        Of its package.
    answers : Answers or None
        To the evaluation rows; None with `fault` saying why, or if there are no rows.
    fault : str
        Why it answers nothing: a full sentence.
    latencies_s : Mapping of int to ndarray
        Seconds of each call, by rows per call.
    size_bytes : int or None
    signature : Mapping or None
        ``{"inputs": [...], "outputs": [...], "params": [...]}``, as MLflow writes it.
    profile : Mapping or None
        The reference profile of its package.
    """

    name: str
    digest: str = ""
    answers: Answers | None = None
    fault: str = ""
    latencies_s: Mapping[int, Array] = field(default_factory=dict)
    size_bytes: int | None = None
    signature: Mapping[str, Any] | None = None
    profile: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEvidence:
    """What is known of the run that made the candidate.

    Attributes
    ----------
    door : str
        ``"headless"`` or ``"interactive"``.
    commit : str
        Empty: none was known.
    is_dirty : bool
        Whether the working tree differed from the commit.
    changed : tuple of str
        Files that differed, as far as that is known.
    record : RunRecord or None
    """

    door: str
    commit: str
    is_dirty: bool
    changed: tuple[str, ...] = ()
    record: RunRecord | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TestResult:
    """How a test of the user's own ended; `reason` is a full sentence."""

    __test__ = False  # pytest takes it for tests

    passed: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LostData:
    """Stands for data that are not to be had; `reason` is a full sentence."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What all gates of one candidate decide on.

    Attributes
    ----------
    candidate : ModelEvidence
    champion : ModelEvidence or None
        None: no version is champion.
    evaluation : EvaluationRows or None
    evaluation_fault : str
        Why there are none: a full sentence.
    metrics : Mapping of str to float
        As logged in the run; of a series the last value.
    run : RunEvidence or None
    datasets : Mapping of str to object
        Data by the names that ``no_row_overlap`` may use, or `LostData`; ``eval`` needs no entry.
    tests : Mapping of str to TestResult
        Of the user's own, by pytest's node ids.
    """

    candidate: ModelEvidence
    champion: ModelEvidence | None = None
    evaluation: EvaluationRows | None = None
    evaluation_fault: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)
    run: RunEvidence | None = None
    datasets: Mapping[str, Any] = field(default_factory=dict)
    tests: Mapping[str, TestResult] = field(default_factory=dict)
