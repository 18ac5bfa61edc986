/** Which options can somebody give a stage in a form? The words of the grammar, for people. */

export type OptionKind = 'names' | 'name' | 'text' | 'count' | 'flag';

export interface OptionField {
  readonly name: string;
  readonly label: string;
  readonly kind: OptionKind;
  readonly help: string;
}

export const OPTION_FIELDS: readonly OptionField[] = [
  field('metrics', 'Metrics', 'names', 'Variables logged as metrics'),
  field('model', 'Model', 'name', "Variable packaged as the run's model"),
  field('example', 'Example', 'name', "Variable kept as the model's input example"),
  field('eval', 'Evaluation data', 'text', 'X,y or X,y,slices: what gates score the model on'),
  field('inputs', 'Inputs', 'names', 'Names it reads that analysis cannot see'),
  field('outputs', 'Outputs', 'names', 'Names it binds or changes that analysis cannot see'),
  field('needs', 'Needs', 'names', 'Stages that must run before it'),
  field('deps', 'Files read', 'names', 'Files it reads where nobody can see it'),
  field('produces', 'Files written', 'names', 'Files it writes where nobody can see it'),
  field('env', 'Environment', 'names', 'Environment variables it depends on'),
  field('timeout', 'Timeout', 'text', 'Longest time: 90s, 10m, 1h30m'),
  field('retries', 'Retries', 'count', 'How often it is tried again, headless'),
  field('fresh', 'Fresh for', 'text', 'How long its values hold: 12h, 7d'),
  field('version_of', 'Version of', 'text', 'Expression that changes when its data does'),
  field('cache', 'Cache', 'flag', 'Restore it although it used what nobody can observe')
];

function field(name: string, label: string, kind: OptionKind, help: string): OptionField {
  return { name, label, kind, help };
}
