/** Which runs of a notebook go on, and which are on record? Asked while somebody may look.
 *
 * Jobs live on the server: after a reload of the page they are found again, and what ended
 * meanwhile is on record.
 */

import { type ISignal, Signal } from '@lumino/signaling';

import { type Client, segment } from '../wire/client.js';
import { type Fault, toFault } from '../wire/fault.js';
import { type Job, type JobRequest, type Run, isGoingOn } from '../wire/past.js';

const PERIOD_MS = 1000;
const SHOWN_RUNS = 50;

export class Board {
  private readonly signal = new Signal<this, void>(this);
  private timer: number | null = null;
  private isAsking = false;
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
    await this.refresh();
  }

  async cancel(job: Job): Promise<void> {
    await this.client.delete(`jobs/${segment(job.id)}`);
    await this.refresh();
  }

  /** Ask what goes on and what is on record, and go on asking while something goes on. */
  async refresh(): Promise<void> {
    if (this.isAsking) {
      return;
    }
    this.isAsking = true;
    const path = this.path();
    try {
      const before = new Set(this.jobs.filter(isGoingOn).map(({ id }) => id));
      this.jobs = await this.client.get<Job[]>('jobs', { path, limit: 10 });
      this.fault = null;
      const ended = this.jobs.filter(job => before.has(job.id) && !isGoingOn(job));
      ended.forEach(this.onEnded);
      this.signal.emit(undefined);
      if (this.runs === null || ended.length > 0) {
        this.runs = await this.client.get<Run[]>('runs', { path, limit: SHOWN_RUNS });
      }
    } catch (error) {
      this.fault = toFault(error);
    } finally {
      this.isAsking = false;
      this.signal.emit(undefined);
      this.goOn();
    }
  }

  /** Ask anew also what is on record. */
  async reload(): Promise<void> {
    this.runs = null;
    await this.refresh();
  }

  private goOn(): void {
    if (this.timer === null && this.jobs.some(isGoingOn)) {
      this.timer = window.setTimeout(() => {
        this.timer = null;
        void this.refresh();
      }, PERIOD_MS);
    }
  }
}
