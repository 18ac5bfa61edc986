/** How do the server's edits get into the notebook? All at once, so that one undo takes them back.
 *
 * They were made for the document as it was sent; a cell that changed meanwhile keeps its text,
 * and the person is told.
 */

import type { INotebookModel } from '@jupyterlab/notebook';

import type { CellChange, CellEdit, CellInsertion, SentCell } from '../wire/contract.js';
import type { CellDirective } from '../wire/directive.js';
import { spliceFor } from './splice.js';

/** A document that is no more what the edits were made for. */
export class OvertakenError extends Error {
  constructor() {
    super('The notebook was edited meanwhile: nothing was changed. Try again.');
    this.name = 'OvertakenError';
  }
}

/** Carry out edits that the server made for `sent`. */
export function applyEdits(
  model: INotebookModel,
  edits: readonly CellEdit[],
  sent: readonly SentCell[]
): void {
  const sources = new Map(sent.map(cell => [cell.id, cell.source]));
  for (const edit of edits) {
    const id = 'cell_id' in edit ? edit.cell_id : edit.insert_after;
    const cell = id === null ? undefined : find(model, id);
    if (id !== null && cell?.sharedModel.getSource() !== sources.get(id)) {
      throw new OvertakenError();
    }
  }
  model.sharedModel.transact(() => {
    for (const edit of edits) {
      if ('cell_id' in edit) {
        change(model, edit);
      } else {
        insert(model, edit);
      }
    }
  });
}

function change(model: INotebookModel, edit: CellChange): void {
  const cell = find(model, edit.cell_id);
  if (cell === undefined) {
    return;
  }
  if (edit.source !== undefined) {
    const { start, end, text } = spliceFor(cell.sharedModel.getSource(), edit.source);
    cell.sharedModel.updateSource(start, end, text);
  }
  if (edit.tags !== undefined) {
    write(cell, 'tags', edit.tags.length === 0 ? undefined : edit.tags);
  }
  if (edit.metadata !== undefined) {
    writeDirective(cell, edit.metadata);
  }
}

function insert(model: INotebookModel, edit: CellInsertion): void {
  const index = Array.from(model.cells).findIndex(({ id }) => id === edit.insert_after) + 1;
  const metadata = edit.tags.length === 0 ? {} : { tags: [...edit.tags] };
  const { cell_type, source } = edit;
  model.sharedModel.insertCell(index, { cell_type, source, metadata });
}

/** Write what a cell's metadata says of its stage; nothing to say leaves no trace. */
export function writeDirective(cell: CellModel, directive: CellDirective): void {
  write(cell, 'mlops_nb', Object.keys(directive).length === 0 ? undefined : directive);
}

function write(cell: CellModel, key: string, value: unknown): void {
  if (value === undefined) {
    cell.deleteMetadata(key);
  } else {
    cell.setMetadata(key, value);
  }
}

/** A cell of an open notebook. */
export type CellModel = INotebookModel['cells'] extends Iterable<infer Model> ? Model : never;

export function find(model: INotebookModel, id: string): CellModel | undefined {
  return Array.from(model.cells).find(cell => cell.id === id);
}
