/** How do the parts come together in JupyterLab? The panel, the chips, the commands. */

import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, ISessionContextDialogs } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';

import { keepChips } from '../chips/chips.js';
import { Following } from '../document/following.js';
import { Acts } from '../panel/acts.js';
import { pipelineIcon } from '../panel/icon.js';
import { Pane } from '../panel/pane.js';
import { pipelineTab } from '../panel/pipeline_tab.js';
import { Client } from '../wire/client.js';
import { addCommands } from './commands.js';

export const panelPlugin: JupyterFrontEndPlugin<void> = {
  id: 'mlops-nb:pipeline',
  description: 'The pipeline of the current notebook, in the side bar.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [ICommandPalette, ISessionContextDialogs, ILayoutRestorer, ILabShell],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    palette: ICommandPalette | null,
    dialogs: ISessionContextDialogs | null,
    restorer: ILayoutRestorer | null
  ): void => {
    const client = new Client(app.serviceManager.serverSettings);
    const following = new Following(tracker, client);
    const acts = new Acts({
      following,
      client,
      dialogs: dialogs ?? undefined,
      tell: fault => pane.tell(fault),
      runHeadless: async () => undefined
    });
    const pane: Pane = new Pane(following, [pipelineTab(acts)]);
    pane.title.icon = pipelineIcon;
    pane.title.caption = 'Pipeline';
    app.shell.add(pane, 'right', { rank: 650 });
    restorer?.add(pane, pane.id);
    following.each(followed => keepChips(followed, show));
    addCommands(app, palette, acts, show);

    function show(): void {
      app.shell.activateById(pane.id);
      pane.open('pipeline');
    }
  }
};
