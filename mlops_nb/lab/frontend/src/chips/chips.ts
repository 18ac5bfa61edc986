/** How does a cell show which stage it is part of? A chip in the corner of its input.
 *
 * Every carrier gets the same one: the server says which stage a cell belongs to. The name is text
 * and never anything else.
 */

import type { Cell } from '@jupyterlab/cells';

import type { Followed } from '../document/followed.js';
import { STATUS_WORDS } from '../live/statuses.js';
import type { CellAnswer, LiveStage } from '../wire/contract.js';

const CLASS = 'mlops-nb-chip';
const WRAPPER = '.jp-Cell-inputWrapper';

/** Keep the chips of a notebook's cells as what is known of it. */
export function keepChips(followed: Followed, onPress: (stage: string) => void): void {
  const draw = (): void => {
    const said = new Map((followed.answer?.cells ?? []).map(cell => [cell.id, cell]));
    const { states } = followed;
    for (const cell of followed.panel.content.widgets) {
      drawLater(cell, said.get(cell.model.id), states, onPress);
    }
  };
  followed.changed.connect(draw);
}

/** A cell far down the page has no input yet: its chip is drawn when it gets one. */
function drawLater(
  cell: Cell,
  said: CellAnswer | undefined,
  states: ReadonlyMap<string, LiveStage>,
  onPress: (stage: string) => void
): void {
  const stage = said?.stage ?? null;
  cell.node.dataset.mlopsNbStage = stage ?? '';
  const state = stage === null ? undefined : states.get(stage);
  if (!cell.isPlaceholder()) {
    drawChip(cell, stage, state, onPress);
    return;
  }
  void cell.ready.then(() => {
    if (!cell.isDisposed && cell.node.dataset.mlopsNbStage === (stage ?? '')) {
      drawChip(cell, stage, state, onPress);
    }
  });
}

function drawChip(
  cell: Cell,
  stage: string | null,
  state: LiveStage | undefined,
  onPress: (stage: string) => void
): void {
  const wrapper = cell.node.querySelector(WRAPPER);
  const old = wrapper?.querySelector<HTMLButtonElement>(`:scope > .${CLASS}`) ?? null;
  if (wrapper === null || stage === null) {
    old?.remove();
    return;
  }
  const chip = old ?? document.createElement('button');
  const status = state?.status ?? 'undecided';
  const title = [`Stage ${stage}: ${STATUS_WORDS[status]}`, ...(state?.reasons ?? [])].join('\n');
  if (chip.title === title && old !== null) {
    return; // most edits change one stage, and a page may hold hundreds of chips
  }
  chip.className = `${CLASS} mlops-nb-is-${status}`;
  chip.textContent = stage;
  chip.title = title;
  chip.dataset.stage = stage;
  chip.setAttribute('aria-label', `Stage ${stage}, ${STATUS_WORDS[status]}: show in the pipeline`);
  chip.onclick = () => onPress(stage);
  if (old === null) {
    wrapper.append(chip);
  }
}
