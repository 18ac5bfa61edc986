/** What is in the menu of a stage? What its details offer, and headless runs of it alone. */

import type { JupyterFrontEnd } from '@jupyterlab/application';

import type { StageActions } from '../panel/actions.js';

/** Both drawings of a stage, and the chip on a cell. */
const SELECTOR = '[data-stage]';

interface StageCommand {
  readonly name: string;
  readonly label: string;
  execute(stage: string): void;
}

/** Add the commands on the stage under the menu, and the menu. */
export function addStageCommands(app: JupyterFrontEnd, acts: StageActions): void {
  const groups: readonly (readonly StageCommand[])[] = [
    [
      { name: 'open', label: 'Go to Cell', execute: acts.open },
      { name: 'run-to', label: 'Run to Here', execute: acts.runTo }
    ],
    [
      {
        name: 'headless-stage',
        label: 'Run This Stage Headless…',
        execute: stage => acts.runHeadless({ scope: 'stage', stage })
      },
      {
        name: 'headless-until',
        label: 'Run Headless up to Here…',
        execute: stage => acts.runHeadless({ scope: 'until', stage })
      },
      {
        name: 'headless-force',
        label: 'Force This Stage Headless…',
        execute: stage => acts.runHeadless({ scope: 'stage', stage, force: [stage] })
      }
    ],
    [
      { name: 'options', label: 'Stage Options…', execute: acts.editOptions },
      { name: 'rename', label: 'Rename Stage…', execute: acts.rename }
    ]
  ];
  const underMenu = watchMenus();
  let rank = 0;
  for (const group of groups) {
    for (const { name, label, execute } of group) {
      const command = `mlops-nb:stage-${name}`;
      app.commands.addCommand(command, {
        label,
        execute: args => {
          const stage = typeof args.stage === 'string' ? args.stage : underMenu();
          if (stage !== null) {
            execute(stage);
          }
        }
      });
      app.contextMenu.addItem({ command, selector: SELECTOR, rank: (rank += 1) });
    }
    app.contextMenu.addItem({ type: 'separator', selector: SELECTOR, rank: (rank += 1) });
  }
}

/** The application's own look under the menu finds no parts of a drawing: they are no HTML. */
function watchMenus(): () => string | null {
  let stage: string | null = null;
  const onMenu = ({ target }: Event): void => {
    const node = target instanceof Element ? target.closest(SELECTOR) : null;
    stage = node?.getAttribute('data-stage') ?? null;
  };
  document.addEventListener('contextmenu', onMenu, true);
  return () => stage;
}
