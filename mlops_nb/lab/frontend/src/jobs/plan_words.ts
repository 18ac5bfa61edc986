/** Which words tell what a headless run would do? */

import { counted } from '../text.js';
import type { Action, PlanAnswer } from '../wire/contract.js';

/** Return one line on a plan; null: it is not known yet. */
export function planSummary(plan: PlanAnswer | null, count: number, isUncached: boolean): string {
  if (isUncached) {
    return 'Everything will run; nothing is restored.';
  }
  if (plan === null) {
    return 'Looking what has to run …';
  }
  if (plan.why_not) {
    return [plan.why_not.message, plan.why_not.remedy].filter(Boolean).join(' ');
  }
  const of = (action: Action): number =>
    plan.stages.filter(stage => stage.action === action).length;
  if (count === 0) {
    return 'This notebook has no stages: all its cells will run.';
  }
  const later = of('undecided');
  const parts = [
    `${of('run')} of ${counted(count, 'stage')} will run`,
    of('restore') > 0 ? `${of('restore')} restored` : '',
    of('skip') > 0 ? `${of('skip')} left out` : '',
    later > 0 ? `${later} decided on the way` : ''
  ];
  return parts.filter(Boolean).join(', ');
}

/** What a person reads for what becomes of a stage. */
export const ACTION_WORDS: Readonly<Record<Action, string>> = {
  run: 'runs',
  restore: 'restored',
  skip: 'left out',
  undecided: 'decided on the way'
};
