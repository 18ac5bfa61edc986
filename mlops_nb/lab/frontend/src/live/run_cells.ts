/** How are chosen cells run? As if somebody pressed Run on each, in document order. */

import type { ISessionContextDialogs } from '@jupyterlab/apputils';
import { type NotebookPanel, NotebookActions } from '@jupyterlab/notebook';

/** Run cells by id; resolves to false if one failed, then later ones did not run. */
export async function runCells(
  panel: NotebookPanel,
  ids: readonly string[],
  dialogs: ISessionContextDialogs | undefined
): Promise<boolean> {
  const wanted = new Set(ids);
  const cells = panel.content.widgets.filter(({ model }) => wanted.has(model.id));
  if (cells.length === 0) {
    return true;
  }
  return NotebookActions.runCells(panel.content, cells, panel.sessionContext, dialogs);
}
