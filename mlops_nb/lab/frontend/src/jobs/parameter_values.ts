/** What does a form say of parameters? Only what differs from the defaults, checked as it is typed.
 *
 * Texts are sent as they are: the server reads them by the declared type, as the command line does.
 */

import type { Parameter } from '../wire/contract.js';

export type FieldKind = 'flag' | 'choice' | 'number' | 'text';

/** Return which control a parameter gets. */
export function kindOf(parameter: Parameter): FieldKind {
  if ((parameter.choices ?? []).length > 0) {
    return 'choice';
  }
  const [first] = parameter.types;
  if (parameter.types.length === 1 && first === 'bool' && !parameter.optional) {
    return 'flag';
  }
  const isNumber = parameter.types.length > 0 && parameter.types.every(type => NUMBERS.has(type));
  return isNumber ? 'number' : 'text';
}

const NUMBERS: ReadonlySet<string> = new Set(['int', 'float']);
const INTEGER = /^[+-]?\d[\d_]*$/;
const FLOAT = /^[+-]?(\d[\d_]*\.?\d*|\.\d+)(e[+-]?\d+)?$|^[+-]?(inf|nan)$/i;

/** Return the text that a field starts with: the default as the notebook spells it. */
export function initialText(parameter: Parameter): string {
  return typeof parameter.default === 'string' ? parameter.default : parameter.source;
}

/** Return what is wrong with a text, or an empty one; the server has the last word. */
export function faultOf(parameter: Parameter, text: string): string {
  const plain = text.trim();
  if (kindOf(parameter) !== 'number' || plain === initialText(parameter)) {
    return '';
  }
  if (parameter.optional && plain === 'None') {
    return '';
  }
  const pattern = parameter.types.includes('float') ? FLOAT : INTEGER;
  return pattern.test(plain) ? '' : `This is ${parameter.type}: ${initialText(parameter)}, say.`;
}

/** Return the parameters that the texts change, as they are sent. */
export function toParameters(
  parameters: readonly Parameter[],
  texts: Readonly<Record<string, string>>
): Record<string, unknown> {
  const changed: Record<string, unknown> = {};
  for (const parameter of parameters) {
    const text = texts[parameter.name];
    if (text === undefined || text === initialText(parameter)) {
      continue;
    }
    changed[parameter.name] = kindOf(parameter) === 'flag' ? text === 'True' : text;
  }
  return changed;
}
