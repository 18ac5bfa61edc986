/** How do the parts come together in JupyterLab? The panel, the chips, the commands. */

import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, ISessionContextDialogs } from '@jupyterlab/apputils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ISettingRegistry } from '@jupyterlab/settingregistry';

import { keepChips } from '../chips/chips.js';
import type { Followed } from '../document/followed.js';
import { Following } from '../document/following.js';
import type { Board } from '../jobs/board.js';
import { Headless } from '../jobs/headless.js';
import { keepMarkers } from '../lint/keep_markers.js';
import { ModelDesk } from '../models/model_desk.js';
import { modelsTab } from '../models/models_tab.js';
import { Acts } from '../panel/acts.js';
import { pipelineIcon } from '../panel/icon.js';
import { Pane } from '../panel/pane.js';
import { pipelineTab } from '../panel/pipeline_tab.js';
import { ViewSetting } from '../panel/view_setting.js';
import { runActions } from '../runs/run_actions.js';
import { runsTab } from '../runs/runs_tab.js';
import type { ServerStatus } from '../wire/contract.js';
import { versionFault } from '../wire/fault.js';
import { VERSION } from '../wire/version.js';
import { Client } from '../wire/client.js';
import { addCommands } from './commands.js';
import { addStageCommands } from './stage_commands.js';

export const panelPlugin: JupyterFrontEndPlugin<void> = {
  id: 'mlops-nb:pipeline',
  description: 'The pipeline of the current notebook, in the side bar.',
  autoStart: true,
  requires: [INotebookTracker, IDocumentManager, IRenderMimeRegistry],
  optional: [ICommandPalette, ISessionContextDialogs, ILayoutRestorer, ISettingRegistry],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    documents: IDocumentManager,
    renderers: IRenderMimeRegistry,
    palette: ICommandPalette | null,
    dialogs: ISessionContextDialogs | null,
    restorer: ILayoutRestorer | null,
    settings: ISettingRegistry | null
  ): void => {
    const client = new Client(app.serviceManager.serverSettings);
    const following = new Following(tracker, client);
    const headless = new Headless(client, documents);
    const acts = new Acts({
      following,
      client,
      dialogs: dialogs ?? undefined,
      renderers,
      tell: fault => pane.tell(fault),
      runHeadless: async (followed, preset) => {
        if (await headless.run(followed, preset)) {
          show('runs');
        }
      }
    });
    const boardOf = (followed: Followed): Board => headless.boardOf(followed);
    const desks = new WeakMap<Followed, ModelDesk>();
    const deskOf = (followed: Followed): ModelDesk => {
      const desk = desks.get(followed) ?? new ModelDesk(() => followed.path, client);
      desks.set(followed, desk);
      return desk;
    };
    const runActs = runActions(acts, client, headless);
    const view = new ViewSetting();
    if (settings !== null) {
      view.follow(settings, panelPlugin.id).catch(() => undefined); // then it is `auto`
    }
    const pane: Pane = new Pane(following, [
      pipelineTab(acts, view),
      runsTab(client, runActs, boardOf),
      modelsTab(deskOf)
    ]);
    pane.title.icon = pipelineIcon;
    pane.title.caption = 'Pipeline';
    app.shell.add(pane, 'right', { rank: 650 });
    restorer?.add(pane, pane.id);
    following.each(followed => {
      keepChips(followed, () => show());
      keepMarkers(followed, acts);
    });
    addCommands(app, palette, acts, show);
    addStageCommands(app, acts);

    client.get<ServerStatus>('status').then(
      status => {
        pane.offer(status);
        pane.tell(versionFault(status.version, VERSION));
      },
      () => undefined // the first notebook says what is wrong with the server
    );

    function show(tab = 'pipeline'): void {
      app.shell.activateById(pane.id);
      pane.open(tab);
    }
  }
};
