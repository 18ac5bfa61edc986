"""Which diagnostics do probable secrets make? One per secret and cell: MNB220.

A key in a provider's format is an error, in a source or an output alike: whoever gets the file gets
the key. It keeps no notebook from running, so it is not among a pipeline's diagnostics; `check`
finds it, and its exit code keeps the file from being shared. What is only likely is a warning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mlops_nb.pipeline.cells import Cell
from mlops_nb.pipeline.diagnostics import Diagnostic
from mlops_nb.pipeline.secret_kinds import FoundSecret, find_secrets

_IN_SOURCE = (
    "Revoke it, read it from the environment (os.environ), and name it with --secret so that runs "
    "mask it."
)
_IN_OUTPUT = "Revoke it, clear the output, and name it with --secret so that runs mask it."


def secret_diagnostics(
    cells: Sequence[Cell], *, outputs: Mapping[int, Sequence[str]], metadata: Sequence[str] = ()
) -> list[Diagnostic]:
    """Return a diagnostic for each probable secret, by cell.

    Parameters
    ----------
    cells : sequence of Cell
    outputs : Mapping of int to sequence of str
        The texts of a cell's outputs, by the cell's index.
    metadata : sequence of str
        Texts of the notebook's metadata.
    """
    found: list[Diagnostic] = []
    for cell in cells:
        in_source = _once(find_secrets(cell.source))
        for secret in in_source:
            found.append(_in_source(cell, secret))
        known = {secret.text for secret in in_source}
        for number, text in enumerate(outputs.get(cell.index, ())):
            for secret in _once(find_secrets(text)):
                if secret.text not in known:
                    known.add(secret.text)
                    found.append(_elsewhere(cell.index, f"output {number}", secret))
    for secret in _once([secret for text in metadata for secret in find_secrets(text)]):
        found.append(_elsewhere(-1, "the notebook's metadata", secret))
    return found


def _once(found: Sequence[FoundSecret]) -> list[FoundSecret]:
    return list({secret.text: secret for secret in reversed(found)}.values())[::-1]


def _in_source(cell: Cell, secret: FoundSecret) -> Diagnostic:
    before = cell.source[: secret.start]
    return Diagnostic(
        code="MNB220",
        severity="error" if secret.is_sure else "warning",
        cell=cell.index,
        line=before.count("\n") + 1,
        column=secret.start - (before.rfind("\n") + 1),
        message=f"the source holds {_phrase(secret)}.",
        remedy=_IN_SOURCE,
    )


def _elsewhere(cell: int, place: str, secret: FoundSecret) -> Diagnostic:
    return Diagnostic(
        code="MNB220",
        severity="error" if secret.is_sure else "warning",
        cell=cell,
        message=f"{place} holds {_phrase(secret)}.",
        remedy=_IN_OUTPUT if cell >= 0 else "Revoke it, and remove it from the metadata.",
    )


def _phrase(secret: FoundSecret) -> str:
    likely = "" if secret.is_sure else "what is probably "
    return f"{likely}{secret.kind.name} ({secret.shown!r})"
