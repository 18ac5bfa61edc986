/** Which notebook does the panel show? The current one; each open notebook is followed once. */

import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { type ISignal, Signal } from '@lumino/signaling';

import type { Client } from '../wire/client.js';
import { Followed } from './followed.js';

export class Following {
  private readonly known = new WeakMap<NotebookPanel, Followed>();
  private readonly greeters: ((followed: Followed) => void)[] = [];
  private readonly signal = new Signal<this, void>(this);

  constructor(
    private readonly tracker: INotebookTracker,
    private readonly client: Client
  ) {
    tracker.widgetAdded.connect((_, panel) => this.follow(panel));
    tracker.currentChanged.connect(() => this.signal.emit(undefined));
  }

  /** Emitted when another notebook becomes the current one, or none. */
  get currentChanged(): ISignal<this, void> {
    return this.signal;
  }

  /** Call `greet` for each notebook, open now or later. */
  each(greet: (followed: Followed) => void): void {
    this.tracker.forEach(panel => greet(this.follow(panel)));
    this.greeters.push(greet);
  }

  get current(): Followed | null {
    const panel = this.tracker.currentWidget;
    return panel === null || panel.isDisposed ? null : this.follow(panel);
  }

  /** Return what follows a notebook. */
  follow(panel: NotebookPanel): Followed {
    const known = this.known.get(panel);
    if (known !== undefined) {
      return known;
    }
    const followed = new Followed(panel, this.client);
    this.known.set(panel, followed);
    this.greeters.forEach(greet => greet(followed));
    return followed;
  }
}
