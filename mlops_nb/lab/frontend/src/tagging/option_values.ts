/** How does a form's text become an option's value, and back? As cell metadata has it. */

import type { CellDirective, OptionValue } from '../wire/directive.js';
import { OPTION_FIELDS, type OptionField } from './option_table.js';

/** Return the text of a form field for a value. */
export function toText(value: OptionValue | undefined): string {
  if (value === undefined) {
    return '';
  }
  if (typeof value === 'object') {
    return value.map(quoted).join(' ');
  }
  return String(value);
}

/** Return the value that a text says; undefined: the option is not given. */
export function toValue(field: OptionField, text: string): OptionValue | undefined {
  const plain = text.trim();
  if (plain === '') {
    return undefined;
  }
  switch (field.kind) {
    case 'names':
      return words(plain);
    case 'count':
      return /^\d+$/.test(plain) ? Number(plain) : plain; // the server says what is wrong with it
    case 'flag':
      return plain === 'true';
    default:
      return plain;
  }
}

/** Return a cell's metadata with the form's options in the place of its own. */
export function withOptions(
  own: CellDirective,
  texts: Readonly<Record<string, string>>
): CellDirective {
  const result: Record<string, OptionValue | undefined> = { ...own };
  for (const field of OPTION_FIELDS) {
    const text = texts[field.name];
    if (text !== undefined && text !== toText(own[field.name])) {
      const value = toValue(field, text);
      if (value === undefined) {
        delete result[field.name];
      } else {
        result[field.name] = value;
      }
    }
  }
  return result;
}

/** Return what each cell of a stage says, where all of them together are to say something else.
 *
 * An option stays with the cell that says it; a new one goes to the first.
 */
export function spread(
  owns: readonly CellDirective[],
  chosen: CellDirective
): readonly CellDirective[] {
  const said = new Set(owns.flatMap(own => Object.keys(own)));
  const added = Object.entries(chosen).filter(([name]) => !said.has(name));
  return owns.map((own, index) => {
    const kept = Object.keys(own)
      .map(name => [name, name === 'stage' ? own.stage : chosen[name]] as const)
      .filter(([, value]) => value !== undefined);
    return Object.fromEntries(index === 0 ? [...kept, ...added] : kept);
  });
}

function words(text: string): string[] {
  const found = text.match(/"[^"]*"|'[^']*'|[^\s,"']+/g) ?? [];
  return found.map(word => word.replace(/^(["'])(.*)\1$/, '$2')).filter(word => word !== '');
}

function quoted(word: string): string {
  return /[\s,"']/.test(word) ? (word.includes('"') ? `'${word}'` : `"${word}"`) : word;
}
