"""How does a live kernel use what is kept, and add to it? As a run does, for the cell at hand.

In a live kernel nothing is planned: what the facts of a cell are now is asked of the kernel itself.
A stage's cell is restored when it is executed for the first time here; executed again, it runs. Its
trace is what it is headless, so that either door restores what the other kept. Where nobody can
tell what a cell is (it is not in the notebook, or the notebook is not known), it runs, and is not
kept.
"""

from __future__ import annotations

import atexit
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from mlops_nb.errors import InfrastructureError
from mlops_nb.kernels.cell_watch import CellWatch
from mlops_nb.kernels.live_outputs import OutputRecorder
from mlops_nb.kernels.live_stir import Stir
from mlops_nb.pipeline.incremental.costs import is_dear
from mlops_nb.pipeline.incremental.facts import NAMES, FactKind, sharing_fact
from mlops_nb.pipeline.incremental.planning import decide
from mlops_nb.project.live_body import BodyTaker
from mlops_nb.project.live_cell import Documents, LiveCell, find_cell
from mlops_nb.project.live_facts import LiveFacts, phrase_sharing
from mlops_nb.project.live_keeping import LiveKeeping, LiveTrace

if TYPE_CHECKING:
    from mlops_nb.execution.declared import DeclaredFacts
    from mlops_nb.execution.kept import CellResult
    from mlops_nb.execution.runcells import CacheRequest
    from mlops_nb.pipeline.incremental.planning import Step, Task
    from mlops_nb.pipeline.incremental.traces import Trace

_DEAR = (
    "To watch it and to keep what it left takes more than a tenth of its own time; --no-cache "
    "leaves that out."
)


