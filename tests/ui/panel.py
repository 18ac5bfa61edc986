"""The pipeline panel in a browser, as a person uses it; for tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_WAIT_MS = 60_000


class PanelPage:
    """The panel beside an open notebook."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.side = page.locator("#mlops-nb-panel")

    def show(self) -> None:
        """Open the side bar."""
        self.page.evaluate("() => jupyterapp.commands.execute('mlops-nb:show-pipeline')")
        self.side.wait_for(timeout=_WAIT_MS)

    def stage(self, name: str) -> Any:
        """Return the box of a stage in the graph."""
        return self.side.locator(f'[data-stage="{name}"]')

    def open(self, name: str) -> None:
        """Click on a stage, and wait until its cell has the focus: that comes after scrolling."""
        self.stage(name).click()
        self.page.wait_for_function(
            "() => jupyterapp.shell.currentWidget.content.node.contains(document.activeElement)"
        )

    def expect(self, **statuses: str) -> None:
        """Wait until stages have these statuses."""
        for name, status in statuses.items():
            box = self.side.locator(f'[data-stage="{name}"].mlops-nb-is-{status}')
            box.wait_for(timeout=_WAIT_MS)

    def hears(self, name: str, text: str) -> None:
        """Wait until a screen reader is told `text` of a stage."""
        box = self.side.locator(f'[data-stage="{name}"][aria-label*="{text}"]')
        box.wait_for(timeout=_WAIT_MS)

    def button(self, text: str) -> Any:
        return self.side.get_by_role("button", name=text)

    def edit(self, cell: int, source: str) -> None:
        """Replace the text of a cell, unsaved."""
        self.page.evaluate(
            "([cell, source]) => jupyterapp.shell.currentWidget.content.widgets[cell]"
            ".model.sharedModel.setSource(source)",
            [cell, source],
        )

    def counts(self) -> list[int]:
        """Return the numbers beside the cells: what ran when."""
        counts: list[int] = self.page.evaluate(
            "() => jupyterapp.shell.currentWidget.content.widgets.map(c => c.model.executionCount)"
        )
        return counts

    def activate(self, cell: int) -> None:
        """Make a cell the active one."""
        self.page.evaluate(
            "cell => { jupyterapp.shell.currentWidget.content.activeCellIndex = cell; }", cell
        )

    def execute(self, command: str) -> None:
        """Choose a command without waiting for what it asks."""
        self.page.evaluate("command => { void jupyterapp.commands.execute(command); }", command)


# Notebook 7 says that of itself: the first without any extension, the second of a command it lacks.
_OF_NOTEBOOK_7 = frozenset(
    {
        "Cannot read properties of undefined (reading 'schema')",
        "Command 'filebrowser:open-path' not registered.",
    }
)


@contextmanager
def quiet_console(page: Any) -> Iterator[list[str]]:
    """Gather what the page complains about; there must be nothing when it is over."""
    complaints: list[str] = []

    def note(message: Any) -> None:
        if message.type == "error":
            complaints.append(message.text)

    def note_error(error: Any) -> None:
        if str(error) not in _OF_NOTEBOOK_7:
            complaints.append(str(error))

    page.on("console", note)
    page.on("pageerror", note_error)
    try:
        yield complaints
    finally:
        page.remove_listener("console", note)
        page.remove_listener("pageerror", note_error)
    assert complaints == []
