/** Which cells run on this page now, and which ran as they stand? What the page sees itself.
 *
 * A kernel that is busy with a cell answers no question: "running" has to come from here. Of the
 * cells that were scheduled the first one runs.
 */

import type { Cell } from '@jupyterlab/cells';
import { type Notebook, NotebookActions } from '@jupyterlab/notebook';
import type { IDisposable } from '@lumino/disposable';

interface Execution {
  readonly notebook: Notebook;
  readonly cell: Cell;
}

export class Watch implements IDisposable {
  /** Ids of the cells that run or wait, in the order in which they were scheduled. */
  readonly scheduled = new Set<string>();
  /** Sources that ran to their end, by cell. */
  private readonly ran = new Map<string, string>();
  private gone = false;

  constructor(
    private readonly notebook: Notebook,
    private readonly told: () => void
  ) {
    NotebookActions.executionScheduled.connect(this.onScheduled, this);
    NotebookActions.executed.connect(this.onExecuted, this);
  }

  get isDisposed(): boolean {
    return this.gone;
  }

  /** Return whether a cell ran as it stands, since this page looks at this kernel. */
  hasRun(cellId: string): boolean {
    const cell = this.notebook.widgets.find(({ model }) => model.id === cellId);
    return cell !== undefined && this.ran.get(cellId) === cell.model.sharedModel.getSource();
  }

  /** Forget what ran: the kernel is another one. */
  forget(): void {
    this.scheduled.clear();
    this.ran.clear();
    this.told();
  }

  dispose(): void {
    if (!this.gone) {
      this.gone = true;
      NotebookActions.executionScheduled.disconnect(this.onScheduled, this);
      NotebookActions.executed.disconnect(this.onExecuted, this);
    }
  }

  private onScheduled(_: unknown, { notebook, cell }: Execution): void {
    if (notebook === this.notebook && cell.model.type === 'code') {
      this.scheduled.add(cell.model.id);
      this.told();
    }
  }

  private onExecuted(_: unknown, execution: Execution & { success: boolean }): void {
    const { notebook, cell, success } = execution;
    if (notebook !== this.notebook || !this.scheduled.delete(cell.model.id)) {
      return;
    }
    if (success) {
      this.ran.set(cell.model.id, cell.model.sharedModel.getSource());
    } else {
      this.ran.delete(cell.model.id);
    }
    this.told();
  }
}
