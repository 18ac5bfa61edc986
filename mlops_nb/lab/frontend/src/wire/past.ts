/** What does the server say of headless runs? Jobs that go on, and runs that are on record. */

import type { Fault } from './fault.js';

export type Numbers = Readonly<Record<string, number>>;

export interface JobStage {
  readonly name: string;
  readonly action: string;
  readonly reason: string;
  readonly status: string;
  readonly seconds: number | null;
  readonly metrics: Numbers;
}

export interface Progress {
  readonly phase: 'starting' | 'cells' | 'finishing';
  readonly cell: number | null;
  readonly stage: string | null;
  readonly done: number;
  /** How many cells are to be run. */
  readonly cells: number;
}

export interface Job {
  readonly id: string;
  readonly path: string;
  readonly status: string;
  /** A sentence on how it ended; empty while it goes on. */
  readonly ending: string;
  readonly exit_code: number | null;
  readonly created: string;
  readonly started: string | null;
  readonly ended: string | null;
  readonly seconds: number | null;
  readonly progress: Progress;
  readonly stages: readonly JobStage[];
  readonly run_id: string | null;
  /** What the file browser can open; null: it has to be copied first, or there is none. */
  readonly output: string | null;
  readonly can_copy: boolean;
  readonly metrics: Numbers;
  readonly model: ModelReference | null;
  readonly notes: readonly string[];
  readonly error: Partial<Fault> | null;
}

export interface ModelReference {
  readonly name?: string;
  readonly version?: number | string | null;
  readonly uri?: string;
}

export interface JobRequest {
  readonly path: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly stage?: readonly string[];
  readonly until?: string;
  readonly force?: readonly string[];
  readonly no_cache?: boolean;
  readonly gates?: readonly string[];
  readonly register?: string;
  readonly promote_if_passed?: boolean;
}

export interface Run {
  readonly run_id: string;
  readonly name: string;
  readonly status: string;
  readonly started: string | null;
  readonly seconds: number | null;
  readonly door: string;
  readonly commit: string | null;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly metrics: Numbers;
  readonly model: ModelReference | null;
  readonly output: string | null;
  readonly can_copy: boolean;
  readonly mlflow_url: string | null;
}

export interface ComparedRow {
  readonly name: string;
  readonly a: unknown;
  readonly b: unknown;
  readonly same: boolean;
  readonly difference?: number | null;
}

export interface Comparison {
  readonly a: Run;
  readonly b: Run;
  readonly parameters: readonly ComparedRow[];
  readonly metrics: readonly ComparedRow[];
  readonly stages: readonly (Omit<ComparedRow, 'a' | 'b'> & {
    readonly a: { readonly status?: string; readonly seconds?: number | null } | null;
    readonly b: { readonly status?: string; readonly seconds?: number | null } | null;
  })[];
}

const GOING_ON: ReadonlySet<string> = new Set(['queued', 'running', 'cancelling']);

export function isGoingOn(job: Job): boolean {
  return GOING_ON.has(job.status);
}

/** Return the jobs worth a card of their own: the newest, and those that no run on record tells of. */
export function notOnRecord(jobs: readonly Job[], runs: readonly Run[]): readonly Job[] {
  const known = new Set(runs.map(({ run_id }) => run_id));
  return jobs.filter(
    (job, index) => index === 0 || isGoingOn(job) || job.run_id === null || !known.has(job.run_id)
  );
}
