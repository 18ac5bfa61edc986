"""Which gate report does a version have on record, and which of its verdicts still stand?

The report is a file among the artifacts of the run, its seal a tag of the version: the file's
digest, signed where there is a key (`MLOPS_NB_STORE_KEY`). One that was changed is told, not
believed; without a key, whoever may write both can change both.

A verdict stands as long as all that it rests on is what it was: the packages of candidate and
champion, which hold the rows, and the libraries that the models answer with. Times and tests of the
user's own are always taken anew; what only the run could see stands with the package.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement

from mlops_nb.artifacts.store_signature import is_signed, read_key, sign
from mlops_nb.errors import MlopsNbError
from mlops_nb.packaging.metadata import read_metadata
from mlops_nb.pipeline.gates.gate import Gate
from mlops_nb.pipeline.gates.requirements import stands_with_its_run, stands_with_same_inputs
from mlops_nb.registry.promotion.versions import VersionInfo
from mlops_nb.registry.report import GateOutcome, GateReport, parse_report
from mlops_nb.version import __version__

if TYPE_CHECKING:
    from mlops_nb.registry.promotion.registry import Registry

REPORT_TAG = "mlops_nb.gates.report"
SEAL_TAG = "mlops_nb.gates.seal"
_PURPOSE = b"mlops_nb gate report 1\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedReport:
    """What is on record.

    Attributes
    ----------
    report : GateReport or None
        None: there is none, or it cannot be believed.
    fault : str
        Why it cannot: a sentence.
    """

    report: GateReport | None = None
    fault: str = ""


def seal_report(text: str, label: str) -> str:
    """Return the tag that says which report a version has: ``"sha256:HEX [SIGNATURE]"``."""
    digest = _digest(text.encode())
    key = read_key(os.environ)
    return digest if key is None else f"{digest} {sign(_signed(digest, label), key)}"


def read_recorded_report(registry: Registry, info: VersionInfo) -> RecordedReport:
    """Return the newest gate report of a version; neither report nor fault if there is none."""
    place = info.tags.get(REPORT_TAG, "")
    run_id, _, file = place.removeprefix("runs:/").partition("/")
    if not file:
        return RecordedReport()
    try:
        raw = registry.read_run_file(run_id, file.removesuffix(".html") + ".json")
        if raw is None:
            return RecordedReport(fault=f"Its gate report is gone: {place}.")
        if not _is_sealed(raw, info):
            return RecordedReport(fault=f"Its gate report was changed after it was made: {place}.")
        return RecordedReport(report=parse_report(json.loads(raw), place=place))
    except (MlopsNbError, ValueError) as error:
        told = error.fault if isinstance(error, MlopsNbError) else str(error)
        return RecordedReport(fault=f"Its gate report cannot be read: {told.removesuffix('.')}.")


def standing_verdicts(
    recorded: GateReport | None,
    gates: Sequence[Gate],
    *,
    candidate_digest: str,
    champion_digest: str,
    judged_with: str,
) -> Mapping[str, GateOutcome]:
    """Return the verdicts on record that still stand, by the texts of their gates."""
    if recorded is None or not candidate_digest or recorded.candidate_digest != candidate_digest:
        return {}
    known = {outcome.gate: outcome for outcome in recorded.outcomes}
    is_same = (recorded.champion_digest, recorded.judged_with) == (champion_digest, judged_with)
    standing = [
        gate
        for gate in gates
        if stands_with_its_run(gate) or (is_same and stands_with_same_inputs(gate))
    ]
    return {
        str(gate): replace(known[str(gate)], recorded=True)
        for gate in standing
        if str(gate) in known
    }


def told_libraries(package: Path) -> str:
    """Return what a package's model answers with here: our version, Python's, its libraries'."""
    parts = [f"mlops-nb {__version__}", f"Python {platform.python_version()}", platform.machine()]
    for line in read_metadata(package)["requirements"]:
        try:
            name = Requirement(line).name
            parts.append(f"{name} {metadata.version(name)}")
        except (InvalidRequirement, metadata.PackageNotFoundError):
            parts.append(f"no {line}")
    return ", ".join(parts)


def _is_sealed(raw: bytes, info: VersionInfo) -> bool:
    digest, _, signature = info.tags.get(SEAL_TAG, "").partition(" ")
    if digest != _digest(raw):
        return False
    key = read_key(os.environ)
    return key is None or is_signed(_signed(digest, info.label), signature, key)


def _signed(digest: str, label: str) -> bytes:
    return _PURPOSE + f"{label}\n{digest}".encode()


def _digest(raw: bytes) -> str:
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"
