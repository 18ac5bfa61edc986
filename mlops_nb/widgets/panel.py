"""What happens when somebody presses a button of the panel? It asks, confirms, and shows.

Work goes on in a thread, so that the kernel stays free; whatever it raises is shown here, since a
notebook shows nothing of a thread. What may be promoted is decided by who is asked.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from mlops_nb.errors import MlopsNbError, NotBlessedError
from mlops_nb.widgets.panel_controls import (
    Controls,
    Tone,
    coloured,
    make_controls,
    render_status,
    show,
)

View = Mapping[str, Any]
RunNotebook = Callable[[Path, str, Callable[[str], None]], Mapping[str, Any]]


class Link(Protocol):
    """Who is asked: `DeskLink`, or what stands in for it."""

    on_progress: Callable[[str], None] | None

    @property
    def reference(self) -> str: ...

    def point_to(self, reference: str) -> None: ...

    def ask(self, do: str, **words: Any) -> dict[str, Any]: ...


class Panel:
    """The controls of one panel, and what they do.

    Parameters
    ----------
    link : Link
    model : str
        Its registered name.
    to : str
        The alias.
    notebook : Path or None
        What "run headless" runs; None: the button is not there.
    run_notebook : callable
        Runs a notebook, registers its model by a name, tells its progress, returns its record.
    told : callable
        Gets the view and a line whenever they change.
    hidden : str
        A class of elements that are not shown while the panel is.
    """

    def __init__(
        self,
        link: Link,
        *,
        model: str,
        to: str,
        notebook: Path | None,
        run_notebook: RunNotebook,
        told: Callable[[View, str], None],
        hidden: str,
    ) -> None:
        self._link = link
        self._model = model
        self._to = to
        self._notebook = notebook
        self._run_notebook = run_notebook
        self._told = told
        self._view: View = {}
        self._line = ""
        self._undo_to: int | None = None
        self._was_refused = False
        self._thread: threading.Thread | None = None
        self._confirmed: Callable[[], None] = self._nothing
        self._asked_by: Any = None
        self.controls: Controls = make_controls(hidden)
        link.on_progress = self._progress
        self._connect()

    def start(self, *, again: bool = False) -> None:
        """Judge the candidate, in the background; `again` decides anew what is on record, too."""
        self._work(f"Judging {self._link.reference} …", lambda: self._look(again=again))

    def wait(self) -> None:
        """Wait until nothing is going on."""
        if self._thread is not None:
            self._thread.join()

    def _connect(self) -> None:
        c = self.controls
        c.promote.on_click(lambda _: self._ask_promote())
        c.rollback.on_click(lambda _: self._ask_rollback())
        c.run.on_click(lambda _: self._ask_run())
        c.again.on_click(lambda _: self.start(again=True))
        c.undo.on_click(lambda _: self._work("Taking it back …", self._undo))
        c.confirm.on_click(lambda _: self._confirmed())
        c.cancel.on_click(lambda _: self._cancel())
        c.force.observe(lambda _: self._enable(), names="value")

    def _ask_promote(self) -> None:
        force = bool(self.controls.force.value)
        if force and not self._has_reason("Going past what stands in the way"):
            return
        current = self._view.get("current")
        over = f", in the place of version {current}" if current else ""
        past = f" past {', '.join(self._view['codes'])}" if force else ""
        question = f"Let {self._to} name {self._view['label']}{over}{past}?"
        self._ask(question, self.controls.promote, self._promote)

    def _ask_rollback(self) -> None:
        if not self._has_reason("A rollback"):
            return
        previous = self._view.get("previous")
        likely = f" (version {previous})" if previous else ""
        past = " although no promotion blessed it" if self.controls.force.value else ""
        question = f"Let champion name what it named before{likely}{past}?"
        self._ask(question, self.controls.rollback, self._rollback)

    def _ask_run(self) -> None:
        name = "" if self._notebook is None else self._notebook.name
        question = (
            f"Run {name} as it is saved, in a kernel of its own, register its model as "
            f"{self._model}, and promote the version if nothing stands in the way?"
        )
        self._ask(question, self.controls.run, self._run)

    def _ask(self, question: str, asked_by: Any, act: Callable[[], None]) -> None:
        c = self.controls
        self._asked_by = asked_by
        self._confirmed = lambda: self._work("Working …", act)
        c.question.value = render_status(question)
        show(c.actions, False)
        show(c.asking, True)
        c.confirm.focus()

    def _cancel(self) -> None:
        self._confirmed = self._nothing
        self._settle()
        if self._asked_by is not None:
            self._asked_by.focus()

    def _has_reason(self, what: str) -> bool:
        if self.controls.reason.value.strip():
            return True
        self._say(f"{what} needs a reason, which the history keeps.", "alert")
        self.controls.reason.focus()
        return False

    def _look(self, *, again: bool) -> None:
        self._show(self._link.ask("look", **({"again": True} if again else {})))
        self._say("", "status")

    def _promote(self) -> None:
        words = {"reason": self.controls.reason.value, "force": bool(self.controls.force.value)}
        shown = {name: self._view.get(name) for name in ("version", "current", "codes")}
        self._moved(self._link.ask("promote", shown=shown, **words))

    def _rollback(self) -> None:
        self._go_back(self.controls.reason.value, to=None)

    def _undo(self) -> None:
        self._go_back(self.controls.reason.value.strip() or "undone in the panel", to=self._undo_to)

    def _go_back(self, reason: str, *, to: int | None) -> None:
        force = bool(self.controls.force.value)
        try:
            moved = self._link.ask("rollback", reason=reason, force=force, to=to)
        except NotBlessedError:
            self._was_refused = True  # then the person may go past it knowingly
            raise
        self._moved(moved)

    def _run(self) -> None:
        assert self._notebook is not None
        version = None
        try:
            record = self._run_notebook(self._notebook, self._model, self._progress)
            version = (record.get("model") or {}).get("version")
        except NotBlessedError:
            self._progress("Gates failed.")  # the version is there, and the plan says why
        self._link.point_to(self._model if version is None else f"{self._model}@{version}")
        self._progress("Judging the new version …")
        self._show(self._link.ask("look"))
        if self._view["state"] == "ready":
            self._promote()
        elif self._view["state"] == "blocked":
            self._say("It was run and registered, and is not promoted: see above why.", "alert")
        else:
            made = f"what it made is {self._view['label']}, which is {self._to} already."
            self._say(f"It was run; {made}", "done")

    def _moved(self, moved: Mapping[str, Any]) -> None:
        label = f"{moved['model']}@{moved['version']}"
        if moved["already"]:
            line = f"{label} was {moved['to']} already; nothing was done."
        else:
            was = f", in the place of version {moved['before']}" if moved["before"] else ""
            line = f"{label} is {moved['to']} now{was}."
        fault = (moved.get("hook") or {}).get("fault")
        if fault:
            line += f"\nThe hook failed: {fault}"
        is_new = not moved["already"] and moved["before"] and moved["to"] == "champion"
        self._undo_to = moved["before"] if is_new else None
        self._was_refused = False
        self.controls.force.value = False
        self.controls.reason.value = ""  # it was that move's
        if moved["kind"] == "promote":
            self._link.point_to(label)
        self._show(self._link.ask("recall"))
        self._say(line, "done")

    def _progress(self, line: str) -> None:
        text = line.strip()
        if text:
            self.controls.status.value = render_status(text, is_busy=True)

    def _work(self, text: str, act: Callable[[], None]) -> None:
        """Do something in the background, with a word on what it is."""
        if self._thread is not None and self._thread.is_alive():
            return
        c = self.controls
        for part in (c.form, c.actions, c.asking):
            show(part, False)
        c.status.value = render_status(text, is_busy=True)
        self._thread = threading.Thread(target=self._guarded, args=(act,), daemon=True)
        self._thread.start()

    def _guarded(self, act: Callable[[], None]) -> None:
        try:
            act()
        except MlopsNbError as error:
            self._say(str(error), "alert")
        except Exception as error:
            self._say(f"A fault of mlops_nb's: {type(error).__name__}: {error}", "alert")
        finally:
            self._settle()

    def _show(self, view: View) -> None:
        self._view = view
        self.controls.body.value = coloured(view["html"])
        self._told(view, self._line)

    def _say(self, text: str, tone: Tone) -> None:
        self._line = text
        self.controls.status.value = render_status(text, tone=tone)
        if self._view:
            self._told(self._view, text)

    def _settle(self) -> None:
        """Show what can be pressed now."""
        c, view = self.controls, self._view
        state = view.get("state", "")
        is_champions = self._to == "champion"
        show(c.asking, False)
        show(c.form, bool(view))
        show(c.actions, True)
        show(c.promote, state in ("ready", "blocked"))
        is_blocked = state == "blocked" and bool(view.get("can_force"))
        show(c.force, is_blocked or self._was_refused)
        can_undo, previous = self._undo_to is not None, view.get("previous")
        show(c.rollback, is_champions and bool(previous) and previous != self._undo_to)
        show(c.run, self._notebook is not None)
        show(c.again, True)
        show(c.undo, can_undo)
        c.promote.description = f"Promote {view.get('label', '')}"
        c.undo.description = f"Undo: back to version {self._undo_to}"
        self._enable()

    def _enable(self) -> None:
        is_forced = bool(self.controls.force.value and self._view.get("can_force"))
        self.controls.promote.disabled = not (self._view.get("state") == "ready" or is_forced)

    def _nothing(self) -> None:
        """Do nothing: no question stands."""
