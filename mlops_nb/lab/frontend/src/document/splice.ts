/** What is the smallest replacement that makes one text of another? So that cursors stay. */

export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Return which characters of `before` become which text, for `after` to result. */
export function spliceFor(before: string, after: string): Splice {
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before[start] === after[start]) {
    start += 1;
  }
  let tail = 0;
  while (
    tail < most - start &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  ) {
    tail += 1;
  }
  return { start, end: before.length - tail, text: after.slice(start, after.length - tail) };
}
