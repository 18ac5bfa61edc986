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

function words(text: string): string[] {
  const found = text.match(/"[^"]*"|'[^']*'|[^\s,"']+/g) ?? [];
  return found.map(word => word.replace(/^(["'])(.*)\1$/, '$2')).filter(word => word !== '');
}

function quoted(word: string): string {
  return /[\s,"']/.test(word) ? (word.includes('"') ? `'${word}'` : `"${word}"`) : word;
}
