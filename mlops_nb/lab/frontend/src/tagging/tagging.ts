/** How does a person give cells their stages? Tags go into cell metadata, renaming into every carrier. */

import { InputDialog, showDialog, Dialog } from '@jupyterlab/apputils';
import type { Notebook } from '@jupyterlab/notebook';

import { type CellModel, applyEdits, find, writeDirective } from '../document/edits.js';
import type { Followed } from '../document/followed.js';
import type { Client } from '../wire/client.js';
import type { CellAnswer, CellEdit, Suggestions } from '../wire/contract.js';
import { type CellDirective, faultOfName } from '../wire/directive.js';
import { isRecord } from '../wire/fault.js';
import { askOptions } from './option_form.js';
import { spread } from './option_values.js';
import { askSuggestions } from './suggestion_dialog.js';

/** Ask for the stage of the active cell, and write it into the cell's metadata. */
export async function tagCell(followed: Followed, client: Client): Promise<void> {
  const active = activateCode(followed.panel.content);
  const model = followed.panel.content.model;
  if (active === null || model === null) {
    await say('There is no code cell here.', 'Only a code cell can be part of a stage.');
    return;
  }
  const said = followed.answer?.cells.find(({ id }) => id === active.id);
  if (said?.stage && isInSource(said)) {
    await renameStage(followed, client, said.stage);
    return;
  }
  const names = (followed.answer?.stages ?? []).map(({ name }) => name);
  const name = await askName('Stage of this cell', names, said?.stage ?? '', true);
  const cell = find(model, active.id);
  if (name === null || cell === undefined) {
    return;
  }
  const { stage: _, ...options } = directiveOf(cell.getMetadata('mlops_nb'));
  const tags = tagsWithout(cell.getMetadata('tags'));
  model.sharedModel.transact(() => {
    if (tags !== null) {
      cell.setMetadata('tags', tags); // the metadata says it now
    }
    writeDirective(cell, name === '' ? {} : { stage: name, ...options });
  });
}

/** Ask for a stage's new name, and change it wherever it stands. */
export async function renameStage(
  followed: Followed,
  client: Client,
  stage: string
): Promise<void> {
  const name = await askName(`Rename stage ${stage} everywhere`, [], stage, false);
  const model = followed.panel.content.model;
  if (name === null || name === stage || model === null) {
    return;
  }
  const { sent } = followed;
  const question = { ...sent, old: stage, new: name };
  const { edits } = await client.post<{ edits: CellEdit[] }>('rename', question);
  applyEdits(model, edits, sent.cells);
}

/** Ask for a stage's options, and write them into the metadata of its cells. */
export async function chooseOptions(followed: Followed, stage: string): Promise<void> {
  const said = followed.answer?.stages.find(({ name }) => name === stage);
  const model = followed.panel.content.model;
  if (!said || model === null) {
    return;
  }
  const cells = said.cell_ids.flatMap(id => find(model, id) ?? []);
  const owns = cells.map(cell => directiveOf(cell.getMetadata('mlops_nb')));
  const own: CellDirective = Object.assign({}, ...[...owns].reverse());
  const chosen = await askOptions(stage, { own, all: { ...said.options, ...own } });
  if (chosen !== null) {
    const written = spread(owns, chosen);
    model.sharedModel.transact(() =>
      cells.forEach((cell, index) => writeDirective(cell, written[index] ?? {}))
    );
  }
}

/** Show the stages that the notebook suggests; accepted, they become metadata of its cells. */
export async function suggestStages(followed: Followed, client: Client): Promise<void> {
  const { sent } = followed;
  const said = await client.post<Suggestions>('suggestions', sent);
  const model = followed.panel.content.model;
  if (said.edits.length === 0 || model === null) {
    await say('There is nothing to suggest.', sentence(said.why_not));
    return;
  }
  applyEdits(model, await askSuggestions(said, sent.cells), sent.cells);
}

/** Return the active cell, or the next code cell below a heading, which is the active one then. */
function activateCode(notebook: Notebook): CellModel | null {
  const from = Math.max(0, notebook.activeCellIndex);
  const index = notebook.widgets.findIndex(({ model }, n) => n >= from && model.type === 'code');
  if (index !== -1 && index !== from) {
    notebook.deselectAll();
    notebook.activeCellIndex = index;
  }
  return notebook.widgets[index]?.model ?? null;
}

async function askName(
  title: string,
  names: string[],
  current: string,
  canBeEmpty: boolean
): Promise<string | null> {
  let text = current;
  for (let label = 'Name'; ; ) {
    const okLabel = canBeEmpty ? 'Tag' : 'Rename';
    const result = canBeEmpty
      ? await InputDialog.getItem({ title, label, items: names, current: text, editable: true, okLabel })
      : await InputDialog.getText({ title, label, text, okLabel });
    if (!result.button.accept) {
      return null;
    }
    text = (result.value ?? '').trim();
    const fault = text === '' && canBeEmpty ? '' : faultOfName(text);
    if (fault === '') {
      return text;
    }
    label = fault;
  }
}

/** What a magic line or a comment says is text of the cell: it is changed there, by the server. */
function isInSource(cell: CellAnswer): boolean {
  return cell.carriers.some(carrier => carrier === 'magic' || carrier === 'comment');
}

function directiveOf(value: unknown): CellDirective {
  return isRecord(value) ? (value as CellDirective) : {};
}

/** Return a cell's tags without those that name a stage; null: there are none of those. */
function tagsWithout(value: unknown): string[] | null {
  const tags = Array.isArray(value) ? (value as string[]) : [];
  const kept = tags.filter(tag => !tag.startsWith('stage:'));
  return kept.length === tags.length ? null : kept;
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

async function say(title: string, body: string): Promise<void> {
  await showDialog({ title, body, buttons: [Dialog.okButton()] });
}
