"""What do doors call to promote, roll back and approve? The registry's functions, with the rules,
gates and folders of the project.

The gates of a promotion are those of the settings for the model, those its run was judged by (the
notebook's among them), and those asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_nb.errors import InputError, MlopsNbError
from mlops_nb.pipeline.gates.declared import DeclaredGate, gates_for, unite_gates
from mlops_nb.pipeline.gates.parsing import parse_gate
from mlops_nb.project.kept import reading_store
from mlops_nb.project.project import Project
from mlops_nb.project.roots import Layout, find_kept
from mlops_nb.registry.promotion.actor import Actor, find_actor
from mlops_nb.registry.promotion.registry import Registry, registry_of
from mlops_nb.registry.promotion.versions import CHAMPION, parse_reference
from mlops_nb.tracking.store import DATABASE, locate_store

if TYPE_CHECKING:
    from mlops_nb.registry.promotion.approvals import Approval, Approvals
    from mlops_nb.registry.promotion.history import History
    from mlops_nb.registry.promotion.judging import Yardstick
    from mlops_nb.registry.promotion.plan import PromotionPlan
    from mlops_nb.registry.promotion.promotion import Promotion
    from mlops_nb.registry.report import GateReport

_OPTION = "--gate"


@dataclass(frozen=True)
class Promotions:
    """The registered models of a project, to be promoted and rolled back."""

    layout: Layout

    @classmethod
    def find(cls, folder: Path | None = None) -> Promotions:
        """Return those that somebody in `folder`, by default the working directory, means."""
        return cls(layout=find_kept(folder))

    @cached_property
    def project(self) -> Project:
        return Project(self.layout)

    @cached_property
    def registry(self) -> Registry:
        """Return the registry, to be written; nothing is made where nothing was ever kept."""
        uri = self.project.settings.tracking_uri
        store = locate_store(self.layout.record, tracking_uri=uri)
        if store.is_embedded and not (self.layout.record / DATABASE).is_file():
            raise _nothing_kept(self.layout)
        return registry_of(self.project.store())

    def actor(self, named: str | None = None) -> Actor:
        """Return who acts; see `find_actor`."""
        return find_actor(self.layout.root, named=named)

    def plan(
        self,
        reference: str,
        *,
        to: str = CHAMPION,
        gates: Sequence[str] = (),
        again: bool = False,
        tell: Callable[[str], None] | None = None,
    ) -> PromotionPlan:
        """Return what promoting ``MODEL[@V]`` would do; see `plan_promotion`.

        Parameters
        ----------
        reference : str
        to : str
            The alias.
        gates : sequence of str
            Besides those of settings and run.
        again : bool
            Decide anew what is on record, too.
        tell : callable, optional
            Hears what goes on.

        Raises
        ------
        GateError
            If one of `gates` cannot be read.
        """
        from mlops_nb.registry.promotion.planning import plan_promotion

        name, version = parse_reference(reference)
        newest = self._resolve(name, version)
        yardstick = self._yardstick(name, newest, gates)
        if again and yardstick.recorded is not None:
            yardstick = replace(yardstick, recorded=replace(yardstick.recorded, judged_with=""))
        return plan_promotion(
            self.registry,
            name,
            newest,
            to=to,
            yardstick=replace(yardstick, tell=tell),
            rules=self.project.settings.promotion,
        )

    def _yardstick(self, name: str, version: int | str, gates: Sequence[str]) -> Yardstick:
        """Return what a version is judged by: gates of settings, run and request, and its report
        on record."""
        from mlops_nb.registry.promotion.judging import Yardstick
        from mlops_nb.registry.recorded_report import read_recorded_report

        settings = self.project.settings
        recorded = read_recorded_report(self.registry, self.registry.version(name, version))
        asked = [
            DeclaredGate(gate=parse_gate(text, place=_OPTION), origins=(_OPTION,)) for text in gates
        ]
        own = gates_for(settings.gates, name)
        declared = unite_gates([*_gates_of(recorded.report), *own, *asked])
        return Yardstick(
            gates=tuple(declared),
            folder=self.layout.root,
            allow=settings.trusted_types,
            recorded=recorded.report,
            record_fault=recorded.fault,
        )

    def promote(
        self,
        plan: PromotionPlan,
        *,
        reason: str = "",
        force: bool = False,
        named: str | None = None,
    ) -> Promotion:
        """Carry out a plan, once its gate report stands at the version; see `promote`."""
        from mlops_nb.registry.gating import record_report
        from mlops_nb.registry.promotion.promoting import promote

        if plan.report is not None and plan.report.outcomes:
            record_report(self.registry, plan.name, plan.version, plan.report)
        moved = promote(
            plan, actor=self.actor(named), reason=reason, force=force, folder=self.layout.root
        )
        return moved if moved.already else replace(moved, notes=(self._record_card(plan),))

    def _record_card(self, plan: PromotionPlan) -> str:
        """Record the model card of what was promoted, and return a sentence: the move stands."""
        from mlops_nb.registry.cards.recording import record_card

        try:
            place = record_card(self.registry, plan.name, plan.version)
        except MlopsNbError as error:
            return f"Its model card could not be recorded: {error.fault}"
        except Exception as error:  # the alias has moved: nothing may look as if it had not
            return f"Its model card could not be recorded: {type(error).__name__}: {error}"
        if not place:
            return "Its model card was not recorded: no run made it."
        return f"Its model card is {place}."

    def rollback(
        self,
        name: str,
        *,
        to: int | str | None = None,
        reason: str,
        force: bool = False,
        named: str | None = None,
    ) -> Promotion:
        """Let the champion be what it was before; see `rollback`."""
        from mlops_nb.registry.promotion.promoting import rollback

        return rollback(
            self.registry,
            name,
            to=to,
            reason=reason,
            actor=self.actor(named),
            force=force,
            rules=self.project.settings.promotion,
            folder=self.layout.root,
        )

    def approve(
        self, reference: str, *, reason: str = "", named: str | None = None, undo: bool = False
    ) -> Approval:
        """Write that somebody approves of ``MODEL@V``, or no longer does; see `approving`."""
        from mlops_nb.registry.promotion.approving import approve, withdraw

        name, version = parse_reference(reference)
        write = withdraw if undo else approve
        chosen = self._resolve(name, version)
        return write(self.registry, name, chosen, actor=self.actor(named), reason=reason)

    def approvals(self, reference: str) -> Approvals:
        """Return which approvals count for ``MODEL@V``, and what is missing."""
        from mlops_nb.registry.promotion.approving import standing_approvals
        from mlops_nb.registry.promotion.opening import open_ledger

        name, version = parse_reference(reference)
        candidate = self.registry.version(name, self._resolve(name, version))
        return standing_approvals(
            self.registry,
            candidate,
            open_ledger(self.registry, name).read(),
            rules=self.project.settings.promotion,
            folder=self.layout.root,
        )

    def history(self, name: str, at: datetime | None = None) -> History:
        """Return what happened to a model; nothing is written, and nothing need be writable."""
        from mlops_nb.registry.promotion.history import history

        with reading_store(self.layout) as store:
            if store is None:
                raise _nothing_kept(self.layout)
            return history(registry_of(store), name, at, home=self.layout.record)

    def _resolve(self, name: str, version: str) -> int | str:
        """Return the version that a reference means, by default the newest."""
        if version:
            return self.registry.version(name, version).version
        versions = self.registry.versions(name)
        return versions[0].version if versions else ""


def _gates_of(report: GateReport | None) -> list[DeclaredGate]:
    """Return the gates that a version was judged by."""
    outcomes = () if report is None else report.outcomes
    return [DeclaredGate(gate=parse_gate(one.gate), origins=one.origins) for one in outcomes]


def _nothing_kept(layout: Layout) -> InputError:
    return InputError(
        "MNB711",
        str(layout.root),
        "there is no registered model: nothing was ever tracked here.",
        "Register one: mlops-nb run NOTEBOOK --register NAME.",
    )


def promote(
    model: str,
    *,
    to: str = CHAMPION,
    reason: str = "",
    force: bool = False,
    gates: Sequence[str] = (),
    again: bool = False,
    actor: str | None = None,
    folder: Path | str | None = None,
) -> Promotion:
    """Judge a version of a registered model and let an alias name it, as ``mlops-nb promote`` does.

    Parameters
    ----------
    model : str
        ``"churn"`` (the newest version), ``"churn@4"`` or ``"churn@challenger"``.
    to : str
        The alias it gets.
    reason : str
        Kept in the history.
    force : bool, default=False
        Go past failed gates and the like; needs a reason. Approvals are not gone past.
    gates : sequence of str
        What must hold besides what settings and the version's run say.
    again : bool, default=False
        Decide anew what is on record, too.
    actor : str, optional
        Who promotes; by default the user of the tracking server, of git, or of the system.
    folder : Path or str, optional
        Of the project; the working directory by default.

    Returns
    -------
    Promotion
        With `already` set if there was nothing to do.

    Raises
    ------
    InputError
        If there is no such version, or it may not be promoted.
    NotBlessedError
        If gates or the infra check fail.
    ApprovalMissingError
        If somebody must approve first.
    InfrastructureError
        If the registry cannot be read or written, or somebody else moved the alias meanwhile.
    """
    promotions = Promotions.find(None if folder is None else Path(folder))
    plan = promotions.plan(model, to=to, gates=gates, again=again)
    return promotions.promote(plan, reason=reason, force=force, named=actor)


def rollback(
    model: str,
    *,
    reason: str,
    to: int | str | None = None,
    force: bool = False,
    actor: str | None = None,
    folder: Path | str | None = None,
) -> Promotion:
    """Let ``champion`` name what it named before, as ``mlops-nb rollback`` does.

    Parameters
    ----------
    model : str
        Its registered name.
    reason : str
        Kept in the history.
    to : int or str, optional
        A version or an alias; by default the newest champion that was not rolled back from.
    force : bool, default=False
        Also to a version that no promotion blessed.
    actor : str, optional
        Who does it; as `promote` has it.
    folder : Path or str, optional
        Of the project; the working directory by default.

    Returns
    -------
    Promotion

    Raises
    ------
    InputError
        If there is nothing to go back to.
    NotBlessedError
        If the version was never blessed.
    InfrastructureError
        If the registry cannot be read or written.
    """
    promotions = Promotions.find(None if folder is None else Path(folder))
    return promotions.rollback(model, to=to, reason=reason, force=force, named=actor)
