/** Which cells does "Run stale stages" run? Those of stages that are not settled, with what they need.
 *
 * What a cell needs are the cells the server drew it from; stages go by their state, all others by
 * whether they ran as they stand.
 */

import type { CellAnswer, LiveStage, StageAnswer } from '../wire/contract.js';
import { disturbed } from './disturbed.js';
import { needsRun } from './statuses.js';

export interface Choice {
  readonly cells: readonly CellAnswer[];
  readonly stages: readonly StageAnswer[];
  readonly states: ReadonlyMap<string, LiveStage>;
  isFresh(cellId: string): boolean;
  /** Ids of the cells that must run again before a cell of no stage. */
  again?(cellId: string): readonly string[];
}

/** Return the ids of the cells to run next so that all stages become fresh, in document order.
 *
 * Up to the first stage of which nobody knows before those above it ran: they may leave what it
 * found already. So one asks again afterwards, until there is nothing left.
 */
export function staleCells(choice: Choice): string[] {
  const left = choice.stages.filter(({ name }) => {
    const state = choice.states.get(name);
    return state === undefined || needsRun(state.status);
  });
  const open = left.findIndex(({ name }) => waits(choice.states.get(name)));
  const next = open === -1 ? left : left.slice(0, Math.max(1, open));
  return withNeeds(choice, next.map(({ name }) => name), false);
}

function waits(state: LiveStage | undefined): boolean {
  return state?.status === 'undecided' && (state.waits_for ?? []).length > 0;
}

/** Return the ids of the cells to run so that stage `name` is fresh; it runs in any case. */
export function cellsUpTo(choice: Choice, name: string): string[] {
  return withNeeds(choice, [name], true);
}

function withNeeds(choice: Choice, names: readonly string[], isForced: boolean): string[] {
  const byIndex = new Map(choice.cells.map(cell => [cell.index, cell]));
  const byId = new Map(choice.cells.map(cell => [cell.id, cell.index]));
  const byName = new Map(choice.stages.map(stage => [stage.name, stage]));
  const chosen = new Set<number>();
  const seen = new Set<number>();

  const visit = (index: number, isWanted: boolean): void => {
    const cell = byIndex.get(index);
    const isKnown = seen.has(index) && (!isWanted || chosen.has(index));
    if (cell === undefined || isKnown || cell.kind === 'skip') {
      return;
    }
    seen.add(index);
    const stage = cell.stage === null ? undefined : byName.get(cell.stage);
    const state = stage && choice.states.get(stage.name);
    const runs = isWanted || (state ? needsRun(state.status) : !choice.isFresh(cell.id));
    if (runs) {
      chosen.add(index);
    }
    // A stage runs whole, and what its cells read comes first.
    for (const other of stage?.cells ?? []) {
      visit(other, runs);
    }
    for (const need of cell.upstream ?? []) {
      visit(need, false);
    }
    // It changed what these left: it would not find what the document says.
    for (const id of runs ? (state?.again ?? choice.again?.(cell.id) ?? []) : []) {
      visit(byId.get(id) ?? -1, true);
    }
  };

  for (const name of names) {
    for (const index of byName.get(name)?.cells ?? []) {
      visit(index, isForced);
    }
  }
  if (chosen.size === 0) {
    return [];
  }
  const isFresh = (cell: CellAnswer): boolean => {
    const state = choice.states.get(cell.stage ?? '');
    return state ? !needsRun(state.status) : choice.isFresh(cell.id);
  };
  for (let more: readonly number[]; (more = disturbed(choice.cells, chosen, isFresh)).length > 0; ) {
    more.forEach(index => visit(index, true));
  }
  // What comes before all stages runs in every kernel, as in a headless run.
  choice.cells
    .filter(cell => cell.kind === 'setup' && !choice.isFresh(cell.id))
    .forEach(cell => chosen.add(cell.index));
  return choice.cells.filter(cell => chosen.has(cell.index)).map(cell => cell.id);
}
