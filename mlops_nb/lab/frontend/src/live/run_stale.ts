/** How does one run what is stale, and no more? Some cells, a look, and what is left after it. */

export interface Round {
  /** The cells to run next, as things stand, in the order of the document. */
  next(): readonly string[];
  /** Where in the document a cell is. */
  place(cell: string): number;
  /** Run them; false: one failed. */
  run(cells: readonly string[]): Promise<boolean>;
  /** Whether the kernel says how stages stand. */
  isAnswered(): boolean;
  /** Let the kernel look again. */
  ask(): Promise<void>;
}

/** More often than that no cell runs: two that change one list in place would go on for ever. */
const MOST_RUNS = 3;

/** Run until nothing is left; no cell runs twice only because nobody says that it is fresh now.
 *
 * It does run again where a cell above it ran after it: that one may have to, for what a third one
 * changed in place, and nobody knew before.
 */
export async function runStale(round: Round): Promise<void> {
  const ran: string[] = [];
  const isStuck = (cell: string): boolean => {
    const since = ran.slice(ran.lastIndexOf(cell) + 1);
    return (
      ran.includes(cell) &&
      (ran.filter(id => id === cell).length >= MOST_RUNS ||
        since.every(id => round.place(id) > round.place(cell)))
    );
  };
  for (let isAnswered = true; isAnswered; ) {
    const cells = round.next();
    if (cells.every(isStuck)) {
      return; // nothing is left, or nothing becomes fresh by running it
    }
    isAnswered = round.isAnswered(); // else these are all, and nobody can say more
    if (!(await round.run(cells))) {
      return;
    }
    ran.push(...cells);
    await round.ask();
  }
}
