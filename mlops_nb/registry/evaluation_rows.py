"""Which rows are models asked? The evaluation data in the candidate's package, read for gates."""

from __future__ import annotations

import hashlib
import json

from mlops_nb.packaging.package import GOLDEN_FILE, OWN_DIRECTORY, ModelPackage
from mlops_nb.packaging.rows import read_rows
from mlops_nb.registry.answers import as_labels
from mlops_nb.registry.evidence import EvaluationRows
from mlops_nb.registry.trials import StoredRows


def read_evaluation(package: ModelPackage) -> tuple[EvaluationRows | None, str]:
    """Return the evaluation data of a package, or a sentence why there are none."""
    by_role = {entry.role: entry for entry in package.evaluation}
    if "features" not in by_role or "target" not in by_role:
        return None, "The model has no evaluation data. Name them with --eval X_test,y_test."
    lost = [entry for entry in package.evaluation if "reason" in entry.stored]
    if lost:
        reason = str(lost[0].stored["reason"]).removesuffix(".")
        return None, f"The evaluation data {lost[0].name!r} were not kept: {reason}."
    folder = package.directory / OWN_DIRECTORY / "evaluation"
    values = {role: read_rows(folder, entry.stored) for role, entry in by_role.items()}
    digests = " ".join(entry.digest for entry in package.evaluation)
    try:
        target = as_labels(values["target"])
    except ValueError as error:
        return None, f"The target {by_role['target'].name!r} cannot be scored: {error}."
    return (
        EvaluationRows(
            names=tuple(entry.name for entry in package.evaluation),
            features=values["features"],
            target=target,
            slices=values.get("slices"),
            digest="sha256:" + hashlib.sha256(digests.encode()).hexdigest(),
        ),
        "",
    )


def stored_rows(package: ModelPackage) -> StoredRows | None:
    """Return the evaluation features, else the golden rows, which do for timing."""
    own = package.directory / OWN_DIRECTORY
    for entry in package.evaluation:
        if entry.role == "features" and "reason" not in entry.stored:
            return StoredRows(directory=own / "evaluation", stored=entry.stored)
    if not (package.directory / GOLDEN_FILE).exists():
        return None
    golden = json.loads((package.directory / GOLDEN_FILE).read_text(encoding="utf-8"))
    return StoredRows(directory=own / "golden", stored=golden["rows"])
