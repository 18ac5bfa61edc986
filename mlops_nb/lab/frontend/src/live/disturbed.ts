/** Which cells must run along, though they are fresh, since others above them run again?
 *
 * Cells run in the order of the document, and so does what follows from it: whoever depends on a
 * cell that nobody watches has run too early once that one ran again, and a name that it binds
 * anew is no more what a cell between it and the next reader had left.
 */

import type { CellAnswer } from '../wire/contract.js';

/** Return the indexes of fresh cells that have to join the chosen ones; empty: those suffice. */
export function disturbed(
  cells: readonly CellAnswer[],
  chosen: ReadonlySet<number>,
  isFresh: (cell: CellAnswer) => boolean
): readonly number[] {
  const needed = neededByStages(cells);
  const decides = new Map<string, number>(); // who above left each name
  const changed = new Map<string, number>(); // the last of the chosen that touches it
  const found = new Set<number>();
  const byIndex = new Map(cells.map(cell => [cell.index, cell]));
  const last = lastTouches(cells, chosen);
  for (const cell of cells) {
    const names = touched(cell);
    if (chosen.has(cell.index)) {
      for (const name of cell.reads) {
        const by = decides.get(name) ?? -1;
        if (!chosen.has(by) && (changed.get(name) ?? Infinity) < by) {
          found.add(by); // what it left was bound anew by one above it
        }
      }
      names.forEach(name => changed.set(name, cell.index));
    } else if (needed.has(cell.index)) {
      const above = (cell.upstream ?? []).filter(index => chosen.has(index));
      if (cell.stage === null ? above.length > 0 : above.some(index => isLost(byIndex.get(index), cell))) {
        found.add(cell.index);
      }
    }
    names.forEach(name => decides.set(name, cell.index));
  }
  return cells.filter(cell => found.has(cell.index) && isFresh(cell)).map(({ index }) => index);

  /** Nobody sees what a cell of no stage left, once another one has changed it. */
  function isLost(by: CellAnswer | undefined, reader: CellAnswer): boolean {
    return (
      by !== undefined &&
      by.stage === null &&
      touched(by).some(name => reader.reads.includes(name) && (last.get(name) ?? -1) > by.index)
    );
  }
}

function touched(cell: CellAnswer): readonly string[] {
  const { binds, deletes = [], mutates = [], likely_mutated = [] } = cell;
  return [...binds, ...deletes, ...mutates, ...likely_mutated];
}

function lastTouches(
  cells: readonly CellAnswer[],
  chosen: ReadonlySet<number>
): ReadonlyMap<string, number> {
  const last = new Map<string, number>();
  for (const cell of cells) {
    if (chosen.has(cell.index)) {
      touched(cell).forEach(name => last.set(name, cell.index));
    }
  }
  return last;
}

function neededByStages(cells: readonly CellAnswer[]): ReadonlySet<number> {
  const found = new Set<number>();
  for (const cell of [...cells].reverse()) {
    if (cell.kind !== 'skip' && (cell.stage !== null || found.has(cell.index))) {
      found.add(cell.index);
      cell.upstream?.forEach(index => found.add(index));
    }
  }
  return found;
}
