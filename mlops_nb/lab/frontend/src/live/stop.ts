/** At which cell did a run stop, and why? At the first one that shows an error. */

import type { Cell, CodeCellModel } from '@jupyterlab/cells';

/** A cell that failed in a run that somebody asked for here. */
export interface Stop {
  readonly cell: string;
  /** The name of the error; empty: the cell shows none. */
  readonly error: string;
}

/** Return where a run of cells stopped, in the order of the document; null: nowhere. */
export function stopOf(cells: readonly Cell[], ran: readonly string[]): Stop | null {
  for (const { model } of cells) {
    if (model.type === 'code' && ran.includes(model.id)) {
      const error = errorOf((model as CodeCellModel).outputs.toJSON());
      if (error !== null) {
        return { cell: model.id, error };
      }
    }
  }
  return null;
}

/** Return the name of the error among outputs; null: there is none. */
export function errorOf(outputs: readonly unknown[]): string | null {
  for (const output of outputs) {
    const { output_type, ename } = output as { output_type?: unknown; ename?: unknown };
    if (output_type === 'error') {
      return typeof ename === 'string' ? ename : '';
    }
  }
  return null;
}

/** Return what a person reads of a run that stopped at the cell with an index. */
export function stopLine(stop: Stop, index: number): string {
  return `Stopped: cell ${index} failed${stop.error === '' ? '' : `: ${stop.error}`}`;
}
