/** Which words tell how far a headless run is? */

import { counted } from '../text.js';
import type { LiveStatus } from '../wire/contract.js';
import type { Job } from '../wire/past.js';

/** Return one line on what a job does now, or how it ended. */
export function progressLine(job: Job): string {
  const { phase, stage, done, cells } = job.progress;
  if (job.status === 'queued') {
    return 'waiting for its turn';
  }
  if (job.status === 'cancelling') {
    return 'ending …';
  }
  if (job.status !== 'running') {
    return job.exit_code === 3 ? 'completed, gates failed' : job.status;
  }
  if (phase === 'starting') {
    return 'starting a kernel …';
  }
  if (phase === 'finishing') {
    return 'writing down what it did …';
  }
  const where = stage === null ? '' : ` · ${stage}`;
  return `${done} of ${counted(cells, 'cell')}${where}`;
}

/** Return how far it is, from 0 to 1; null: nobody knows yet. */
export function progressShare(job: Job): number | null {
  const { phase, done, cells } = job.progress;
  return phase === 'starting' || cells === 0 ? null : done / cells;
}

const SIGNS: Readonly<Record<string, LiveStatus>> = {
  queued: 'never',
  running: 'running',
  cancelling: 'running',
  completed: 'fresh',
  cancelled: 'undecided',
  interrupted: 'undecided',
  terminated: 'undecided'
};

/** Return the sign of a run's status. */
export function signOf(status: string): LiveStatus {
  return SIGNS[status] ?? (status === 'FINISHED' ? 'fresh' : 'failed');
}
