/** How does a notebook without stages stand? Whether there is anything that could be one. */

import type { DocumentAnswer } from '../wire/contract.js';

export type Start = 'untagged' | 'empty' | 'foreign' | 'unreadable';

/** Return how a notebook without stages stands; `language` is lower case, empty if nobody knows. */
export function startOf(
  answer: Pick<DocumentAnswer, 'cells' | 'diagnostics'>,
  language: string
): Start {
  const isBroken = answer.diagnostics.some(({ cell, severity }) => cell < 0 && severity === 'error');
  if (answer.cells.length === 0) {
    return isBroken ? 'unreadable' : 'empty';
  }
  return language === '' || language === 'python' ? 'untagged' : 'foreign';
}
