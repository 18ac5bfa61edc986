"""Which controls does the panel have, and how do they look? ipywidgets that decide nothing.

Colours and fonts are the theme's. What is for screen readers stands in the text: buttons are named
by what they do, progress and outcome are live regions, groups follow the order of reading.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any, Literal

Tone = Literal["status", "alert", "done"]
_TONES: dict[Tone, str] = {
    "status": "border-left:.3em solid #8c959f",
    "alert": "border-left:.3em solid #cf222e",
    "done": "border-left:.3em solid #1a7f37",
}


@dataclass(frozen=True)
class Controls:
    """The widgets of one panel; `box` holds them all."""

    box: Any
    style: Any
    body: Any
    status: Any
    reason: Any
    force: Any
    promote: Any
    rollback: Any
    run: Any
    again: Any
    question: Any
    confirm: Any
    cancel: Any
    undo: Any
    actions: Any
    asking: Any
    form: Any


def make_controls(hidden: str) -> Controls:
    """Return new controls; the class `hidden` is not shown while they are."""
    import ipywidgets as w

    def button(text: str, style: str = "", tip: str = "") -> Any:
        return w.Button(
            description=text,
            button_style=style,
            tooltip=tip or text,
            layout=w.Layout(width="auto", min_width="7em"),
        )

    style = w.HTML(f"<style>.{hidden}{{display:none}}</style>", layout=w.Layout(display="none"))
    body, status, question = w.HTML(), w.HTML(), w.HTML()
    reason = w.Text(
        description="Reason",
        placeholder="Why? The history keeps it.",
        layout=w.Layout(width="40em", max_width="100%"),
        style={"description_width": "5em"},
    )
    force = w.Checkbox(
        value=False,
        indent=False,
        description="Go past what stands in the way; the history keeps that too",
        layout=w.Layout(width="auto"),
    )
    promote = button("Promote", "success")
    rollback = button("Roll back", "warning", "Let the champion be what it was before")
    run = button(
        "Run headless, gate, promote",
        tip="Run this notebook from top to bottom, register its model, promote it if it may be",
    )
    again = button("Judge again", tip="Evaluate gates and infra check anew")
    confirm, cancel = button("Yes, do it", "danger"), button("Cancel")
    undo = button("Undo", "warning")
    wrap = {"flex_flow": "row wrap", "align_items": "center", "grid_gap": ".3em"}
    actions = w.HBox([undo, promote, rollback, run, again], layout=w.Layout(**wrap))
    asking = w.HBox([question, confirm, cancel], layout=w.Layout(**wrap))
    form = w.VBox([reason, force])
    box = w.VBox(
        [style, body, status, form, actions, asking],
        layout=w.Layout(
            border="1px solid var(--jp-border-color1, #8c959f80)",
            padding="0.8em 1em",
            max_width="70em",
        ),
    )
    return Controls(
        box=box,
        style=style,
        body=body,
        status=status,
        reason=reason,
        force=force,
        promote=promote,
        rollback=rollback,
        run=run,
        again=again,
        question=question,
        confirm=confirm,
        cancel=cancel,
        undo=undo,
        actions=actions,
        asking=asking,
        form=form,
    )


def show(widget: Any, is_shown: bool) -> None:
    """Show a widget or take it out of the page, for screen readers too."""
    widget.layout.display = None if is_shown else "none"


def coloured(content: str) -> str:
    """Return HTML in the colour and font of the theme."""
    look = (
        "color:var(--jp-content-font-color1, inherit);line-height:1.45;"
        "font-family:var(--jp-content-font-family, inherit);"
        "font-size:var(--jp-content-font-size1, inherit)"
    )
    return f'<div style="{look}">{content}</div>'


def render_status(text: str, *, tone: Tone = "status", is_busy: bool = False) -> str:
    """Return a line that screen readers speak when it appears; empty text is no line."""
    if not text:
        return ""
    role = "alert" if tone == "alert" else "status"
    bar = f'<progress aria-label="{escape(text)}" style="margin-right:.6em"></progress>'
    lines = "<br>".join(escape(line) for line in text.splitlines())
    return coloured(
        f'<div role="{role}" aria-live="{"assertive" if tone == "alert" else "polite"}" '
        f'style="{_TONES[tone]};padding:.3em .7em;margin:.4em 0;background:#8c959f1f">'
        f"{bar if is_busy else ''}{lines}</div>"
    )
