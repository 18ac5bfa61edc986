/** How does the panel run a notebook headless? It saves, starts a job, and says when it has ended. */

import { Notification } from '@jupyterlab/apputils';
import type { IDocumentManager } from '@jupyterlab/docmanager';

import type { Followed } from '../document/followed.js';
import { type Client, segment } from '../wire/client.js';
import { type Job, type JobRequest, type Run, isGoingOn } from '../wire/past.js';
import { Board } from './board.js';
import { progressLine, wasStopped } from './job_words.js';
import { askRun } from './run_dialog.js';
import type { RunPreset } from './run_draft.js';

const TOAST_MS = 8000;

export class Headless {
  private readonly boards = new WeakMap<Followed, Board>();

  constructor(
    private readonly client: Client,
    private readonly documents: IDocumentManager
  ) {}

  /** Return what is known of the runs of a notebook. */
  boardOf(followed: Followed): Board {
    const known = this.boards.get(followed);
    if (known !== undefined) {
      return known;
    }
    const board = new Board(
      () => followed.path,
      this.client,
      job => this.announce(followed, job)
    );
    this.boards.set(followed, board);
    followed.panel.disposed.connect(() => board.close());
    return board;
  }

  /** Ask how, save, and run; false: the person changed their mind. */
  run(followed: Followed, preset: RunPreset): Promise<boolean> {
    const start = async (request: JobRequest): Promise<void> => {
      await followed.panel.context.save();
      await this.boardOf(followed).start(request);
    };
    return askRun({ followed, client: this.client, preset, start });
  }

  async openJob(followed: Followed, job: Job): Promise<void> {
    const copied = `jobs/${segment(job.id)}/copy`;
    await this.open(followed, job.output, copied);
  }

  async openRun(followed: Followed, run: Run): Promise<void> {
    await this.open(followed, run.output, `runs/${segment(run.run_id)}/copy`);
  }

  /** The file browser opens no hidden folder: what lies in one is copied beside the notebook. */
  private async open(followed: Followed, output: string | null, copier: string): Promise<void> {
    const question = { path: followed.path };
    const path = output ?? (await this.client.post<{ path: string }>(copier, question)).path;
    this.documents.openOrReveal(path);
  }

  private announce(followed: Followed, job: Job): void {
    const name = followed.path.split('/').pop() ?? followed.path;
    const text = `${name}: ${progressLine(job)}`;
    const isGood = job.status === 'completed' && job.exit_code === 0;
    const kind = isGood ? 'success' : wasStopped(job) ? 'info' : 'warning';
    const callback = (): void => void this.openJob(followed, job).catch(() => undefined);
    const actions = job.can_copy && !isGoingOn(job) ? [{ label: 'Open', callback }] : [];
    Notification.emit(text, kind, { autoClose: TOAST_MS, actions });
  }
}
