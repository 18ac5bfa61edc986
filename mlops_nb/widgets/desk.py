"""What does the promotion panel do? It plans, promotes and rolls back as every door does.

One desk is one panel's. It keeps the plan that was shown, and that plan is what a press of the
button carries out; where the desk has lost it (its process ended meanwhile), it plans again and
moves only if the outcome is what the person saw.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from mlops_nb.errors import InputError, MlopsNbError
from mlops_nb.project.promotions import Promotions
from mlops_nb.registry.cards.document import Document, Span
from mlops_nb.registry.cards.text import render_text
from mlops_nb.registry.comparison.differences import Comparison, compare
from mlops_nb.registry.comparison.facts import ModelFacts
from mlops_nb.registry.comparison.reading import describe_version
from mlops_nb.registry.promotion.approvals import Approval
from mlops_nb.registry.promotion.past_champion import likely_target
from mlops_nb.registry.promotion.plan import PromotionPlan
from mlops_nb.registry.promotion.promotion import Promotion
from mlops_nb.registry.promotion.versions import CHAMPION, VersionInfo, parse_reference
from mlops_nb.widgets.panel_document import OPEN, planned, recorded
from mlops_nb.widgets.panel_page import render_folded, render_twin


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelView:
    """What a panel shows, and what can be pressed.

    Attributes
    ----------
    label : str
        ``"churn@3"``; the model's name where there is no version.
    to : str
        The alias.
    version, current : int or None
        The candidate, and what the alias names.
    state : str
        ``"ready"``, ``"blocked"``, ``"already"``, ``"missing"`` (there is no version) or
        ``"recorded"`` (nothing was judged).
    can_force : bool
    codes : tuple of str
        Of what stands in the way.
    previous : int or None
        What a rollback goes back to.
    html, twin, text : str
        The document for the panel, for a page without a kernel, and as text.
    """

    label: str
    to: str
    state: str
    html: str
    twin: str
    text: str
    version: int | None = None
    current: int | None = None
    can_force: bool = False
    codes: tuple[str, ...] = ()
    previous: int | None = None


@dataclass
class Desk:
    """The desk of one panel.

    Parameters
    ----------
    folder : Path
        A folder of the project.
    reference : str
        ``MODEL[@V]``.
    to : str
    gates : sequence of str
        Besides those of settings and run.
    tell : callable, optional
        Hears what goes on while a candidate is judged.
    """

    folder: Path
    reference: str
    to: str = CHAMPION
    gates: Sequence[str] = ()
    tell: Callable[[str], None] | None = None
    _plan: PromotionPlan | None = field(default=None, init=False, repr=False)

    def point_to(self, reference: str) -> None:
        """Be about this version from now on."""
        if reference != self.reference:
            self.reference, self._plan = reference, None

    def look(self, *, again: bool = False) -> PanelView:
        """Judge the candidate and return what the panel shows."""
        promotions = Promotions.find(self.folder)
        if not self._has_version(promotions):
            return self._missing()
        plan = self.plan(promotions, again=again)
        candidate = replace(describe_version(promotions.registry, plan.candidate))
        if plan.report is not None:
            candidate = replace(candidate, report=plan.report)
        comparison = _compared(promotions, candidate, None if plan.already else plan.current)
        state = "already" if plan.already else "ready" if plan.ready else "blocked"
        return self._view(
            planned(plan, candidate, comparison),
            state=state,
            label=plan.label,
            version=plan.version,
            current=None if plan.current is None else plan.current.version,
            can_force=plan.can_be_forced,
            codes=tuple(obstacle.code for obstacle in plan.obstacles),
            previous=likely_target(promotions.registry, plan.name),
        )

    def plan(self, promotions: Promotions | None = None, *, again: bool = False) -> PromotionPlan:
        """Judge the candidate and return the plan, which is kept to be carried out.

        Parameters
        ----------
        promotions : Promotions, optional
            Those of the folder by default.
        again : bool
            Decide anew what is on record, too.

        Raises
        ------
        InputError
            If there is no such version.
        """
        found = promotions or Promotions.find(self.folder)
        self._plan = found.plan(
            self.reference, to=self.to, gates=self.gates, again=again, tell=self.tell
        )
        return self._plan

    def approve(self, *, reason: str) -> Approval:
        """Write that somebody approves of the version; what was judged is judged anew then."""
        self._plan = None
        return Promotions.find(self.folder).approve(self.reference, reason=reason)

    def recall(self) -> PanelView:
        """Return what is on record; nothing is judged, moved or made."""
        promotions = Promotions.find(self.folder)
        if not self._has_version(promotions):
            return self._missing()
        name, version = parse_reference(self.reference)
        registry = promotions.registry
        info = registry.version(name, version or registry.versions(name)[0].version)
        number = registry.alias(name, self.to)
        current = None if number in (None, info.version) else registry.version(name, number or 0)
        candidate = describe_version(registry, info)
        comparison = _compared(promotions, candidate, current)
        return self._view(
            recorded(candidate, comparison, to=self.to),
            state="already" if number == info.version else "recorded",
            label=info.label,
            version=info.version,
            current=number,
            previous=likely_target(registry, name),
        )

    def promote(self, *, reason: str, force: bool, shown: Mapping[str, Any]) -> Promotion:
        """Carry out the plan that was shown.

        Raises
        ------
        InputError
            MNB771 if the outcome is another one than `shown` says; and as every promotion.
        """
        promotions = Promotions.find(self.folder)
        plan = self._plan or promotions.plan(self.reference, to=self.to, gates=self.gates)
        self._plan = None
        if any(shown.get(name) != value for name, value in outcome_of(plan).items()):
            raise InputError(
                "MNB771",
                plan.label,
                "what was judged now differs from what was shown.",
                "Look at it again, then decide.",
            )
        return promotions.promote(plan, reason=reason, force=force)

    def rollback(self, *, reason: str, force: bool, to: int | None) -> Promotion:
        """Let the champion be what it was before."""
        self._plan = None
        name, _ = parse_reference(self.reference)
        return Promotions.find(self.folder).rollback(name, to=to, reason=reason, force=force)

    def _has_version(self, promotions: Promotions) -> bool:
        """Return whether there is anything to judge; a version that was named must be there."""
        name, version = parse_reference(self.reference)
        try:
            return bool(promotions.registry.versions(name)) or bool(version)
        except MlopsNbError as error:
            if error.code == "MNB711" and not version:
                return False
            raise

    def _missing(self) -> PanelView:
        name, _ = parse_reference(self.reference)
        document = Document(
            title=f"{name} → {self.to}",
            lead=(Span(text="not registered yet", mark="skipped"),),
        )
        return self._view(document, state="missing", label=name)

    def _view(self, document: Document, *, state: str, label: str, **fields: Any) -> PanelView:
        command = f"mlops-nb promote {label}"
        last = Span(text=f"From a shell: {command}")
        if state == "missing":
            last = Span(text=f"Register a version: mlops-nb run NOTEBOOK --register {label}")
        return PanelView(
            label=label,
            to=self.to,
            state=state,
            html=render_folded(document, opened=OPEN),
            twin=render_twin(document, last_line=last, opened=OPEN),
            text=f"{render_text(document)}\n\n{last.text}",
            **fields,
        )


def outcome_of(plan: PromotionPlan) -> dict[str, Any]:
    """Return what a person who was shown a plan decides about, as JSON has it."""
    return {
        "version": plan.version,
        "current": None if plan.current is None else plan.current.version,
        "codes": [obstacle.code for obstacle in plan.obstacles],
    }


def view_to_json(view: PanelView) -> dict[str, Any]:
    """Return a view as a line between processes has it."""
    return {**asdict(view), "codes": list(view.codes)}


def _compared(
    promotions: Promotions, candidate: ModelFacts, current: VersionInfo | None
) -> Comparison | None:
    if current is None:
        return None
    return compare(candidate, describe_version(promotions.registry, current))
