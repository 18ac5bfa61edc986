/** How does one run what is stale, and no more? Some cells, a look, and what is left after it. */

export interface Round {
  /** The cells to run next, as things stand. */
  next(): readonly string[];
  /** Run them; false: one failed. */
  run(cells: readonly string[]): Promise<boolean>;
  /** Whether the kernel says how stages stand. */
  isAnswered(): boolean;
  /** Let the kernel look again. */
  ask(): Promise<void>;
}

/** Run until nothing is left; no cell runs twice only because nobody says that it is fresh now. */
export async function runStale(round: Round): Promise<void> {
  const ran = new Set<string>();
  for (let isAnswered = true; isAnswered; ) {
    const cells = round.next();
    if (cells.every(id => ran.has(id))) {
      return; // nothing is left, or nothing becomes fresh by running it
    }
    isAnswered = round.isAnswered(); // else these are all, and nobody can say more
    if (!(await round.run(cells))) {
      return;
    }
    cells.forEach(id => ran.add(id));
    await round.ask();
  }
}
