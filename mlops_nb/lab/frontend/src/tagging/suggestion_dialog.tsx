/** How does a person take suggested stages? Each can be left out or be given another name. */

import { Dialog, ReactWidget, showDialog } from '@jupyterlab/apputils';
import * as React from 'react';

import type { CellEdit, SentCell, SuggestedStage, SuggestedTag, Suggestions } from '../wire/contract.js';
import { countedAs } from '../panel/told.js';
import { DiffLines } from './diff_lines.js';
import {
  type Choices,
  type Taken,
  allOf,
  chosenEdits,
  faultOfChoices,
  firstLine,
  toLines
} from './suggested.js';

class SuggestionForm extends ReactWidget {
  private choices: Choices;

  constructor(
    private readonly said: Suggestions,
    private readonly cells: readonly SentCell[]
  ) {
    super();
    this.addClass('mlops-nb-diff-body');
    this.choices = allOf(said);
  }

  getValue(): CellEdit[] {
    return faultOfChoices(this.choices) === '' ? chosenEdits(this.said, this.choices) : [];
  }

  protected override render(): JSX.Element {
    const { said, cells, choices } = this;
    const fault = faultOfChoices(choices);
    return (
      <>
        <ul className="mlops-nb-suggested">
          {said.stages.map(stage => (
            <StageRow
              cells={cells}
              key={stage.name}
              onChange={taken => this.take(stage.name, taken)}
              stage={stage}
              taken={choices.stages.get(stage.name) ?? { isTaken: true, name: stage.name }}
            />
          ))}
          {said.tags.map(tag => (
            <TagRow
              isTaken={!choices.untagged.has(tag.cell_id)}
              key={tag.cell_id}
              onTaken={isTaken => this.tag(tag.cell_id, isTaken)}
              tag={tag}
            />
          ))}
        </ul>
        <p className="mlops-nb-wrong" role="alert">
          {fault}
        </p>
        <details className="mlops-nb-folded">
          <summary>What changes in the notebook</summary>
          <DiffLines diff={toLines(chosenEdits(said, choices), cells)} />
        </details>
      </>
    );
  }

  private take(name: string, taken: Taken): void {
    const stages = new Map(this.choices.stages).set(name, taken);
    this.choices = { ...this.choices, stages };
    this.update();
  }

  private tag(cellId: string, isTaken: boolean): void {
    const untagged = new Set(this.choices.untagged);
    if (isTaken) {
      untagged.delete(cellId);
    } else {
      untagged.add(cellId);
    }
    this.choices = { ...this.choices, untagged };
    this.update();
  }
}

interface StageRowProps {
  readonly stage: SuggestedStage;
  readonly taken: Taken;
  readonly cells: readonly SentCell[];
  onChange(taken: Taken): void;
}

function StageRow({ stage, taken, cells, onChange }: StageRowProps): JSX.Element {
  const own = cells
    .map((cell, index) => ({ ...cell, index }))
    .filter(({ id }) => stage.cell_ids.includes(id));
  return (
    <li>
      <input
        aria-label={`Take stage ${stage.name}`}
        checked={taken.isTaken}
        onChange={event => onChange({ ...taken, isTaken: event.target.checked })}
        type="checkbox"
      />
      <input
        aria-label={`Name of stage ${stage.name}`}
        className="jp-mod-styled"
        defaultValue={taken.name}
        disabled={!taken.isTaken}
        onChange={event => onChange({ ...taken, name: event.target.value.trim() })}
        pattern="[A-Za-z_][A-Za-z0-9_\-]*"
        required
        spellCheck={false}
        title={taken.name}
        type="text"
      />
      <div>
        {own.map(({ id, index, source }) => (
          <code key={id} title={firstLine(source)}>
            <small title={countedAs(index)}>cell {index}</small> {firstLine(source)}
          </code>
        ))}
        <small>{stage.why}</small>
      </div>
    </li>
  );
}

interface TagRowProps {
  readonly tag: SuggestedTag;
  readonly isTaken: boolean;
  onTaken(isTaken: boolean): void;
}

function TagRow({ tag, isTaken, onTaken }: TagRowProps): JSX.Element {
  const id = `mlops-nb-suggested-${tag.cell_id}`;
  return (
    <li>
      <input
        checked={isTaken}
        id={id}
        onChange={event => onTaken(event.target.checked)}
        type="checkbox"
      />
      <label htmlFor={id}>
        tag <b>{tag.tag}</b>
      </label>
      <div>
        <small>{tag.reason}</small>
      </div>
    </li>
  );
}

/** Ask which suggestions to take; empty: none of them. */
export async function askSuggestions(
  said: Suggestions,
  cells: readonly SentCell[]
): Promise<readonly CellEdit[]> {
  const result = await showDialog<CellEdit[]>({
    title: 'Suggested stages',
    body: new SuggestionForm(said, cells),
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: 'Tag these cells' })]
  });
  return result.button.accept ? (result.value ?? []) : [];
}
