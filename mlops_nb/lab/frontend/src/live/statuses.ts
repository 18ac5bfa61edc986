/** What is the state of each stage now? What the kernel says, and what runs on this page.
 *
 * Never a guess: a stage of which nobody spoke is `undecided`, with the reason.
 */

import type { LiveCell, LiveStage, LiveStatus, StageAnswer } from '../wire/contract.js';

/** What the kernel said last, and why it says nothing. */
export interface KernelView {
  readonly stages: ReadonlyMap<string, LiveStage>;
  readonly cells: ReadonlyMap<string, LiveCell>;
  /** Why nothing is known; empty: the kernel speaks. */
  readonly silence: string;
}

const UNKNOWN: Omit<LiveStage, 'name' | 'reasons'> = {
  status: 'undecided',
  isUntold: true,
  seconds: null,
  metrics: {},
  inputs: {},
  outputs: {}
};

/** Return the state of each stage, by name; `scheduled` are cells in the order in which they run. */
export function stageStates(
  stages: readonly StageAnswer[],
  view: KernelView,
  scheduled: ReadonlySet<string>
): ReadonlyMap<string, LiveStage> {
  const [now] = scheduled;
  return new Map(stages.map(stage => [stage.name, stateOf(stage, view, scheduled, now)]));
}

function stateOf(
  stage: StageAnswer,
  view: KernelView,
  scheduled: ReadonlySet<string>,
  now: string | undefined
): LiveStage {
  const state: LiveStage = view.stages.get(stage.name) ?? {
    ...UNKNOWN,
    name: stage.name,
    reasons: [view.silence || 'The kernel has not looked at it yet.']
  };
  if (!stage.cell_ids.some(id => scheduled.has(id))) {
    return state;
  }
  const isRunning = state.status === 'running' || stage.cell_ids.some(id => id === now);
  return { ...state, isUntold: false, status: isRunning ? 'running' : 'waiting', reasons: [] };
}

/** What a person reads for a status. */
export const STATUS_WORDS: Readonly<Record<LiveStatus, string>> = {
  never: 'never run',
  fresh: 'fresh',
  stale: 'stale',
  running: 'running',
  waiting: 'waiting',
  failed: 'failed',
  restored: 'restored',
  undecided: 'undecided'
};

/** Return whether a stage runs or is about to: what is known of it is of the time before. */
export function isUnderWay(status: LiveStatus): boolean {
  return status === 'running' || status === 'waiting';
}

/** Those that "Run stale stages" leaves alone. */
const SETTLED: ReadonlySet<LiveStatus> = new Set(['fresh', 'restored', 'running', 'waiting']);

/** Return whether a stage has to run for its values to be right. */
export function needsRun(status: LiveStatus): boolean {
  return !SETTLED.has(status);
}

const ORDER: readonly LiveStatus[] = [
  'running',
  'waiting',
  'failed',
  'stale',
  'never',
  'undecided',
  'restored',
  'fresh'
];

/** Return how many stages are in each status, what asks for attention first. */
export function tally(
  states: ReadonlyMap<string, LiveStage>
): readonly { readonly status: LiveStatus; readonly count: number }[] {
  const counts = new Map<LiveStatus, number>();
  for (const { status } of states.values()) {
    counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  return ORDER.filter(status => counts.has(status)).map(status => ({
    status,
    count: counts.get(status) ?? 0
  }));
}
