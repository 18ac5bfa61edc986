"""How do the gates of a run look on its page? A table: verdict, gate, value, why; slices below.

Made from what the record keeps, which needs none of what decided them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from mlops_nb.pipeline.gates.shown import show
from mlops_nb.pipeline.records import RunRecord

SLICES_SHOWN = 20
_NUMBERS = ("Value", "Champion", "Interval")
_NUMBER = ' class="mnb-number"'
_HEADS = ("Verdict", "Gate", "Value", "Champion", "Interval", "Why", "Written in")


def render_gates(record: RunRecord) -> str:
    """Return the section on gates and promotion; empty where a run decided none."""
    if record.gate_report is None:
        return ""
    report = record.gate_report
    against = f" against {report['champion']}" if report["champion"] else ", no champion yet"
    told = f"{report['candidate']}{against}. {report['summary']}"
    rows = "".join(row for gate in record.gates for row in _rows(gate))
    heads = "".join(
        f'<th scope="col"{_NUMBER if name in _NUMBERS else ""}>{name}</th>' for name in _HEADS
    )
    promotion = "" if record.promotion is None else f"<p>{_text(record.promotion['message'])}</p>"
    return (
        f'<h2>Gates</h2><p>{_text(told)}</p>{promotion}<div class="mnb-wide">'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _rows(gate: Mapping[str, Any]) -> list[str]:
    """Return the row of a gate and those of its slices, the failed ones first."""
    slices = sorted(gate["slices"], key=lambda one: one["verdict"] != "failed")
    unit, shown = gate["unit"], slices[:SLICES_SHOWN]
    rows = [_row(gate, f"<code>{_text(gate['gate'])}</code>", unit, gate.get("origins", ()))]
    for one in shown:
        name = _text(f"{one['name']} ({one['n_rows']:,} rows)")
        rows.append(_row(one, name, unit, (), kind=' class="mnb-slice"'))
    if len(slices) > len(shown):
        more = f"… {len(slices) - len(shown)} more"
        rows.append(f'<tr class="mnb-slice"><td></td><th scope="row">{more}</th></tr>')
    return rows


def _row(
    one: Mapping[str, Any], name: str, unit: Any, origins: Sequence[str], *, kind: str = ""
) -> str:
    verdict = _text(one["verdict"])
    champion = one["champion"]
    return (
        f'<tr{kind}><td><span class="mnb-verdict mnb-{verdict}">{verdict}</span></td>'
        f'<th scope="row">{name}</th><td class="mnb-number">{_number(one["value"], unit)}</td>'
        f'<td class="mnb-number">{_number(champion, unit)}</td>'
        f'<td class="mnb-number">{_interval(one["interval"], is_difference=champion is not None)}'
        f'</td><td class="mnb-quiet">{_text(one["reason"])}</td>'
        f'<td class="mnb-quiet">{_text(" and ".join(origins))}</td></tr>'
    )


def _number(value: float | None, unit: Any) -> str:
    return "" if value is None else _text(show(value, unit))


def _interval(interval: Mapping[str, Any] | None, *, is_difference: bool) -> str:
    if interval is None:
        return ""
    ends = f"{show(interval['low'])} to {show(interval['high'])}"
    return f"difference {ends}" if is_difference else ends


def _text(text: object) -> str:
    return escape(str(text).encode("utf-8", "replace").decode(), quote=True)
