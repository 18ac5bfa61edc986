/** Who does what the panel's buttons say? Each act is for the current notebook; faults are shown. */

import type { ISessionContextDialogs } from '@jupyterlab/apputils';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';

import type { Followed } from '../document/followed.js';
import type { Following } from '../document/following.js';
import { type Place, revealCell } from '../document/reveal.js';
import type { RunPreset } from '../jobs/run_draft.js';
import { type Choice, cellsUpTo, staleCells } from '../live/choosing.js';
import { NOT_LOADED } from '../live/kernel_link.js';
import { runCells } from '../live/run_cells.js';
import { runStale } from '../live/run_stale.js';
import { stopOf } from '../live/stop.js';
import { chooseOptions, renameStage, suggestStages, tagCell } from '../tagging/tagging.js';
import { explainCode, fixFindings } from '../tagging/fixing.js';
import type { Client } from '../wire/client.js';
import type { Diagnostic } from '../wire/contract.js';
import { type Fault, toFault } from '../wire/fault.js';
import type { NotebookActs } from './actions.js';

const LOADS = /^\s*%load_ext +mlops_nb/m;

export interface ActsOptions {
  readonly following: Following;
  readonly client: Client;
  readonly dialogs: ISessionContextDialogs | undefined;
  readonly renderers: IRenderMimeRegistry;
  tell(fault: Fault | null): void;
  runHeadless(followed: Followed, preset: RunPreset): Promise<void>;
}

export class Acts implements NotebookActs {
  constructor(private readonly options: ActsOptions) {}

  readonly open = (stage: string): void =>
    this.act(async followed => {
      const first = followed.answer?.stages.find(({ name }) => name === stage)?.cell_ids[0];
      await this.reveal(followed, first);
    });

  readonly runStale = (): void =>
    this.act(followed =>
      runStale({
        next: () => staleCells(choiceOf(followed)),
        place: id => followed.cells.findIndex(cell => cell.id === id),
        run: cells => this.run(followed, cells),
        isAnswered: () => followed.silence === '',
        ask: () => followed.askKernel()
      })
    );

  readonly runTo = (stage: string): void =>
    this.act(async followed => {
      await this.run(followed, cellsUpTo(choiceOf(followed), stage));
    });

  readonly runHeadless = (preset: RunPreset = {}): void =>
    this.act(followed => this.options.runHeadless(followed, preset));

  readonly loadExtension = (): void => this.act(followed => followed.loadExtension());

  readonly rename = (stage: string): void =>
    this.act(followed => renameStage(followed, this.options.client, stage));

  readonly editOptions = (stage: string): void =>
    this.act(followed => chooseOptions(followed, stage));

  readonly tagActiveCell = (): void => this.act(followed => tagCell(followed, this.options.client));

  /** Only code is part of a stage. */
  readonly canTag = (): boolean =>
    this.options.following.current?.panel.content.activeCell?.model.type === 'code';

  readonly suggest = (): void => this.act(followed => suggestStages(followed, this.options.client));

  readonly show = (finding: Diagnostic): void =>
    this.act(followed => this.reveal(followed, finding.cell_id ?? undefined, finding));

  readonly fix = (finding: Diagnostic): void =>
    this.act(followed => fixFindings(followed, this.options.client, finding));

  readonly fixAll = (): void => this.act(followed => fixFindings(followed, this.options.client));

  readonly explain = (finding: Diagnostic): void =>
    this.act(() => explainCode(this.options.client, finding.code, this.options.renderers));

  private async reveal(followed: Followed, cell: string | undefined, place?: Place): Promise<void> {
    if (cell !== undefined) {
      await revealCell(followed.panel, cell, place);
    }
  }

  /** A kernel that has not loaded mlops_nb would run stages as plain cells. */
  private async run(followed: Followed, cells: readonly string[]): Promise<boolean> {
    const loads = followed.cells.some(({ id, source }) => cells.includes(id) && LOADS.test(source));
    followed.tellStop(null);
    if (followed.silence === NOT_LOADED && !loads && cells.length > 0) {
      await followed.loadExtension();
    }
    const isWhole = await runCells(followed.panel, cells, this.options.dialogs);
    if (!isWhole) {
      followed.tellStop(stopOf(followed.panel.content.widgets, cells));
    }
    return isWhole;
  }

  /** Do something with the current notebook; what goes wrong is shown. */
  act(work: (followed: Followed) => Promise<void>): void {
    const followed = this.options.following.current;
    if (followed === null) {
      return;
    }
    this.options.tell(null);
    work(followed).catch(error => this.options.tell(toFault(error)));
  }
}

function choiceOf(followed: Followed): Choice {
  return {
    cells: followed.answer?.cells ?? [],
    stages: followed.answer?.stages ?? [],
    states: followed.states,
    isFresh: id => followed.isFresh(id),
    again: id => followed.again(id)
  };
}
