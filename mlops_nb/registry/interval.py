"""How far may the truth be from what was measured? Two ends, which reports show without computing.

`intervals` finds them; this needs no numbers library, so that a report can be read anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Two ends, and by which method: ``"wilson"``, ``"delong"``, ``"bca"``, ``"bootstrap"`` …"""

    low: float
    high: float
    method: str

    def shifted(self, by: float) -> Interval:
        return Interval(low=self.low + by, high=self.high + by, method=self.method)
