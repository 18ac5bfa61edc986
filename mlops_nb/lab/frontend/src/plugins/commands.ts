/** Which commands are there? What the panel does can be had from palette, toolbars and keys too. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ICommandPalette } from '@jupyterlab/apputils';
import { LabIcon } from '@jupyterlab/ui-components';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import type { NotebookActs } from '../panel/actions.js';
import { pipelineIcon } from '../panel/icon.js';

const CATEGORY = 'Pipeline';

interface Command {
  readonly id: string;
  readonly label: string;
  readonly caption: string;
  readonly icon?: LabIcon;
  isVisible?(args: ReadonlyPartialJSONObject): boolean;
  execute(): void;
}

/** Add the commands, and list them in the palette. */
export function addCommands(
  app: JupyterFrontEnd,
  palette: ICommandPalette | null,
  acts: NotebookActs,
  show: (tab?: string) => void
): void {
  const commands: Command[] = [
    {
      id: 'mlops-nb:show-pipeline',
      label: 'Show Pipeline',
      caption: 'Show the pipeline of the current notebook',
      icon: pipelineIcon,
      execute: () => show()
    },
    {
      id: 'mlops-nb:tag-cell',
      label: 'Tag Cell with Stage…',
      caption: 'Say which stage the cell is part of',
      icon: pipelineIcon,
      execute: acts.tagActiveCell,
      isVisible: ({ toolbar }) => toolbar !== true || acts.canTag()
    },
    {
      id: 'mlops-nb:suggest-stages',
      label: 'Suggest Stages…',
      caption: 'Propose stages for the cells of this notebook',
      execute: acts.suggest
    },
    {
      id: 'mlops-nb:run-stale',
      label: 'Run Stale Stages',
      caption: 'Run in this kernel what is not fresh, and what it needs',
      execute: acts.runStale
    },
    {
      id: 'mlops-nb:run-headless',
      label: 'Run Headless…',
      caption: 'Save, then run the notebook from top to bottom in a kernel of its own',
      execute: () => acts.runHeadless()
    },
    {
      id: 'mlops-nb:show-models',
      label: 'Promote Model…',
      caption: 'Judge a version of a registered model, promote it, or roll back',
      execute: () => show('models')
    },
    {
      id: 'mlops-nb:fix-findings',
      label: 'Fix Findings…',
      caption: 'Mend what the check found and can mend',
      execute: acts.fixAll
    }
  ];
  for (const { id, ...options } of commands) {
    app.commands.addCommand(id, options);
    palette?.addItem({ command: id, category: CATEGORY });
  }
}
