"""Where do the facts about a version come from? From tags, its run, and small files of its package;
the model itself stays where it is.

Files are held against the manifest, and the manifest against the registered digest, before they are
read: what was changed in the store is a fault of the version, not a fact about it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import yaml

from mlops_nb.errors import InputError, MlopsNbError
from mlops_nb.packaging.manifest import MANIFEST_FILE
from mlops_nb.packaging.package import METADATA_FILE, OWN_DIRECTORY
from mlops_nb.packaging.profile import PROFILE_FILE
from mlops_nb.registry.comparison.facts import (
    ArchiveMark,
    ColumnFacts,
    DataFacts,
    ModelFacts,
    RunOrigin,
)
from mlops_nb.registry.promotion.registry import Registry
from mlops_nb.registry.promotion.versions import (
    ARCHIVED_AT_TAG,
    ARCHIVED_BY_TAG,
    ARCHIVED_TAG,
    VersionInfo,
)
from mlops_nb.registry.recorded_report import read_recorded_report
from mlops_nb.registry.verdicts import show
from mlops_nb.tracking.entries import DOOR_TAG, NOTEBOOK_TAG, STAGE_TAG

_DESCRIPTION = "MLmodel"
_FILES = (MANIFEST_FILE, METADATA_FILE, PROFILE_FILE, _DESCRIPTION)
_VALUES_SHOWN = 3


def read_facts(registry: Registry, name: str, version: int | str) -> ModelFacts:
    """Return what is known about a version.

    Parameters
    ----------
    registry : Registry
    name : str
    version : int or str
        A number, or an alias.

    Raises
    ------
    InputError
        MNB711 if there is no such model, MNB712 no such version.
    InfrastructureError
        MNB713 if the registry cannot be read.
    """
    return describe_version(registry, registry.version(name, version))


def describe_version(registry: Registry, info: VersionInfo) -> ModelFacts:
    """Return what is known about a version that was found."""
    content, faults = _read_package(registry, info)
    recorded = read_recorded_report(registry, info)
    about = content.get(METADATA_FILE, {})
    serialization = about.get("serialization", {})
    return ModelFacts(
        name=info.name,
        version=info.version,
        aliases=info.aliases,
        created=info.created,
        digest=info.digest,
        source=info.source,
        class_name=about.get("class") or info.tags.get("mlops_nb.class", ""),
        flavour=about.get("flavour", ""),
        serialization=serialization.get("format") or info.tags.get("mlops_nb.serialization", ""),
        pickle_reason=serialization.get("reason", ""),
        python=about.get("python", ""),
        metrics=info.metrics,
        params=_params(registry, info),
        signature=_signature(content.get(_DESCRIPTION, {})),
        requirements=tuple(about.get("requirements", ())),
        evaluation=tuple(_evaluation(about)),
        columns=tuple(map(_column, content.get(PROFILE_FILE, {}).get("columns", ()))),
        size_bytes=_size(content.get(MANIFEST_FILE, {})),
        notes=tuple(about.get("notes", ())),
        run=_origin(registry, info),
        report=recorded.report,
        archived=archive_mark(info.tags),
        faults=(*faults, *([recorded.fault] if recorded.fault else ())),
    )


def archive_mark(tags: Mapping[str, str]) -> ArchiveMark | None:
    """Return that a version is archived, from its tags; None if it is not."""
    if not tags.get(ARCHIVED_TAG):
        return None
    return ArchiveMark(
        reason=tags[ARCHIVED_TAG],
        actor=tags.get(ARCHIVED_BY_TAG, ""),
        moment=tags.get(ARCHIVED_AT_TAG, ""),
    )


def _read_package(
    registry: Registry, info: VersionInfo
) -> tuple[dict[str, Mapping[str, Any]], list[str]]:
    """Return the small files of a package, decoded, and what is wrong with them."""
    try:
        raw = registry.read_files(info.name, info.version, _FILES)
    except MlopsNbError as error:
        return {}, [f"Its files cannot be read: {error.fault}"]
    manifest = _decode(raw.get(MANIFEST_FILE))
    if manifest is None:
        description = _decode(raw.get(_DESCRIPTION), is_yaml=True)
        told = "mlops-nb did not package it: there are no digests, pins or evaluation data."
        return {} if description is None else {_DESCRIPTION: description}, [told]
    digest = "sha256:" + hashlib.sha256(raw[MANIFEST_FILE]).hexdigest()
    if info.digest and digest != info.digest:
        return {}, ["Its files are not those that were registered: the manifest was changed."]
    content: dict[str, Mapping[str, Any]] = {MANIFEST_FILE: manifest}
    faults = []
    for name in _FILES[1:]:
        if name not in raw:
            continue
        expected = manifest.get("files", {}).get(name, {}).get("sha256")
        decoded = _decode(raw[name], is_yaml=name == _DESCRIPTION)
        if expected != hashlib.sha256(raw[name]).hexdigest() or decoded is None:
            faults.append(f"{name!r} was changed after it was registered; it is not read.")
        else:
            content[name] = decoded
    return content, faults


def _decode(raw: bytes | None, *, is_yaml: bool = False) -> Mapping[str, Any] | None:
    if raw is None:
        return None
    try:
        decoded = yaml.safe_load(raw) if is_yaml else json.loads(raw)
    except (ValueError, yaml.YAMLError):
        return None
    return decoded if isinstance(decoded, dict) else None


def _signature(description: Mapping[str, Any]) -> dict[str, Any] | None:
    found = description.get("signature")
    if not isinstance(found, dict):
        return None
    try:
        return {part: json.loads(text) for part, text in found.items() if text}
    except (TypeError, ValueError):
        return None


def _params(registry: Registry, info: VersionInfo) -> dict[str, str]:
    run = registry.run(info.run_id) if info.run_id else None
    return {} if run is None else dict(run.params)


def _origin(registry: Registry, info: VersionInfo) -> RunOrigin | None:
    run = registry.run(info.run_id) if info.run_id else None
    if run is None:
        return None if not info.run_id else RunOrigin(run_id=info.run_id)
    tags = run.tags
    return RunOrigin(
        run_id=info.run_id,
        address=registry.store.run_address(info.run_id),
        notebook=tags.get(NOTEBOOK_TAG, ""),
        stage=info.tags.get(STAGE_TAG, ""),
        door=tags.get(DOOR_TAG, ""),
        user=tags.get("mlflow.user", ""),
        commit=tags.get("mlflow.source.git.commit", ""),
        branch=tags.get("mlflow.source.git.branch", ""),
        is_dirty=tags.get("mlops_nb.dirty") == "true",
        started=run.started,
    )


def _evaluation(about: Mapping[str, Any]) -> list[DataFacts]:
    return [
        DataFacts(
            name=entry["name"],
            role=entry["role"],
            n_rows=entry["n_rows"],
            digest=entry["digest"],
            is_kept="reason" not in entry["stored"],
        )
        for entry in about.get("evaluation", ())
    ]


def _column(profile: Mapping[str, Any]) -> ColumnFacts:
    missing = int(profile.get("missing", 0))
    if profile["kind"] == "number":
        edges = profile.get("fine_edges") or []
        rows = sum(profile.get("counts", ()))
        told = f"98% from {show(edges[0])} to {show(edges[-1])}" if edges else "no numbers"
    else:
        values: Mapping[str, int] = profile.get("values", {})
        rows = sum(values.values()) + int(profile.get("other", 0))
        named = ", ".join(f"{value} ({n / rows:.0%})" for value, n in list(values.items())[:3])
        rest = len(values) - _VALUES_SHOWN
        told = named + (f" and {rest} more" if rest > 0 else "") or "no value twice"
    return ColumnFacts(
        name=str(profile["name"]),
        kind=str(profile["kind"]),
        missing=missing / (rows + missing) if rows + missing else 0.0,
        described=told,
    )


def _size(manifest: Mapping[str, Any]) -> int | None:
    files = manifest.get("files")
    if not isinstance(files, dict):
        return None
    own = f"{OWN_DIRECTORY}/"
    return sum(
        int(entry.get("size", 0)) for name, entry in files.items() if not name.startswith(own)
    )


def resolve_reference(registry: Registry, name: str, version: str) -> VersionInfo:
    """Return the version that ``MODEL[@V]`` means; without one the champion, else the newest.

    Raises
    ------
    InputError
        MNB711, MNB712; MNB760 if the model has no version.
    """
    if version:
        return registry.version(name, version)
    if "champion" in registry.model(name).aliases:
        return registry.version(name, "champion")
    found = registry.versions(name)
    if not found:
        raise InputError(
            "MNB760",
            name,
            f"the registered model {name!r} has no version.",
            f"Register one: mlops-nb run NOTEBOOK --register {name}.",
        )
    return registry.version(name, found[0].version)
