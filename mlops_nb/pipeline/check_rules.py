"""Which findings are told, and how severe? As settings and options say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from mlops_nb.pipeline.diagnostics import Diagnostic, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRules:
    """What is told of what is found; a code may be given by its beginning, such as ``MNB23``.

    Attributes
    ----------
    select : tuple of str
        Only these; all if empty.
    ignore : tuple of str
        Not these.
    severity : Mapping of str to Severity
        Told as this, by whole code.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: Mapping[str, Severity] = field(default_factory=dict)

    def apply(self, findings: Sequence[Diagnostic]) -> list[Diagnostic]:
        """Return the findings that are told, each as severe as the rules say."""
        return [
            replace(finding, severity=self.severity.get(finding.code, finding.severity))
            for finding in findings
            if (not self.select or finding.code.startswith(self.select))
            and not (self.ignore and finding.code.startswith(self.ignore))
        ]
