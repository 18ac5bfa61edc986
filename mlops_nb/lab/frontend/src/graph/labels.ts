/** Which words does a stage carry? Few in its box, all of them for a screen reader. */

import { STATUS_WORDS, type StageState } from '../live/statuses.js';
import { counted, duration, listed, number } from '../text.js';
import type { Diagnostic, StageAnswer } from '../wire/contract.js';

/** Return the second line of a box: status, time, the first metrics. */
export function underline(state: StageState): string {
  const parts = [STATUS_WORDS[state.status]];
  if (state.seconds !== null && state.status !== 'running') {
    parts.push(duration(state.seconds));
  }
  for (const [name, value] of Object.entries(state.metrics).slice(0, 2)) {
    parts.push(`${name} ${number(value)}`);
  }
  return parts.join(' · ');
}

/** Return what a screen reader says for a stage. */
export function spoken(
  stage: StageAnswer,
  state: StageState,
  findings: readonly Diagnostic[]
): string {
  const parts = [`Stage ${stage.name}, ${STATUS_WORDS[state.status]}`];
  parts.push(...state.reasons);
  if (stage.upstream.length > 0) {
    parts.push(`after ${listed(stage.upstream)}`);
  }
  parts.push(stage.inputs.length > 0 ? `reads ${listed(stage.inputs)}` : 'reads nothing');
  if (stage.outputs.length > 0) {
    parts.push(`makes ${listed(stage.outputs)}`);
  }
  if (state.seconds !== null) {
    parts.push(`took ${duration(state.seconds)}`);
  }
  for (const [name, value] of Object.entries(state.metrics)) {
    parts.push(`${name} is ${number(value)}`);
  }
  if (findings.length > 0) {
    parts.push(counted(findings.length, 'finding'));
  }
  return parts.map(part => part.replace(/\.$/, '')).join('. ') + '.';
}

/** Return the findings of each stage, by name; those of no stage are under "". */
export function findingsByStage(
  diagnostics: readonly Diagnostic[],
  stages: readonly StageAnswer[]
): ReadonlyMap<string, readonly Diagnostic[]> {
  const owner = new Map<number, string>();
  for (const stage of stages) {
    stage.cells.forEach(index => owner.set(index, stage.name));
  }
  const found = new Map<string, Diagnostic[]>();
  for (const finding of diagnostics) {
    const name = owner.get(finding.cell) ?? '';
    found.set(name, [...(found.get(name) ?? []), finding]);
  }
  return found;
}

const RANK: Readonly<Record<string, number>> = { error: 0, warning: 1, info: 2 };

/** Return the gravest severity among findings, or null. */
export function gravest(findings: readonly Diagnostic[]): Diagnostic['severity'] | null {
  const sorted = [...findings].sort((a, b) => (RANK[a.severity] ?? 3) - (RANK[b.severity] ?? 3));
  return sorted[0]?.severity ?? null;
}
