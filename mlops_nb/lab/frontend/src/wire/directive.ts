/** How does a cell's metadata say which stage it belongs to? Options in snake_case, JSON types. */

export type OptionValue = string | number | boolean | readonly string[];

export interface CellDirective {
  readonly stage?: string;
  readonly [option: string]: OptionValue | undefined;
}

/** The words of the grammar; the server judges whether a name is fit, this only saves a round. */
const STAGE_NAME = /^[A-Za-z_][A-Za-z0-9_-]*$/;

/** Return why a stage cannot have this name, or an empty text. */
export function faultOfName(name: string): string {
  if (name === '') {
    return 'A stage needs a name.';
  }
  return STAGE_NAME.test(name)
    ? ''
    : `'${name}' is no stage name: it starts with a letter or _, and holds letters, digits, _ and -.`;
}
