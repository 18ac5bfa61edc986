/** What does the form of a headless run say? What differs from running all of the notebook as it is. */

import { counted } from '../text.js';
import type { Parameter } from '../wire/contract.js';
import type { Fault } from '../wire/fault.js';
import type { JobRequest } from '../wire/past.js';
import { toParameters } from './parameter_values.js';

/** Which stages run: all, those up to one, or one with what it needs. */
export type Scope = 'all' | 'until' | 'stage';

export interface RunDraft {
  /** What was typed, by parameter. */
  readonly texts: Readonly<Record<string, string>>;
  readonly scope: Scope;
  /** The stage of `until` and `stage`. */
  readonly stage: string;
  readonly force: readonly string[];
  readonly isUncached: boolean;
  /** One on a line. */
  readonly gates: string;
  readonly register: string;
  readonly isPromoted: boolean;
}

/** What is chosen already when the form opens. */
export type RunPreset = Partial<Pick<RunDraft, 'scope' | 'stage' | 'force'>>;

const EMPTY: RunDraft = {
  texts: {},
  scope: 'all',
  stage: '',
  force: [],
  isUncached: false,
  gates: '',
  register: '',
  isPromoted: false
};

export function newDraft(preset: RunPreset): RunDraft {
  return { ...EMPTY, ...preset };
}

/** Return the run that a draft asks for; what is not said is not sent. */
export function toRequest(
  path: string,
  parameters: readonly Parameter[],
  draft: RunDraft
): JobRequest {
  const gates = linesOf(draft.gates);
  const name = draft.register.trim();
  return {
    path,
    parameters: toParameters(parameters, draft.texts),
    ...scopeOf(draft),
    ...(draft.force.length > 0 && { force: draft.force }),
    ...(draft.isUncached && { no_cache: true }),
    ...(gates.length > 0 && { gates }),
    ...(name !== '' && { register: name }),
    ...(name !== '' && draft.isPromoted && { promote_if_passed: true })
  };
}

function scopeOf({ scope, stage }: RunDraft): Pick<JobRequest, 'stage' | 'until'> {
  if (scope === 'all' || stage === '') {
    return {};
  }
  return scope === 'until' ? { until: stage } : { stage: [stage] };
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '');
}

/** Return what the folded options say, in a few words. */
export function optionWords(draft: RunDraft): string {
  const name = draft.register.trim();
  const gates = linesOf(draft.gates).length;
  const words = [
    draft.isUncached ? 'nothing restored' : '',
    gates > 0 ? counted(gates, 'gate') : '',
    name === '' ? '' : `register as ${name}`,
    name !== '' && draft.isPromoted ? 'promote' : ''
  ];
  return words.filter(Boolean).join(' · ');
}

/** The fields that are folded away until somebody wants them. */
const FOLDED: ReadonlySet<string> = new Set(['gates', 'register', 'promote_if_passed', 'no_cache']);
const SHOWN: ReadonlySet<string> = new Set(['stage', 'until', 'force']);

/** Where in the form a refusal is told: at a field, among the folded ones, or above all of them. */
export type Shelf = 'field' | 'folded' | 'top';

/** Return where a refusal is told. */
export function shelfOf(fault: Fault, parameters: readonly Parameter[]): Shelf {
  const field = fault.field ?? '';
  if (FOLDED.has(field)) {
    return 'folded';
  }
  const name = field.replace(/^parameters\./, '');
  const isParameter = field !== name && parameters.some(parameter => parameter.name === name);
  return isParameter || SHOWN.has(field) ? 'field' : 'top';
}

/** Return the words of a refusal that stand beside a field, or an empty text. */
export function faultAt(fault: Fault | null, ...fields: readonly string[]): string {
  if (fault === null || !fields.includes(fault.field ?? '')) {
    return '';
  }
  return [fault.message, fault.remedy].filter(Boolean).join(' ');
}

/** Return the title of the form. */
export function titleOf(preset: RunPreset): string {
  const { scope, stage, force } = preset;
  if (force !== undefined && force.length > 0) {
    return `Run ${stage ?? 'headless'} again, headless`;
  }
  if (scope === 'until') {
    return `Run headless up to ${stage}`;
  }
  return scope === 'stage' ? `Run ${stage} headless` : 'Run headless';
}