class LiveResults:
    """What is kept, in one live kernel; takes the place of `Session.cells`.

    Parameters
    ----------
    shell : InteractiveShell
    cache : CacheRequest
    documents : Documents

    Attributes
    ----------
    fault : InfrastructureError or None
        Why the cell at hand must fail instead of running.
    origin : str
        Which run the cell at hand was restored from; empty if it ran.
    problems : list of dict
        What the stage line is to tell beside.
    costs : list of str
        The same of what was done around the cell.
    trace : Trace or None
        What was observed of the cell at hand, or what it was restored by, once it is over.
    facts : LiveFacts
        What is asked of this kernel between cells, too.
    is_ambient : bool
        Whether the cell at hand set in the process what nothing observes, once it is over.
    """

    def __init__(self, shell: Any, cache: CacheRequest, documents: Documents) -> None:
        from mlops_nb.kernels.watch_paths import PathRules
        from mlops_nb.project.live_flow import LiveFlow

        self._shell = shell
        self._cache = cache
        self._documents = documents
        self._flow = LiveFlow(cache)
        self._rules = PathRules(str(cache.root))
        self._told: dict[str, Any] = {}
        self._watch = CellWatch(
            shell,
            send=self._told.__setitem__,
            root=str(cache.root),
            store=str(cache.kept.root),
            stamp=cache.kept.stamp,
            key=cache.key.hex(),
            secrets=cache.secrets,
        )
        self._keeping = LiveKeeping(cache.kept, watch=self._watch)
        self._declared: DeclaredFacts | None = None
        self._outputs = OutputRecorder(shell.kernel)
        self._stir = Stir(shell)
        self.facts = LiveFacts(
            self._watch, rules=self._rules, is_stirred=lambda: self._stir.is_stirred
        )
        self._done: set[str] = set()
        self._now: LiveCell | None = None
        self._unasked: tuple[Task, bool] | None = None
        self._ambient_before: str | None = None
        self._restored: tuple[Trace, CellResult] | None = None
        self.fault: InfrastructureError | None = None
        self.origin, self.seconds, self.reason = "", 0.0, ""
        self.problems: list[dict[str, str]] = []
        self.costs: list[str] = []
        self.trace: Trace | None = None
        self.is_ambient = False
        self._begun_s = 0.0
        shell.ast_transformers.append(BodyTaker(self))
        atexit.register(self.close)

    @property
    def is_watching(self) -> bool:
        return self._now is not None or self._unasked is not None

    @property
    def is_restored(self) -> bool:
        """Whether the cell at hand is restored, and its body is not to run."""
        return self._restored is not None

    def begin(self, metadata: Mapping[str, Any]) -> None:
        """Restore the cell that is about to run, or begin to watch it."""
        self.origin, self.seconds, self.reason = "", 0.0, ""
        self.problems, self.costs, self.is_ambient = [], [], False
        self._now = self._restored = self.fault = self._unasked = self.trace = None
        self._keeping.forget()
        try:
            self._begin(metadata)
        except InfrastructureError as error:  # half of what the cell set is there: it must not run
            self._lose()
            self.fault = error
        except Exception:  # the cell is the user's, the fault is ours: it runs, and is not kept
            self._lose()

    def end(self, *, ok: bool) -> None:
        """Show what a restored cell showed, or keep what the cell did."""
        try:
            with self._keeping.alone():
                self._end(ok=ok)
        except Exception:
            self._lose()

    def _lose(self) -> None:
        """Note that nobody knows what a cell does."""
        self._now = self._restored = self._unasked = None
        self._keeping.forget()
        self.facts.lose_ambient()
        self._stir.stir()

    def _begin(self, metadata: Mapping[str, Any]) -> None:
        document = self._documents.read()
        found = find_cell(self._flow, document, mode=self._cache.mode)
        if self._stir.has_stirred():
            self._watch.names.forget()
        if found is None:  # it is not in the notebook: what it sets beside values, nobody can say
            from mlops_nb.project.live_flow import read_stranger

            self.facts.lose_ambient()
            self._attend(read_stranger(document.ran), is_stranger=True)
            return
        self._ambient_before = self.facts.ambient
        if not found.keeps and not found.is_ambient:
            self._attend(found.task)
            return
        ident = str(metadata.get("cellId") or found.key)
        is_first = found.keeps and ident not in self._done
        self._done.add(ident)
        self._now = found
        self._declared = self._declare(found)
        if is_first and self._restore(found):
            return
        self._told.clear()
        self._declared.begin(found.cell.position, self._declared.look)
        self._watch.begin({"mlops_nb_watch": found.to_watch()})
        self._outputs.start()
        self._begun_s = time.monotonic()

    def _attend(self, task: Task | None, *, is_stranger: bool = False) -> None:
        """Begin to watch a cell that is not kept; None: nobody knows what it does."""
        names = self._watch.names
        if task is None or (is_stranger and self._watch.has_local_modules(task.reads)):
            self._lose()
            return
        names.start_unasked(names.names() if task.reads_all else task.reads)
        self._unasked = (task, is_stranger)

    def _end(self, *, ok: bool) -> None:
        if self._unasked is not None:
            task, is_stranger = self._unasked
            self._watch.names.stop_unasked(task.touches, only_data=is_stranger)
            self._unasked = None
            return
        found, self._now = self._now, None
        if found is None:
            return
        if self._restored is not None and self._declared is not None:
            self.trace, result = self._restored
            self._restored = None
            self.costs = list((result.report or {}).get("costs", ()))
            self._outputs.show(
                result.outputs, count=self._shell.execution_count, displays=result.displays
            )
            return
        own_s = time.monotonic() - self._begun_s
        outputs = self._outputs.stop()
        self._watch.end(ok=ok)
        told = self._told.get("cell")
        if told is None:  # it could not be observed
            self._lose()
            return
        if is_dear(float(told["overhead_s"]), own_s=own_s):
            self.costs = [_DEAR]
        self._note_ambient(found, told, outputs or ())
        if ok and found.keeps and outputs is not None and self._declared is not None:
            self._keep(found, self._declared.complete(found.cell.position, told), outputs)

    def finished(self, report: Mapping[str, Any]) -> None:
        """Keep the stage's cell with its report, unless the stage did not keep its word."""
        self._keeping.finished(report)

    def close(self) -> None:
        """Wait a little for what is being stored, and let the store go."""
        atexit.unregister(self.close)
        self._keeping.close()
        self._cache.kept.close()

    # --------------------------------------------------------------------------------------------

    def _declare(self, found: LiveCell) -> DeclaredFacts:
        """Return what the stage of a cell says of facts that nobody can observe."""
        from mlops_nb.execution.declared import DeclaredFacts
        from mlops_nb.kernels.cell_versions import tell_version

        declared = DeclaredFacts(
            found.course, world=self.facts.outside, keep_file=self._cache.kept.keep_file
        )
        expression = found.cell.terms.version_of
        if expression:
            names = sorted(found.task.asks)
            told = tell_version(expression, names, self._shell, self._watch)
            if told["digest"] is None:
                message = f"--version-of {expression}: {told['name']}: {told['message']}."
                remedy = "The stage runs each time, and is not kept."
                self.problems.append({"code": "MNB459", "message": message, "remedy": remedy})
            shown = told.get("shown", "")
            declared.answer(found.cell.position, told["digest"] or f"none:{uuid4().hex}", shown)
        return declared

    def _restore(self, found: LiveCell) -> bool:
        """Bring back what the cell left, if a trace of it holds; return whether it does."""
        from mlops_nb.pipeline.incremental.reasons import describe_restored, explain_step
        from mlops_nb.project.live_restoring import bring_back

        traces = tuple(found.course.usable(self._cache.kept.find(found.key)))
        task = replace(found.task, traces=traces, now=datetime.now(UTC))
        step: Step = decide(task, self._declared)  # type: ignore[arg-type]
        self.reason = explain_step(step, terms=task.terms)
        trace = step.verdict.trace
        if step.action != "restore" or trace is None or trace.only_by_running:
            return False
        result = bring_back(
            trace,
            kept=self._cache.kept,
            watch=self._watch,
            space=self._shell.user_ns,
            look=self.facts.look,
            path_of=self.facts.path_of,
        )
        if result is None:
            return False
        self._restored = (trace, result)
        self._cache.kept.use(trace)
        self.origin, self.seconds = describe_restored(trace, task.terms), trace.seconds
        return True

    def _note_ambient(
        self, found: LiveCell, told: Mapping[str, Any], outputs: Sequence[Mapping[str, Any]]
    ) -> None:
        from mlops_nb.execution.told import AMBIENT, facts_of, is_told_by_text
        from mlops_nb.pipeline.incremental.local_code import is_as_loaded

        reads = facts_of(told["reads"])
        is_seen = str(AMBIENT) in told["writes"] or not is_as_loaded(reads, found.course.sources)
        self.is_ambient = is_seen or is_told_by_text(
            found.course, found.cell.position, reads=reads, outputs=outputs
        )
        if self.is_ambient:
            self.facts.chain_ambient(
                found.course,
                found.cell.position,
                before=self._ambient_before,
                reads=reads,
                is_seen=is_seen,
            )

    def _keep(
        self, found: LiveCell, told: Mapping[str, Any], outputs: Sequence[dict[str, Any]]
    ) -> None:
        from mlops_nb.execution.told import AMBIENT, facts_of, make_trace

        writes, reads = facts_of(told["writes"]), facts_of(told["reads"])
        names = [f.key for f, d in reads.items() if f.kind is FactKind.NAME and d is not None]
        mingles = told["mingles"] or found.course.asks_others
        sharing = sharing_fact(names, only_between=not mingles)
        reads[sharing] = phrase_sharing(told["shared"], among=None if mingles else names)
        reads[AMBIENT] = self._ambient_before
        if found.task.reads_all:
            reads[NAMES] = " ".join(sorted(names))
        if self.facts.ambient != self._ambient_before:
            writes[AMBIENT] = self.facts.ambient
        self._warn_of_modules(told)
        trace = make_trace(
            told,
            key=found.key,
            reads=reads,
            writes=writes,
            place={
                **self._cache.place,
                "stage": found.stage,
                "cell": found.cell.label,
            },
            seconds=float(told.get("seconds", 0.0)),
        )
        self.trace = trace
        live = LiveTrace(
            token=found.token,
            trace=trace,
            outputs=tuple(outputs),
            displays=dict(self._outputs.displays),
            told=told,
            stage=found.stage,
            is_last=bool(found.cell.promises.get("last")),
        )
        self._keeping.keep(live)

    def _warn_of_modules(self, told: Mapping[str, Any]) -> None:
        """Say that a stage is not kept, since what was loaded is not what is on the disk."""
        for cause, message, remedy in told["blockers"]:
            if cause == "module":
                self.problems.append(
                    {"code": "", "message": f"It is not kept: it {message}.", "remedy": remedy}
                )
