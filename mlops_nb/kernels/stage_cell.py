"""What happens around one stage cell? It is observed, then its metrics and model are collected.

Part of what is injected into kernels: standard library only, Python 3.9.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .alarm import Alarm
from .handover import HandoverError, write_handover
from .metric_values import fault, missing_name, read_metrics
from .observation import Observation
from .produced_files import missing_files
from .settled_streams import flushed_streams
from .stage_line import PendingClear, render_line

if TYPE_CHECKING:
    from .session import Session

SCHEMA = 1

StageSpec = Mapping[str, Any]
Report = dict[str, Any]

# The body of a directive is read elsewhere (pipeline.directive_lines); here it is only recognised.
MAGIC = re.compile(r"([ \t]*)%%mlops_stage(?=[ \t\r\n]|$)(.*)", re.DOTALL)


class StageOutcomeError(Exception):
    """A stage ended without what its options promise."""

    def __init__(self, stage: str, faults: list[dict[str, str]]) -> None:
        super().__init__(stage, faults)

    def __str__(self) -> str:
        stage, faults = self.args
        return "\n".join(
            f"{item['code']} stage {stage!r}: {item['message']}\n{item['remedy']}"
            for item in faults
        )

    def _render_traceback_(self) -> list[str]:
        return str(self).splitlines()


class RunningCell:
    """One stage cell from `pre_run_cell` to `post_run_cell`."""

    def __init__(self, session: Session, info: Any, spec: StageSpec) -> None:
        self.session = session
        self.info = info
        self.spec = spec
        self.problems: list[dict[str, str]] = []
        shell = session.shell
        self._open_runs = _open_mlflow_runs()
        self._clear = PendingClear(getattr(shell, "display_pub", None))
        self._alarm = Alarm(spec, self.problems) if session.door != "headless" else None
        self._observation = Observation(shell.user_ns, shell.user_ns_hidden)

    def finish(self, result: Any) -> None:
        """Observe, collect, report, and fail the cell if the stage does not keep its word."""
        if self._alarm is not None:
            self._alarm.stop()
        shell = self.session.shell
        ok = bool(result is not None and result.success)
        # IPython 9: the last value was made, but showing it raised.
        ok = ok and not getattr(shell, "_last_traceback_during_displayhook", False)
        report: Report = {
            "schema": SCHEMA,
            "stage": self.spec["name"],
            "ok": ok,
            "last": self.spec.get("last"),
            **self._observation.end(shell.user_ns),
            "metrics": {},
            "series": {},
            "model": None,
            "problems": self.problems,
        }
        report.update(self.session.restored())
        self.problems += getattr(self.session.cells, "problems", ())
        if costs := getattr(self.session.cells, "costs", ()):  # of a live kernel's
            report["costs"] = list(costs)
        objects: dict[str, Any] = {}
        if ok and self.spec.get("last") is not False:
            faults = self._collect(report, objects)
            if faults and self.spec.get("last"):
                report["ok"] = ok = False
                self._fail(result, faults)
            self.problems += faults
        self._clear.close()
        self.session.note_open_runs(
            self.spec["name"], self._open_runs, last=self.spec.get("last"), ok=ok
        )
        link = self.session.finished(report, objects)
        if ok and self.session.show_line != "off" and not self._clear.is_pending:
            line = render_line(
                report, detail=self.session.show_line, namespace=shell.user_ns, link=link
            )
            with flushed_streams():
                shell.display_pub.publish(data=line)

    def _collect(self, report: Report, objects: dict[str, Any]) -> list[dict[str, str]]:
        """Put metrics and model into `report`, live values into `objects`; return what is wrong."""
        namespace = self.session.shell.user_ns
        faults = []
        names = []
        when = "when the stage ends" if self.spec.get("last") else "yet"
        for name in self.spec.get("metrics") or ():
            if name not in namespace and not self.spec.get("continues"):
                faults.append(missing_name("--metrics", name, namespace, when=when))
            elif name in namespace and self._concerns(name, report):
                names.append(name)
        report["metrics"], report["series"], unusable = read_metrics(names, namespace)
        model = self.spec.get("model")
        if not self.spec.get("continues"):
            folder = self.session.folder
            faults += missing_files(self.spec.get("produces") or (), folder=folder)
        needed = [("--model", model), ("--example", self.spec.get("example"))]
        needed += [("--eval", name) for name in self.spec.get("eval") or ()]
        missing = [
            missing_name(flag, name, namespace, when=when)
            for flag, name in needed
            if model and name and name not in namespace
        ]
        if missing and self.spec.get("continues"):
            return faults + unusable
        if model and not missing and self._concerns(model, report):
            missing = self._hand_over(report, objects)
        return faults + unusable + missing

    def _hand_over(self, report: Report, objects: dict[str, Any]) -> list[dict[str, str]]:
        namespace = self.session.shell.user_ns
        spec = {key: self.spec.get(key) for key in ("model", "example", "eval")}
        report["model"] = {
            "name": spec["model"],
            "example": spec["example"],
            "eval": list(spec["eval"] or ()),
        }
        if self.session.handover_dir is None:
            objects["model"] = namespace[spec["model"]]
            objects["continues"] = bool(self.spec.get("continues"))
            if spec["example"]:
                objects["example"] = namespace[spec["example"]]
            if spec["eval"]:
                objects["eval"] = tuple(namespace[name] for name in spec["eval"])
            return []
        try:
            meta = write_handover(
                self.session.handover_dir, report["stage"], names=spec, namespace=namespace
            )
        except HandoverError as error:
            report["model"] = None
            flag, name, kind, cause = error.args
            return [
                fault(
                    "MNB453",
                    f"'{flag} {name}' holds a {kind}, which cannot be pickled ({cause}).",
                    "Name a value that can be, or build it at module level.",
                )
            ]
        except OSError as error:
            report["model"] = None
            return [
                fault(
                    "MNB456",
                    f"'--model {spec['model']}' cannot be written for packaging: {error}.",
                    "Free space, or make the folder writable.",
                )
            ]
        report["model"] = {"name": spec["model"], **meta}
        return []

    def _concerns(self, name: str, report: Report) -> bool:
        """Return whether to collect `name` now: at the last cell, or if this cell mentions it."""
        if self.spec.get("last"):
            return True
        body = "\n".join(line for line in self.info.raw_cell.split("\n") if not MAGIC.match(line))
        return name in report["bound"] or bool(re.search(rf"\b{re.escape(name)}\b", body))

    def _fail(self, result: Any, faults: list[dict[str, str]]) -> None:
        """Make the cell end as if its last statement had raised."""
        shell = self.session.shell
        error = StageOutcomeError(self.spec["name"], faults)
        result.error_in_exec = error
        shell.last_execution_succeeded = False
        shell.showtraceback((StageOutcomeError, error, None))


def message_id(shell: Any) -> str:
    """Return the id of the message that the kernel answers; empty where there is none."""
    kernel = getattr(shell, "kernel", None)
    if kernel is None:
        return ""
    try:
        return str(kernel.get_parent().get("header", {}).get("msg_id", ""))
    except Exception:
        return ""


def _open_mlflow_runs() -> list[str]:
    """Return the ids of the fluent runs open in this thread, newest only: MLflow tells no more."""
    mlflow = sys.modules.get("mlflow")
    try:
        run = None if mlflow is None else mlflow.active_run()
    except Exception:
        run = None
    return [] if run is None else [run.info.run_id]
