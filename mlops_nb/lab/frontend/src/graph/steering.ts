/** Which stage is next when somebody presses an arrow key? The nearest in that direction. */

import type { Edge, PlacedStage } from '../wire/contract.js';

export type Steer = 'ArrowUp' | 'ArrowDown' | 'ArrowLeft' | 'ArrowRight' | 'Home' | 'End';

const STEERS: ReadonlySet<string> = new Set([
  'ArrowUp',
  'ArrowDown',
  'ArrowLeft',
  'ArrowRight',
  'Home',
  'End'
]);

export function isSteer(key: string): key is Steer {
  return STEERS.has(key);
}

/** Return the name of the stage that `key` leads to; null: there is none that way.
 *
 * Up and down go to the nearest layer that has a stage, left and right stay within the layer, and
 * at its ends go on where reading would. Home and End are the first and last in reading order.
 */
export function steer(nodes: readonly PlacedStage[], from: string, key: Steer): string | null {
  const read = [...nodes].sort((a, b) => a.layer - b.layer || a.x - b.x);
  const index = read.findIndex(node => node.name === from);
  const here = read[index];
  if (here === undefined || key === 'Home') {
    return read[0]?.name ?? null;
  }
  switch (key) {
    case 'End':
      return read[read.length - 1]?.name ?? null;
    case 'ArrowLeft':
      return read[index - 1]?.name ?? null;
    case 'ArrowRight':
      return read[index + 1]?.name ?? null;
    default:
      return across(read, here, key === 'ArrowDown' ? 1 : -1);
  }
}

/** Return the name that `key` leads to in a list; null: there is none that way.
 *
 * Up and down are the rows; left is what the stage reads last, right what reads it first.
 */
export function steerRows(
  names: readonly string[],
  lines: readonly Pick<Edge, 'from' | 'to'>[],
  from: string,
  key: Steer
): string | null {
  const index = names.indexOf(from);
  const rows = (found: readonly string[]): number[] => found.map(name => names.indexOf(name));
  const targets: Readonly<Record<Steer, number>> = {
    ArrowUp: index - 1,
    ArrowDown: index + 1,
    ArrowLeft: Math.max(-1, ...rows(lines.filter(({ to }) => to === from).map(line => line.from))),
    ArrowRight: Math.min(
      names.length,
      ...rows(lines.filter(line => line.from === from).map(({ to }) => to))
    ),
    Home: 0,
    End: names.length - 1
  };
  return names[index === -1 ? 0 : targets[key]] ?? null;
}

function across(read: readonly PlacedStage[], here: PlacedStage, way: 1 | -1): string | null {
  const beyond = read.filter(node => (node.layer - here.layer) * way > 0);
  const layers = beyond.map(node => node.layer * way);
  const layer = Math.min(...layers) * way;
  const there = beyond.filter(node => node.layer === layer);
  there.sort((a, b) => Math.abs(a.x - here.x) - Math.abs(b.x - here.x));
  return there[0]?.name ?? null;
}
