/** Which words does a stage carry? Few in its box, all of them for a screen reader. */

import { STATUS_WORDS, isUnderWay } from '../live/statuses.js';
import { counted, duration, listed, number } from '../text.js';
import type { Diagnostic, DocumentAnswer, LiveStage, StageAnswer } from '../wire/contract.js';

/** Return what the drawing of a pipeline is called. */
export function graphLabel(answer: DocumentAnswer): string {
  const count = counted(answer.stages.length, 'stage');
  return `Pipeline with ${count}; arrow keys lead from stage to stage, Enter to its cell`;
}

/** Return the parts of a box's second line: status, time, the first metrics. */
export function underline(state: LiveStage): readonly string[] {
  const parts = state.isUntold === true ? [] : [STATUS_WORDS[state.status]];
  if (state.seconds !== null && !isUnderWay(state.status)) {
    parts.push(duration(state.seconds));
  }
  return [...parts, ...metricWords(state, 2)];
}

/** Return the first metrics of a stage, at most `most`. */
export function metricWords(state: LiveStage, most: number): string[] {
  return Object.entries(isUnderWay(state.status) ? {} : state.metrics)
    .slice(0, most)
    .map(([name, value]) => `${name} ${number(value)}`);
}

/** Return what a screen reader says for a stage. */
export function spoken(
  stage: StageAnswer,
  state: LiveStage,
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
  answer: Pick<DocumentAnswer, 'diagnostics' | 'stages'>
): ReadonlyMap<string, readonly Diagnostic[]> {
  const owner = new Map<number, string>();
  for (const stage of answer.stages) {
    stage.cells.forEach(index => owner.set(index, stage.name));
  }
  const found = new Map<string, Diagnostic[]>();
  for (const finding of answer.diagnostics) {
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
