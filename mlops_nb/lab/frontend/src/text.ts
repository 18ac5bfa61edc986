/** How are durations, numbers and moments written, in as few characters as tell them apart? */

/** Return a duration: `0.4 s`, `12 s`, `3 min 5 s`, `2 h 10 min`. */
export function duration(seconds: number): string {
  if (seconds < 0.0005) {
    return '0 s';
  }
  if (seconds < 1) {
    return seconds < 0.1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`;
  }
  if (seconds < 60) {
    return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  }
  const whole = Math.round(seconds);
  if (whole < 3600) {
    const rest = whole % 60;
    return `${Math.floor(whole / 60)} min${rest ? ` ${rest} s` : ''}`;
  }
  const minutes = Math.round((whole % 3600) / 60);
  return `${Math.floor(whole / 3600)} h${minutes ? ` ${minutes} min` : ''}`;
}

/** Return a number with four significant digits, without the zeros that say nothing. */
export function number(value: number): string {
  if (!Number.isFinite(value)) {
    return String(value);
  }
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e9) {
    return value.toLocaleString('en-US');
  }
  return size !== 0 && (size < 1e-3 || size >= 1e9)
    ? value.toExponential(2)
    : String(Number(value.toPrecision(4)));
}

/** Return how long ago a moment was; a date once that is more than a week. */
export function ago(moment: string, now: Date): string {
  const then = new Date(moment);
  const seconds = (now.getTime() - then.getTime()) / 1000;
  if (Number.isNaN(seconds)) {
    return '';
  }
  if (seconds < 45) {
    return 'just now';
  }
  for (const [unit, length, limit] of UNITS) {
    if (seconds < limit) {
      const count = Math.max(1, Math.round(seconds / length));
      return `${count} ${unit} ago`;
    }
  }
  return then.toISOString().slice(0, 10);
}

const UNITS: readonly (readonly [string, number, number])[] = [
  ['min', 60, 45 * 60],
  ['h', 3600, 22 * 3600],
  ['d', 86400, 7 * 86400]
];

/** Return a count with its word: `1 stage`, `2 stages`. */
export function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** Return names as a sentence has them, at most `most` of them. */
export function listed(names: readonly string[], most = 6): string {
  const shown = names.slice(0, most).join(', ');
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}

/** A piece of a sentence; one that names a cell has its index. */
export interface Piece {
  readonly words: string;
  readonly cell: number | null;
}

/** Return a sentence in pieces: those that name a cell, and what is between them. */
export function cellsNamed(text: string): readonly Piece[] {
  return text
    .split(/\b([Cc]ell \d{1,6})\b/)
    .map((words, part) => ({ words, cell: part % 2 === 1 ? Number(words.slice(5)) : null }))
    .filter(({ words }) => words !== '');
}

/** Return text cut to `most` characters. */
export function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** Return what a program wrote to a terminal without its colours. */
export function withoutColours(text: string): string {
  return text.replace(/\u001b\[[0-9;?]*[ -/]*[@-~]/g, '');
}
