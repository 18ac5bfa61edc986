/** Where on the drawing is a column, a row, a line? The server's grid in pixels, flowing down. */

import type { Edge, Layout, PlacedStage } from '../wire/contract.js';

/** The size of a stage's box. */
export const BOX = { width: 176, height: 48 } as const;
const STEP = { x: BOX.width + 14, y: BOX.height + 34 } as const;

/** Room for badges and focus rings at the edges of the drawing. */
export const MARGIN = 12;

export interface Box {
  readonly left: number;
  readonly top: number;
}

/** Return the size of the whole drawing. */
export function sizeOf(layout: Layout): { readonly width: number; readonly height: number } {
  return {
    width: Math.max(0, layout.columns - 1) * STEP.x + BOX.width,
    height: Math.max(0, layout.rows - 1) * STEP.y + BOX.height
  };
}

/** Return where a stage's box is. */
export function boxOf(place: PlacedStage): Box {
  return { left: place.x * STEP.x, top: place.y * STEP.y };
}

/** Return a line as an SVG path: curved between rows, straight through those it only passes. */
export function pathOf(edge: Edge): string {
  return edge.points
    .map(([column, row], index) => {
      const x = column * STEP.x + BOX.width / 2;
      const top = row * STEP.y;
      const bottom = top + BOX.height;
      const last = edge.points[index - 1];
      if (last === undefined) {
        return `M${at(x, bottom)}`;
      }
      const isEnd = index === edge.points.length - 1;
      const from = { x: last[0] * STEP.x + BOX.width / 2, y: last[1] * STEP.y + BOX.height };
      const middle = (from.y + top) / 2;
      const curve = `C${at(from.x, middle)} ${at(x, middle)} ${at(x, top)}`;
      return isEnd ? curve : `${curve}L${at(x, bottom)}`;
    })
    .join('');
}

function at(x: number, y: number): string {
  return `${round(x)} ${round(y)}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
