/** How does one get to a cell? It is scrolled to, made the active one, and takes the focus.
 *
 * Scrolling takes its time. Who has gone elsewhere meanwhile is not brought back.
 */

import { type NotebookPanel, NotebookActions } from '@jupyterlab/notebook';

/** A place in a cell's source: line from 1, column from 0. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Show a cell; with a place in it, put the cursor there. */
export async function revealCell(
  panel: NotebookPanel,
  cellId: string,
  place?: Place
): Promise<void> {
  const notebook = panel.content;
  const index = notebook.widgets.findIndex(({ model }) => model.id === cellId);
  const cell = notebook.widgets[index];
  if (cell === undefined) {
    return;
  }
  const from = document.activeElement;
  notebook.deselectAll();
  notebook.activeCellIndex = index;
  await notebook.scrollToCell(cell);
  await cell.ready;
  const to = document.activeElement;
  if (to !== from && to !== document.body && !notebook.node.contains(to)) {
    return;
  }
  if (place === undefined || place.line < 1) {
    await NotebookActions.focusActiveCell(notebook);
    return;
  }
  notebook.mode = 'edit';
  cell.editor?.setCursorPosition({ line: place.line - 1, column: place.column });
  cell.editor?.focus();
}
