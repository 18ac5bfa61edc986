"""What does a package say about itself? `metadata.json`, which later versions still read."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

from mlops_nb.errors import InputError
from mlops_nb.packaging.manifest import check_manifest
from mlops_nb.packaging.package import (
    METADATA_FILE,
    EvaluationData,
    ModelPackage,
    PackageRequest,
)

SCHEMA = 1


def write_metadata(
    package: ModelPackage,
    *,
    request: PackageRequest,
    methods: Sequence[str],
    code: Sequence[Path],
    trusted: Sequence[str],
) -> None:
    """Write the metadata of `package` into its directory.

    Parameters
    ----------
    methods : sequence of str
        Prediction methods the model has.
    code : sequence of Path
        Local modules shipped with it.
    trusted : sequence of str
        Types its skops file needs besides skops's own.
    """
    document = {
        "schema": SCHEMA,
        "name": package.name,
        "stage": request.stage,
        "variable": request.variable,
        "class": package.class_name,
        "flavour": package.flavour,
        "serialization": {
            "format": package.serialization,
            "reason": package.reason,
            "trusted": list(trusted),
        },
        "methods": list(methods),
        "requirements": list(package.requirements),
        "code": [path.name for path in code],
        "evaluation": [asdict(entry) for entry in package.evaluation],
        "notes": list(package.notes),
        "python": platform.python_version(),
        "mlops_nb": metadata.version("mlops-nb"),
    }
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    (package.directory / METADATA_FILE).write_text(text, encoding="utf-8")


def read_metadata(directory: Path) -> dict[str, Any]:
    """Return the metadata of the package in `directory`, as written.

    Raises
    ------
    InputError
        MNB613 if there are none that this version can read.
    """
    try:
        document: dict[str, Any] = json.loads(
            (directory / METADATA_FILE).read_text(encoding="utf-8")
        )
        if document["schema"] != SCHEMA:
            raise ValueError(document["schema"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            "MNB613",
            str(directory),
            f"is no package this version can read: {METADATA_FILE} ({error!r}).",
            "Build the package again with this version of mlops-nb.",
        ) from error
    return document


def read_package(directory: Path) -> ModelPackage:
    """Return the package in `directory` as it describes itself; its files are not compared with the
    manifest.

    Raises
    ------
    InputError
        MNB613 if it is no complete package.
    """
    document = read_metadata(directory)
    digest, _ = check_manifest(directory)
    return ModelPackage(
        directory=directory,
        name=document["name"],
        class_name=document["class"],
        flavour=document["flavour"],
        serialization=document["serialization"]["format"],
        reason=document["serialization"]["reason"],
        requirements=tuple(document["requirements"]),
        evaluation=tuple(EvaluationData(**entry) for entry in document["evaluation"]),
        notes=tuple(document["notes"]),
        digest=digest,
    )
