/** Where do lines run beside a list of stages? In lanes, as histories of commits are drawn.
 *
 * One row per stage, in an order in which every line points down. From a stage one line runs down
 * in its lane to the last stage that reads it, and branches off to the others. What a way over
 * other stages says already is not drawn: of a table that all stages read only the first line is
 * left, so that a hundred stages need few lanes. Where they would need many all the same, the lines
 * that run furthest share one lane at the left, as wires share a conduit: it tells that lines pass,
 * and whose they are is told for the stage at hand.
 */

/** From which stage to which, by row. */
export interface LaneEdge {
  readonly from: number;
  readonly to: number;
  /** It runs in the lane that lines share. */
  readonly isShared: boolean;
}

export interface Lanes {
  /** The lane of each row's stage. */
  readonly lanes: readonly number[];
  readonly edges: readonly LaneEdge[];
  /** How many lanes there are. */
  readonly count: number;
  /** From which row to which lines run in the lane they share, the first one. */
  readonly shared: readonly (readonly [number, number])[];
}

/** So many lines run side by side in lanes of their own. */
export const MOST_OWN = 6;

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
  const last = new Map<number, number>();
  needed.forEach((found, row) => found.forEach(from => last.set(from, row)));
  const sharing = furthest(last, names.length);
  const edges = needed.flatMap((found, to) =>
    found.map(from => ({ from, to, isShared: sharing.has(from) && to - from > 1 }))
  );
  sharing.forEach(from => last.delete(from));
  return { ...place(needed, last, sharing.size > 0 ? 1 : 0), edges, shared: spans(edges) };
}

/** Return the stages whose lines share a lane: of those side by side the ones that end last. */
function furthest(last: ReadonlyMap<number, number>, rows: number): ReadonlySet<number> {
  const found = new Set<number>();
  let open: number[] = [];
  for (let row = 0; row < rows; row += 1) {
    open = open.filter(from => (last.get(from) ?? 0) > row);
    if (last.has(row)) {
      open.push(row);
    }
    if (open.length > MOST_OWN) {
      open.sort((a, b) => (last.get(a) ?? 0) - (last.get(b) ?? 0));
      found.add(open.pop() ?? row);
    }
  }
  return found;
}

/** Return where there is something in the shared lane, from row to row. */
function spans(edges: readonly LaneEdge[]): readonly (readonly [number, number])[] {
  const found: [number, number][] = [];
  const shared = edges.filter(({ isShared }) => isShared).sort((a, b) => a.from - b.from);
  for (const { from, to } of shared) {
    const before = found[found.length - 1];
    if (before !== undefined && from <= before[1]) {
      before[1] = Math.max(before[1], to);
    } else {
      found.push([from, to]);
    }
  }
  return found;
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

/** Give each row a lane, those from `first` on, which a line keeps until the row where it is read `last`. */
function place(
  needed: readonly (readonly number[])[],
  last: ReadonlyMap<number, number>,
  first: number
): Pick<Lanes, 'lanes' | 'count'> {
  const holders: (number | null)[] = []; // who has each lane now
  const lanes = needed.map((found, row) => {
    const ending = found.filter(from => last.get(from) === row).map(from => holders.indexOf(from));
    const free = holders.indexOf(null);
    const lane = ending.length > 0 ? Math.min(...ending) : free === -1 ? holders.length : free;
    ending.forEach(ended => (holders[ended] = null));
    holders[lane] = last.has(row) ? row : null;
    return lane + first;
  });
  return { lanes, count: holders.length === 0 ? 0 : holders.length + first };
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
  const [top, turn] = [middle(edge.from), middle(edge.to) - ROW];
  if (edge.isShared) {
    const own = laneX(0, step);
    return `M${round(x)} ${top}${bend(x, own, top)}L${round(own)} ${turn}${bend(own, end, turn)}`;
  }
  const down = turn > top ? `L${round(x)} ${turn}` : '';
  const straight = `L${round(end)} ${turn + ROW}`;
  return `M${round(x)} ${top}${down}${x === end ? straight : bend(x, end, turn)}`;
}

/** Return what is drawn of a line in the shared lane while nobody asks for it: its two ends. */
export function endsPath(edge: LaneEdge, lanes: readonly number[], step: number): string {
  const [x, own] = [laneX(lanes[edge.from] ?? 0, step), laneX(0, step)];
  const [top, turn] = [middle(edge.from), middle(edge.to) - ROW];
  const out = bend(own, laneX(lanes[edge.to] ?? 0, step), turn);
  return `M${round(x)} ${top}${bend(x, own, top)}M${round(own)} ${turn}${out}`;
}

/** Return the way from lane to lane within one row. */
function bend(x: number, end: number, top: number): string {
  const half = top + ROW / 2;
  return `C${round(x)} ${half} ${round(end)} ${half} ${round(end)} ${top + ROW}`;
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
