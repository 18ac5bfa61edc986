/** Which words stand before and after a promotion? Those of the panel in notebooks. */

import type { HistoryEvent, Moved, Obstacle, PromotionPlan } from '../wire/models.js';

/** Return what a person is asked before a version is promoted. */
export function promoteQuestion(plan: PromotionPlan, isForced: boolean): string {
  const over = plan.current === null ? '' : `, in the place of version ${plan.current.version}`;
  const codes = plan.obstacles.map(({ code }) => code).join(', ');
  const past = isForced ? ` past ${codes}` : '';
  return `Let ${plan.to} name ${plan.model}@${plan.version}${over}${past}?`;
}

/** Return what a person is asked before the champion is what it was before. */
export function rollbackQuestion(previous: number | null, isForced: boolean): string {
  const likely = previous === null ? '' : ` (version ${previous})`;
  const past = isForced ? ' although no promotion blessed it' : '';
  return `Let champion name what it named before${likely}${past}?`;
}

/** Return what a person reads when a promotion or a rollback is done. */
export function movedLine(moved: Moved): string {
  const label = `${moved.model}@${moved.version}`;
  if (moved.already) {
    return `${label} was ${moved.to} already; nothing was done.`;
  }
  const was = moved.before === null ? '' : `, in the place of version ${moved.before}`;
  const fault = moved.hook?.fault ? `\nThe hook failed: ${moved.hook.fault}` : '';
  return `${label} is ${moved.to} now${was}.${fault}`;
}

/** Return the version that an undo goes back to; null: there is none. */
export function undoTarget(moved: Moved): number | null {
  return !moved.already && moved.to === 'champion' ? moved.before : null;
}

/** Return the verdict on a plan, in a few words. */
export function verdict(plan: PromotionPlan): string {
  if (plan.already) {
    return `It is ${plan.to} already.`;
  }
  if (plan.ready) {
    return 'Nothing stands in the way.';
  }
  const count = plan.obstacles.length;
  return count === 1 ? 'One thing stands in the way.' : `${count} things stand in the way.`;
}

const GATES_FAILED = 'MNB720';

/** Return why a version is not promoted; what each gate says stands in the list of gates. */
export function obstacleLine(plan: PromotionPlan, obstacle: Obstacle): string {
  const outcomes = plan.gates?.outcomes ?? [];
  if (obstacle.code !== GATES_FAILED || outcomes.length === 0) {
    return obstacle.reason;
  }
  const failed = outcomes.filter(({ verdict }) => verdict === 'failed').length;
  return outcomes.length === 1 ? 'The gate failed.' : `${failed} of ${outcomes.length} gates failed.`;
}

/** Return a note of a plan without the words of the command line. */
export function noteLine(note: string): string {
  return note.replace(' (--again)', '');
}

/** Return one line on something that happened to a model. */
export function historyLine(event: HistoryEvent): string {
  const alias = event.alias ?? '';
  const move =
    event.after === null
      ? alias
      : `${alias} ${event.before === null ? '' : `${event.before} → `}${event.after}`.trim();
  const outcome = event.outcome === 'done' || event.outcome === '' ? '' : ` (${event.outcome})`;
  const forced = event.forced.length === 0 ? '' : `, past ${event.forced.join(', ')}`;
  return `${event.kind} ${move}${outcome}${forced}`.trim();
}
