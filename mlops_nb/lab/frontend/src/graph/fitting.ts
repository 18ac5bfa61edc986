/** How much of a text fits into a box? As much as its own font leaves room for. */

/** Return a text, cut with an ellipsis where it is wider than `room`. */
export function fitted(text: string, room: number, width: (text: string) => number): string {
  if (width(text) <= room) {
    return text;
  }
  const letters = Array.from(text);
  let [fits, tooMany] = [0, letters.length];
  while (tooMany - fits > 1) {
    const middle = Math.floor((fits + tooMany) / 2);
    if (width(`${letters.slice(0, middle).join('')}…`) <= room) {
      fits = middle;
    } else {
      tooMany = middle;
    }
  }
  return `${letters.slice(0, fits).join('')}…`;
}

/** Return as many parts of a line as fit, at least the first; a number that is cut would lie. */
export function fittedParts(
  parts: readonly string[],
  room: number,
  width: (text: string) => number
): string {
  const lines = parts.map((_, index) => parts.slice(0, index + 1).join(SEPARATOR));
  return lines.filter(line => width(line) <= room).pop() ?? fitted(parts[0] ?? '', room, width);
}

const SEPARATOR = ' · ';
const MOST_KEPT = 4_000;
const kept = new Map<string, number>();
let brush: CanvasRenderingContext2D | null = null;

/** Return what measures texts in weight and size of the page's own font. */
export function widthIn(style: string): (text: string) => number {
  return text => {
    const key = `${style} ${text}`;
    const known = kept.get(key);
    if (known !== undefined) {
      return known;
    }
    brush ??= document.createElement('canvas').getContext('2d');
    if (brush === null) {
      return 0;
    }
    const family = getComputedStyle(document.body).getPropertyValue('--jp-ui-font-family');
    brush.font = `${style} ${family || 'sans-serif'}`;
    const { width } = brush.measureText(text);
    if (kept.size >= MOST_KEPT) {
      kept.clear();
    }
    kept.set(key, width);
    return width;
  };
}
