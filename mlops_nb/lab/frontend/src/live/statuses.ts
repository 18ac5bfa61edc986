/** What is the state of each stage now? What the kernel says, and what runs on this page.
 *
 * Never a guess: a stage of which nobody spoke is `undecided`, with the reason.
 */

import type { LiveStage, LiveStatus, StageAnswer } from '../wire/contract.js';

/** What the kernel said last, and why it says nothing. */
export interface KernelView {
  readonly stages: ReadonlyMap<string, LiveStage>;
  readonly cells: ReadonlyMap<string, LiveStatus>;
  /** Why nothing is known; empty: the kernel speaks. */
  readonly silence: string;
}

export interface StageState {
  readonly status: LiveStatus;
  readonly reasons: readonly string[];
  readonly seconds: number | null;
  readonly metrics: Readonly<Record<string, number>>;
  readonly inputs: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
}

const UNKNOWN: Omit<StageState, 'reasons'> = {
  status: 'undecided',
  seconds: null,
  metrics: {},
  inputs: {},
  outputs: {}
};

/** Return the state of each stage, by name. */
export function stageStates(
  stages: readonly StageAnswer[],
  view: KernelView,
  running: ReadonlySet<string>
): ReadonlyMap<string, StageState> {
  return new Map(stages.map(stage => [stage.name, stateOf(stage, view, running)]));
}

function stateOf(
  stage: StageAnswer,
  view: KernelView,
  running: ReadonlySet<string>
): StageState {
  const said = view.stages.get(stage.name);
  const state: StageState = said ?? {
    ...UNKNOWN,
    reasons: [view.silence || 'The kernel has not looked at it yet.']
  };
  return stage.cell_ids.some(id => running.has(id))
    ? { ...state, status: 'running', reasons: [] }
    : state;
}

/** What a person reads for a status. */
export const STATUS_WORDS: Readonly<Record<LiveStatus, string>> = {
  never: 'never run',
  fresh: 'fresh',
  stale: 'stale',
  running: 'running',
  failed: 'failed',
  restored: 'restored',
  undecided: 'undecided'
};

/** Those that "Run stale stages" leaves alone. */
const SETTLED: ReadonlySet<LiveStatus> = new Set(['fresh', 'restored', 'running']);

/** Return whether a stage has to run for its values to be right. */
export function needsRun(status: LiveStatus): boolean {
  return !SETTLED.has(status);
}

const ORDER: readonly LiveStatus[] = [
  'running',
  'failed',
  'stale',
  'never',
  'undecided',
  'restored',
  'fresh'
];

/** Return how many stages are in each status, what asks for attention first. */
export function tally(
  states: ReadonlyMap<string, StageState>
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
