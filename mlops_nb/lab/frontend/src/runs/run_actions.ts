/** What can be done with runs? Each act is for the current notebook; faults are shown. */

import type { Headless } from '../jobs/headless.js';
import type { Acts } from '../panel/acts.js';
import type { Client } from '../wire/client.js';
import { compareRuns } from './compare_dialog.js';
import type { RunActions } from './runs_tab.js';

export function runActions(acts: Acts, client: Client, headless: Headless): RunActions {
  return {
    runHeadless: () => acts.runHeadless(),
    cancel: job => acts.act(followed => headless.boardOf(followed).cancel(job)),
    openJob: job => acts.act(followed => headless.openJob(followed, job)),
    openRun: run => acts.act(followed => headless.openRun(followed, run)),
    compare: (a, b) => acts.act(followed => compareRuns(client, followed.path, a, b))
  };
}
