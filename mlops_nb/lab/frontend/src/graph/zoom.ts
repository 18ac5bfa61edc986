/** How large is the graph drawn? As wide as the panel, never larger than life, never unreadable. */

export const LEAST = 0.25;
export const MOST = 2;
const FITTING_LEAST = 0.55;

/** Return the scale at which a drawing of `width` fits into `room`, as far as text stays legible. */
export function fit(width: number, room: number): number {
  return width <= 0 || room <= 0 ? 1 : Math.min(1, Math.max(FITTING_LEAST, room / width));
}

/** Return the scale after one step of the zoom buttons. */
export function step(scale: number, way: 1 | -1): number {
  return clamp(scale * (way === 1 ? 1.25 : 0.8));
}

/** Return the scale after the wheel turned by `delta` pixels. */
export function wheel(scale: number, delta: number): number {
  return clamp(scale * Math.exp(-delta / 400));
}

/** Return where to scroll so that the point under the pointer stays under it. */
export function anchored(scroll: number, pointer: number, before: number, after: number): number {
  return ((scroll + pointer) / before) * after - pointer;
}

function clamp(scale: number): number {
  return Math.min(MOST, Math.max(LEAST, scale));
}
