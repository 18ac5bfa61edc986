/** Which runs of a notebook go on, and which are on record? Asked while somebody may look.
 *
 * Jobs live on the server: after a reload of the page they are found again, and what ended
 * meanwhile is on record.
 */

import { type ISignal, Signal } from '@lumino/signaling';

import { type Client, segment } from '../wire/client.js';
import { type Fault, toFault } from '../wire/fault.js';
import { type Job, type JobRequest, type Run, isGoingOn } from '../wire/past.js';
import { Turn } from './turn.js';

const PERIOD_MS = 1000;
const SHOWN_JOBS = 10;
const SHOWN_RUNS = 50;

export class Board {
  private readonly signal = new Signal<this, void>(this);
  private readonly jobsTurn = new Turn(() => this.readJobs());
  private readonly runsTurn = new Turn(() => this.readRuns());
  private timer: number | null = null;
  private isClosed = false;
  jobs: readonly Job[] = [];
  runs: readonly Run[] | null = null;
  fault: Fault | null = null;

  constructor(
    private readonly path: () => string,
    private readonly client: Client,
    private readonly onEnded: (job: Job) => void
  ) {}

  get changed(): ISignal<this, void> {
    return this.signal;
  }

  /** Start a run; it goes on without this page. */
  async start(request: JobRequest): Promise<void> {
    await this.client.post<Job>('jobs', request);
    await this.jobsTurn.take();
  }

  async cancel(job: Job): Promise<void> {
    await this.client.delete(`jobs/${segment(job.id)}`);
    await this.jobsTurn.take();
  }

  /** Ask what goes on and what is on record, and go on asking while something goes on. */
  async reload(): Promise<void> {
    await Promise.all([this.jobsTurn.take(), this.runsTurn.take()]);
  }

  /** Ask no more: the notebook was closed. What goes on there goes on. */
  close(): void {
    this.isClosed = true;
    window.clearTimeout(this.timer ?? undefined);
  }

  private async readJobs(): Promise<void> {
    const before = new Set(this.jobs.filter(isGoingOn).map(({ id }) => id));
    await this.guarded(async path => {
      this.jobs = await this.client.get<Job[]>('jobs', { path, limit: SHOWN_JOBS });
    });
    const ended = this.jobs.filter(job => before.has(job.id) && !isGoingOn(job));
    ended.forEach(this.onEnded);
    if (ended.length > 0) {
      void this.runsTurn.take();
    }
    if (this.timer === null && !this.isClosed && this.jobs.some(isGoingOn)) {
      this.timer = window.setTimeout(() => {
        this.timer = null;
        void this.jobsTurn.take();
      }, PERIOD_MS);
    }
  }

  private async readRuns(): Promise<void> {
    await this.guarded(async path => {
      this.runs = await this.client.get<Run[]>('runs', { path, limit: SHOWN_RUNS });
    });
  }

  private async guarded(read: (path: string) => Promise<void>): Promise<void> {
    if (this.isClosed) {
      return;
    }
    try {
      await read(this.path());
      this.fault = null;
    } catch (error) {
      this.fault = toFault(error);
    }
    this.signal.emit(undefined);
  }
}
