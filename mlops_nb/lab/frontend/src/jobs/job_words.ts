/** Which words tell how far a headless run is? */

import type { Sign } from '../graph/status_icon.js';
import { counted, duration } from '../text.js';
import type { Job, Run } from '../wire/past.js';

/** Return one line on what a job does now, or how it ended. */
export function progressLine(job: Job): string {
  const { phase, stage, done, cells } = job.progress;
  if (job.status === 'queued') {
    return 'starting …';
  }
  if (job.status === 'cancelling') {
    return 'ending …';
  }
  if (job.status !== 'running') {
    return job.ending || job.status;
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

/** Return whether somebody wanted it to end: nothing is wrong then. */
export function wasStopped(job: Job): boolean {
  return job.status === 'cancelled' || job.status === 'interrupted';
}

/** Return how far it is, from 0 to 1; null: nobody knows yet. */
export function progressShare(job: Job): number | null {
  const { phase, done, cells } = job.progress;
  return phase === 'starting' || cells === 0 ? null : done / cells;
}

const SIGNS: Readonly<Record<string, Sign>> = {
  queued: 'never',
  running: 'running',
  cancelling: 'running',
  completed: 'fresh',
  cancelled: 'stopped',
  interrupted: 'stopped',
  terminated: 'stopped',
  FINISHED: 'fresh',
  KILLED: 'stopped',
  RUNNING: 'running'
};

/** Return the sign of a run's status. */
export function signOf(status: string): Sign {
  return SIGNS[status] ?? 'failed';
}

const GATES_FAILED = 3;

/** Return the sign of a job: one whose gates failed is no success, though it came to its end. */
export function signOfJob(job: Job): Sign {
  if (job.status === 'completed' && job.exit_code) {
    return job.exit_code === GATES_FAILED ? 'failed' : 'undecided'; // its model waits
  }
  return signOf(job.status);
}

const RECORDED: Readonly<Record<string, string>> = {
  FINISHED: 'completed',
  KILLED: 'stopped',
  interrupted: 'stopped',
  terminated: 'stopped',
  died: 'killed',
  timeout: 'out of time'
};

/** Return the word for the status of a run on record: ours, or MLflow's. */
export function recordedWord(status: string): string {
  return RECORDED[status] ?? status.toLowerCase();
}

/** Return whether a run is that of a kernel which is still there: it goes on, though nothing runs. */
function isOpen({ door, status }: Run): boolean {
  return door === 'interactive' && signOf(status) === 'running';
}

/** Return how a run on record ended, how long it took, and where. */
export function runLine(run: Run): string {
  if (isOpen(run)) {
    return 'open in a live kernel';
  }
  const took = run.seconds === null ? '' : ` · ${duration(run.seconds)}`;
  return recordedWord(run.status) + took + (run.door === 'interactive' ? ' · in a live kernel' : '');
}

/** Return the sign of a run on record. */
export function signOfRun(run: Run): Sign {
  return isOpen(run) ? 'never' : signOf(run.status);
}
