/** Where do lines run beside a list of stages? In lanes, as histories of commits are drawn.
 *
 * One row per stage, in an order in which every line points down. From a stage one line runs down
 * in its lane to the last stage that reads it, and branches off to the others. What a way over
 * other stages says already is not drawn: of a table that all stages read only the first line is
 * left, so that a hundred stages need few lanes.
 */

/** From which stage to which, by row. */
export interface LaneEdge {
  readonly from: number;
  readonly to: number;
}

export interface Lanes {
  /** The lane of each row's stage. */
  readonly lanes: readonly number[];
  readonly edges: readonly LaneEdge[];
  /** How many lanes there are. */
  readonly count: number;
}

/** Return the lanes of stages in an order, for lines by name; lines that point up are left out. */
export function toLanes(
  names: readonly string[],
  lines: readonly { readonly from: string; readonly to: string }[]
): Lanes {
  const rows = new Map(names.map((name, row) => [name, row]));
  const sources: Set<number>[] = names.map(() => new Set());
  for (const line of lines) {
    const from = rows.get(line.from) ?? names.length;
    const to = rows.get(line.to) ?? -1;
    if (from < to) {
      sources[to]?.add(from);
    }
  }
  const needed = withoutDetours(sources);
  const edges = needed.flatMap((found, to) => found.map(from => ({ from, to })));
  return { ...place(needed), edges };
}

/** Return for each row those sources that no other of its sources stands below of. */
function withoutDetours(sources: readonly ReadonlySet<number>[]): readonly (readonly number[])[] {
  const above: bigint[] = [];
  return sources.map((found, row) => {
    const far = [...found].reduce((all, from) => all | (above[from] ?? 0n), 0n);
    above[row] = [...found].reduce((all, from) => all | (1n << BigInt(from)), far);
    return [...found].filter(from => ((far >> BigInt(from)) & 1n) === 0n).sort((a, b) => a - b);
  });
}

function place(needed: readonly (readonly number[])[]): Omit<Lanes, 'edges'> {
  const last = new Map<number, number>();
  needed.forEach((found, row) => found.forEach(from => last.set(from, row)));
  const holders: (number | null)[] = []; // who has each lane now
  let count = 0;
  const lanes = needed.map((found, row) => {
    const ending = found.filter(from => last.get(from) === row).map(from => holders.indexOf(from));
    const free = holders.indexOf(null);
    const lane = ending.length > 0 ? Math.min(...ending) : free === -1 ? holders.length : free;
    ending.forEach(ended => (holders[ended] = null));
    holders[lane] = last.has(row) ? row : null;
    count = Math.max(count, lane + 1);
    return lane;
  });
  return { lanes, count };
}

const WIDEST = 14;
const NARROWEST = 4;
const SHARE = 0.34;

/** Return how far apart lanes are in a room of a width: names keep most of it. */
export function laneStep(count: number, room: number): number {
  return Math.min(WIDEST, Math.max(NARROWEST, (room * SHARE) / Math.max(1, count)));
}

/** The height of a row. */
export const ROW = 26;

/** Return a line as an SVG path: down its lane, then over to the row that reads it. */
export function lanePath(edge: LaneEdge, lanes: readonly number[], step: number): string {
  const x = laneX(lanes[edge.from] ?? 0, step);
  const end = laneX(lanes[edge.to] ?? 0, step);
  const [top, bottom] = [middle(edge.from), middle(edge.to)];
  const turn = bottom - ROW;
  const down = turn > top ? `L${round(x)} ${turn}` : '';
  const bend = `C${round(x)} ${turn + ROW / 2} ${round(end)} ${turn + ROW / 2} ${round(end)} ${bottom}`;
  return `M${round(x)} ${top}${down}${x === end ? `L${round(end)} ${bottom}` : bend}`;
}

/** Return the middle of a lane. */
export function laneX(lane: number, step: number): number {
  return step * (lane + 0.5) + 4;
}

/** Return the middle of a row. */
export function middle(row: number): number {
  return row * ROW + ROW / 2;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
