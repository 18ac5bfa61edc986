/** Which of the suggested stages does a person take, and under which names? What follows as edits. */

import type { CellChange, CellEdit, SentCell, Suggestions } from '../wire/contract.js';
import { type CellDirective, faultOfName } from '../wire/directive.js';

/** What becomes of a suggested stage. */
export interface Taken {
  readonly isTaken: boolean;
  readonly name: string;
}

export interface Choices {
  /** By the suggested name. */
  readonly stages: ReadonlyMap<string, Taken>;
  /** Ids of the cells whose suggested tags are not wanted. */
  readonly untagged: ReadonlySet<string>;
}

/** Return the choices before anybody chose: all of it, as it was suggested. */
export function allOf(said: Suggestions): Choices {
  const stages = said.stages.map(({ name }) => [name, { isTaken: true, name }] as const);
  return { stages: new Map(stages), untagged: new Set() };
}

/** Return why the choices cannot be carried out, or an empty text. */
export function faultOfChoices({ stages }: Choices): string {
  const faults = [...stages.values()].map(one => (one.isTaken ? faultOfName(one.name) : ''));
  return faults.find(fault => fault !== '') ?? '';
}

/** Return the edits for what was chosen. */
export function chosenEdits(said: Suggestions, choices: Choices): CellEdit[] {
  const owners = new Map(
    said.stages.flatMap(({ name, cell_ids }) => cell_ids.map(id => [id, name] as const))
  );
  return said.edits
    .map(edit => ('cell_id' in edit ? changed(edit, owners.get(edit.cell_id), choices) : edit))
    .filter((edit): edit is CellEdit => edit !== null);
}

function changed(edit: CellChange, owner: string | undefined, choices: Choices): CellChange | null {
  const { tags, metadata, ...rest } = edit;
  const isStage = owner === undefined || choices.stages.get(owner)?.isTaken === true;
  const kept: CellChange = {
    ...rest,
    ...(tags !== undefined && !choices.untagged.has(edit.cell_id) && { tags }),
    ...(metadata !== undefined && isStage && { metadata: renamed(metadata, choices) })
  };
  const isEmpty = kept.source === undefined && kept.tags === undefined && kept.metadata === undefined;
  return isEmpty ? null : kept;
}

/** Return metadata with the names that the person gave, also where other stages are named. */
function renamed(metadata: CellDirective, { stages }: Choices): CellDirective {
  const { stage, needs } = metadata;
  const nameOf = (name: string): string => stages.get(name)?.name ?? name;
  return {
    ...metadata,
    ...(stage !== undefined && { stage: nameOf(stage) }),
    ...(typeof needs === 'object' && { needs: needs.map(nameOf) })
  };
}

/** Return edits as a person reads them: cell by cell, what is added to its metadata. */
export function toLines(edits: readonly CellEdit[], cells: readonly SentCell[]): string {
  const lines = edits.flatMap(edit => {
    if (!('cell_id' in edit)) {
      return ['@@ new cell @@', ...edit.source.split('\n').map(line => `+${line}`)];
    }
    const index = cells.findIndex(({ id }) => id === edit.cell_id);
    return [
      `@@ cell ${index} @@`,
      ...(edit.tags === undefined ? [] : [`+tags: ${edit.tags.join(', ')}`]),
      ...(edit.metadata === undefined ? [] : [`+mlops_nb: ${JSON.stringify(edit.metadata)}`]),
      ` ${firstLine(cells[index]?.source ?? '')}`
    ];
  });
  return lines.join('\n');
}

/** Return the first line of a source that says something. */
export function firstLine(source: string): string {
  return source.split('\n').find(line => line.trim() !== '') ?? '';
}
