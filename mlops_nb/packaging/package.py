"""What is a package, and what is asked for when one is built?

A package is an MLflow model directory with a folder ``mlops_nb/`` of our own in it: the manifest,
the metadata, the golden predictions, the evaluation data and their profile. Everything that decides
later (gates, promotion, serving) reads the directory, so a package says all it knows about itself.
Layout and versions of the files:

======================================  ====================================================
``MLmodel``, ``requirements.txt`` …     MLflow's own files
``mlops_nb/manifest.json``              SHA-256 of every other file; written last; schema 1
``mlops_nb/metadata.json``              class, pins, serialisation, evaluation data; schema 1
``mlops_nb/golden.json``, ``golden/``   some rows and the answers to them; schema 1
``mlops_nb/evaluation/``                the variables named by ``--eval``
``mlops_nb/profile.json``               counts of their columns, for drift; schema 1
======================================  ====================================================

Codes: MNB601 cannot predict, MNB602 not fitted, MNB603 cannot be serialised, MNB604 needs a module
that is neither installed nor local, MNB605 example or evaluation data unusable, MNB606 predicts
otherwise once loaded, MNB607 kernel and runner differ, MNB608 handover unreadable, MNB609 directory
or disk, MNB610 requirements, MNB611 registered name, MNB612 the store refused, MNB613 no package.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Serialization = Literal["skops", "native", "pt2", "cloudpickle", "pickle"]
Role = Literal["features", "target", "slices"]
PICKLES: frozenset[str] = frozenset({"cloudpickle", "pickle"})

OWN_DIRECTORY = "mlops_nb"
METADATA_FILE = f"{OWN_DIRECTORY}/metadata.json"
GOLDEN_FILE = f"{OWN_DIRECTORY}/golden.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageRequest:
    """What the notebook said about a model, with the objects it named.

    Attributes
    ----------
    variable : str
        Name of the model variable; also the model's name in MLflow unless `name` says otherwise.
    stage : str
    name : str
        Empty: the variable's name.
    example : object or None
        Input rows; None takes the first rows of the evaluation data.
    evaluation : tuple of object
        ``X, y[, slices]`` of ``--eval``.
    evaluation_names : tuple of str
        Their variable names, as many.
    requirements : tuple of str or None
        Pins that replace those found; None finds them.
    versions : Mapping of str to str
        Distribution versions in the kernel that made the model; empty if it was this process.
    allow : tuple of str
        Types the project trusts besides ours: names, or prefixes that end with a dot.
    """

    variable: str
    stage: str
    name: str = ""
    example: Any = None
    evaluation: tuple[Any, ...] = ()
    evaluation_names: tuple[str, ...] = ()
    requirements: tuple[str, ...] | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    allow: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """Where errors about this model point to."""
        return f"stage {self.stage!r}, model {self.variable!r}"

    @property
    def model_name(self) -> str:
        return self.name or self.variable


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationData:
    """One variable of ``--eval``, as the package keeps it.

    Attributes
    ----------
    name : str
        The variable.
    role : {"features", "target", "slices"}
    stored : Mapping
        How it was stored (see `rows`), or ``{"reason": …}`` if it could not be.
    n_rows : int
    digest : str
        ``"sha256:HEX"`` over the full content, independent of the file format.
    """

    name: str
    role: Role
    stored: Mapping[str, Any]
    n_rows: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPackage:
    """A complete package on disk.

    Attributes
    ----------
    directory : Path
    name : str
    class_name : str
        Full name of the model's class.
    flavour : str
        MLflow's word: ``"sklearn"``, ``"xgboost"``, ``"pyfunc"`` …
    serialization : {"skops", "native", "pt2", "cloudpickle", "pickle"}
        ``"native"`` is the library's own format.
    reason : str
        Why it is a pickle; empty if it is none.
    requirements : tuple of str
    evaluation : tuple of EvaluationData
    notes : tuple of str
        What a person should know: full sentences.
    digest : str
        ``"sha256:HEX"`` of the manifest.
    """

    directory: Path
    name: str
    class_name: str
    flavour: str
    serialization: Serialization
    reason: str = ""
    requirements: tuple[str, ...] = ()
    evaluation: tuple[EvaluationData, ...] = ()
    notes: tuple[str, ...] = ()
    digest: str = ""

    @property
    def is_pickle(self) -> bool:
        """True if loading the package runs code that is inside it."""
        return self.serialization in PICKLES

    def tags(self) -> dict[str, str]:
        """Return the tags that mark the model in MLflow."""
        tags = {
            "mlops_nb.class": self.class_name,
            "mlops_nb.digest": self.digest,
            "mlops_nb.serialization": self.serialization,
        }
        if self.is_pickle:
            tags["mlops_nb.serialization_reason"] = self.reason
        return tags
