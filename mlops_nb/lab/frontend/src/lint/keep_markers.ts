/** When are markers drawn? With each answer, and when a cell far down the page gets its editor. */

import { diagnosticCount } from '@codemirror/lint';
import type { CodeMirrorEditor } from '@jupyterlab/codemirror';
import type { Cell } from '@jupyterlab/cells';
import type { EditorView } from '@codemirror/view';

import type { Followed } from '../document/followed.js';
import type { Diagnostic } from '../wire/contract.js';
import { type MarkActions, markFindings } from './markers.js';

/** Keep the markers of a notebook as what the server found in it. */
export function keepMarkers(followed: Followed, acts: MarkActions): void {
  const drawn = new WeakMap<EditorView, string>();
  const waiting = new WeakSet<Cell>();

  const drawCell = (cell: Cell): void => {
    const view = viewOf(cell);
    const found = findingsIn(followed, cell.model.id);
    if (view === null || found === null) {
      return;
    }
    const key = JSON.stringify(found);
    const isClear = found.length === 0 && !drawn.has(view);
    // Who replaces the whole text of a cell, as formatters do, takes its markers away.
    const isGone = found.length > 0 && diagnosticCount(view.state) === 0;
    if (!isClear && (isGone || drawn.get(view) !== key)) {
      drawn.set(view, key);
      markFindings(view, found, acts);
    }
  };

  const draw = (): void => {
    for (const cell of followed.panel.content.widgets) {
      drawCell(cell);
      if (cell.isPlaceholder() && !waiting.has(cell)) {
        waiting.add(cell);
        void cell.ready.then(() => !cell.isDisposed && drawCell(cell));
      }
    }
  };
  followed.changed.connect(draw);
}

/** Return the findings of a cell; null: nothing was read yet. */
function findingsIn(followed: Followed, id: string): readonly Diagnostic[] | null {
  const { answer } = followed;
  return answer === null ? null : answer.diagnostics.filter(({ cell_id }) => cell_id === id);
}

/** JupyterLab's own editor has a view of CodeMirror; others show no markers. */
function viewOf(cell: Cell): EditorView | null {
  const editor = cell.editor as Partial<CodeMirrorEditor> | null;
  return editor?.editor ?? null;
}
