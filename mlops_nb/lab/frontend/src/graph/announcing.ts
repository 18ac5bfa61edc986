/** What is said aloud when stages change? Few by name, many by number. */

import { STATUS_WORDS, tally } from '../live/statuses.js';
import { counted } from '../text.js';
import type { LiveStage } from '../wire/contract.js';

const MOST_NAMED = 3;

/** Return a sentence on the stages that stand otherwise than before; empty: none does. */
export function announcement(
  before: ReadonlyMap<string, LiveStage>,
  after: ReadonlyMap<string, LiveStage>
): string {
  const changed = new Map(
    [...after].filter(([name, { status }]) => {
      const old = before.get(name);
      return old !== undefined && old.status !== status;
    })
  );
  if (changed.size === 0) {
    return '';
  }
  if (changed.size <= MOST_NAMED) {
    return [...changed.values()].map(one => `${one.name} is ${STATUS_WORDS[one.status]}.`).join(' ');
  }
  const counts = tally(changed).map(({ status, count }) => `${count} ${STATUS_WORDS[status]}`);
  return `${counted(changed.size, 'stage')} changed: ${counts.join(', ')}.`;
}
